// The other ways through the setup wizard: metadata as text, as a file and by hand, OpenID Connect, a test that fails,
// links that have ended, handing over, and the links for a file of people and for a new certificate.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { inspect } from '../lib/browser.mjs';
import { makeCompany } from '../lib/company.mjs';
import { signInAtOpenidProvider, startOpenidProvider } from '../lib/openid-provider.mjs';
import { arriveAt, passOn, signInAtSimpleSamlPhp, startSimpleSamlPhp } from '../lib/simplesamlphp.mjs';
import { browser, frontdesk, sink, stopsWithSuite, suite } from '../lib/suite.mjs';

const users = { ada: { password: 'ada-secret', attributes: { id: 'u-1', email: 'ada@ways.test', firstName: 'Ada', lastName: 'Lovelace' } } };
let provider;
suite({}, async () => {
  provider = stopsWithSuite(await startSimpleSamlPhp({ users }));
});

const heading = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();
const press = (page, name) => page.getByRole('button', { name }).click();
const main = (page) => page.locator('main').innerText();
let companies = 0;

/** A company of its own with a setup link, opened by its administrator. */
async function opened(purposes, { domain, expires_in = 86400, ...how } = {}) {
  companies += 1;
  const company = await makeCompany(frontdesk, { name: 'Ways', domains: [domain ?? `ways-${companies}.test`] });
  const link = await frontdesk.api.post(`/organizations/${company.id}/setup-links`, { purposes, expires_in });
  const page = await browser.newPerson(how);
  await page.goto(link.url);
  return { company, link, page };
}

async function choose(page, link, provider) {
  await page.goto(`${link.url}/sso/providers/${provider}`);
  await inspect(page, `ways-choose-${provider}`);
  await press(page, /^choose/i);
  await page.getByRole('heading', { level: 1 }).waitFor();
}

async function signInAtProvider(page) {
  await arriveAt(page, provider);
  await signInAtSimpleSamlPhp(page, 'ada', 'ada-secret');
  await passOn(page, provider);
  await page.getByRole('heading', { level: 1 }).waitFor();
}

test('metadata comes as a text, as a file and by hand', async () => {
  const { link, page } = await opened(['sso']);
  await choose(page, link, 'simplesamlphp');
  const certificate = provider.metadata.match(/X509Certificate>([^<]+)</)[1];
  const ways = {
    text: () => page.getByRole('textbox', { name: /metadata/i }).first().fill(provider.metadata),
    file: async () => {
      await page.getByText('I only have a file').click();
      await page.getByLabel('Metadata file').setInputFiles({ name: 'idp.xml', mimeType: 'application/xml', buffer: Buffer.from(provider.metadata) });
    },
    hand: async () => {
      await page.getByText('I want to type it by hand').click();
      await page.locator('#sso_url').fill(`${provider.url}/saml2/idp/SSOService.php`);
      await page.locator('#issuer').fill(provider.entityId);
      await page.locator('#certificate').fill(certificate);
      await inspect(page, 'ways-by-hand');
    },
  };
  for (const bring of Object.values(ways)) {
    await page.goto(`${link.url}/sso/values`);
    await bring();
    await press(page, /check/i);
    await heading(page, /sign in once, for a test/i);
  }
});

test('test that fails says what was expected and what came, with the place to mend it', async () => {
  const { link, page } = await opened(['sso']);
  await choose(page, link, 'simplesamlphp');
  const metadataUrl = await page.getByLabel('Service provider metadata').inputValue();
  provider.trust(await (await fetch(metadataUrl)).text());
  // Another provider's certificate: the answer is signed with a key that this metadata does not know.
  const stranger = await startSimpleSamlPhp({ users });
  const theirs = stranger.metadata.match(/X509Certificate>([^<]+)</)[1];
  await stranger.stop();
  await page.goto(`${link.url}/sso/values`);
  await page.getByRole('textbox', { name: /metadata/i }).first().fill(provider.metadata.replace(/(X509Certificate>)[^<]+</g, `$1${theirs}<`));
  await press(page, /check/i);
  await press(page, /sign in through/i);
  await signInAtProvider(page);
  assert.match(await main(page), /Test failed/);
  await page.getByText('Technical details').click();
  await inspect(page, 'ways-test-failed');
  await page.goto(`${link.url}/sso/live`);
  assert.equal(await page.getByRole('button', { name: /switch on/i }).count(), 0, 'nothing can go live');
});

