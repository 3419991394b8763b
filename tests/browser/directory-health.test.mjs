// How a directory does, for the company's administrator and for the vendor: from nothing sent to many things wrong; what
// each request changed, with personal values only for a reason; and what the directory proves itself with.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect, reach } from '../lib/browser.mjs';
import { becomeAdministrator, becomeOperator, connectDirectory, makeCompany } from '../lib/company.mjs';
import { PEOPLE, crowd, scimUser } from '../lib/people.mjs';
import { eventually } from '../lib/process.mjs';
import { patchOf, scimClient } from '../lib/scim-client.mjs';
import { browser, frontdesk, sink, suite } from '../lib/suite.mjs';

suite();

const heading = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();
const words = (page) => page.locator('main').innerText();

/** What a directory that is not well sends: people without a country, values that cannot be read, and what is refused. */
async function sendTrouble(scim, domain) {
  for (const person of crowd(11)) await scim('POST', '/Users', scimUser({ ...person, country: undefined }, domain));
  const region = 'D-A-CH (Deutschland, Österreich und Schweiz, je nach Einsatzort und Vertragsgestaltung der Gesellschaft)';
  const unread = [['bea', 'Bea', 'Keller', region], ['tova', 'טובה', 'כהן', 'ארץ ישראל השלמה'], ['lea', 'Lea', 'Roth', 'D-A-CH']];
  for (const [user, first, last, country] of unread) await scim('POST', '/Users', scimUser({ user, first, last, country }, domain));
  for (const person of [PEOPLE[1], PEOPLE[7], PEOPLE[7]]) assert.equal((await scim('POST', '/Users', scimUser(person, domain))).status, 409);
  assert.equal((await scim('PATCH', '/Users/no-such-person', patchOf({ op: 'replace', path: 'active', value: false }))).status, 404);
  assert.equal((await scim('POST', '/Users', { schemas: [], active: true })).status, 400);
}

