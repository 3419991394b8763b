// One domain with two connections: a pilot, a choice at /login; single addresses outside; and who would not meet whom.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from '../lib/browser.mjs';
import { connectDirectory, connectOidc, connectSaml, makeCompany } from '../lib/company.mjs';
import { startOpenidProvider } from '../lib/openid-provider.mjs';
import { scimClient } from '../lib/scim-client.mjs';
import { arriveAt, passOn, signInAtSimpleSamlPhp, startSimpleSamlPhp } from '../lib/simplesamlphp.mjs';
import { browser, frontdesk, sink, stopsWithSuite, suite } from '../lib/suite.mjs';

const person = (id, email, role) => ({ password: `${id}-secret`, attributes: { id, email, firstName: id, lastName: 'Lee', country: 'GB', role } });
const USERS = {
  ada: person('ada', 'ada@acme.test', 'admin'),
  bob: person('bob', 'bob@acme.test', 'member'),
  kim: person('kim', 'kim@studio.example', 'member'),
};

let idp, provider, company, saml, oidc;
suite({}, async () => {
  idp = stopsWithSuite(await startSimpleSamlPhp({ users: USERS }));
  provider = stopsWithSuite(await startOpenidProvider({ users: {} }));
  company = await makeCompany(frontdesk, { settings: { jit: true, self_service: true } });
  saml = await connectSaml(frontdesk, company, idp);
  oidc = await connectOidc(frontdesk, company, provider);
  const routing = { rules: [], everybody_else: { connection: saml.id } };
  await frontdesk.api.put(`/organizations/${company.id}/domains/acme.test/routing`, routing);
});

const heading = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();
const press = (page, name) => page.getByRole('button', { name }).click();
const words = (page) => page.locator('main').innerText();

async function typeAddress(page, email, where = '/account') {
  await page.goto(`${frontdesk.url}/login?return_to=${encodeURIComponent(where)}`);
  await page.getByLabel('Email address').fill(email);
  await press(page, 'Continue with SSO');
}

async function throughSaml(page, user) {
  await arriveAt(page, idp);
  await signInAtSimpleSamlPhp(page, user, `${user}-secret`);
  await passOn(page, idp);
}

test('administrator lets named addresses try the new connection, and everybody else stays', async () => {
  const ada = await browser.newPerson();
  await typeAddress(ada, 'ada@acme.test', '/org/domains');
  await throughSaml(ada, 'ada');
  await heading(ada, 'Domains');
  await inspect(ada, 'routing-domains');
  await ada.getByRole('link', { name: /Who signs in where/ }).click();
  await heading(ada, 'Who signs in where: acme.test');
  await inspect(ada, 'routing-empty');
  await ada.locator('#pilot').fill('eve@elsewhere.test');
  await press(ada, 'Add the pilot');
  await ada.getByText('“eve@elsewhere.test” is not an address in acme.test').waitFor();
  await inspect(ada, 'routing-wrong');
  await ada.locator('#pilot').fill('bob@acme.test\ncarl@acme.test');
  await ada.locator('#connection').selectOption(oidc.id);
  await press(ada, 'Add the pilot');
  await ada.getByText('2 named addresses').waitFor();
  await ada.locator('#try').fill('bob@acme.test');
  await press(ada, 'Where does it sign in?');
  await ada.getByText('Rule 1 fits').waitFor();
  await inspect(ada, 'routing-rules');

  const bob = await browser.newPerson({ javaScript: false });
  await typeAddress(bob, 'bob@acme.test');
  await bob.waitForURL((url) => url.href.startsWith(provider.issuer));
  const dora = await browser.newPerson({ javaScript: false });
  await typeAddress(dora, 'dora@acme.test');
  await arriveAt(dora, idp);

  await ada.getByRole('button', { name: /Remove/ }).click();
  await ada.getByText('Saved').waitFor();
  await ada.locator('#everybody').selectOption('choose');
  for (const box of await ada.getByRole('checkbox').all()) await box.check();
  await press(ada, 'Save it');
  await ada.getByText(/chooses among/).waitFor();
});

