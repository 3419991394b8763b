// What was answered is there after a kill: nothing is lost and nothing is half done.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectDirectory, makeCompany } from '../lib/company.mjs';
import { startFrontdesk } from '../lib/frontdesk.mjs';
import { scimClient } from '../lib/scim-client.mjs';

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
