// A live connection is changed: a draft beside it, a test that shows what differs, real sign-ins judged in its shadow, put
// in use, and back again; by the company's administrator, with scripts and without, by an operator, and by the link that
// set it up.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from '../lib/browser.mjs';
import { connectSaml, makeCompany } from '../lib/company.mjs';
import { eventually } from '../lib/process.mjs';
import { arriveAt, passOn, signInAtSimpleSamlPhp, startSimpleSamlPhp } from '../lib/simplesamlphp.mjs';
import { browser, frontdesk, stopsWithSuite, suite } from '../lib/suite.mjs';

const person = (id, first, email, role) => ({
  password: `${id}-secret`, attributes: { id, email, mail: `${first.toLowerCase()}.mail@acme.test`, firstName: first, lastName: 'Lee', country: 'GB', land: 'DE', role },
});
const USERS = {
  ada: person('ada', 'Ada', 'ada@acme.test', 'admin'),
  bob: person('bob', 'Bob', 'bob@acme.test', 'member'),
};

let idp, company, connection;
suite({ mails: false }, async () => {
  idp = stopsWithSuite(await startSimpleSamlPhp({ users: USERS }));
  company = await makeCompany(frontdesk, { settings: { jit: true, self_service: true } });
  connection = await connectSaml(frontdesk, company, idp);
});

const heading = (page, name, level = 1) => page.getByRole('heading', { level, name }).waitFor();
const press = (page, name) => page.getByRole('button', { name }).click();
const words = (page) => page.locator('main').innerText();

async function signIn(page, user, where = '/account') {
  await page.goto(`${frontdesk.url}/login?return_to=${encodeURIComponent(where)}`);
  await page.getByLabel('Email address').fill(`${user}@acme.test`);
  await press(page, 'Continue with SSO');
  await arriveAt(page, idp);
  await signInAtSimpleSamlPhp(page, user, `${user}-secret`);
  await passOn(page, idp);
  await page.waitForURL(`${frontdesk.url}${where}`);
}

/** The provider knows the browser from its own sign-in, so it comes straight back. */
async function comesBack(page) {
  await passOn(page, idp);
  await heading(page, /Your test as/, 2);
}

for (const javaScript of [true, false]) {
  const how = javaScript ? 'with scripts' : 'without scripts';
  test(`administrator changes the live connection and nobody notices before it works, ${how}`, async () => {
    const ada = await browser.newPerson({ javaScript });
    const shot = (name) => (javaScript ? inspect(ada, `change-${name}`) : undefined);
    await signIn(ada, 'ada', '/org/sign-on');
    await heading(ada, 'Single sign-on');
    await ada.getByRole('link', { name: /Change, test and compare/ }).click();
    await heading(ada, /The sign-in through/);
    await shot('calm');
    await ada.getByRole('link', { name: 'Change it' }).click();
    await heading(ada, /Change the sign-in through/);
    await shot('form');
    await ada.getByLabel('Metadata URL or XML').fill('not an address');
    await press(ada, 'Save the draft');
    assert.equal(await ada.getByLabel('Metadata URL or XML').inputValue(), 'not an address', 'what was typed is kept');
    await shot('form-wrong');
    await ada.getByLabel('Metadata URL or XML').fill('');
    await ada.getByText('Where each field of a person is read from').click();
    await ada.getByLabel('Country').fill('land');
    await ada.getByLabel('Email', { exact: true }).fill('mail');
    await press(ada, 'Save the draft');
    await heading(ada, 'The draft', 2);
    assert.match(await words(ada), /Country is read from/);
    await shot('draft');

    await press(ada, 'Start watching');
    await ada.getByText('Each real sign-in is judged a second time').waitFor();
    const bob = await browser.newPerson({ javaScript });
    await signIn(bob, 'bob');
    assert.match(await words(bob), /bob@acme\.test/, 'a draft has no say');
    await eventually('the shadow has judged the sign-in', async () => {
      const report = await frontdesk.api.get(`/organizations/${company.id}/connections/${connection.id}/shadow`);
      return report.judged === 1 && report.would_differ === 1;
    });

    await press(ada, /Test it/);
    await comesBack(ada);
    const seen = await words(ada);
    for (const told of [/ada\.mail@acme\.test/, /ada@acme\.test/, /would take this address/, /The profile would be changed/, /Would read otherwise/, /bob\.mail@acme\.test/]) assert.match(seen, told);
    await shot('tested');
    await press(ada, 'Put it in use');
    await heading(ada, 'In use before', 2);
    await shot('replaced');

    const again = await browser.newPerson({ javaScript });
    await signIn(again, 'bob');
    assert.match(await words(again), /bob\.mail@acme\.test/, 'the new names are read now');
    await press(ada, 'Go back to this');
    await ada.getByText('As it was before').waitFor();
    await shot('reverted');
    await press(ada, 'Discard it');
    await ada.getByText('The draft is gone').waitFor();
    const back = await browser.newPerson({ javaScript });
    await signIn(back, 'bob');
    assert.match(await words(back), /bob@acme\.test/);
  });
}

