// The operators' console, from the one-time link to the reason of a failed sign-in, and a bulk invite from there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from '../lib/browser.mjs';
import { connectDirectory, connectSaml, makeCompany } from '../lib/company.mjs';
import { startEventReceiver } from '../lib/event-receiver.mjs';
import { eventually } from '../lib/process.mjs';
import { scimClient } from '../lib/scim-client.mjs';
import { arriveAt, passOn, signInAtSimpleSamlPhp, startSimpleSamlPhp } from '../lib/simplesamlphp.mjs';
import { browser, frontdesk, stopsWithSuite, suite } from '../lib/suite.mjs';

const USERS = {
  ada: { password: 'ada-secret', attributes: { id: 'u-1', email: 'ada@beta.test', firstName: 'Ada', lastName: 'Lovelace', country: 'GB' } },
  eve: { password: 'eve-secret', attributes: { id: 'u-2', email: 'eve@elsewhere.test', firstName: 'Eve', lastName: 'Moor', country: 'GB' } },
};

let idp, operator;
suite({ mails: false }, async () => {
  idp = stopsWithSuite(await startSimpleSamlPhp({ users: USERS }));
});

const heading = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();
const press = (page, name) => page.getByRole('button', { name }).click();
const words = (page) => page.locator('main').innerText();

test('first operator comes by the one-time link, which works once', async () => {
  operator = await browser.newPerson();
  const link = frontdesk.operatorLink();
  await operator.goto(link);
  await heading(operator, /first operator/i);
  await inspect(operator, 'console-first');
  await operator.getByLabel('Your name').fill('Maren Okafor');
  await operator.getByLabel('Email address').fill('maren@northwind.test');
  await operator.getByLabel(/password/i).fill('short');
  await press(operator, /open the console/i);
  assert.equal(await operator.getByLabel(/password/i).getAttribute('aria-invalid'), 'true');
  assert.equal(await operator.getByLabel('Your name').inputValue(), 'Maren Okafor');
  await inspect(operator, 'console-first-wrong');
  await operator.getByLabel(/password/i).fill('a long password of Maren');
  await press(operator, /open the console/i);
  await heading(operator, 'Organizations');
  await inspect(operator, 'console-empty');
  const stranger = await browser.newPerson();
  await stranger.goto(link);
  assert.match(await words(stranger), /has ended/);
});

test('operator signs out and in again by password', async () => {
  await press(operator, 'Sign out');
  await heading(operator, /sign in to the console/i);
  await inspect(operator, 'console-sign-in');
  await operator.getByLabel('Email address').fill('maren@northwind.test');
  await operator.getByLabel('Password').fill('not the password');
  await press(operator, 'Sign in');
  assert.match(await words(operator), /do not belong together/);
  await operator.getByLabel('Password').fill('a long password of Maren');
  await press(operator, 'Sign in');
  await heading(operator, 'Organizations');
});

