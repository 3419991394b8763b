// Directories provision and deprovision members: conformance clients of other people, then the shapes that the two
// biggest clients really send and their effect on the company's members.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { connectDirectory, makeCompany } from '../lib/company.mjs';
import { startFrontdesk } from '../lib/frontdesk.mjs';
import { eventually } from '../lib/process.mjs';
import { patchOf, scim2Tester, scimClient, scimSanity } from '../lib/scim-client.mjs';

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const PRESENT = ['invited', 'active'];

test('scim2-tester finds no error in the resources for conformance suites either', async () => {
  const frontdesk = await startFrontdesk({ env: { FRONTDESK_SCIM_TEST_RESOURCES: 'true' } });
  try {
    const company = await makeCompany(frontdesk, { name: 'Company', domains: ['company.test'] });
    const results = await scim2Tester(await connectDirectory(frontdesk, company));
    const others = results.filter(({ status }) => status !== 'SUCCESS').map(({ title, reason }) => `${title}: ${reason.split('\n')[0]}`);
    // It looks for an attribute that is returned on request without asking for it (RFC 7643 7, “returned”).
    assert.deepEqual(others, ["check_add_attribute: Attribute 'note' was not added or has unexpected value",
      "check_replace_attribute: Attribute 'note' was not replaced or has unexpected value"]);
    const own = results.filter(({ resource }) => resource === 'TestResource');
    assert.equal(own.length, 48, `as many checks as this version of it has for them, of ${results.length}`);
  } finally {
    await frontdesk.stop();
  }
});

