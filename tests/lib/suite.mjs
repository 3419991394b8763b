// Owns what every suite in a browser begins and ends with: Chromium, a mail sink and Frontdesk. The runner gives each
// suite a process, so there is one of each.
import { after, before } from 'node:test';
import { startBrowser } from './browser.mjs';
import { startFrontdesk } from './frontdesk.mjs';
import { startMailSink } from './mail-sink.mjs';

export let browser, sink, frontdesk;
const others = [];

/**
 * Starts them before the suite's tests, then does what the suite itself needs, and ends them after the tests. `mails: false`
 * leaves the mail sink out; the other settings are those of `startFrontdesk`. A suite has no `before` of its own: the runner
 * would begin both at once.
 */
export function suite({ mails = true, ...settings } = {}, setUp = async () => {}) {
  before(async () => {
    browser = await startBrowser();
    if (mails) sink = await startMailSink();
    frontdesk = await startFrontdesk({ sink, ...settings });
    await setUp();
  });
  after(async () => {
    const ends = [];
    for (const one of [browser, frontdesk, sink, ...others]) ends.push(...(await Promise.allSettled([one?.stop()])));
    const wrong = ends.find((end) => end.status === 'rejected');
    if (wrong) throw wrong.reason;
  });
}

/** Has something else that was started stopped with the suite, and gives it back. */
export function stopsWithSuite(started) {
  others.push(started);
  return started;
}