for (const javaScript of [true, false]) {
  const how = javaScript ? 'with scripts' : 'without scripts';
  test(`administrator sees how the directory does, and what it sent, ${how}`, async () => {
    const domain = javaScript ? 'health.test' : 'health-plain.test';
    const company = await makeCompany(frontdesk, { name: 'Acme', domains: [domain], settings: { self_service: true } });
    const page = await browser.newPerson({ javaScript });
    const shot = (name) => (javaScript ? inspect(page, `health-${name}`) : undefined);
    await becomeAdministrator({ frontdesk, sink, page }, company, `priya@${domain}`);
    const directory = await connectDirectory(frontdesk, company, 'okta-scim');
    const at = `${frontdesk.url}/org/directory/${directory.id}`;
    const scim = scimClient(directory);

    await page.goto(`${at}/health`);
    await heading(page, 'How Okta is doing');
    assert.match(await words(page), /Okta has sent nobody yet/);
    await shot('empty');
    await page.goto(`${at}/requests`);
    await shot('requests-empty');

    const created = [];
    for (const person of PEOPLE) created.push((await scim('POST', '/Users', scimUser(person, domain))).body);
    assert.ok(created.every(({ id }) => id), 'everybody came');
    await page.goto(`${at}/health`);
    await page.getByText('Nothing to do').waitFor();
    assert.match(await words(page), /8\s+people sent/);
    await shot('well');

    await sendTrouble(scim, domain);
    await page.goto(`${at}/health`);
    await page.getByRole('heading', { name: 'Country is missing or cannot be read' }).waitFor();
    const told = await words(page);
    assert.match(told, /14 people[\s\S]*and 6 more/);
    assert.match(told, /“D-A-CH” is not one country/);
    assert.match(told, /3 requests, last/);
    assert.doesNotMatch(told, /Wolfe\S*@/, 'who was refused is not told by address');
    await shot('trouble');

    // From here on with the keyboard alone.
    await reach(page, page.getByRole('link', { name: /See the 3 requests/ }));
    await page.keyboard.press('Enter');
    await heading(page, 'Requests of Okta');
    assert.equal(await page.locator('tbody tr').count(), 3, 'only those refused for this reason');
    await shot('requests-cause');
    await reach(page, page.getByRole('link', { name: 'All', exact: true }));
    await page.keyboard.press('Enter');
    await page.getByRole('row', { name: /201 Created/ }).first().waitFor();
    await shot('requests');
    await scim('PATCH', `/Users/${created[1].id}`, patchOf(
      { op: 'replace', path: 'name.givenName', value: 'مريم' },
      { op: 'replace', path: 'emails[primary eq true].value', value: `maryam@${domain}` },
      { op: 'replace', path: 'addresses[type eq "work"].country', value: 'LB' },
      { op: 'replace', path: 'active', value: false },
    ));
    await page.reload();
    await reach(page, page.getByRole('row', { name: /PATCH \/Users\/usr_|PATCH \/Users\/[a-z]/ }).first().getByRole('link'));
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'What changed' }).waitFor();
    const masked = await page.locator('section').allInnerTexts();
    assert.doesNotMatch(masked.join(), /مريم|maryam@|LB/, 'masked until a reason is given');
    assert.match(masked[0], /active[\s\S]*yes[\s\S]*no/, 'what says nothing about a person is told');
    await shot('request-masked');
    await reach(page, page.getByLabel('Why'));
    if (!javaScript) {
      // The browser asks for the reason by itself; whoever sends the form without one is told by us.
      await page.getByLabel('Why').evaluate((field) => field.removeAttribute('required'));
      await page.keyboard.press('Enter');
      await page.getByText('Say why, in 1 to 300 characters').waitFor();
      await reach(page, page.getByLabel('Why'));
    }
    await page.keyboard.type('Maryam writes that her name is wrong');
    await page.keyboard.press('Enter');
    await page.getByText(`maryam@${domain}`).first().waitFor();
    assert.match(await words(page), /مريم[\s\S]*LB/);
    await shot('request-unmasked');
  });

  test(`administrator replaces what the directory proves itself with, ${how}`, async () => {
    const domain = javaScript ? 'tokens.test' : 'tokens-plain.test';
    const company = await makeCompany(frontdesk, { name: 'Acme', domains: [domain], settings: { self_service: true } });
    const page = await browser.newPerson({ javaScript });
    const shot = (name) => (javaScript ? inspect(page, `tokens-${name}`) : undefined);
    await becomeAdministrator({ frontdesk, sink, page }, company, `priya@${domain}`);
    const directory = await connectDirectory(frontdesk, company, 'okta-scim');
    await page.goto(`${frontdesk.url}/org/directory/${directory.id}/tokens`);
    await heading(page, 'Tokens of Okta');
    await shot('one');
    await page.getByRole('button', { name: 'Make an OAuth client' }).click();
    await page.getByLabel('Client secret').waitFor();
    await shot('client');
    const [client, secret, endpoint] = await Promise.all(['Client ID', 'Client secret', 'Token endpoint'].map((label) => page.getByLabel(label, { exact: true }).inputValue()));
    const answer = await fetch(endpoint, {
      method: 'POST', headers: { authorization: `Basic ${btoa(`${client}:${secret}`)}` }, body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    const { access_token: token } = await answer.json();
    assert.equal((await scimClient({ ...directory, token })('GET', '/Users?count=1')).status, 200);
    await page.goto(page.url().replace(/clients$/, 'tokens'));
    assert.equal(await page.getByLabel('Client secret').count(), 0, 'the secret is shown once');
    assert.match(await words(page), /Two work at most/);
    await page.getByRole('button', { name: /Revoke/ }).first().click();
    await page.getByText('no longer works').waitFor();
    await page.getByRole('button', { name: /Revoke/ }).first().click();
    await page.getByRole('heading', { level: 1, name: /will not get in any more/ }).waitFor();
    await shot('last');
    await page.getByRole('button', { name: /yes/i }).click();
    await page.getByText('refused until it has a new one').waitFor();
    await shot('none');
    assert.equal((await scimClient({ ...directory, token })('GET', '/Users?count=1')).status, 401);
  });
}

test('operator sees the same of any company', async () => {
  const domain = 'operated.test';
  const company = await makeCompany(frontdesk, { name: 'Gesellschaft für Datenschutzgrundverordnungsfragen und Partner', domains: [domain] });
  const directory = await connectDirectory(frontdesk, company, 'entra-scim');
  const scim = scimClient(directory);
  assert.equal((await scim('POST', '/Users', scimUser({ ...PEOPLE[7], country: undefined }, domain))).status, 201);
  assert.equal((await scim('POST', '/Users', scimUser(PEOPLE[7], domain))).status, 409);
  const page = await browser.newPerson();
  await becomeOperator({ frontdesk, page });
  await page.goto(`${frontdesk.url}/console/organizations/${company.id}/desk/directory/${directory.id}/health`);
  await heading(page, 'How Microsoft Entra ID is doing');
  assert.match(await words(page), /Country is missing[\s\S]*1 person[\s\S]*1 request, last/);
  await inspect(page, 'health-console');
  await page.getByRole('link', { name: /See the request/ }).click();
  await page.getByRole('row').nth(1).getByRole('link').click();
  await page.getByRole('heading', { name: 'What puts it right' }).waitFor();
  await inspect(page, 'health-console-request');
  await eventually('the request is in the log of all companies', async () => {
    await page.goto(`${frontdesk.url}/console/scim`);
    return /409/.test(await words(page));
  });
});