for (const javaScript of [true, false]) {
  const how = javaScript ? 'with scripts' : 'without scripts';
  test(`company is made, its domains attested, links made and revoked, policy and self-service set, ${how}`, async () => {
    const page = javaScript ? operator : await plainOperator();
    const shot = (name) => (javaScript ? inspect(page, `console-${name}`) : undefined);
    const name = javaScript ? 'Gesellschaft für Datenschutzgrundverordnungsfragen und Partner' : 'Plain';
    const domain = javaScript ? 'gdp.test' : 'plain.test';
    await page.goto(`${frontdesk.url}/console/organizations/new`);
    await page.getByLabel('Name').fill(name);
    await page.getByLabel(/email domains/i).fill('gmail.com');
    await press(page, /create the organization/i);
    assert.match(await words(page), /gmail\.com/);
    assert.equal(await page.getByLabel('Name').inputValue(), name);
    await shot('new-wrong');
    await page.getByLabel(/email domains/i).fill(domain);
    await page.getByLabel(/I know that these domains are theirs/).check();
    await press(page, /create the organization/i);
    await heading(page, name);
    await shot('company-new');
    const here = page.url();

    await page.getByLabel('Add a domain').fill(`labs.${domain}`);
    await press(page, 'Add');
    await press(page, 'Attest');
    assert.equal(await page.getByText('Verified', { exact: true }).count(), 2);

    await page.getByLabel('Single sign-on').check();
    await page.getByLabel('Works for').selectOption('86400');
    await page.getByLabel(/send it to/i).fill(`it@${domain}`);
    await press(page, 'Make the link');
    await heading(page, /a link to set up/i);
    await shot('link-made');
    const link = await page.getByLabel('Setup link').inputValue();
    if (javaScript) {
      await page.getByRole('button', { name: /^copy/i }).first().click();
      assert.equal(await page.evaluate(() => navigator.clipboard.readText()), link);
    }
    await page.getByLabel(/send it by mail to/i).fill(`hr@${domain}`);
    await press(page, 'Send');
    await page.getByText(`Sent to hr@${domain}`).waitFor();
    const guest = await browser.newPerson();
    await guest.goto(link);
    assert.match(await words(guest), new RegExp(javaScript ? 'Gesellschaft' : 'Plain'));
    await guest.goto(`${link}/sso/providers/okta-saml`);
    await guest.locator('form.actions button').click();
    await guest.getByRole('heading', { level: 1 }).waitFor();
    await page.goto(here);
    const row = page.getByRole('row', { name: /made by Maren Okafor/ });
    assert.match(await row.innerText(), /127\.0\.0\.1/, 'who used it');
    await shot('company-link');
    await row.getByRole('button', { name: /revoke/i }).click();
    await page.getByText(/no longer works/).waitFor();
    await guest.goto(link);
    assert.match(await words(guest), /taken back/);

    await page.getByLabel(/erase completely/i).check();
    await page.getByLabel(/^waiting time/i).fill('1000');
    await press(page, 'Save the policy');
    assert.match(await words(page), /0 to 720/);
    assert.ok(await page.getByLabel(/erase completely/i).isChecked(), 'the choice is kept');
    await page.getByLabel(/^waiting time/i).fill('48');
    await press(page, 'Save the policy');
    await press(page, /switch on self-service/i);
    await press(page, /switch off self-service/i);
    await press(page, /switch on self-service/i);
    const [company] = (await frontdesk.api.get(`/organizations?name=${encodeURIComponent(name)}`)).data;
    assert.deepEqual([company.leaver_policy, company.erase_grace_seconds, company.self_service], ['delete', 172800, true]);
  });
}

/** The operator on a computer without scripts. */
async function plainOperator() {
  const page = await browser.newPerson({ javaScript: false });
  await page.goto(`${frontdesk.url}/console/login`);
  await page.getByLabel('Email address').fill('maren@northwind.test');
  await page.getByLabel('Password').fill('a long password of Maren');
  await press(page, 'Sign in');
  await heading(page, 'Organizations');
  return page;
}

test('a failed and a good sign-in, a refused and a good SCIM request are explained', async () => {
  const company = await makeCompany(frontdesk, { name: 'Beta', domains: ['beta.test'], settings: { jit: true } });
  await connectSaml(frontdesk, company, idp);
  const scim = scimClient(await connectDirectory(frontdesk, company));
  for (const user of ['eve', 'ada']) {
    const page = await browser.newPerson();
    await page.goto(`${frontdesk.url}/login`);
    await page.getByLabel('Email address').fill('someone@beta.test');
    await press(page, 'Continue with SSO');
    await arriveAt(page, idp);
    await signInAtSimpleSamlPhp(page, user, USERS[user].password);
    await passOn(page, idp);
    await page.waitForURL(`${frontdesk.url}/**`);
    await page.getByRole('heading', { level: 1 }).waitFor();
  }
  const schemas = ['urn:ietf:params:scim:schemas:core:2.0:User'];
  const person = { schemas, userName: 'nora@beta.test', name: { givenName: 'Nora', familyName: 'Lind' }, emails: [{ value: 'nora@beta.test', primary: true }], active: true };
  assert.equal((await scim('POST', '/Users', person)).status, 201);
  assert.equal((await scim('POST', '/Users', person)).status, 409);

  await operator.goto(`${frontdesk.url}/console`);
  await inspect(operator, 'console-organizations');
  await operator.getByRole('link', { name: 'Beta' }).click();
  await heading(operator, 'Beta');
  assert.match(await words(operator), /country is missing/);
  await inspect(operator, 'console-company');

  await operator.getByRole('link', { name: 'All of them' }).click();
  await heading(operator, 'Sign-ins');
  await inspect(operator, 'console-sign-ins');
  await operator.getByRole('link', { name: 'Refused' }).click();
  await operator.getByRole('link', { name: /domain not verified/i }).first().click();
  await heading(operator, /no verified domain of Beta/);
  const told = await words(operator);
  assert.match(told, /eve@elsewhere\.test/);
  assert.match(told, /Expected[\s\S]*Received/);
  assert.doesNotMatch(await operator.locator('pre').innerText(), /elsewhere\.test|Moor/, 'the message is masked');
  await inspect(operator, 'console-trace-refused');
  await operator.goto(`${frontdesk.url}/console/sign-ins?q=ada@beta.test`);
  await operator.getByRole('link', { name: /signed in/i }).first().click();
  await heading(operator, /ada@beta\.test signed in/);
  await inspect(operator, 'console-trace-good');

  await operator.getByRole('link', { name: 'SCIM requests' }).first().click();
  await inspect(operator, 'console-scim');
  await operator.getByRole('link', { name: /201 Created/ }).first().click();
  assert.match(await words(operator), /n•••@beta\.test/);
  assert.doesNotMatch(await words(operator), /nora@beta\.test/, 'what a person is stays hidden');
  await inspect(operator, 'console-scim-good');
  await operator.getByLabel('Why').fill('Ticket 4711');
  await operator.getByRole('button', { name: 'Show personal data' }).click();
  await operator.getByText('with personal data').first().waitFor();
  assert.match(await words(operator), /nora@beta\.test/);
  await operator.goto(`${frontdesk.url}/console/scim?only=refused`);
  await operator.getByRole('link', { name: /409 Conflict/ }).first().click();
  await heading(operator, /refused/i);
  await inspect(operator, 'console-scim-refused');
});

