// Where each profile field of a live directory comes from: what another choice changes is shown on the people who really
// arrived before it is kept, reaches everybody after, and takes no longer with ten thousand of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect, reach } from '../lib/browser.mjs';
import { becomeAdministrator, connectDirectory, makeCompany } from '../lib/company.mjs';
import { PEOPLE, scimUser } from '../lib/people.mjs';
import { eventually } from '../lib/process.mjs';
import { scimClient } from '../lib/scim-client.mjs';
import { browser, frontdesk, sink, suite } from '../lib/suite.mjs';

suite();

const OWN = 'urn:ietf:params:scim:schemas:extension:acme:2.0:User';
const words = (page) => page.locator('main').innerText();
const trial = (page) => page.locator('#trial').innerText();

for (const javaScript of [true, false]) {
  const how = javaScript ? 'with scripts' : 'without scripts';
  test(`administrator changes where fields and roles come from, and sees for whom before it is kept, ${how}`, async () => {
    const domain = javaScript ? 'mapping.test' : 'mapping-plain.test';
    const company = await makeCompany(frontdesk, { name: 'Acme', domains: [domain], settings: { self_service: true } });
    const page = await browser.newPerson({ javaScript });
    const shot = (name) => (javaScript ? inspect(page, `mapping-${name}`) : undefined);
    const press = (name) => page.getByRole('button', { name }).click();
    await becomeAdministrator({ frontdesk, sink, page }, company, `priya@${domain}`);
    const directory = await connectDirectory(frontdesk, company, 'okta-scim');
    const at = `${frontdesk.url}/org/directory/${directory.id}/mapping`;
    const scim = scimClient(directory);
    const member = async (user) => frontdesk.api.member(company.id, `${user}@${domain}`);
    await page.goto(at);
    assert.match(await words(page), /nobody yet/i);
    await shot('empty');

    const users = [];
    for (const person of PEOPLE) {
      const addresses = [{ type: 'work', country: person.country }, { type: 'home', country: 'FR', locality: 'Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch' }];
      users.push((await scim('POST', '/Users', scimUser(person, domain, { addresses, [OWN]: { plan: 'plus' } }))).body);
    }
    const unclear = { user: 'bea', first: 'Bea', last: 'Keller', country: 'D-A-CH' };
    await scim('POST', '/Users', scimUser(unclear, domain));
    for (const [displayName, some] of [['الإدارة (Administrators of the whole group of companies)', users.slice(1, 3)], ['Everybody', users]]) {
      const members = some.map(({ id }) => ({ value: id }));
      assert.equal((await scim('POST', '/Groups', { schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'], displayName, members })).status, 201);
    }

    await page.goto(at);
    await page.getByRole('heading', { level: 1, name: 'Fields and roles from Okta' }).waitFor();
    assert.match(await words(page), /A value of Bea Keller cannot be read/);
    await shot('kept');
    // Another place for the country, by the keyboard alone.
    await reach(page, page.locator('summary', { hasText: 'Several places for Country' }));
    await page.keyboard.press('Enter');
    await reach(page, page.getByLabel(/places.*country/i), 3);
    await page.keyboard.press('Control+A');
    await page.keyboard.type('addresses[type eq');
    await reach(page, page.getByRole('button', { name: 'Save', exact: true }));
    await page.keyboard.press('Enter');
    await page.getByText(/is not a path to an attribute/).first().waitFor();
    await shot('wrong');
    await page.getByLabel(/places.*country/i).fill('addresses[type eq "home"].country\naddresses[type eq "work"].country');
    await page.getByLabel(/D-A-CH/).fill('Austria');
    await press(/Show what changes/);
    await page.getByText('Something is different for 9 of 9 people').waitFor();
    assert.match(await trial(page), /Germany[\s\S]*France/);
    assert.equal((await member('jonas')).profile.country, 'DE', 'nothing is kept yet');
    await shot('before-after');
    await page.getByText(/Add a field of .* own/).click();
    await page.getByLabel('Its name').fill('plan');
    await page.getByLabel(/Where it is/i).fill('*:plan');
    await page.getByLabel('Another group').selectOption({ label: 'الإدارة (Administrators of the whole group of companies)' });
    await press(/^Add/);
    await page.getByRole('button', { name: /Take out/ }).waitFor();
    await page.getByLabel('Another group').selectOption({ label: 'Everybody' });
    await page.getByLabel('Their role').selectOption('member');
    await press(/^Add/);
    await page.getByRole('button', { name: /Up.*Everybody/ }).click();
    await page.getByRole('button', { name: /Down.*Everybody/ }).click();
    await page.getByRole('button', { name: /Up.*Everybody/ }).waitFor();
    await shot('roles');
    await press(/^Save/);
    if (await page.locator('#trial').count()) await press(/^Save/);
    await page.getByText('follow within moments').waitFor();
    await shot('saved');
    await eventually('everybody has the new country', async () => (await frontdesk.api.members(company.id)).filter(({ profile }) => profile.country === 'FR').length === 8);
    assert.equal((await member('bea')).profile.country, 'AT');
    assert.equal((await member('lior')).role, 'admin');
    assert.equal((await member('jonas')).role, 'member');
    await page.goto(at);
    await press(/^Save/);
    await page.getByRole('heading', { level: 1, name: 'Directory' }).waitFor();
  });
}
