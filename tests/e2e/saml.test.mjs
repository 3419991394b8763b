// A person of a company signs in to an application through a SAML identity provider that is not ours.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBrowser } from '../lib/browser.mjs';
import { assertSignedIn, completeProfile, connectSaml, makeCompany, registerApplication } from '../lib/company.mjs';
import { startFrontdesk } from '../lib/frontdesk.mjs';
import { eventually } from '../lib/process.mjs';
import { startRelyingParty } from '../lib/relying-party.mjs';
import { signInAtSimpleSamlPhp, startSimpleSamlPhp } from '../lib/simplesamlphp.mjs';

const USERS = {
  ada: { password: 'ada-secret', attributes: { id: 'u-1001', email: 'ada@acme.test', firstName: 'Ada', lastName: 'Lovelace', country: 'GB' } },
  ben: { password: 'ben-secret', attributes: { id: 'u-1002', email: 'ben@acme.test', firstName: 'Ben', lastName: 'Okri' } },
  eve: { password: 'eve-secret', attributes: { id: 'u-6666', email: 'eve@elsewhere.test', firstName: 'Eve', lastName: 'Moneypenny', country: 'GB' } },
};

let browser;
before(async () => { browser = await startBrowser(); });
after(() => browser?.stop());

/** Everything running: a company on SimpleSAMLphp, an application at Frontdesk. */
async function stage(t, { postgres = false, hosted = {}, alg, settings = {} } = {}) {
  const frontdesk = await startFrontdesk({ postgres });
  t.after(() => frontdesk.stop());
  const idp = await startSimpleSamlPhp({ users: USERS, hosted });
  t.after(() => idp.stop());
  const application = await startRelyingParty();
  t.after(() => application.stop());
  const company = await makeCompany(frontdesk, { settings: { jit: true, ...settings } });
  const connection = await connectSaml(frontdesk, company, idp);
  await registerApplication(frontdesk, application, { alg });
  return { frontdesk, idp, application, company, connection };
}

/** Goes from the application to the identity provider's form and fills it in. */
async function signIn(page, { application, idp }, user, hint = USERS[user].attributes.email) {
  await page.goto(`${application.url}/start?${new URLSearchParams({ login_hint: hint })}`);
  await page.waitForURL(`${idp.url}/**`);
  await signInAtSimpleSamlPhp(page, user, USERS[user].password);
}

for (const postgres of [false, true]) {
  test(`person signs in with everything the provider sent, on ${postgres ? 'PostgreSQL' : 'SQLite'}`, async (t) => {
    const scene = await stage(t, { postgres });
    const page = await browser.newPerson();
    await signIn(page, scene, 'ada');
    await page.waitForURL(`${scene.application.url}/`);
    const first = await scene.application.signedIn();
    assertSignedIn(first, scene.company, { email: 'ada@acme.test', given_name: 'Ada', family_name: 'Lovelace', role: 'member', country: 'GB' });

    const member = await scene.frontdesk.api.member(scene.company.id, 'ada@acme.test');
    assert.equal(member.status, 'active');
    assert.equal(member.source, 'sso');
    assert.equal(member.profile.firstName, 'Ada');
    assert.equal(member.profile.country, 'GB');

    const another = await browser.newPerson();
    await signIn(another, scene, 'ada');
    await another.waitForURL(`${scene.application.url}/`);
    assert.equal(scene.application.signIns.length, 2);
    assert.equal(scene.application.signIns[1].claims.sub, first.claims.sub, 'the same person on another computer');
  });
}

test('person is asked once for the country the provider did not send', async (t) => {
  const scene = await stage(t);
  const page = await browser.newPerson();
  await signIn(page, scene, 'ben');
  assert.equal(await completeProfile(page, scene.application, { country: 'NG' }), true, 'the page that asks');
  assertSignedIn(await scene.application.signedIn(), scene.company, { email: 'ben@acme.test', country: 'NG' });
  assert.equal((await scene.frontdesk.api.member(scene.company.id, 'ben@acme.test')).profile.country, 'NG');

  const again = await browser.newPerson();
  await signIn(again, scene, 'ben');
  await again.waitForURL(`${scene.application.url}/`);
  assert.equal(scene.application.signIns.length, 2);
});