test('a file of people is imported from the console', async () => {
  const [company] = (await frontdesk.api.get('/organizations?name=Beta')).data;
  await operator.goto(`${frontdesk.url}/console/organizations/${company.id}`);
  await operator.getByRole('link', { name: 'Import people' }).click();
  await inspect(operator, 'console-import');
  const text = 'First name,Last name,Email,Country\nMia,Rao,mia@beta.test,DE\nDilek,Aydin,dilek@beta.test,D-A-CH\n';
  await operator.getByLabel(/file/i).setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
  await press(operator, /look at the file/i);
  const row = operator.getByRole('row', { name: /dilek/ });
  assert.match(await row.getByRole('cell').nth(3).innerText(), /D-A-CH/, 'the cell shows what came');
  await inspect(operator, 'console-import-preview');
  await press(operator, /import the 1 ready row/i);
  await operator.getByRole('link', { name: /see them/i }).click();
  await heading(operator, 'Members');
  assert.match(await words(operator), /Mia Rao/);
  await inspect(operator, 'console-members');
  await operator.getByRole('link', { name: 'Mia Rao' }).click();
  await heading(operator, 'Mia Rao');
  await inspect(operator, 'console-member');
});

test('application and API token are made, shown once, and taken away after a question', async () => {
  await operator.goto(`${frontdesk.url}/console/applications`);
  await inspect(operator, 'console-applications-empty');
  await operator.goto(`${frontdesk.url}/console/applications/new`);
  await operator.getByLabel('Name').fill('Product');
  await operator.getByLabel(/redirect uris/i).fill('nowhere');
  await press(operator, /create the application/i);
  await heading(operator, 'New application');
  await inspect(operator, 'console-application-wrong');
  await operator.getByLabel(/redirect uris/i).fill('https://product.test/callback');
  await press(operator, /create the application/i);
  await heading(operator, /product is ready/i);
  await inspect(operator, 'console-application-made');
  assert.ok((await operator.getByLabel('Client secret').inputValue()).length > 30);
  await operator.getByRole('link', { name: /I have copied it/i }).click();
  await inspect(operator, 'console-applications');
  await operator.getByRole('link', { name: 'Change Product' }).click();
  await heading(operator, 'Product');
  await operator.getByLabel(/leeway/i).fill('61');
  await press(operator, 'Save');
  assert.match(await words(operator), /at most 60 seconds/);
  await inspect(operator, 'console-application');
  await operator.getByLabel(/leeway/i).fill('10');
  await press(operator, 'Save');
  await operator.getByText('It applies from now on.').waitFor();
  assert.equal(await operator.getByLabel(/leeway/i).inputValue(), '10');
  await operator.goto(`${frontdesk.url}/console/applications`);
  await press(operator, /remove/i);
  await inspect(operator, 'console-application-remove');
  await press(operator, /yes, remove product/i);
  await operator.getByText('No application yet').waitFor();

  await operator.goto(`${frontdesk.url}/console/tokens`);
  await operator.getByLabel(/what is the new token for/i).fill('billing');
  await press(operator, 'Make a token');
  const token = await operator.getByLabel('API token').inputValue();
  await inspect(operator, 'console-token-made');
  const call = async () => (await fetch(`${frontdesk.url}/api/v1/organizations`, { headers: { authorization: `Bearer ${token}` } })).status;
  assert.equal(await call(), 200);
  await operator.getByRole('link', { name: /I have copied it/i }).click();
  await inspect(operator, 'console-tokens');
  await operator.getByRole('row', { name: /billing/ }).getByRole('button', { name: /revoke/i }).click();
  await press(operator, /yes, revoke it/i);
  assert.equal(await call(), 401);
});

