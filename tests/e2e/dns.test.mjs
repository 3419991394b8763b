// Proving a domain by DNS, with the real resolver and a real name server on a loopback address of its own.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { makeCompany } from '../lib/company.mjs';
import { startFrontdesk } from '../lib/frontdesk.mjs';
import { TEST_DIR, eventually, freePort, start, temporaryDirectory } from '../lib/process.mjs';

const ADDRESS = '127.0.0.4';
const zones = temporaryDirectory('zones');
let nameServer;
let frontdesk;

before(async () => {
  const port = await freePort(ADDRESS);
  const python = path.join(TEST_DIR, 'venv', 'bin', 'python');
  nameServer = start('name-server', python, ['tests/lib/name_server.py', ADDRESS, String(port), zones.directory]);
  await eventually('the name server', () => nameServer.log().includes('ready'));
  frontdesk = await startFrontdesk({ env: { FRONTDESK_NAME_SERVERS: `${ADDRESS}:${port}` } });
});
after(async () => {
  await frontdesk?.stop();
  await nameServer?.stop('SIGKILL');
  zones.remove();
});

/** Writes the records of a domain; `none` takes the zone away. */
function zone(domain, records) {
  const soa = `@ 0 IN SOA ns.${domain}. hostmaster.${domain}. 1 3600 600 86400 0\n@ 0 IN NS ns.${domain}.\nns 0 IN A ${ADDRESS}\n`;
  writeFileSync(path.join(zones.directory, `${domain}.zone`), `${soa}${records.join('\n')}\n`);
}

/** A setup link's page of domains, used without a browser: keeps the cookie, sends its forms. */
async function domainPage() {
  const company = await makeCompany(frontdesk, { domains: [] });
  const link = await frontdesk.api.post(`/organizations/${company.id}/setup-links`, { purposes: ['domains'], expires_in: 3600 });
  const page = `${link.url}/domains`;
  const first = await fetch(page);
  const cookie = first.headers.getSetCookie().map((line) => line.split(';')[0]).join('; ');
  const csrf = (await first.text()).match(/name="csrf" value="([^"]+)"/)[1];
  const text = async () => (await fetch(page, { headers: { cookie } })).text();
  const post = (below, form = {}) => fetch(`${page}${below}`, {
    method: 'POST', redirect: 'manual', headers: { cookie }, body: new URLSearchParams({ csrf, ...form }),
  });
  return {
    add: async (domain) => {
      assert.equal((await post('', { domain })).status, 303);
      const shown = await text();
      return shown.match(/frontdesk-verify=[0-9a-f]+/)[0];
    },
    look: () => post('/look'),
    text,
    status: async () => (await frontdesk.api.get(`/organizations/${company.id}`)).domains.map((it) => it.status),
  };
}

test('record that is found verifies the domain, however long it is', async () => {
  const page = await domainPage();
  const value = await page.add('acme.test');
  assert.deepEqual(await page.status(), ['pending']);
  // So many records that the answer does not fit into a datagram and is asked for again by TCP.
  const others = Array.from({ length: 20 }, (_, n) => `_frontdesk 0 IN TXT "other-${n}-${'x'.repeat(200)}"`);
  zone('acme.test', [...others, `_frontdesk 0 IN TXT "${value.slice(0, 20)}" "${value.slice(20)}"`]);
  assert.equal((await page.look()).status, 303);
  assert.deepEqual(await page.status(), ['verified']);
});

test('each mistake is named, and what is mended is seen at once', async () => {
  const page = await domainPage();
  const value = await page.add('globex.test');
  const seen = async (...records) => {
    zone('globex.test', records);
    assert.equal((await page.look()).status, 303);
    return page.text();
  };
  await page.look();
  assert.match(await page.text(), /The DNS knows no domain of this name/);
  const nothing = await seen('@ 0 IN TXT "v=spf1 -all"');
  assert.match(nothing, /No TXT record at this name yet/);
  assert.match(nothing, /Name server ns\.globex\.test[^]*has no TXT record at this name/);
  assert.match(await seen(`@ 0 IN TXT "${value}"`), /The record stands at the domain itself/);
  assert.match(await seen(`_frontdesk.globex.test 0 IN TXT "${value}"`), /added the domain a second time/);
  const other = await seen('_frontdesk 0 IN TXT "something else"');
  assert.match(other, /TXT record at this name with something else in it/);
  assert.match(other, /Name server ns\.globex\.test[^]*has another value at this name/);
  assert.match(await seen('_frontdesk 0 IN CNAME parking.test.'), /A CNAME record at this name leads elsewhere/);
  assert.match(await seen(`_frontdesk 0 IN TXT "\\"${value}\\""`), /The value stands in quotation marks/);
  assert.deepEqual(await page.status(), ['pending']);
  await seen(`_frontdesk 0 IN TXT "${value}"`);
  assert.deepEqual(await page.status(), ['verified']);
});

test('name servers that say nothing hold nobody up for long, however many domains wait', async () => {
  const page = await domainPage();
  await page.add('initech.test');
  for (const name of ['one', 'two', 'three', 'four', 'five']) await page.add(`${name}.silent.test`);
  const began = performance.now();
  assert.equal((await page.look()).status, 303);
  const took = performance.now() - began;
  assert.ok(took < 22_000, `${took} ms`);
  const shown = await page.text();
  assert.match(shown, /did not answer in time/);
  assert.match(shown, /The DNS knows no domain of this name/);
});

test('looking again and again ends at a page that says when to come back', async () => {
  const page = await domainPage();
  await page.add('hooli.test');
  let last;
  for (let n = 0; n <= 20; n += 1) last = await page.look();
  assert.equal(last.status, 429);
  assert.ok(Number(last.headers.get('retry-after')) <= 300);
  assert.match(await last.text(), /Too many tries in a short time/);
});
