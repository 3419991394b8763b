// A company's administrator at /org: domains, setup links, connections and directory, members, settings and leavers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from '../lib/browser.mjs';
import { becomeAdministrator, connectDirectory, connectSaml, makeCompany } from '../lib/company.mjs';
import { eventually } from '../lib/process.mjs';
import { scimClient } from '../lib/scim-client.mjs';
import { startSimpleSamlPhp } from '../lib/simplesamlphp.mjs';
import { browser, frontdesk, sink, stopsWithSuite, suite } from '../lib/suite.mjs';

let idp;
suite({}, async () => {
  idp = stopsWithSuite(await startSimpleSamlPhp({ users: {} }));
});

const heading = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();
const press = (page, name) => page.getByRole('button', { name }).click();
const words = (page) => page.locator('main').innerText();

for (const javaScript of [true, false]) {
  const how = javaScript ? 'with scripts' : 'without scripts';
  test(`administrator looks after the company without asking the vendor, ${how}`, async () => {
    const domain = javaScript ? 'delta.test' : 'delta-plain.test';
    const company = await makeCompany(frontdesk, { name: 'Delta', domains: [domain], settings: { self_service: true } });
    const page = await browser.newPerson({ javaScript });
    const shot = (name) => (javaScript ? inspect(page, `org-${name}`) : undefined);
    const go = async (place, name) => {
      await page.goto(`${frontdesk.url}/org/${place}`);
      await heading(page, name);
    };
    await becomeAdministrator({ frontdesk, sink, page }, company, `priya@${domain}`);

    for (const [place, name] of [['sign-on', 'Single sign-on'], ['directory', 'Directory'], ['leavers', /when someone leaves/i]]) {
      await go(place, name);
      await shot(`${place}-empty`);
    }

    await go('domains', 'Domains');
    await page.getByLabel('Add a domain').fill('gmail.com');
    await press(page, 'Add');
    assert.match(await words(page), /gmail\.com/);
    await page.getByLabel('Add a domain').fill(`labs.${domain}`);
    await press(page, 'Add');
    assert.match(await words(page), /TXT/);
    await shot('domains');
    await page.getByRole('button', { name: `Remove labs.${domain}` }).click();
    await page.getByRole('button', { name: `Remove ${domain}` }).click();
    await heading(page, /no longer Delta/);
    await shot('domain-remove');
    await page.getByRole('link', { name: /change nothing/i }).click();
    await heading(page, 'Domains');

    for (const [place, name, button, what] of [['sign-on', 'Single sign-on', /SSO setup link/, 'SSO'], ['directory', 'Directory', /SCIM setup link/, 'SCIM']]) {
      await go(place, name);
      await press(page, button);
      await heading(page, /a link to set up/i);
      await shot(`link-${what}`);
      const link = await page.getByLabel('Setup link').inputValue();
      await page.getByLabel(/send it by mail to/i).fill(`it@${domain}`);
      await press(page, 'Send');
      await sink.mailTo(`it@${domain}`, (mail) => mail.links.includes(link));
      await page.getByRole('link', { name: 'Back' }).click();
      await heading(page, name);
      assert.match(await words(page), /made by Priya Raman/);
      const guest = await browser.newPerson();
      await guest.goto(link);
      assert.match(await words(guest), /Delta/);
      await press(page, /revoke/i);
      await page.getByText(/no longer works/).waitFor();
    }

    await connectSaml(frontdesk, company, idp);
    const scim = scimClient(await connectDirectory(frontdesk, company));
    const schemas = ['urn:ietf:params:scim:schemas:core:2.0:User'];
    const long = 'Wolfeschlegelsteinhausenbergerdorff-Hohenlohe-Waldenburg';
    const person = (user, family, country) => ({
      schemas, userName: `${user}@${domain}`, name: { givenName: 'Nora', familyName: family }, active: true,
      emails: [{ value: `${user}@${domain}`, primary: true }], ...(country ? { addresses: [{ type: 'work', primary: true, country }] } : {}),
    });
    assert.equal((await scim('POST', '/Users', person('nora', long))).status, 201);
    assert.equal((await scim('POST', '/Users', person('bea', 'Unclear', 'D-A-CH'))).status, 201);
    assert.equal((await scim('POST', '/Users', person('nora', long))).status, 409);
    await go('sign-on', 'Single sign-on');
    await shot('sign-on');
    await press(page, 'Switch off');
    await page.getByText('Switched off').waitFor();
    await press(page, 'Switch on');
    await page.getByText('Active', { exact: true }).waitFor();
    await go('directory', 'Directory');
    assert.match(await words(page), /was refused/);
    await shot('directory');

    await go('members', 'Members');
    const told = await words(page);
    assert.match(told, /country is missing/);
    assert.match(told, /“D-A-CH” is not one country/);
    assert.doesNotMatch(told, /[{}]/, 'words, not data');
    await shot('members');
    await go('settings', 'Settings');
    await shot('settings');
    await page.getByLabel(/country, where none is sent/i).selectOption('DE');
    await page.getByLabel(/city, where none is sent/i).fill('Hamburg');
    await press(page, 'Save');
    await page.getByText('Saved').waitFor();
    await eventually('nobody is incomplete', async () => (await frontdesk.api.members(company.id, { status: 'incomplete' })).length === 0);

    await go('members', 'Members');
    await page.getByRole('link', { name: /Wolfe/ }).click();
    await heading(page, /Wolfe/);
    await shot('member');
    await press(page, 'Suspend');
    await page.getByText('Suspended').first().waitFor();
    await press(page, /take suspension back/i);
    await press(page, /check out/i);
    await heading(page, /leaves Delta/);
    await shot('check-out');
    await press(page, /yes, .* leaves/i);
    await heading(page, 'Members');

    await go('leavers', /when someone leaves/i);
    await page.getByText(/Wolfe/).first().waitFor();
    assert.match(await words(page), /more leavers than both limits/, 'the limits of the brake');
    await shot('leavers');
    await press(page, /undo/i);
    await heading(page, /Wolfe/);
    await go('leavers', /when someone leaves/i);
    await page.getByLabel(/^waiting time/i).fill('a week');
    await press(page, 'Save');
    assert.match(await words(page), /0 to 720/);
    await page.getByLabel(/^waiting time/i).fill('48');
    await page.getByLabel(/erase completely/i).check();
    await press(page, 'Save');
    await page.getByText('Saved').waitFor();
    assert.equal((await frontdesk.api.get(`/organizations/${company.id}`)).leaver_policy, 'delete');

    const leavers = { name: 'leavers.csv', mimeType: 'text/csv', buffer: Buffer.from(`Email\nnobody@${domain}\npriya@${domain}\n`) };
    await page.getByLabel('A file of people who leave').setInputFiles(leavers);
    await press(page, 'Look at the file');
    await heading(page, /Priya Raman leaves Delta/);
    assert.match(await words(page), new RegExp(`Nobody here has the address nobody@${domain}`));
    await shot('leavers-file');

    await page.goto(`${frontdesk.url}/org/members/invite`);
    await page.getByLabel('First name').fill('Priya');
    await page.getByLabel('Last name').fill('Raman');
    await page.getByLabel('Work email').fill(`priya@${domain}`);
    await press(page, /send the invitation/i);
    assert.match(await words(page), /is here already/);
    await shot('invite-wrong');

    const [own] = await frontdesk.api.members(company.id, { email: `priya@${domain}` });
    await page.goto(`${frontdesk.url}/org/members/${own.id}`);
    await press(page, 'Suspend');
    await heading(page, /would have no administrator/);
    await shot('last-administrator');
  });
}
