// Security events reach their receiver also where the server is killed while it pushes them: none is left out, and one that
// comes again has the same jti. Whoever was killed has claimed the feed for two minutes more; here it is asked for anew, so that
// nobody waits for that.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectDirectory, makeCompany } from '../lib/company.mjs';
import { startEventReceiver } from '../lib/event-receiver.mjs';
import { startFrontdesk } from '../lib/frontdesk.mjs';
import { eventually } from '../lib/process.mjs';
import { scimClient } from '../lib/scim-client.mjs';

for (const postgres of [false, true]) {
  test(`every security event arrives though the server is killed while it pushes, on ${postgres ? 'PostgreSQL' : 'SQLite'}`, async (t) => {
    const receiver = await startEventReceiver();
    t.after(() => receiver.stop());
    const frontdesk = await startFrontdesk({ postgres });
    t.after(() => frontdesk.stop());
    const company = await makeCompany(frontdesk, { settings: { defaults: { country: 'US' } } });
    const scim = scimClient(await connectDirectory(frontdesk, company));
    // Two applications ask for the same: what one of them polls at the end is what the other one must have been sent.
    const [pushed, polled] = await Promise.all(['Pushed', 'Polled'].map((name) => application(frontdesk, name)));
    await frontdesk.api.put(polled.feed, {});
    const push = () => frontdesk.api.put(pushed.feed, { delivery: receiver.delivery() });
    await push();

    let stopped = false;
    const sync = (async () => {
      for (let n = 0; !stopped; n += 1) {
        const userName = `p${n}@acme.test`;
        await scim('POST', '/Users', { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName, active: true, name: { givenName: 'P', familyName: `${n}` } }).catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    await receiver.came(20);
    await receiver.holdNext();
    await frontdesk.killAndRestart();
    const held = receiver.tokens.length - 1;
    await push();
    await receiver.came(held + 20);
    await receiver.answeredNext();
    await frontdesk.killAndRestart();
    stopped = true;
    await sync;
    await push();
    await eventually('everything is pushed', async () => (await frontdesk.api.get(pushed.feed)).waiting === 0);

    const came = await receiver.read(frontdesk.url, pushed.id);
    const first = new Map();
    for (const claims of came) {
      const before = first.get(claims.jti);
      if (before) assert.deepEqual(claims, before, 'what comes again says the same');
      else first.set(claims.jti, claims);
    }
    const again = came.filter(({ jti }) => jti === came[held].jti);
    assert.ok(again.length > 1, 'what was not answered comes again, with the same jti');
    assert.deepEqual([...first.keys()], await poll(frontdesk, polled.feed), 'all of them, in their order');
    const told = new Set([...first.values()].map(({ sub_id }) => sub_id.id));
    const members = await frontdesk.api.members(company.id);
    assert.ok(members.length >= 40, `${members.length} people`);
    assert.deepEqual(members.filter(({ id }) => !told.has(id)), [], 'nobody is left out');
  });
}

async function application(frontdesk, name) {
  const { client_id: id } = await frontdesk.api.post('/applications', { name, redirect_uris: ['https://product.example/callback'] });
  return { id, feed: `/applications/${id}/security-events` };
}

/** The ids of everything that a feed has, in their order. */
async function poll(frontdesk, feed) {
  const all = [];
  for (let ack = []; ; ) {
    const { sets } = await frontdesk.api.post(`${feed}/poll`, { ack, returnImmediately: true });
    ack = Object.keys(sets);
    if (ack.length === 0) return all;
    all.push(...ack);
  }
}