test('person who is signed in at Frontdesk comes back to the application without a form', async (t) => {
  const scene = await stage(t);
  const page = await browser.newPerson();
  await signIn(page, scene, 'ada');
  await page.waitForURL(`${scene.application.url}/`);
  await page.goto(`${scene.application.url}/start`);
  await page.waitForURL(`${scene.application.url}/`);
  assert.equal(scene.application.signIns.length, 2);
});

test('application names the company or its connection instead of an address', async (t) => {
  const scene = await stage(t);
  for (const hint of [{ organization: scene.company.id }, { connection: scene.connection.id }]) {
    const page = await browser.newPerson();
    await page.goto(`${scene.application.url}/start?${new URLSearchParams(hint)}`);
    await page.waitForURL(`${scene.idp.url}/**`);
    await signInAtSimpleSamlPhp(page, 'ada', USERS.ada.password);
    await page.waitForURL(`${scene.application.url}/`);
  }
  assert.equal(scene.application.signIns.length, 2);
});

test('encrypted assertion is opened, and the answer may be signed as a whole', async (t) => {
  const scene = await stage(t, { hosted: { 'assertion.encryption': true, 'saml20.sign.response': true } });
  const page = await browser.newPerson();
  const posted = page.waitForRequest(scene.connection.saml.acs_url);
  await signIn(page, scene, 'ada');
  const xml = Buffer.from(new URLSearchParams((await posted).postData()).get('SAMLResponse'), 'base64').toString();
  assert.match(xml, /EncryptedAssertion/);
  assert.doesNotMatch(xml, /ada@acme\.test/);
  await page.waitForURL(`${scene.application.url}/`);
  assertSignedIn(await scene.application.signedIn(), scene.company, { email: 'ada@acme.test' });
});

test('application that asked for ES256 gets ES256', async (t) => {
  const scene = await stage(t, { alg: 'ES256' });
  const page = await browser.newPerson();
  await signIn(page, scene, 'ada');
  await page.waitForURL(`${scene.application.url}/`);
  const [header] = (await scene.application.signedIn()).tokens.id_token.split('.');
  assert.equal(JSON.parse(Buffer.from(header, 'base64url')).alg, 'ES256');
});

