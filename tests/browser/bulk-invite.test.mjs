// A company's administrator comes by an invitation and invites more people from a file: every row is shown with what
// is wrong with it, the valid ones are invited, the others come back as a file to mend.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { inspect } from '../lib/browser.mjs';
import { becomeAdministrator, makeCompany } from '../lib/company.mjs';
import { eventually } from '../lib/process.mjs';
import { browser, frontdesk, sink, suite } from '../lib/suite.mjs';

suite();

for (const javaScript of [true, false]) {
  const how = javaScript ? 'with scripts' : 'without scripts';

  test(`file of ten rows, two of them broken, ${how}`, async () => {
    const domain = javaScript ? 'gamma.test' : 'gamma-plain.test';
    const company = await makeCompany(frontdesk, { name: 'Gamma', domains: [domain], settings: { self_service: true } });
    const page = await browser.newPerson({ javaScript });
    const shot = (name) => (javaScript ? inspect(page, `import-${name}`) : undefined);
    await becomeAdministrator({ frontdesk, sink, page }, company, `priya@${domain}`, shot);
    await page.goto(`${frontdesk.url}/org`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await shot('org');
    await page.getByRole('link', { name: /^members/i }).first().click();
    await shot('members');
    await page.getByRole('link', { name: /import a file/i }).first().click();
    await page.getByRole('heading', { level: 1, name: /import/i }).waitFor();
    await shot('choose');

    const rows = Array.from({ length: 8 }, (_, i) => `Vor${i};Nach${i};p${i}@${domain};Deutschland`);
    rows.splice(3, 0, `Carlos;Mendes;carlos@gamma,test;Portugal`);
    rows.push(`Dilek;Yıldız;dilek@${domain};D-A-CH`);
    const file = { name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from(`Vorname;Nachname;E-Mail;Land\n${rows.join('\n')}\n`) };
    const upload = async () => {
      await page.getByLabel(/file/i).setInputFiles(file);
      await page.getByRole('button', { name: /look at the file/i }).click();
      await page.getByRole('heading', { level: 1 }).waitFor();
    };
    await upload();
    await page.getByText('Dilek').first().waitFor();
    await shot('preview');
    assert.equal((await frontdesk.api.members(company.id)).length, 1, 'a preview invites nobody');
    await page.getByRole('link', { name: /only rows with problems/i }).click();
    const shown = await page.locator('main').innerText();
    assert.ok(shown.includes('Carlos') && shown.includes('D-A-CH') && !shown.includes('Vor5'), shown);
    await shot('only-problems');
    await page.getByRole('button', { name: /8 (ready|valid|good)/i }).click();
    await page.getByRole('link', { name: /rows to mend/i }).waitFor();
    await shot('done');
    assert.equal((await frontdesk.api.members(company.id)).length, 9);
    await eventually('eight invitations', () => sink.mails.filter(({ recipients }) => /^p\d@/.test(recipients[0]) && recipients[0].endsWith(`@${domain}`)).length === 8);

    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: /rows to mend/i }).click();
    const mend = readFileSync(await (await download).path(), 'utf8').trim().split(/\r?\n/);
    assert.equal(mend.length, 3, mend.join('\n'));
    assert.match(mend[1], /Carlos/);
    assert.match(mend[2], /D-A-CH/);

    await page.getByRole('link', { name: /import another file/i }).click();
    await upload();
    assert.equal(await page.getByRole('button', { name: /\d+ (ready|valid|good)/i }).count(), 0, 'nobody is left to invite');
    await shot('again');
  });
}
