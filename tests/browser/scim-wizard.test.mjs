// A company's IT administrator connects a directory by the wizard: the page notices the first people by itself, shows
// how they are read, what going live does, and only going live makes members of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from '../lib/browser.mjs';
import { makeCompany } from '../lib/company.mjs';
import { eventually } from '../lib/process.mjs';
import { scimClient } from '../lib/scim-client.mjs';
import { browser, frontdesk, suite } from '../lib/suite.mjs';

suite({ mails: false });

const PEOPLE = [
  { first: 'Aiko', last: 'Sato', country: 'Japan' },
  { first: 'Bruno', last: 'Keller', country: 'CHE' },
  { first: 'Chiara', last: 'Rossi', country: undefined },
];

for (const javaScript of [true, false]) {
  const how = javaScript ? 'with scripts' : 'without scripts';
  const shot = (page, name) => (javaScript ? inspect(page, `scim-${name}`) : undefined);

  test(`directory is connected and goes live, ${how}`, async () => {
    const domain = javaScript ? 'beta.test' : 'beta-plain.test';
    const company = await makeCompany(frontdesk, { name: 'Beta', domains: [domain] });
    const link = await frontdesk.api.post(`/organizations/${company.id}/setup-links`, { purposes: ['scim'], expires_in: 86400 });
    const page = await browser.newPerson({ javaScript });
    const heading = (name) => page.getByRole('heading', { level: 1, name }).waitFor();

    await page.goto(link.url);
    await heading(/Beta/);
    await shot(page, 'welcome');
    await page.getByRole('link', { name: /start|continue/i }).click();
    await page.getByLabel(/search/i).fill('Custom SCIM');
    await page.getByRole('button', { name: 'Search' }).click();
    await shot(page, 'directories');
    await page.getByRole('button', { name: /Custom SCIM/ }).first().click();

    await page.getByLabel('SCIM base URL').first().waitFor();
    await shot(page, 'credentials');
    const baseUrl = await page.getByLabel('SCIM base URL').first().inputValue();
    const token = await page.getByLabel('Bearer token').first().inputValue();
    const again = await page.context().newPage();
    await again.goto(`${link.url}/scim/steps`);
    assert.match(await again.locator('main').innerText(), /token was shown once[\s\S]*make a new one/i);
    assert.ok(!(await again.content()).includes(token), 'the token is shown once');
    await shot(Object.assign(again, { complaints: [] }), 'credentials-later');
    await again.close();
    await page.getByRole('link', { name: /pasted both|continue/i }).click();

    await heading(/listening/i);
    await shot(page, 'waiting');
    const scim = scimClient({ base_url: baseUrl, token });
    for (const { first, last, country } of PEOPLE) {
      const { status } = await scim('POST', '/Users', {
        schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: `${first}.${last}@${domain}`.toLowerCase(), active: true,
        name: { givenName: first, familyName: last }, ...(country ? { addresses: [{ type: 'work', country }] } : {}),
      });
      assert.equal(status, 201);
    }
    if (!javaScript) await page.getByRole('link', { name: /look now/i }).first().click();
    await heading(/arriving/i);
    await page.getByText('Chiara').first().waitFor();
    await shot(page, 'arriving');
    await page.locator('main').getByRole('link', { name: /match the fields/i }).click();

    await heading(/is this who they are/i);
    assert.match(await page.locator('main').innerText(), /Aiko[\s\S]*Sato/);
    await shot(page, 'mapping');
    await page.getByRole('button', { name: /save and continue/i }).click();
    await heading(/leaves/i);
    await shot(page, 'leavers');
    await page.getByRole('button', { name: /save/i }).click();
    await heading(/go live/i);
    assert.match(await page.locator('main').innerText(), /Chiara/, 'who lacks something is named');
    await shot(page, 'preview');
    assert.deepEqual(await frontdesk.api.members(company.id), [], 'nothing is applied before going live');
    const sure = page.getByRole('checkbox').first();
    if (await sure.count()) await sure.check();
    await page.getByRole('button', { name: /go live/i }).click();
    await page.getByRole('heading', { level: 1 }).waitFor();
    await shot(page, 'live');

    const members = await eventually('three members', async () => {
      const all = await frontdesk.api.members(company.id);
      return all.length === 3 && all;
    });
    const statuses = Object.fromEntries(members.map(({ profile, status }) => [profile.firstName, status]));
    assert.equal(statuses.Chiara, 'incomplete');
    assert.notEqual(statuses.Aiko, 'incomplete');
    assert.deepEqual(members.map(({ profile }) => profile.country).sort(), ['CH', 'JP', undefined].sort());
  });
}