test('OpenID Connect is set up, with a refusal said once', async (t) => {
  const openid = await startOpenidProvider({ users: { ada: { email: 'ada@ways-oidc.test', email_verified: true, given_name: 'Ada', family_name: 'Lovelace' } } });
  t.after(() => openid.stop());
  const { link, page } = await opened(['sso'], { domain: 'ways-oidc.test' });
  await choose(page, link, 'generic-oidc');
  const redirectUri = await page.locator('textarea[readonly]').evaluateAll((all) => all.map((it) => it.value).find((value) => value.endsWith('/callback')));
  const { clientId, clientSecret } = openid.addClient({ redirectUri });
  await page.goto(`${link.url}/sso/values`);
  await page.locator('#issuer').fill('http://127.0.0.2:9/nobody');
  await page.locator('#client_id').fill(clientId);
  await page.locator('#client_secret').fill(clientSecret);
  await press(page, /check/i);
  assert.equal(await page.locator('.field-error').count(), 1);
  assert.equal(await page.locator('.notice[data-tone=bad]').count(), 0, 'the refusal is said once');
  await inspect(page, 'ways-oidc-refused');
  await page.locator('#issuer').fill(openid.issuer);
  await page.locator('#client_secret').fill(clientSecret);
  await press(page, /check/i);
  await press(page, /sign in through/i);
  await signInAtOpenidProvider(page, 'ada');
  await heading(page, /that worked/i);
  assert.match(await main(page), /ada@ways-oidc\.test/);
  await press(page, /looks right/i);
  await press(page, /switch on/i);
  await heading(page, /now signs in through/i);
});

test('link that was taken back says whom to ask', async () => {
  const { company, link, page } = await opened(['sso']);
  await frontdesk.api.post(`/organizations/${company.id}/setup-links/${link.id}/revoke`);
  assert.equal((await page.reload()).status(), 410);
  assert.match(await main(page), /taken back[\s\S]*maren@northwind\.test/);
  await inspect(page, 'ways-link-revoked');
});

test('colleague goes on with a link of their own', async () => {
  const { link, page } = await opened(['sso']);
  await choose(page, link, 'okta-saml');
  assert.match(await main(page), /Single Logout URL/);
  await inspect(page, 'ways-okta');
  await page.goto(`${link.url}/hand-over`);
  await inspect(page, 'ways-hand-over');
  await page.getByLabel(/email/i).fill('bo@ways.test');
  await press(page, /send them a link/i);
  await heading(page, /your colleague has the link now/i);
  await inspect(page, 'ways-handed-over');
  const { links } = await sink.mailTo('bo@ways.test');
  const colleague = await browser.newPerson();
  await colleague.goto(links.find((it) => it.includes('/s/')));
  assert.match(await main(colleague), /So far you have chosen Okta/);
  assert.equal((await page.goto(link.url)).status(), 410, 'the old link has ended');
});

for (const javaScript of [true, false]) {
  test(`link for a file of people, ${javaScript ? 'with' : 'without'} scripts`, async () => {
    const shot = (page, name) => (javaScript ? inspect(page, `ways-people-${name}`) : undefined);
    const { company, page } = await opened(['csv'], { javaScript });
    await heading(page, /people/i);
    await shot(page, 'welcome');
    await page.getByRole('link', { name: 'Start' }).click();
    await shot(page, 'choose');
    const rows = 'First name,Last name,Email,Country\nAnn,Lee,ann@mail.test,US\nBen,Okri,ben.mail.test,NG\n';
    await page.getByLabel(/file/i).setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from(rows) });
    await press(page, /look at the file/i);
    await heading(page, /2 people found, 1 row needs a look/);
    await shot(page, 'preview');
    await page.getByRole('link', { name: /only rows with problems/i }).click();
    assert.ok(!(await main(page)).includes('Ann Lee'));
    await press(page, /1 ready row/i);
    await heading(page, /1 person was added/);
    await shot(page, 'done');
    assert.equal((await frontdesk.api.members(company.id)).length, 1);
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: /rows to mend/i }).click();
    assert.match(readFileSync(await (await download).path(), 'utf8'), /ben\.mail\.test/);
  });

  test(`link for a new certificate, ${javaScript ? 'with' : 'without'} scripts`, async () => {
    const shot = (page, name) => (javaScript ? inspect(page, `ways-renew-${name}`) : undefined);
    const { company, page } = await opened(['certificate'], { javaScript });
    const stranger = await startSimpleSamlPhp({ users });
    const theirs = stranger.metadata.match(/X509Certificate>([^<]+)</)[1];
    await stranger.stop();
    const connection = await frontdesk.api.post(`/organizations/${company.id}/connections`, {
      protocol: 'saml', provider: 'simplesamlphp', status: 'active',
      metadata_xml: provider.metadata.replace(/(X509Certificate>)[^<]+</g, `$1${theirs}<`),
    });
    provider.trust(await (await fetch(connection.saml.metadata_url)).text());
    await page.reload();
    await shot(page, 'welcome');
    await page.getByRole('link', { name: 'Start' }).click();
    await heading(page, /trusts today/i);
    await shot(page, 'today');
    await press(page, /bring new values/i);
    await heading(page, /new certificate/i);
    await shot(page, 'values');
    await page.getByRole('textbox', { name: /metadata/i }).first().fill(provider.metadataUrl);
    await press(page, /check/i);
    await heading(page, /sign in once, for a test/i);
    await shot(page, 'test');
    await press(page, /sign in through/i);
    await signInAtProvider(page);
    await heading(page, /that worked with the new values/i);
    await shot(page, 'tested');
    await press(page, /use the new values/i);
    await heading(page, /now signs in with the new values/i);
    await shot(page, 'done');
    await press(page, /put the values before back/i);
    await heading(page, /trusts today/i);
  });
}