for (const postgres of [false, true]) {
  const engine = postgres ? 'PostgreSQL' : 'SQLite';
  let frontdesk;
  before(async () => { frontdesk = await startFrontdesk({ postgres }); });
  after(() => frontdesk?.stop());

  let companies = 0;
  async function newDirectory({ provider, settings } = {}) {
    const domain = `company-${++companies}.test`;
    const company = await makeCompany(frontdesk, { name: `Company ${companies}`, domains: [domain], settings });
    const directory = await connectDirectory(frontdesk, company, provider);
    return { company, domain, directory, scim: scimClient(directory) };
  }
  const memberBecomes = (company, email, wanted) =>
    eventually(`${email} becoming ${wanted}`, async () => {
      const member = await frontdesk.api.member(company.id, email);
      return [].concat(wanted).includes(member.status) && member;
    });

  test(`scim2-tester finds no error, on ${engine}`, async () => {
    const { directory } = await newDirectory();
    const results = await scim2Tester(directory);
    assert.deepEqual(results.filter(({ status }) => status !== 'SUCCESS'), [], 'every check ran and passed');
    assert.equal(results.length, 148, 'as many checks as this version of it has for our schemas');
  });

  test(`scim-sanity finds no error, on ${engine}`, async () => {
    const { directory, domain } = await newDirectory();
    const report = await scimSanity(directory, domain);
    const others = report.results.filter(({ status }) => status !== 'pass').map(({ status, name }) => `${status}: ${name}`);
    // Its resources for agents are those of a draft, which this server does not have.
    assert.deepEqual(others, ['skip: Agent CRUD Lifecycle', 'skip: AgenticApplication CRUD Lifecycle', 'skip: Agent Rapid Lifecycle']);
    assert.equal(report.summary.passed, 28, JSON.stringify(report.summary));
  });

  test(`Entra's life of a user: tested, made, changed, switched off with the word False, on ${engine}`, async () => {
    const { company, domain, directory } = await newDirectory({ provider: 'entra-scim' });
    const scim = scimClient(directory, { contentType: 'application/scim+json; charset=utf-8' });
    const email = `kara.voss@${domain}`;

    const probe = await scim('GET', `/Users?filter=${encodeURIComponent(`userName eq "${randomUUID()}"`)}`);
    assert.equal(probe.status, 200);
    assert.equal(probe.body.totalResults, 0);

    const made = await scim('POST', '/Users', {
      schemas: [USER, ENTERPRISE], externalId: randomUUID(), userName: email, active: true, displayName: 'Kara Voss',
      emails: [{ primary: true, type: 'work', value: email }], meta: { resourceType: 'User' },
      name: { formatted: 'Kara Voss', familyName: 'Voss', givenName: 'Kara' }, roles: [],
    });
    assert.equal(made.status, 201);
    assert.equal(made.headers.get('location'), made.body.meta.location);
    const user = `/Users/${made.body.id}`;
    const incomplete = await memberBecomes(company, email, 'incomplete');
    assert.equal(incomplete.source, 'scim');
    assert.equal(incomplete.profile.firstName, 'Kara');

    const changed = await scim('PATCH', user, patchOf(
      { op: 'Add', path: 'addresses[type eq "work"].country', value: 'Uzbekistan' },
      { op: 'Add', path: 'addresses[type eq "work"].locality', value: 'Tashkent' },
      { op: 'Replace', path: 'name.familyName', value: 'Voss-Amiri' },
      { op: 'Replace', path: 'emails[type eq "work"].value', value: email },
      { op: 'Add', path: `${ENTERPRISE}:department`, value: 'Research' },
      { op: 'Add', path: `${ENTERPRISE}:manager`, value: 'some-manager' }));
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
    assert.equal(changed.body.addresses[0].type, 'work');
    assert.equal(changed.body.addresses[0].country, 'Uzbekistan');
    const complete = await memberBecomes(company, email, PRESENT);
    assert.equal(complete.profile.country, 'UZ');
    assert.equal(complete.profile.currentCity, 'Tashkent');
    assert.equal(complete.profile.lastName, 'Voss-Amiri');

    for (const filter of [`userName eq "${email}"`, `USERNAME EQ "${email.toUpperCase()}"`, `externalId eq "${made.body.externalId}"`, `emails[type eq "work"].value eq "${email}"`]) {
      const found = await scim('GET', `/Users?filter=${encodeURIComponent(filter)}`);
      assert.equal(found.body.totalResults, 1, filter);
    }
    const twiceEncoded = await scim('GET', `/Users?filter=${encodeURIComponent(encodeURIComponent(`userName eq "${email}"`))}`);
    assert.equal(twiceEncoded.body.totalResults, 1);

    const again = await scim('POST', '/Users', { schemas: [USER], userName: email, active: true });
    assert.equal(again.status, 409);
    assert.equal(again.body.scimType, 'uniqueness');

    const off = await scim('PATCH', user, patchOf({ op: 'Replace', path: 'active', value: 'False' }));
    assert.equal(off.status, 200);
    assert.equal(off.body.active, false);
    await memberBecomes(company, email, 'disconnected');

    const gone = await scim('DELETE', user);
    assert.equal(gone.status, 204);
    assert.equal((await scim('GET', user)).status, 404);
  });

  test(`Entra's role decides who administers the company, on ${engine}`, async () => {
    const { company, domain, scim } = await newDirectory({ provider: 'entra-scim', settings: { defaults: { country: 'US' } } });
    const email = `root@${domain}`;
    const made = await scim('POST', '/Users', {
      schemas: [USER], userName: email, active: true, name: { givenName: 'Ro', familyName: 'Ot' }, emails: [{ value: email }],
    });
    assert.equal((await memberBecomes(company, email, PRESENT)).role, 'member');
    const changed = await scim('PATCH', `/Users/${made.body.id}`, patchOf({ op: 'Add', path: 'roles[primary eq "True"].value', value: 'admin' }));
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
    assert.equal((await frontdesk.api.member(company.id, email)).role, 'admin');
  });

  test(`Entra's conforming mode sends dotted and URN keys without a path, on ${engine}`, async () => {
    const { company, domain, directory } = await newDirectory({ provider: 'entra-scim', settings: { defaults: { country: 'US' } } });
    const scim = scimClient(directory, { query: '?aadOptscim062020' });
    const email = `lu@${domain}`;
    const made = await scim('POST', '/Users', { schemas: [USER, ENTERPRISE], userName: email, active: true, name: { givenName: 'L', familyName: 'U' } });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const changed = await scim('PATCH', `/Users/${made.body.id}`, patchOf(
      { op: 'replace', value: { 'name.givenName': 'Lucía', [`${ENTERPRISE}:employeeNumber`]: 'A-77' } }));
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
    assert.equal(changed.body.name.givenName, 'Lucía');
    assert.equal(changed.body.name.familyName, 'U');
    assert.equal(changed.body[ENTERPRISE].employeeNumber, 'A-77');
    assert.equal((await frontdesk.api.member(company.id, email)).profile.firstName, 'Lucía');
    await scim('PATCH', `/Users/${made.body.id}`, patchOf({ op: 'replace', value: { active: false } }));
    await memberBecomes(company, email, 'disconnected');
  });

  test(`Entra adds and removes group members by value list, on ${engine}`, async () => {
    const { domain, scim } = await newDirectory({ provider: 'entra-scim' });
    const people = [];
    for (const name of ['a', 'b', 'c']) {
      people.push((await scim('POST', '/Users', { schemas: [USER], userName: `${name}@${domain}`, active: true })).body.id);
    }
    const made = await scim('POST', '/Groups', {
      schemas: [GROUP, 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'],
      externalId: randomUUID(), displayName: 'Research', meta: { resourceType: 'Group' },
    });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const group = `/Groups/${made.body.id}`;
    const members = async () => ((await scim('GET', group)).body.members ?? []).map(({ value }) => value).sort();

    const added = await scim('PATCH', group, patchOf({ op: 'Add', path: 'members', value: people.map((value) => ({ $ref: null, value })) }));
    assert.ok([200, 204].includes(added.status), JSON.stringify(added.body));
    assert.deepEqual(await members(), [...people].sort());
    await scim('PATCH', group, patchOf({ op: 'Remove', path: 'members', value: [{ $ref: null, value: people[1] }] }));
    assert.deepEqual(await members(), [people[0], people[2]].sort());
    await scim('PATCH', group, patchOf({ op: 'remove', path: `members[value eq "${people[0]}"]` }));
    assert.deepEqual(await members(), [people[2]]);
    const slim = await scim('GET', `/Groups?excludedAttributes=members&filter=${encodeURIComponent('displayName eq "Research"')}`);
    assert.equal(slim.body.totalResults, 1);
    assert.equal(slim.body.Resources[0].members, undefined);
  });

  test(`Okta's life of a user by PUT, and back again, on ${engine}`, async () => {
    const { company, domain, scim } = await newDirectory({ provider: 'okta-scim' });
    const email = `isaac.brock@${domain}`;
    const body = {
      schemas: [USER], userName: email, name: { givenName: 'Isaac', familyName: 'Brock' },
      emails: [{ primary: true, value: email, type: 'work' }], addresses: [{ type: 'work', country: 'CAN', region: 'Ontario' }],
      displayName: 'Isaac Brock', locale: 'en-US', externalId: '00ujl29u0le5T6Aj10h7', groups: [], password: '1mz050nq', active: true,
    };
    const made = await scim('POST', '/Users', body);
    assert.equal(made.status, 201, JSON.stringify(made.body));
    assert.equal(made.body.password, undefined, 'a password is never told');
    const member = await memberBecomes(company, email, PRESENT);
    assert.equal(member.profile.country, 'CA');
    assert.equal(member.profile.currentState, 'Ontario');

    const list = await scim('GET', '/Users?startIndex=1&count=100');
    assert.equal(list.body.totalResults, 1);
    const user = `/Users/${made.body.id}`;
    const off = await scim('PUT', user, { ...body, id: made.body.id, active: false });
    assert.equal(off.status, 200, JSON.stringify(off.body));
    await memberBecomes(company, email, 'disconnected');
    const back = await scim('PUT', user, { ...body, id: made.body.id, active: true });
    assert.equal(back.status, 200);
    await memberBecomes(company, email, PRESENT);
  });

  test(`Okta's gallery shapes: activity and a group's name without a path, on ${engine}`, async () => {
    const { company, domain, scim } = await newDirectory({ provider: 'okta-scim', settings: { defaults: { country: 'US' } } });
    const email = `maya@${domain}`;
    const { body: made } = await scim('POST', '/Users', { schemas: [USER], userName: email, name: { givenName: 'Maya', familyName: 'Lin' }, active: true });
    const { body: group } = await scim('POST', '/Groups', { schemas: [GROUP], displayName: 'Old', members: [] });
    const where = `/Groups/${group.id}`;
    await scim('PATCH', where, patchOf({ op: 'replace', value: { id: group.id, displayName: 'New' } }));
    await scim('PATCH', where, patchOf({ op: 'add', path: 'members', value: [{ value: made.id, display: email }] }));
    const read = (await scim('GET', where)).body;
    assert.equal(read.displayName, 'New');
    assert.deepEqual(read.members.map(({ value }) => value), [made.id]);
    const off = await scim('PATCH', `/Users/${made.id}`, patchOf({ op: 'replace', value: { active: false } }));
    assert.equal(off.status, 200);
    await memberBecomes(company, email, 'disconnected');
  });

  test(`delete policy keeps a leaver for the grace period, and activity brings the person back, on ${engine}`, async () => {
    const { company, domain, scim } = await newDirectory({ settings: { leaver_policy: 'delete', erase_grace_seconds: 86400, defaults: { country: 'US' } } });
    const email = `temp@${domain}`;
    const { body: made } = await scim('POST', '/Users', { schemas: [USER], userName: email, name: { givenName: 'T', familyName: 'P' }, active: true });
    await memberBecomes(company, email, PRESENT);
    await scim('PATCH', `/Users/${made.id}`, patchOf({ op: 'replace', path: 'active', value: false }));
    await memberBecomes(company, email, 'erasing');
    await scim('PATCH', `/Users/${made.id}`, patchOf({ op: 'replace', path: 'active', value: true }));
    await memberBecomes(company, email, PRESENT);
  });

  test(`directory's token opens no other directory, and no token is told how, on ${engine}`, async () => {
    const one = await newDirectory();
    const other = await newDirectory();
    const crossed = scimClient({ base_url: other.directory.base_url, token: one.directory.token });
    const answer = await crossed('GET', '/Users');
    assert.ok([401, 404].includes(answer.status));
    const stranger = await fetch(`${one.directory.base_url}/Users`);
    assert.equal(stranger.status, 401);
    assert.match(stranger.headers.get('www-authenticate'), /^Bearer/);
    assert.match(stranger.headers.get('content-type'), /^application\/scim\+json/);
    assert.equal((await stranger.json()).status, '401');
  });
}