test('operator sees why an application does not take its security events, and has them tried again', async () => {
  const receiver = stopsWithSuite(await startEventReceiver());
  receiver.answer = 401;
  const { client_id: id } = await frontdesk.api.post('/applications', { name: 'Billing', redirect_uris: ['https://billing.test/callback'] });
  const feed = `/applications/${id}/security-events`;
  await frontdesk.api.put(feed, { delivery: receiver.delivery() });
  const company = await makeCompany(frontdesk, { name: 'Events', domains: ['events.test'] });
  await frontdesk.api.post(`/organizations/${company.id}/members`, { profile: { firstName: 'Ada', lastName: 'Lovelace', email: 'ada@events.test', country: 'GB' } });
  const isFailing = async () => (await frontdesk.api.get(feed)).failing_since !== null;
  await eventually('it is not taken', isFailing);

  await operator.goto(`${frontdesk.url}/console/applications`);
  await operator.getByText(/Not taken since/).waitFor();
  await inspect(operator, 'console-applications-stuck');
  await operator.getByRole('link', { name: 'Change Billing' }).click();
  await heading(operator, 'Billing');
  assert.match(await words(operator), /It answered 401 Unauthorized; expected 202 Accepted/);
  await inspect(operator, 'console-application-stuck');
  receiver.answer = 202;
  await press(operator, 'Try again now');
  await operator.getByText('It is tried again').waitFor();
  await eventually('it is taken', async () => !(await isFailing()));
  await operator.reload();
  assert.match(await words(operator), /Security events[\s\S]*Waiting\s+nothing/);
  assert.equal(await operator.getByRole('button', { name: 'Try again now' }).count(), 0);
  await inspect(operator, 'console-application-events');
});

test('operator says what the requests of a connection ask for', async () => {
  await operator.goto(`${frontdesk.url}/console`);
  await operator.getByRole('link', { name: 'Beta' }).click();
  await operator.getByRole('link', { name: /^(not )?signed, by redirect$/i }).click();
  await heading(operator, /^What we ask/);
  await inspect(operator, 'console-requests');
  await operator.getByLabel(/how people must sign in/i).fill('MFA');
  await press(operator, 'Save the draft');
  assert.match(await words(operator), /received “MFA”/);
  await inspect(operator, 'console-requests-wrong');
  await operator.getByLabel(/how people must sign in/i).fill('urn:oasis:names:tc:SAML:2.0:ac:classes:Password');
  await operator.getByLabel(/prove themselves at each sign-in/i).check();
  await operator.getByLabel(/let in by the provider/i).check();
  await press(operator, 'Save the draft');
  assert.match(await words(operator), /only a request can ask/i, 'an answer that nobody asked for cannot be asked to be fresh');
  await inspect(operator, 'console-requests-unfit');
  await operator.getByLabel(/told to start here/i).check();
  await press(operator, 'Save the draft');
  await operator.getByText('The draft is saved').waitFor();
  const drafted = await words(operator);
  assert.match(drafted, /People prove themselves/);
  assert.match(drafted, /is told to start here/);
  await inspect(operator, 'console-requests-draft');
  await operator.getByRole('link', { name: 'Change what we ask for' }).click();
  await heading(operator, /^What we ask/);
  assert.ok(await operator.getByLabel(/prove themselves at each sign-in/i).isChecked(), 'the form goes on from the draft');
  await operator.getByRole('link', { name: 'Back' }).click();
  await press(operator, 'Discard it');
});

test('mails are readable where no mail server is set up, and lead a second operator in', async () => {
  await operator.goto(`${frontdesk.url}/console/operators`);
  await operator.getByLabel(/invite another/i).fill('theo@northwind.test');
  await press(operator, 'Invite');
  await operator.getByText(/invited, until/i).waitFor();
  await inspect(operator, 'console-operators');
  await operator.getByRole('link', { name: 'Mails' }).click();
  await operator.getByText('No mail server is set up').waitFor();
  await inspect(operator, 'console-mails');
  await operator.getByRole('link', { name: /operate frontdesk/i }).click();
  await inspect(operator, 'console-mail');
  const link = await operator.getByRole('link', { name: /console\/join/ }).getAttribute('href');
  const theo = await browser.newPerson();
  await theo.goto(link);
  await theo.getByLabel('Your name').fill('Theo Lindt');
  await theo.getByLabel(/password/i).fill('a long password of Theo');
  await press(theo, /open the console/i);
  await heading(theo, 'Organizations');
  await theo.goto(`${frontdesk.url}/console/sign-ins/FD-nothing`);
  await theo.getByRole('heading', { level: 1 }).waitFor();
  await inspect(theo, 'console-not-found');
});