test('operator sees a test fail beside the live connection, and why', async () => {
  const other = await startSimpleSamlPhp({ users: USERS });
  try {
    // The certificate of another provider under the name of this one: what it signs is not what comes.
    const foreign = other.metadata.match(/<ds:X509Certificate>([^<]+)</)[1];
    const certificate = `-----BEGIN CERTIFICATE-----\n${foreign.trim().match(/.{1,64}/g).join('\n')}\n-----END CERTIFICATE-----`;
    const at = `/organizations/${company.id}/connections/${connection.id}`;
    await frontdesk.api.put(`${at}/draft`, { certificate, only_new_certificates: true });
    await frontdesk.api.put(`${at}/shadow`, {});
    await signIn(await browser.newPerson(), 'bob');
    await eventually('the shadow has judged the sign-in', async () => (await frontdesk.api.get(`${at}/shadow`)).would_fail === 1);
    const page = await browser.newPerson();
    await page.goto(frontdesk.operatorLink());
    await page.getByLabel('Your name').fill('Maren Okafor');
    await page.getByLabel('Email address').fill('maren@northwind.test');
    await page.getByLabel(/password/i).fill('a long password of Maren');
    await press(page, /open the console/i);
    await heading(page, 'Organizations');
    await page.goto(`${frontdesk.url}/console/organizations/${company.id}`);
    await page.getByRole('link', { name: /Change, test and compare/ }).click();
    await heading(page, /The sign-in through/);
    assert.match(await words(page), /Would have failed/);
    await press(page, /Test it/);
    await arriveAt(page, idp);
    await signInAtSimpleSamlPhp(page, 'bob', 'bob-secret');
    await passOn(page, idp);
    await page.getByText('Test failed').waitFor();
    assert.match(await words(page), /goes on signing in with what is in use/);
    await inspect(page, 'change-failed');
  } finally {
    await other.stop();
  }
});

test('link for single sign-on changes what is live', async () => {
  const link = await frontdesk.api.post(`/organizations/${company.id}/setup-links`, { purposes: ['sso'], expires_in: 86400 });
  const page = await browser.newPerson();
  await page.goto(`${link.url}/sso/providers`);
  await heading(page, /sign in today/);
  await inspect(page, 'change-wizard-providers');
  await press(page, /Change Custom SAML/);
  await heading(page, /The sign-in through/);
  await page.getByRole('link', { name: 'Change the draft' }).click();
  await heading(page, /Change the sign-in through/);
  await inspect(page, 'change-wizard-form');
  await page.getByText('Where each field of a person is read from').click();
  await page.getByLabel('Country').fill('land');
  await press(page, 'Save the draft');
  await page.getByText('The draft is saved').waitFor();
  await inspect(page, 'change-wizard');
  await press(page, 'Discard it');
  await page.getByText('The draft is gone').waitFor();
});
