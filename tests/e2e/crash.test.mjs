// What was answered is there after a kill: nothing is lost and nothing is half done.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectDirectory, makeCompany } from '../lib/company.mjs';
import { startFrontdesk } from '../lib/frontdesk.mjs';
import { patchOf, scimClient } from '../lib/scim-client.mjs';

for (const postgres of [false, true]) {
  test(`every user whose creation was answered outlives kill -9, on ${postgres ? 'PostgreSQL' : 'SQLite'}`, async (t) => {
    const frontdesk = await startFrontdesk({ postgres });
    t.after(() => frontdesk.stop());
    const company = await makeCompany(frontdesk, { settings: { defaults: { country: 'US' } } });
    const scim = scimClient(await connectDirectory(frontdesk, company));
    const answered = [];
    let stopped = false;
    const worker = async (name) => {
      for (let i = 0; !stopped; i += 1) {
        const userName = `${name}-${i}@acme.test`;
        const answer = await scim('POST', '/Users', { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName, active: true, name: { givenName: 'W', familyName: name } }).catch(() => undefined);
        if (answer?.status === 201) answered.push(userName);
      }
    };
    const workers = Array.from({ length: 6 }, (_, i) => worker(`w${i}`));
    while (answered.length < 100) await new Promise((resolve) => setTimeout(resolve, 10));
    const restarted = frontdesk.killAndRestart();
    stopped = true;
    await Promise.all([restarted, ...workers]);

    const members = new Set((await frontdesk.api.members(company.id)).map(({ profile }) => profile.email));
    assert.deepEqual(answered.filter((userName) => !members.has(userName)), [], 'answered, then lost');
    const events = await frontdesk.api.events();
    assert.equal(new Set(events.map(({ id }) => id)).size, events.length, 'an event told twice');
    const listed = await scim('GET', '/Users?count=0');
    assert.equal(listed.body.totalResults, members.size, 'a user without its member, or the other way round');
  });
}

// What each person is in at the end is decided by that person's own worker, which sends everything again that was not
// answered; so a membership that is missing or too many was lost or doubled by the server.
for (const postgres of [false, true]) {
  const nodes = postgres ? 'of two machines on one PostgreSQL' : 'of SQLite';
  test(`both sides of every membership agree after a kill -9 in the middle of a sync, ${nodes}`, async (t) => {
    const frontdesk = await startFrontdesk({ postgres });
    t.after(() => frontdesk.stop());
    const settings = { defaults: { country: 'US' } };
    const company = await makeCompany(frontdesk, { settings });
    const directory = await connectDirectory(frontdesk, company);
    const neighbour = await makeCompany(frontdesk, { name: 'Globex', domains: ['globex.test'], settings });
    const stranger = scimClient(await connectDirectory(frontdesk, neighbour));
    const second = postgres ? await frontdesk.second() : undefined;
    const addresses = [frontdesk.url, second?.url ?? frontdesk.url];
    const clients = addresses.map((url) => scimClient({ ...directory, base_url: directory.base_url.replace(frontdesk.url, url) }));

    // Asks one node after the other until one answers; an answer below 500 is one.
    let turn = 0;
    async function insist(...request) {
      for (let tries = 0; tries < 2000; tries += 1) {
        const answer = await clients[turn++ % 2](...request).catch(() => undefined);
        if (answer && answer.status < 500) return answer;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      throw new Error(`nobody answers ${request[0]} ${request[1]}`);
    }
    const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
    const bodyOf = (name, domain) => ({ schemas: [USER], userName: `${name}@${domain}`, active: true, name: { givenName: 'W', familyName: name } });
    const group = async (scim, displayName, members = []) =>
      (await scim('POST', '/Groups', { schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'], displayName, members })).body.id;
    const bystander = (await stranger('POST', '/Users', bodyOf('p0', 'globex.test'))).body.id;
    const theirs = await group(stranger, 'Everybody', [{ value: bystander }]);
    const [patched, bulked] = [await group(clients[0], 'Patched'), await group(clients[0], 'Bulked')];
    const put = await group(clients[0], 'Put');

    // The same creation from both sides at once makes one user.
    async function person(name) {
      const twice = await Promise.all([0, 1].map(() => insist('POST', '/Users', bodyOf(name, 'acme.test'))));
      assert.ok(twice.every(({ status }) => [201, 409].includes(status)), JSON.stringify(twice));
      const found = await insist('GET', `/Users?filter=${encodeURIComponent(`userName eq "${name}@acme.test"`)}`);
      assert.equal(found.body.totalResults, 1, name);
      return found.body.Resources[0].id;
    }
    const change = (op, id) => patchOf(op === 'add'
      ? { op: 'add', path: 'members', value: [{ value: id }] }
      : { op: 'remove', path: `members[value eq "${id}"]` });
    const expected = { [patched]: [], [bulked]: [] };
    let done = 0;
    async function worker(number) {
      for (let i = 0; i < 4; i += 1) {
        const id = await person(`p${number}-${i}`);
        for (const op of i % 2 ? ['add', 'remove', 'add'] : ['add', 'remove']) {
          assert.ok((await insist('PATCH', `/Groups/${patched}`, change(op, id))).status < 300);
          const bulk = { schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'], Operations: [{ method: 'PATCH', path: `/Groups/${bulked}`, data: change(op, id) }] };
          const answer = await insist('POST', '/Bulk', bulk);
          assert.match(answer.body.Operations[0].status, /^2/, JSON.stringify(answer.body));
          done += 1;
        }
        await insist('PUT', `/Groups/${put}`, { schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'], displayName: 'Put', members: [{ value: id }] });
        if (i % 2) for (const one of [patched, bulked]) expected[one].push(id);
      }
    }
    const workers = Promise.all(Array.from({ length: 6 }, (_, number) => worker(number)));
    const killed = (async () => {
      while (done < 12) await new Promise((resolve) => setTimeout(resolve, 5));
      await (second ? second.kill() : frontdesk.killAndRestart());
    })();
    await Promise.all([workers, killed]);

    const scim = clients[0];
    const groupsOf = {};
    for (const user of (await scim('GET', '/Users?count=200')).body.Resources) groupsOf[user.id] = (user.groups ?? []).map(({ value }) => value).sort();
    assert.equal(Object.keys(groupsOf).length, 24, 'a user was lost or made twice');
    const seen = {};
    for (const id of [patched, bulked, put]) {
      const members = ((await scim('GET', `/Groups/${id}`)).body.members ?? []).map(({ value }) => value);
      assert.equal(new Set(members).size, members.length, 'a member is in a group twice');
      for (const member of members) (seen[member] ??= []).push(id);
      if (expected[id]) assert.deepEqual([...members].sort(), [...expected[id]].sort());
      else assert.equal(members.length, 1, 'a list that was put whole holds one member');
    }
    for (const [id, groups] of Object.entries(groupsOf)) assert.deepEqual(groups, (seen[id] ?? []).sort(), 'the two sides differ');
    assert.equal((await frontdesk.api.members(company.id)).length, 24);
    assert.deepEqual((await stranger('GET', `/Groups/${theirs}`)).body.members.map(({ value }) => value), [bystander]);
    assert.equal((await stranger('GET', '/Users?count=0')).body.totalResults, 1);
  });
}
