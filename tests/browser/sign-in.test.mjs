// Signing in as people meet it: one field, then the company's provider or one's own account.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from '../lib/browser.mjs';
import { connectSaml, makeCompany } from '../lib/company.mjs';
import { arriveAt, passOn, signInAtSimpleSamlPhp, startSimpleSamlPhp } from '../lib/simplesamlphp.mjs';
import { browser, frontdesk, sink, stopsWithSuite, suite } from '../lib/suite.mjs';

const USERS = {
  ada: { password: 'ada-secret', attributes: { id: 'u-1', email: 'ada@acme.test', firstName: 'Ada', lastName: 'Lovelace', country: 'GB' } },
};

let idp, company, connection;
suite({}, async () => {
  idp = stopsWithSuite(await startSimpleSamlPhp({ users: USERS, hosted: { 'sign.logout': true, 'validate.logout': true } }));
  company = await makeCompany(frontdesk, { settings: { jit: true } });
  connection = await connectSaml(frontdesk, company, idp);
  await makeCompany(frontdesk, { name: 'Without', domains: ['without.test'] });
});

async function enter(page, email, where = '/login') {
  await page.goto(`${frontdesk.url}${where}`);
  await page.getByLabel('Email address').fill(email);
  await page.getByRole('button', { name: 'Continue with SSO' }).click();
}

for (const javaScript of [true, false]) {
  test(`work address goes to the company's provider and back to where the person came from, ${javaScript ? 'with' : 'without'} scripts`, async () => {
    const page = await browser.newPerson({ javaScript });
    await page.goto(`${frontdesk.url}/account`);
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
    if (javaScript) await inspect(page, 'login');
    await page.getByLabel('Email address').fill('ada@acme.test');
    await page.getByRole('button', { name: 'Continue with SSO' }).click();
    await arriveAt(page, idp);
    await signInAtSimpleSamlPhp(page, 'ada', 'ada-secret');
    await passOn(page, idp);
    await page.waitForURL(`${frontdesk.url}/account`);
    assert.match(await page.locator('main').innerText(), /ada@acme\.test/);
    if (javaScript) await inspect(page, 'account');
  });
}

test('sign-out goes page by page by way of the provider where no script runs', async () => {
  await frontdesk.api.patch(`/organizations/${company.id}`, { end_provider_session: true });
  const page = await browser.newPerson({ javaScript: false });
  await enter(page, 'ada@acme.test');
  await arriveAt(page, idp);
  await signInAtSimpleSamlPhp(page, 'ada', 'ada-secret');
  await passOn(page, idp);
  await page.goto(`${frontdesk.url}/account`);
  await page.getByRole('button', { name: 'Sign out' }).first().click();
  await page.getByRole('heading', { level: 1, name: 'Signing you out' }).waitFor();
  await inspect(page, 'sign-out-at-provider');
  await page.getByRole('link', { name: /continue to/i }).click();
  await page.waitForURL(`${frontdesk.url}/logout`);
  await page.getByRole('heading', { level: 1, name: 'You are signed out' }).waitFor();
  await inspect(page, 'signed-out');
  await page.goto(`${frontdesk.url}/account`);
  await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
});

test('sign-out message that nobody signed is explained', async () => {
  const page = await browser.newPerson();
  await page.goto(`${frontdesk.url}/saml/${connection.id}/slo?SAMLRequest=bm90aGluZw%3D%3D`);
  await page.getByRole('heading', { level: 1, name: 'You may still be signed in here' }).waitFor();
  assert.match(await page.locator('main').innerText(), /not signed/);
  await inspect(page, 'sign-out-refused');
});

test('unknown address and a company without single sign-on get the same calm answer', async () => {
  const said = [];
  for (const email of ['nobody@nowhere.test', 'somebody@without.test']) {
    const page = await browser.newPerson();
    await enter(page, email);
    await page.getByRole('heading', { level: 1, name: /own account/i }).waitFor();
    said.push((await page.locator('main').innerText()).replaceAll(email, 'ADDRESS'));
    if (said.length === 1) await inspect(page, 'login-own');
  }
  assert.equal(said[0], said[1]);
});

test('person makes a personal account by a link in a mail, once', async () => {
  const page = await browser.newPerson();
  await enter(page, 'zoe@home.test', '/signup');
  await page.getByRole('button', { name: /sign-in link/i }).click();
  await page.getByText('zoe@home.test').first().waitFor();
  await inspect(page, 'login-mail-sent');
  const { links } = await sink.mailTo('zoe@home.test');
  await page.goto(links[0]);
  await inspect(page, 'login-link');
  await page.getByRole('button', { name: /sign in/i }).click();
  await page.waitForURL(`${frontdesk.url}/account`);
  const again = await browser.newPerson();
  await again.goto(links[0]);
  const button = again.getByRole('button', { name: /^sign in/i });
  if (await button.count()) await button.click();
  assert.doesNotMatch(again.url(), /\/account/, 'the link works once');
});

test('password that is wrong is said beside the field, and the address is kept', async () => {
  const page = await browser.newPerson();
  await enter(page, 'nobody@nowhere.test');
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByLabel('Password').waitFor();
  assert.equal(await page.getByLabel('Password').getAttribute('aria-invalid'), 'true');
  assert.match(await page.locator('main').innerText(), /nobody@nowhere\.test/);
  await inspect(page, 'login-own-wrong');
});
