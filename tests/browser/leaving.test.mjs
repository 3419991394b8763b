// What an administrator can show afterwards: the receipt of an erasure, the report of a leaver drill; and the question to a
// member for an address that stays.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { inspect } from '../lib/browser.mjs';
import { becomeAdministrator, connectDirectory, makeCompany } from '../lib/company.mjs';
import { PROGRAM } from '../lib/frontdesk.mjs';
import { eventually } from '../lib/process.mjs';
import { patchOf, scimClient } from '../lib/scim-client.mjs';
import { browser, frontdesk, sink, suite } from '../lib/suite.mjs';

suite();

/** What `frontdesk receipt verify` says to a file that was downloaded. */
function verify(name, text) {
  const file = path.join(tmpdir(), `${name}-${process.pid}.json`);
  writeFileSync(file, text);
  return execFileSync(PROGRAM, ['receipt', 'verify', file, '--issuer', frontdesk.url], { encoding: 'utf8' });
}

for (const javaScript of [true, false]) {
  const how = javaScript ? 'with scripts' : 'without scripts';
  test(`administrator reads a receipt and a drill’s report, ${how}`, async () => {
    const domain = javaScript ? 'leaving.test' : 'leaving-plain.test';
    const company = await makeCompany(frontdesk, {
      name: 'Acme', domains: [domain], settings: { self_service: true, leaver_policy: 'delete', erase_grace_seconds: 0 },
    });
    const page = await browser.newPerson({ javaScript });
    const shot = (name) => (javaScript ? inspect(page, `leaving-${name}`) : undefined);
    await becomeAdministrator({ frontdesk, sink, page }, company, `priya@${domain}`);
    await frontdesk.api.post('/applications', { name: 'Product', redirect_uris: ['https://product.example/cb'] });

    await page.goto(`${frontdesk.url}/account`);
    await page.getByRole('heading', { name: /If you ever leave Acme/ }).waitFor();
    await shot('account-question');
    await page.getByRole('button', { name: /Not now/ }).click();
    await page.getByText('We do not ask again').waitFor();
    assert.equal(await page.getByRole('heading', { name: /If you ever leave/ }).count(), 0);

    await page.goto(`${frontdesk.url}/org/receipts`);
    await page.getByText('No receipt yet').waitFor();
    await shot('receipts-empty');
    const scim = scimClient(await connectDirectory(frontdesk, company, 'okta-scim'));
    const { body: user } = await scim('POST', '/Users', {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: `jonas@${domain}`, active: true,
      name: { givenName: 'Jonas', familyName: 'Weber' }, addresses: [{ type: 'work', country: 'DE' }],
    });
    await scim('PATCH', `/Users/${user.id}`, patchOf({ op: 'replace', path: 'active', value: false }));
    const erasures = async () => (await frontdesk.api.get(`/erasures?organization_id=${company.id}`)).data;
    await eventually('he is erased', async () => (await erasures()).length === 1);
    await page.goto(`${frontdesk.url}/org/leavers`);
    await page.getByRole('link', { name: 'Receipts of erasures' }).click();
    await page.getByText(/Waits for Product/).waitFor();
    await shot('receipts');
    await page.getByRole('link', { name: /Erased/ }).click();
    await shot('receipt-waits');
    const [{ id, applications }] = await erasures();
    for (const { client_id } of applications) await frontdesk.api.post(`/erasures/${id}/acknowledgements`, { client_id });
    await eventually('the receipt is signed', async () => {
      await page.goto(`${frontdesk.url}/org/receipts/${id}`);
      return (await page.getByRole('link', { name: /Download the signed receipt/ }).count()) === 1;
    });
    await shot('receipt');
    const words = await page.locator('main').innerText();
    assert.ok(!/Jonas|Weber|jonas@/.test(words), words);
    const receipt = await page.context().request.get(`${frontdesk.url}/org/receipts/${id}/file`);
    assert.match(verify('receipt', await receipt.text()), /^Genuine/);

    await page.goto(`${frontdesk.url}/org/leavers`);
    await shot('leavers');
    await page.getByRole('link', { name: 'Leaver drills' }).click();
    await shot('drills-empty');
    await page.getByRole('button', { name: 'Run a drill now' }).click();
    await page.getByText('The drill has begun').waitFor();
    await eventually('the drill ends', async () => {
      await page.goto(`${frontdesk.url}/org/drills`);
      return (await page.getByText(/hears? later/).count()) === 1;
    });
    await shot('drills');
    await page.getByRole('link', { name: /Drill of/ }).click();
    await page.getByRole('heading', { level: 1, name: /Report of a leaver drill/ }).waitFor();
    await shot('drill');
    const report = await page.context().request.get(`${page.url()}/file`);
    assert.match(verify('drill', await report.text()), /kind +leaver_drill/);
    const text = await report.text();
    assert.throws(() => verify('changed', text.replace('"passed": true', '"passed": false')), /Not genuine/);
  });
}
