// An application of a careful vendor, on openid-client: a key instead of a secret, pushed requests, tokens exchanged,
// asked about and given back, and every way of being told of a sign-out.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBrowser } from '../lib/browser.mjs';
import { assertSignedIn, completeProfile, connectOidc, makeCompany } from '../lib/company.mjs';
import { startFrontdesk } from '../lib/frontdesk.mjs';
import { signInAtOpenidProvider, startOpenidProvider } from '../lib/openid-provider.mjs';
import { eventually } from '../lib/process.mjs';
import { startRelyingParty } from '../lib/relying-party.mjs';

const USERS = { 'sub-ada': { email: 'ada@acme.test', email_verified: true, given_name: 'Ada', family_name: 'Lovelace' } };

let browser;
before(async () => { browser = await startBrowser(); });
after(() => browser?.stop());

async function stage(t, { postgres = false } = {}) {
  const frontdesk = await startFrontdesk({ postgres });
  t.after(() => frontdesk.stop());
  const provider = await startOpenidProvider({ users: USERS });
  t.after(() => provider.stop());
  const application = await startRelyingParty();
  t.after(() => application.stop());
  const company = await makeCompany(frontdesk, { settings: { jit: true, defaults: { country: 'US' } } });
  await connectOidc(frontdesk, company, provider);
  await application.makeKey();
  const registered = await frontdesk.api.post('/applications', {
    name: 'Product',
    redirect_uris: [application.redirectUri],
    post_logout_redirect_uris: [application.postLogoutRedirectUri],
    backchannel_logout_uri: application.backchannelLogoutUri,
    frontchannel_logout_uri: application.frontchannelLogoutUri,
    token_endpoint_auth_method: 'private_key_jwt',
    jwks_uri: application.jwksUri,
    require_pushed_authorization_requests: true,
  });
  assert.equal(registered.client_secret, undefined);
  await application.connect({ issuer: frontdesk.url, clientId: registered.client_id, pushes: true });
  return { frontdesk, provider, application, company };
}

async function signIn(page, { application, provider }) {
  await page.goto(`${application.url}/start?${new URLSearchParams({ login_hint: 'ada@acme.test' })}`);
  assert.ok(!page.url().includes('redirect_uri=http%3A%2F%2F127.0.0.3'), 'the browser carries no request');
  await page.waitForURL(`${provider.issuer}/**`);
  await signInAtOpenidProvider(page, 'sub-ada');
  await completeProfile(page, application, { country: 'GB' });
  return application.signedIn();
}

for (const postgres of [false, true]) {
  test(`application with a key pushes, exchanges, asks and gives back, on ${postgres ? 'PostgreSQL' : 'SQLite'}`, async (t) => {
    const scene = await stage(t, { postgres });
    const { application } = scene;
    const page = await browser.newPerson();
    const signedIn = await signIn(page, scene);
    assertSignedIn(signedIn, scene.company, { email: 'ada@acme.test' });
    assert.ok(signedIn.claims.session_expiry > signedIn.claims.exp);

    const first = signedIn.tokens;
    const told = await application.introspect(first.access_token);
    assert.equal(told.active, true);
    assert.equal(told.sub, signedIn.claims.sub);
    assert.equal(told.auth_time, signedIn.claims.auth_time);

    const second = await application.refresh(first.refresh_token);
    assert.notEqual(second.refresh_token, first.refresh_token);
    assert.equal((await application.introspect(first.refresh_token)).active, false);
    assert.equal((await application.introspect(second.refresh_token)).active, true);

    await application.revoke(second.refresh_token);
    assert.equal((await application.introspect(second.access_token)).active, false);
    await assert.rejects(application.refresh(second.refresh_token), { error: 'invalid_grant' });
  });
}

test('reused refresh token ends everything from that sign-in', async (t) => {
  const scene = await stage(t);
  const { application, frontdesk } = scene;
  const { tokens } = await signIn(await browser.newPerson(), scene);
  const next = await application.refresh(tokens.refresh_token);
  await assert.rejects(application.refresh(tokens.refresh_token), { error: 'invalid_grant' });
  await assert.rejects(application.refresh(next.refresh_token), { error: 'invalid_grant' });
  assert.equal((await application.introspect(next.access_token)).active, false);
  const { data } = await frontdesk.api.get('/events');
  assert.ok(data.some((event) => event.type === 'refresh_token.reused'));
});

test('person who signs out at our page is signed out of the application, by post and by frame', async (t) => {
  const scene = await stage(t);
  const { application, frontdesk } = scene;
  const page = await browser.newPerson();
  const { claims } = await signIn(page, scene);
  await page.goto(`${frontdesk.url}/account`);
  await page.getByRole('button', { name: /sign out$/i }).first().click();
  await page.getByRole('heading', { name: /you are signed out/i }).waitFor();
  const told = await application.loggedOut(claims.sub);
  assert.equal(told.sid, claims.sid);
  const frame = await eventually('the frame', () => application.frames.at(-1));
  assert.deepEqual(frame, { iss: frontdesk.url, sid: claims.sid });
});

test('person who signs out in the application comes back to it', async (t) => {
  const scene = await stage(t);
  const { application, frontdesk } = scene;
  const page = await browser.newPerson();
  await signIn(page, scene);
  await page.goto(`${application.url}/logout`);
  await page.waitForURL(`${application.url}/signed-out**`);
  await page.goto(`${frontdesk.url}/account`);
  await page.waitForURL(`${frontdesk.url}/login**`);
});
