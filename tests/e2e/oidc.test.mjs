// A person of a company signs in to an application through an OpenID provider that is not ours.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBrowser } from '../lib/browser.mjs';
import { assertSignedIn, completeProfile, connectOidc, makeCompany, registerApplication } from '../lib/company.mjs';
import { startFrontdesk } from '../lib/frontdesk.mjs';
import { signInAtOpenidProvider, startOpenidProvider } from '../lib/openid-provider.mjs';
import { startRelyingParty } from '../lib/relying-party.mjs';

const USERS = {
  'sub-ada': { email: 'ada@acme.test', email_verified: true, given_name: 'Ada', family_name: 'Lovelace', address: { country: 'GB' } },
  'sub-ben': { email: 'ben@acme.test', given_name: 'Ben', family_name: 'Okri' },
  'sub-eve': { email: 'eve@elsewhere.test', email_verified: true, given_name: 'Eve', family_name: 'Moneypenny' },
};

let browser;
before(async () => { browser = await startBrowser(); });
after(() => browser?.stop());

async function stage(t, { postgres = false, alg = 'RS256', client = {} } = {}) {
  const frontdesk = await startFrontdesk({ postgres });
  t.after(() => frontdesk.stop());
  const provider = await startOpenidProvider({ users: USERS, alg });
  t.after(() => provider.stop());
  const application = await startRelyingParty();
  t.after(() => application.stop());
  const company = await makeCompany(frontdesk, { settings: { jit: true, defaults: { country: 'US' } } });
  await connectOidc(frontdesk, company, provider, client);
  await registerApplication(frontdesk, application, { post: true });
  return { frontdesk, provider, application, company };
}

async function signIn(page, { application, provider }, login, hint = USERS[login].email) {
  await page.goto(`${application.url}/start?${new URLSearchParams({ login_hint: hint })}`);
  await page.waitForURL(`${provider.issuer}/**`);
  await signInAtOpenidProvider(page, login);
}

for (const postgres of [false, true]) {
  test(`person signs in through the OpenID provider, on ${postgres ? 'PostgreSQL' : 'SQLite'}`, async (t) => {
    const scene = await stage(t, { postgres });
    const page = await browser.newPerson();
    await signIn(page, scene, 'sub-ada');
    await completeProfile(page, scene.application, { country: 'GB' });
    assertSignedIn(await scene.application.signedIn(), scene.company, { email: 'ada@acme.test', given_name: 'Ada', family_name: 'Lovelace' });
    const member = await scene.frontdesk.api.member(scene.company.id, 'ada@acme.test');
    assert.equal(member.status, 'active');
    assert.equal(member.source, 'sso');
  });
}

test('sign-in goes on after the provider began to sign with a key never seen before', async (t) => {
  const scene = await stage(t);
  const before = await browser.newPerson();
  await signIn(before, scene, 'sub-ada');
  await completeProfile(before, scene.application, { country: 'GB' });
  await scene.provider.rotateKeys();
  const afterwards = await browser.newPerson();
  await signIn(afterwards, scene, 'sub-ben');
  await completeProfile(afterwards, scene.application, { country: 'NG' });
  assert.deepEqual(scene.application.signIns.map((one) => one.claims.email), ['ada@acme.test', 'ben@acme.test']);
});

for (const alg of ['ES256', 'PS256']) {
  test(`provider that signs with ${alg} is understood`, async (t) => {
    const scene = await stage(t, { alg });
    const page = await browser.newPerson();
    await signIn(page, scene, 'sub-ada');
    await completeProfile(page, scene.application, { country: 'GB' });
    assertSignedIn(await scene.application.signedIn(), scene.company, { email: 'ada@acme.test' });
  });
}

test('address outside the verified domains is refused, with a page that says so', async (t) => {
  const scene = await stage(t);
  const page = await browser.newPerson();
  await signIn(page, scene, 'sub-eve', 'somebody@acme.test');
  await page.waitForURL(`${scene.frontdesk.url}/**`);
  assert.match(await page.locator('main').innerText(), /elsewhere\.test/);
  assert.equal(scene.application.signIns.length, 0);
  assert.deepEqual(await scene.frontdesk.api.members(scene.company.id), []);
});

test('person who refuses at the provider is told so and can begin again', async (t) => {
  const scene = await stage(t);
  const page = await browser.newPerson();
  await page.goto(`${scene.application.url}/start?login_hint=ada@acme.test`);
  await page.waitForURL(`${scene.provider.issuer}/**`);
  await page.getByRole('link', { name: /abort|cancel/i }).click();
  await page.waitForURL(`${scene.frontdesk.url}/**`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  assert.equal(scene.application.signIns.length, 0);
});

test('sign-out here ends the session at the provider too, where the company wants it, and the product gets the person back', async (t) => {
  const scene = await stage(t);
  for (const wanted of [false, true]) {
    await scene.frontdesk.api.patch(`/organizations/${scene.company.id}`, { end_provider_session: wanted });
    const page = await browser.newPerson();
    await signIn(page, scene, 'sub-ada');
    await completeProfile(page, scene.application, { country: 'GB' });
    const asked = [];
    page.on('request', (request) => request.url().startsWith(`${scene.provider.issuer}/session/end`) && asked.push(request.url()));
    await page.goto(`${scene.application.url}/logout`);
    if (wanted) await page.getByRole('button', { name: /yes, sign me out/i }).click();
    await page.waitForURL(`${scene.application.postLogoutRedirectUri}**`);
    assert.equal(asked.some((url) => url.includes('id_token_hint=')), wanted);
    // Whoever is known to the provider comes straight back in; whoever is not is asked who they are.
    await page.goto(`${scene.application.url}/start?${new URLSearchParams({ login_hint: 'ada@acme.test' })}`);
    if (wanted) await page.getByPlaceholder('Enter any login').waitFor();
    else await page.waitForURL(`${scene.application.url}/`);
  }
});
