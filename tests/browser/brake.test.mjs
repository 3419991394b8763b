// A sync that would remove a fifth of a company: stopped, decided on the page, and undone as a whole.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from '../lib/browser.mjs';
import { becomeAdministrator, connectDirectory, makeCompany } from '../lib/company.mjs';
import { eventually } from '../lib/process.mjs';
import { patchOf, scimClient } from '../lib/scim-client.mjs';
import { browser, frontdesk, sink, suite } from '../lib/suite.mjs';

suite();

const NAMES = ['Jonas Weber', 'Fatima El-Sayed', 'Ravi Patel', 'Lucía Fernández', 'Tomasz Zieliński', 'Yuki Tanaka', 'Oliver Brandt', 'Mei Chen', 'Daniel Cohen', 'Aisha Bello'];

async function sendPeople(scim, domain) {
  const users = [];
  for (const name of NAMES) {
    const [givenName, familyName] = name.split(' ');
    const userName = `${givenName.toLowerCase().normalize('NFD').replace(/[^a-z]/g, '')}@${domain}`;
    const created = await scim('POST', '/Users', {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName, displayName: name, active: true,
      name: { givenName, familyName }, emails: [{ value: userName, primary: true }], addresses: [{ type: 'work', country: 'DE' }],
    });
    assert.equal(created.status, 201);
    users.push(created.body);
  }
  return users;
}

for (const javaScript of [true, false]) {
  const how = javaScript ? 'with scripts' : 'without scripts';
  test(`administrator decides about a sync that was stopped, and undoes it, ${how}`, async () => {
    const domain = javaScript ? 'brake.test' : 'brake-plain.test';
    const settings = { self_service: true, brake_people: 3, brake_percent: 20 };
    const company = await makeCompany(frontdesk, { name: 'Acme', domains: [domain], settings });
    const page = await browser.newPerson({ javaScript });
    const shot = (name) => (javaScript ? inspect(page, `brake-${name}`) : undefined);
    await becomeAdministrator({ frontdesk, sink, page }, company, `priya@${domain}`);
    const scim = scimClient(await connectDirectory(frontdesk, company, 'okta-scim'));
    const users = await sendPeople(scim, domain);
    const members = async (status) => (await frontdesk.api.get(`/organizations/${company.id}/members?status=${status}`)).data.length;
    for (const user of users.slice(0, 6)) await scim('PATCH', `/Users/${user.id}`, patchOf({ op: 'replace', value: { active: false } }));
    await eventually('the first ones come back in', async () => (await members('disconnected')) === 0);

    await page.goto(`${frontdesk.url}/org/directory`);
    await page.getByText('We stopped a sync of Okta').waitFor();
    await shot('directory-stopped');
    await page.getByRole('link', { name: 'Look at it and decide' }).click();
    await page.getByRole('heading', { level: 1, name: /Nobody has been removed/ }).waitFor();
    assert.match(await page.locator('main').innerText(), /6 of Acme’s 11 members/);
    await shot('stopped');
    await page.getByLabel(/Let all 6 go/).check();
    await page.getByLabel(/Type the number/).fill('5');
    await page.getByRole('button', { name: 'Confirm' }).click();
    await page.getByText('to let all 6 people go').waitFor();
    await shot('wrong-number');
    await page.getByLabel(/Let all 6 go/).check();
    await page.getByLabel(/Type the number/).fill('6');
    await page.getByRole('button', { name: 'Confirm' }).click();
    await page.getByText('Decided', { exact: true }).waitFor();
    await eventually('all six leave', async () => (await members('disconnected')) === 6);
    await page.reload();
    await page.getByText('6 people left').waitFor();
    await shot('directory-syncs');
    await page.getByRole('button', { name: /undo/i }).click();
    await page.getByText('Being undone', { exact: true }).waitFor();
    await eventually('all six come back in', async () => (await members('disconnected')) === 0);
    await page.goto(`${frontdesk.url}/org/leavers`);
    assert.equal(await page.getByLabel('More people than').inputValue(), '3');
    await shot('leavers');

    await page.goto(`${frontdesk.url}/org/directory`);
    await page.getByRole('link', { name: 'Tokens Okta' }).click();
    await page.getByRole('heading', { level: 1, name: 'Tokens of Okta' }).waitFor();
    await page.getByRole('button', { name: 'Make another token' }).click();
    await page.getByText('Shown only now').waitFor();
    await shot('tokens');
    await page.getByRole('button', { name: /Revoke/ }).last().click();
    await page.getByText('The token no longer works').waitFor();
    assert.equal((await scim('GET', '/Users?count=1')).status, 401);
  });
}

test('administrator lets a group and one more person go, and keeps the others', async () => {
  const domain = 'brake-some.test';
  const settings = { self_service: true, brake_people: 3, brake_percent: 20 };
  const company = await makeCompany(frontdesk, { name: 'Acme', domains: [domain], settings });
  const page = await browser.newPerson();
  await becomeAdministrator({ frontdesk, sink, page }, company, `priya@${domain}`);
  const scim = scimClient(await connectDirectory(frontdesk, company, 'okta-scim'));
  const users = await sendPeople(scim, domain);
  const group = await scim('POST', '/Groups', {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'], displayName: 'Sales', members: users.slice(0, 5).map(({ id }) => ({ value: id })),
  });
  assert.equal(group.status, 201);
  await scim('PATCH', `/Groups/${group.body.id}`, patchOf({ op: 'replace', path: 'members', value: [] }));
  for (const user of users.slice(0, 8)) await scim('PATCH', `/Users/${user.id}`, patchOf({ op: 'replace', value: { active: false } }));
  const members = async (status) => (await frontdesk.api.get(`/organizations/${company.id}/members?status=${status}`)).data.length;
  await eventually('the first ones come back in', async () => (await members('disconnected')) === 0);

  await page.goto(`${frontdesk.url}/org/directory`);
  await page.getByRole('link', { name: 'Look at it and decide' }).click();
  await page.getByText('5 of the 8 were in “Sales”,').waitFor();
  await inspect(page, 'brake-cause');
  await page.getByLabel(/Choose who goes/).check();
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByRole('heading', { level: 1, name: 'Choose who goes' }).waitFor();
  await page.getByRole('button', { name: 'Show who goes' }).click();
  await page.getByText('Nobody is chosen').waitFor();
  await inspect(page, 'brake-choose');
  await page.getByLabel(/Sales/).check();
  await page.getByLabel(/Oliver Brandt/).check();
  await page.getByRole('button', { name: 'Show who goes' }).click();
  await page.getByRole('heading', { level: 1, name: '6 people go, 2 stay' }).waitFor();
  await inspect(page, 'brake-sure');
  await page.getByLabel(/Type the number/).fill('8');
  await page.getByRole('button', { name: 'Let 6 go, keep 2' }).click();
  await page.getByText('to let 6 go and keep the others').waitFor();
  await page.getByLabel(/Type the number/).fill('6');
  await page.getByRole('button', { name: 'Let 6 go, keep 2' }).click();
  await page.getByText('Decided', { exact: true }).waitFor();
  await eventually('six leave', async () => (await members('disconnected')) === 6);
  assert.equal((await scim('GET', '/Users?count=1')).status, 200);
});
