// Owns Chromium: how it is started, what a page must always be (accessible, no sideways scrolling, nothing blocked by
// its own Content-Security-Policy), and the screenshots. What the pages say is the tests' business.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { TEST_DIR } from './process.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SHOTS = path.join(TEST_DIR, 'shots');
const LOOKS = [
  { colorScheme: 'light', width: 1280 },
  { colorScheme: 'dark', width: 1280 },
  { colorScheme: 'light', width: 390 },
  { colorScheme: 'dark', width: 390 },
];

/** Starts a browser. `newPerson()` gives a page in a profile of its own, as another person's computer would. */
export async function startBrowser() {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });
  return {
    /** A page; `javaScript: false` as in a browser without scripts. Complaints of its console are kept in `page.complaints`. */
    async newPerson({ javaScript = true, colorScheme = 'light', width = 1280, height = 900 } = {}) {
      const context = await browser.newContext({
        javaScriptEnabled: javaScript, colorScheme, viewport: { width, height }, locale: 'en-US', timezoneId: 'UTC',
        reducedMotion: 'reduce', permissions: javaScript ? ['clipboard-read', 'clipboard-write'] : [],
      });
      context.setDefaultTimeout(15_000);
      const page = await context.newPage();
      page.runsScripts = javaScript;
      page.complaints = [];
      page.on('console', (message) => {
        if (message.type() === 'error' && /Content.Security.Policy|Refused to/i.test(message.text())) page.complaints.push(message.text());
      });
      page.on('pageerror', (error) => page.complaints.push(String(error)));
      return page;
    },
    stop: () => browser.close(),
  };
}

/**
 * Looks at the page as it stands: light and dark, desk and phone. Fails on any axe finding, on sideways scrolling, on
 * what the page's own policy blocked; keeps a screenshot of each as .test/shots/NAME-LOOK.png.
 */
export async function inspect(page, name) {
  mkdirSync(SHOTS, { recursive: true });
  const before = page.viewportSize();
  const problems = [...page.complaints.splice(0)];
  for (const { colorScheme, width } of LOOKS) {
    const look = `${colorScheme}-${width}`;
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    const overflow = await wide(page);
    if (overflow) problems.push(`${look}: scrolls sideways, ${overflow}`);
    for (const finding of await axe(page)) problems.push(`${look}: ${finding}`);
    await page.screenshot({ path: path.join(SHOTS, `${name}-${look}.png`), fullPage: true });
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(before);
  assert.deepEqual(problems, [], `${name} at ${page.url()}`);
}

/**
 * Goes to something by the keyboard alone, as somebody without a mouse does, and fails where it cannot be reached or does
 * not show that it has the focus.
 */
export async function reach(page, what, most = 80) {
  await what.waitFor();
  for (let press = 0; press < most; press += 1) {
    await page.keyboard.press('Tab');
    const here = await what.evaluate((element) => element === document.activeElement && getComputedStyle(element).outlineStyle);
    if (here) {
      assert.notEqual(here, 'none', `the focus shows on ${what}`);
      return;
    }
  }
  assert.fail(`${what} is not reached with ${most} presses of Tab`);
}

/**
 * The page's one session of the DevTools protocol. It is never detached: the end of any session takes the simulated
 * authenticator of every other one away.
 */
export async function devTools(page) {
  page.devTools ??= await page.context().newCDPSession(page);
  return page.devTools;
}

// Where a page's scripts are switched off, timers and queueMicrotask never come, only promises do.
const AT_ONCE = `globalThis.setTimeout = (run, _wait, ...values) => { Promise.resolve().then(() => run(...values)); return 0; };
  globalThis.requestAnimationFrame = (run) => globalThis.setTimeout(run, 0, 0);`;

// Scripts that a test evaluates run also where the page's own scripts are switched off, and past its policy.
async function axe(page) {
  const cdp = await devTools(page);
  await cdp.send('Runtime.evaluate', { expression: `${page.runsScripts ? '' : AT_ONCE}${AXE};0` });
  const { result, exceptionDetails } = await cdp.send('Runtime.evaluate', {
    expression: `axe.run(document, { resultTypes: ['violations'] }).then((found) => JSON.stringify(found.violations))`,
    awaitPromise: true, returnByValue: true,
  });
  if (exceptionDetails) throw new Error(`axe did not run: ${JSON.stringify(exceptionDetails)}`);
  return JSON.parse(result.value).map((violation) =>
    `${violation.id} (${violation.impact}): ${violation.help}: ${violation.nodes.slice(0, 3).map((node) => `${node.html} ${node.any.map((check) => check.message).join('; ')}`).join(' | ')}`);
}

async function wide(page) {
  const cdp = await devTools(page);
  const { result } = await cdp.send('Runtime.evaluate', { returnByValue: true, expression: `(() => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return '';
    const culprits = [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > root.clientWidth + 1);
    return root.scrollWidth + ' > ' + root.clientWidth + ': ' + culprits.slice(0, 3).map((e) => e.outerHTML.slice(0, 120)).join(' | ');
  })()` });
  return result.value;
}