test('person chooses at the sign-in, is remembered, and can choose again', async () => {
  const routing = { rules: [], everybody_else: { choose: [saml.id, oidc.id] } };
  await frontdesk.api.put(`/organizations/${company.id}/domains/acme.test/routing`, routing);
  const bob = await browser.newPerson({ javaScript: false });
  await typeAddress(bob, 'bob@acme.test');
  await heading(bob, 'Which sign-in do you use?');
  await inspect(bob, 'login-choose');
  await bob.getByRole('button', { name: /SAML/ }).click();
  await throughSaml(bob, 'bob');
  await bob.waitForURL(`${frontdesk.url}/account`);
  await bob.goto(`${frontdesk.url}/login`);
  await inspect(bob, 'login-remembered');
  await bob.getByLabel('Email address').fill('bob@acme.test');
  await press(bob, 'Continue with SSO');
  await bob.waitForURL((url) => !url.pathname.startsWith('/login/choose'));
  await bob.goto(`${frontdesk.url}/login`);
  await bob.getByRole('link', { name: 'Choose again' }).click();
  await bob.getByLabel('Email address').fill('bob@acme.test');
  await press(bob, 'Continue with SSO');
  await heading(bob, 'Which sign-in do you use?');
});

test('contractor outside the domains comes in by a named exception, after a mail', async () => {
  const routing = { rules: [], everybody_else: { connection: saml.id } };
  await frontdesk.api.put(`/organizations/${company.id}/domains/acme.test/routing`, routing);
  const ada = await browser.newPerson();
  await typeAddress(ada, 'ada@acme.test', '/org/domains/exceptions');
  await throughSaml(ada, 'ada');
  await heading(ada, 'Named exceptions');
  await inspect(ada, 'exceptions-empty');
  await ada.getByLabel('Email address').fill('*@studio.example');
  await ada.getByLabel('Why').fill('builds our tickets');
  await press(ada, 'Allow the address');
  await ada.getByText('patterns are not taken').waitFor();
  await inspect(ada, 'exceptions-wrong');
  await ada.getByLabel('Email address').fill('kim@studio.example');
  await press(ada, 'Allow the address');
  await ada.getByText('Holds until it is removed').waitFor();
  await inspect(ada, 'exceptions');

  const kim = await browser.newPerson({ javaScript: false });
  const begin = () => kim.goto(`${frontdesk.url}/login?connection=${saml.id}&return_to=/account`);
  await begin();
  await throughSaml(kim, 'kim');
  await heading(kim, 'Look into your mail');
  await inspect(kim, 'exception-held');
  const { links } = await sink.mailTo('kim@studio.example');
  await kim.goto(links.find((link) => link.includes('/login/confirm/')));
  await heading(kim, 'May Acme sign you in?');
  await inspect(kim, 'exception-confirm');
  await press(kim, 'Yes, that was me');
  await passOn(kim, idp);
  await kim.waitForURL(`${frontdesk.url}/account`);
  await ada.getByRole('button', { name: /Remove and sign out/ }).click();
  await ada.getByText('No exception').waitFor();
  await kim.goto(`${frontdesk.url}/account`);
  await kim.waitForURL((url) => url.pathname === '/login');
});

test('before the directory goes live the administrator sees who would not meet', async () => {
  const directory = await connectDirectory(frontdesk, company, 'okta-scim');
  const scim = scimClient(directory);
  const user = (userName, email, givenName) => ({
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName, active: true, externalId: `00u-${userName}`,
    name: { givenName, familyName: 'Lee' }, emails: [{ value: email, type: 'work', primary: true }],
  });
  for (const one of [user('bob', 'robert.lee@acme.test', 'Bob'), user('zoe', 'zoe@acme.test', 'Zoe')]) {
    const { status } = await scim('POST', '/Users', one);
    assert.equal(status, 201);
  }
  const ada = await browser.newPerson();
  await typeAddress(ada, 'ada@acme.test', '/org/sign-on');
  await throughSaml(ada, 'ada');
  await ada.getByRole('link', { name: /Who meets whom/ }).click();
  await heading(ada, 'Who meets whom');
  const text = await words(ada);
  assert.match(text, /A second member would come/);
  assert.match(text, /robert\.lee@acme\.test/);
  await inspect(ada, 'joining');
});
