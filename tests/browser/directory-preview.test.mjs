// What a directory would do is read before it does it: who joins, gets a place, stays incomplete, leaves, becomes an
// administrator, and whether it would be stopped; going live, its progress, and back to the preview.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect, reach } from '../lib/browser.mjs';
import { becomeAdministrator, makeCompany } from '../lib/company.mjs';
import { PEOPLE, crowd, scimUser } from '../lib/people.mjs';
import { eventually } from '../lib/process.mjs';
import { scimClient } from '../lib/scim-client.mjs';
import { browser, frontdesk, sink, suite } from '../lib/suite.mjs';

suite();

const words = (page) => page.locator('main').innerText();
const heading = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();

/** Members who came by a file. */
async function importPeople(company, people, domain) {
  const rows = people.map(({ first, last, user, country }) => `${first},${last},${user}@${domain},${country}\n`).join('');
  const form = new FormData();
  form.append('file', new Blob([`First name,Last name,Email,Country\n${rows}`]), 'people.csv');
  await frontdesk.api.post(`/organizations/${company.id}/imports?mode=all`, form);
}

test('a directory that would be stopped says so before it goes live', async () => {
  const domain = 'stopped.test';
  const company = await makeCompany(frontdesk, { name: 'Acme', domains: [domain], settings: { self_service: true, brake_people: 3, brake_percent: 20 } });
  const page = await browser.newPerson();
  await becomeAdministrator({ frontdesk, sink, page }, company, `priya@${domain}`);
  const made = await frontdesk.api.post(`/organizations/${company.id}/directories`, { provider: 'entra-scim', status: 'preview' });
  const scim = scimClient(made.scim);
  await importPeople(company, crowd(9), domain);
  for (const person of crowd(6)) await scim('POST', '/Users', scimUser(person, domain, { active: false }));
  await page.goto(`${frontdesk.url}/org/directory/${made.id}/preview`);
  await page.getByText('6 of 10 members would leave: more than the limit').waitFor();
  await inspect(page, 'preview-would-stop');
  await page.getByRole('checkbox').check();
  await page.getByRole('button', { name: /Go live/ }).click();
  await heading(page, /keeps the list of people/);
  await eventually('it is stopped', async () => {
    await page.reload();
    return /stopped a sync/i.test(await words(page));
  });
  await inspect(page, 'preview-stopped');
  assert.equal((await frontdesk.api.members(company.id, { status: 'disconnected' })).length, 0);
});

for (const javaScript of [true, false]) {
  const how = javaScript ? 'with scripts' : 'without scripts';
  test(`administrator reads what going live does, goes live, and back to the preview, ${how}`, async () => {
    const domain = javaScript ? 'preview.test' : 'preview-plain.test';
    const company = await makeCompany(frontdesk, { name: 'Acme', domains: [domain], settings: { self_service: true } });
    const page = await browser.newPerson({ javaScript });
    const shot = (name) => (javaScript ? inspect(page, `preview-${name}`) : undefined);
    await becomeAdministrator({ frontdesk, sink, page }, company, `priya@${domain}`);
    const made = await frontdesk.api.post(`/organizations/${company.id}/directories`, { provider: 'okta-scim', status: 'preview' });
    const scim = scimClient(made.scim);
    const at = `${frontdesk.url}/org/directory/${made.id}/preview`;
    await page.goto(at);
    assert.match(await words(page), /Okta has sent nobody yet/);
    await shot('empty');

    const leavers = crowd(4);
    await importPeople(company, [PEOPLE[0], ...leavers], domain);
    for (const person of PEOPLE) await scim('POST', '/Users', scimUser(person, domain, person === PEOPLE[2] ? { roles: [{ value: 'admin', primary: true }] } : {}));
    for (const person of leavers) await scim('POST', '/Users', scimUser(person, domain, { active: false }));
    // More than one page of them; without scripts a few are enough.
    const newcomers = Array.from({ length: javaScript ? 53 : 3 }, (_, n) => ({ first: 'Mit', last: `Arbeiter ${n}`, country: 'AT', user: `m${n}` }));
    for (const person of newcomers) await scim('POST', '/Users', scimUser(person, domain));
    await scim('POST', '/Users', scimUser({ first: 'Nora', last: 'Ohne', user: 'nora' }, domain));
    await scim('POST', '/Users', scimUser({ first: 'Bea', last: 'Keller', user: 'bea', country: 'D-A-CH (Deutschland, Österreich, Schweiz)' }, domain));
    await scim('POST', '/Users', scimUser({ first: 'Gone', last: 'Before', user: 'gone', country: 'DE' }, domain, { active: false }));

    await page.goto(`${frontdesk.url}/org/directory`);
    await page.getByRole('link', { name: /Preview and going live/ }).click();
    await heading(page, /what happens when you go live/);
    const told = await words(page);
    const coming = newcomers.length + 7;
    for (const count of [/4\s+leave/, new RegExp(`${coming}\\s+get a place`), /1\s+joins/, /2\s+stay incomplete/, /1\s+gets no place/, /1\s+becomes an administrator/]) assert.match(told, count);
    await shot('all');
    await page.locator('summary', { hasText: 'get a place' }).click();
    await page.getByRole('link', { name: `See all ${coming}` }).click();
    await heading(page, 'Who would get a place');
    await shot('list');
    if (javaScript) {
      await page.getByText('50 people').waitFor();
      await page.getByRole('link', { name: 'Next' }).click();
    }
    assert.match(await words(page), new RegExp(newcomers.at(-1).last));
    await page.getByRole('link', { name: /Back to the preview/ }).click();

    // Going live by the keyboard alone, first without the answer that it asks for.
    await reach(page, page.getByRole('button', { name: /Go live with/ }));
    await page.keyboard.press('Enter');
    await page.getByText('Tick the box if that is right').waitFor();
    assert.equal(await page.getByRole('checkbox').getAttribute('aria-invalid'), 'true');
    await shot('unasked');
    assert.equal((await frontdesk.api.members(company.id)).length, 6, 'nothing has happened');
    await reach(page, page.getByRole('checkbox'));
    await page.keyboard.press('Space');
    await reach(page, page.getByRole('button', { name: /Go live with/ }));
    await page.keyboard.press('Enter');
    await heading(page, 'Okta keeps the list of people');
    await eventually('everybody is taken in', async () => {
      if (!javaScript) await page.reload();
      return /Everybody whom Okta sent has been taken in/.test(await words(page));
    });
    await shot('live');
    assert.equal((await frontdesk.api.members(company.id)).length, newcomers.length + 15);
    assert.equal((await frontdesk.api.member(company.id, `lior@${domain}`)).role, 'admin');

    await page.getByRole('button', { name: 'Back to the preview' }).click();
    await heading(page, /what happens when you go live/);
    await scim('POST', '/Users', scimUser({ first: 'Late', last: 'Comer', user: 'late', country: 'DE' }, domain));
    await page.reload();
    assert.match(await words(page), /1\s+gets a place/);
    assert.equal((await frontdesk.api.members(company.id, { email: `late@${domain}` })).length, 0);
    await shot('again');
  });
}
