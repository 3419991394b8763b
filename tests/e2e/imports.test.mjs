// A file of people through the REST API: a dry run that changes nothing, the valid rows invited, nobody twice.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { makeCompany } from '../lib/company.mjs';
import { startFrontdesk } from '../lib/frontdesk.mjs';
import { startMailSink } from '../lib/mail-sink.mjs';
import { eventually } from '../lib/process.mjs';

const GOOD = Array.from({ length: 8 }, (_, i) => `Vorname${i};Müller-${i};person${i}@acme.test;${i % 2 ? 'Deutschland' : 'US'}`);
const ROWS = [...GOOD.slice(0, 3), 'Carlos;Mendes;carlos.mendes@acme,test;PT', ...GOOD.slice(3), 'Dilek;Yıldız;dilek@acme.test;D-A-CH'];
const FILE = `Vorname;Nachname;E-Mail;Land\r\n${ROWS.join('\r\n')}\r\n`;

for (const postgres of [false, true]) {
  const engine = postgres ? 'PostgreSQL' : 'SQLite';
  let frontdesk, sink;
  before(async () => {
    sink = await startMailSink();
    frontdesk = await startFrontdesk({ postgres, sink });
  });
  after(async () => {
    await frontdesk?.stop();
    await sink?.stop();
  });

  const upload = (company, query, bytes = FILE, name = 'people.csv') => {
    const form = new FormData();
    form.append('file', new Blob([bytes], { type: 'text/csv' }), name);
    return frontdesk.api.post(`/organizations/${company.id}/imports?${query}`, form);
  };

  test(`file of ten rows, two of them broken, on ${engine}`, async () => {
    const company = await makeCompany(frontdesk);
    const preview = await upload(company, 'dry_run=true&mode=valid');
    assert.equal(preview.rows, 10);
    assert.equal(preview.valid, 8);
    assert.equal(preview.invited, 0);
    assert.deepEqual(preview.invalid.map(({ row, field }) => [row, field]), [[5, 'email'], [11, 'country']]);
    for (const { problem } of preview.invalid) assert.match(problem, /\w+ \w+/, 'a sentence');
    assert.deepEqual(await frontdesk.api.members(company.id), [], 'a dry run changes nothing');

    await assert.rejects(async () => {
      const answer = await upload(company, 'mode=all');
      assert.notEqual(answer.invited, 0, 'all or nothing');
    });
    assert.deepEqual(await frontdesk.api.members(company.id), [], 'all rows or none');

    const done = await upload(company, 'mode=valid');
    assert.equal(done.invited, 8);
    const members = await frontdesk.api.members(company.id);
    assert.equal(members.length, 8);
    assert.ok(members.every(({ status, source }) => status === 'invited' && source === 'csv'), JSON.stringify(members[0]));
    assert.ok(members.some(({ profile }) => profile.country === 'DE' && profile.lastName === 'Müller-1'));
    await eventually('eight invitations', () => sink.mails.filter(({ recipients }) => /^person\d@acme/.test(recipients[0])).length === 8);
    assert.ok(sink.mails[0].links.some((link) => link.includes('/invite/')));

    const again = await upload(company, 'mode=valid');
    assert.equal(again.invited, 0);
    assert.equal(again.skipped, 8);
    assert.equal((await frontdesk.api.members(company.id)).length, 8);
  });

  test(`file in an old encoding and with tabs is read, on ${engine}`, async () => {
    const company = await makeCompany(frontdesk, { name: 'Beta', domains: ['beta.test'] });
    const latin1 = Buffer.from('First Name\tLast Name\tEmail Address\tCountry\nJosé\tNuñez\tjose@beta.test\tEspaña\n', 'latin1');
    const done = await upload(company, 'mode=all', latin1, 'people.txt');
    assert.deepEqual([done.rows, done.invited, done.invalid], [1, 1, []]);
    const { profile } = await frontdesk.api.member(company.id, 'jose@beta.test');
    assert.deepEqual([profile.firstName, profile.lastName, profile.country], ['José', 'Nuñez', 'ES']);
  });

  test(`what is not a file of people is refused and changes nothing, on ${engine}`, async () => {
    const company = await makeCompany(frontdesk, { name: 'Gamma', domains: ['gamma.test'] });
    const noise = Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7919) % 256));
    await assert.rejects(upload(company, 'mode=valid', noise, 'people.csv'), ({ status, body }) => status >= 400 && status < 500 && Boolean(body.detail));
    await assert.rejects(upload(company, 'mode=valid', Buffer.alloc(11 << 20, 'a,'), 'people.csv'), ({ status }) => status === 413);
    assert.deepEqual(await frontdesk.api.members(company.id), []);
  });
}