test('address outside the verified domains is refused, with a page that says so', async (t) => {
  const scene = await stage(t);
  const page = await browser.newPerson();
  await signIn(page, scene, 'eve', 'somebody@acme.test');
  await page.waitForURL(`${scene.frontdesk.url}/**`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  assert.match(await page.locator('main').innerText(), /eve@elsewhere\.test|elsewhere\.test/);
  assert.equal(scene.application.signIns.length, 0);
  assert.deepEqual(await scene.frontdesk.api.members(scene.company.id), []);
});

test('answer that is posted a second time signs nobody in', async (t) => {
  const scene = await stage(t);
  const page = await browser.newPerson();
  const posted = page.waitForRequest(scene.connection.saml.acs_url);
  await signIn(page, scene, 'ada');
  const form = (await posted).postData();
  await page.waitForURL(`${scene.application.url}/`);
  const replay = await fetch(scene.connection.saml.acs_url, {
    method: 'POST', redirect: 'manual', body: form, headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  assert.ok(replay.status >= 400 && replay.status < 500, `the replay was answered ${replay.status}`);
  assert.equal(replay.headers.getSetCookie().filter((cookie) => /session/i.test(cookie)).length, 0);
});

test('refresh token is rotated, and an old one ends them all', async (t) => {
  const scene = await stage(t);
  const page = await browser.newPerson();
  await signIn(page, scene, 'ada');
  await page.waitForURL(`${scene.application.url}/`);
  const { tokens, claims } = await scene.application.signedIn();
  const second = await scene.application.refresh(tokens.refresh_token);
  assert.notEqual(second.refresh_token, tokens.refresh_token);
  assert.equal((await scene.application.userinfo(second.access_token, claims.sub)).email, 'ada@acme.test');
  await assert.rejects(scene.application.refresh(tokens.refresh_token), { error: 'invalid_grant' });
  await assert.rejects(scene.application.refresh(second.refresh_token), { error: 'invalid_grant' }, 'the family of a stolen token ends');
});

test('application signs the person out and gets the browser back', async (t) => {
  const scene = await stage(t);
  const page = await browser.newPerson();
  await signIn(page, scene, 'ada');
  await page.waitForURL(`${scene.application.url}/`);
  await page.goto(`${scene.application.url}/logout`);
  const confirm = page.getByRole('button', { name: /sign out/i });
  if (page.url().startsWith(scene.frontdesk.url) && (await confirm.count())) await confirm.click();
  await page.waitForURL(`${scene.application.postLogoutRedirectUri}**`);
});

/** Whether the browser still has a session at Frontdesk. */
async function isSignedIn(page, { frontdesk }) {
  await page.goto(`${frontdesk.url}/account`);
  return new URL(page.url()).pathname === '/account';
}

/** Whether the browser still has a session at the identity provider: signing in again then asks for no password. */
async function isKnownToProvider(page, { application, idp }) {
  await page.goto(`${application.url}/start?${new URLSearchParams({ login_hint: 'ada@acme.test' })}`);
  await page.waitForURL((url) => url.href === `${application.url}/` || (url.origin === idp.url && url.pathname.includes('loginuserpass')));
  return page.url() === `${application.url}/`;
}

for (const logouttype of ['traditional', 'iframe']) {
  test(`sign-out at the provider ends the session here and the product's, ${logouttype} way`, async (t) => {
    const scene = await stage(t, { hosted: { 'sign.logout': true, 'validate.logout': true, logouttype } });
    const page = await browser.newPerson();
    await signIn(page, scene, 'ada');
    await page.waitForURL(`${scene.application.url}/`);
    assert.equal(await isSignedIn(page, scene), true);
    const answered = page.waitForRequest((request) => request.url().includes('SAMLResponse='));
    await page.goto(scene.idp.logoutUrl(`${scene.application.url}/`));
    if (logouttype === 'iframe') await page.getByRole('button', { name: /all services/i }).click();
    await answered;
    await eventually('the application hears of it', () => scene.application.logouts.length === 1);
    assert.equal(await isSignedIn(page, scene), false);
    assert.equal(await isKnownToProvider(page, scene), false);
  });
}

test('sign-out here ends the session at the provider too, where the company wants it, and the product gets the person back', async (t) => {
  const scene = await stage(t, { settings: { end_provider_session: true }, hosted: { 'sign.logout': true, 'validate.logout': true } });
  const page = await browser.newPerson();
  await signIn(page, scene, 'ada');
  await page.waitForURL(`${scene.application.url}/`);
  const asked = page.waitForRequest((request) => request.url().startsWith(scene.idp.url) && request.url().includes('SAMLRequest='));
  await page.goto(`${scene.application.url}/logout`);
  await asked;
  await page.waitForURL(`${scene.application.postLogoutRedirectUri}**`);
  assert.equal(await isSignedIn(page, scene), false);
  assert.equal(await isKnownToProvider(page, scene), false);
});

test('sign-out by our own button goes by way of the provider to the page that says so; by default it does not', async (t) => {
  const scene = await stage(t, { hosted: { 'sign.logout': true, 'validate.logout': true } });
  for (const [wanted, known] of [[false, true], [true, false]]) {
    await scene.frontdesk.api.patch(`/organizations/${scene.company.id}`, { end_provider_session: wanted });
    const page = await browser.newPerson();
    await signIn(page, scene, 'ada');
    await page.waitForURL(`${scene.application.url}/`);
    await page.goto(`${scene.frontdesk.url}/account`);
    await page.getByRole('button', { name: /^sign out$/i }).first().click();
    await page.waitForURL(`${scene.frontdesk.url}/logout`);
    await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
    assert.equal(await isKnownToProvider(page, scene), known);
  }
});

test('provider that does not answer leaves nobody signed in here', async (t) => {
  const scene = await stage(t, { settings: { end_provider_session: true } });
  const page = await browser.newPerson();
  await signIn(page, scene, 'ada');
  await page.waitForURL(`${scene.application.url}/`);
  await page.route(`${scene.idp.url}/**`, (route) => route.abort());
  await page.goto(`${scene.application.url}/logout`).catch(() => {});
  await page.unroute(`${scene.idp.url}/**`);
  assert.equal(await isSignedIn(page, scene), false);
});
