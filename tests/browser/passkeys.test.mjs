// Passkeys in a real browser, with an authenticator that Chromium simulates: made on one's own page, used to sign in, by
// people and by an operator. And the same pages where no script runs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { devTools, inspect } from '../lib/browser.mjs';
import { browser, frontdesk, sink, suite } from '../lib/suite.mjs';

// Browsers give passkeys to names, not to addresses.
suite({ host: 'localhost' });

let ann;

const heading = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();
const press = (page, name) => page.getByRole('button', { name }).click();

// A phone that says yes to everything, with a finger on it.
async function withAuthenticator(page) {
  const cdp = await devTools(page);
  await cdp.send('WebAuthn.enable');
  const options = { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true };
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options });
  return { cdp, authenticatorId };
}

async function signInByMail(page, email) {
  await page.goto(`${frontdesk.url}/login`);
  await page.getByLabel('Email address').fill(email);
  await press(page, /continue/i);
  await press(page, /email me a sign-in link/i);
  const mail = await sink.mailTo(email);
  await page.goto(mail.links.find((link) => link.includes('/signin/')));
  await press(page, /sign in/i);
  await page.waitForURL(/\/account/);
}

test('a person adds a passkey and signs in with it', async () => {
  ann = await browser.newPerson();
  await withAuthenticator(ann);
  await signInByMail(ann, 'ann@home.test');
  await inspect(ann, 'passkeys-none');
  await ann.getByLabel('Name of the new passkey').fill('My phone');
  await press(ann, 'Add a passkey');
  await ann.waitForURL(/done=passkey/);
  await ann.getByText('My phone').first().waitFor();
  await inspect(ann, 'passkeys-one');
  await press(ann, 'Sign out');
  await heading(ann, /signed out/i);
  // As a browser that has not used one here: the button is there for it.
  await ann.evaluate(() => localStorage.clear());
  await ann.goto(`${frontdesk.url}/login`);
  await ann.getByRole('button', { name: 'Sign in with a passkey' }).waitFor();
  await inspect(ann, 'passkeys-sign-in');
  await press(ann, 'Sign in with a passkey');
  await ann.waitForURL(/\/account/);
  assert.match(await ann.locator('main').innerText(), /by passkey/);
});

test('a device that has one already says so, and one that has none leaves the other ways', async () => {
  await press(ann, 'Add a passkey');
  await ann.getByText('This device has a passkey for this account already.').waitFor();
  await inspect(ann, 'passkeys-known');
  const other = await browser.newPerson();
  const { cdp, authenticatorId } = await withAuthenticator(other);
  await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
  await other.goto(`${frontdesk.url}/login`);
  await press(other, 'Sign in with a passkey');
  await other.getByText('No passkey was used. Try again, or sign in another way.').waitFor();
  await inspect(other, 'passkeys-failed');
});

test('a browser that has used one here is offered it below the address', async () => {
  await press(ann, 'Sign out');
  await heading(ann, /signed out/i);
  const asked = ann.waitForRequest(/\/login\/passkey\/options/);
  await ann.goto(`${frontdesk.url}/login`);
  await asked;
});

test('without scripts the page has its other ways, and says what adding needs', async () => {
  const plain = await browser.newPerson({ javaScript: false });
  await plain.goto(`${frontdesk.url}/login`);
  assert.equal(await plain.getByRole('button', { name: 'Sign in with a passkey' }).count(), 0);
  await signInByMail(plain, 'bob@home.test');
  await plain.getByText('Adding one needs scripts to be switched on').waitFor();
  assert.equal(await plain.getByRole('button', { name: 'Add a passkey' }).count(), 0);
});

test('an operator adds a passkey and signs in with it', async () => {
  const operator = await browser.newPerson();
  await withAuthenticator(operator);
  await operator.goto(frontdesk.operatorLink());
  await operator.getByLabel('Your name').fill('Maren Okafor');
  await operator.getByLabel('Email address').fill('maren@northwind.test');
  await operator.getByLabel(/password/i).fill('a long password of Maren');
  await press(operator, /open the console/i);
  await heading(operator, 'Organizations');
  await operator.goto(`${frontdesk.url}/console/operators`);
  await operator.getByRole('link', { name: 'Your passkeys' }).click();
  await heading(operator, 'Your passkeys');
  await inspect(operator, 'passkeys-console-none');
  await press(operator, 'Add a passkey');
  await operator.getByText('The passkey is added').waitFor();
  await inspect(operator, 'passkeys-console-one');
  await operator.evaluate(() => localStorage.clear());
  await press(operator, 'Sign out');
  await heading(operator, /sign in to the console/i);
  await inspect(operator, 'passkeys-console-sign-in');
  await press(operator, 'Sign in with a passkey');
  await heading(operator, 'Organizations');
});
