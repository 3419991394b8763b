// A person who leaves the company: the session ends everywhere at once, the application hears of it, a mail offers to
// keep the account; or, where the company asks for it, every record goes.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBrowser } from '../lib/browser.mjs';
import { connectDirectory, connectSaml, makeCompany, registerApplication } from '../lib/company.mjs';
import { startFrontdesk } from '../lib/frontdesk.mjs';
import { startMailSink } from '../lib/mail-sink.mjs';
import { eventually } from '../lib/process.mjs';
import { startRelyingParty } from '../lib/relying-party.mjs';
import { patchOf, scimClient } from '../lib/scim-client.mjs';
import { signInAtSimpleSamlPhp, startSimpleSamlPhp } from '../lib/simplesamlphp.mjs';

const EMAIL = 'dana@acme.test';
const USERS = { dana: { password: 'dana-secret', attributes: { id: 'u-77', email: EMAIL, firstName: 'Dana', lastName: 'Scully' } } };

let browser;
before(async () => { browser = await startBrowser(); });
after(() => browser?.stop());

/** Dana is provisioned by SCIM and signed in through SAML; the answer has the browser she did it in. */
async function danaAtWork(t, { postgres, settings }) {
  const sink = await startMailSink();
  t.after(() => sink.stop());
  const frontdesk = await startFrontdesk({ postgres, sink });
  t.after(() => frontdesk.stop());
  const idp = await startSimpleSamlPhp({ users: USERS });
  t.after(() => idp.stop());
  const application = await startRelyingParty();
  t.after(() => application.stop());
  const company = await makeCompany(frontdesk, { settings });
  await connectSaml(frontdesk, company, idp);
  const scim = scimClient(await connectDirectory(frontdesk, company));
  await registerApplication(frontdesk, application);
  const { status, body: user } = await scim('POST', '/Users', {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: EMAIL, active: true,
    name: { givenName: 'Dana', familyName: 'Scully' },
    emails: [{ type: 'work', value: EMAIL, primary: true }, { type: 'home', value: 'dana@home.test' }],
    addresses: [{ type: 'work', country: 'US' }],
  });
  assert.equal(status, 201);
  const page = await browser.newPerson();
  await page.goto(`${application.url}/start?login_hint=${EMAIL}`);
  await page.waitForURL(`${idp.url}/**`);
  await signInAtSimpleSamlPhp(page, 'dana', 'dana-secret');
  await page.waitForURL(`${application.url}/`);
  const signIn = await application.signedIn();
  assert.equal((await frontdesk.api.members(company.id)).length, 1, 'the sign-in joined the provisioned member');
  return { sink, frontdesk, idp, application, company, scim, user, page, signIn };
}

/** Nothing that Dana or the application holds works any more. */
async function assertCutOff({ frontdesk, application, page, signIn }) {
  const logout = await application.loggedOut(signIn.claims.sub);
  assert.ok(!signIn.claims.sid || !logout.sid || logout.sid === signIn.claims.sid);
  await assert.rejects(application.refresh(signIn.tokens.refresh_token), { error: 'invalid_grant' });
  await assert.rejects(application.userinfo(signIn.tokens.access_token, signIn.claims.sub));
  await page.goto(`${frontdesk.url}/org`);
  await page.getByLabel(/email/i).first().waitFor();
  const before = application.signIns.length;
  await page.goto(`${application.url}/start?login_hint=${EMAIL}`);
  // The identity provider still knows her in this browser and would let her pass without asking.
  await page.waitForURL((url) => url.origin === frontdesk.url && !url.pathname.startsWith('/oauth2/'));
  await page.getByRole('heading', { level: 1 }).waitFor();
  assert.equal(application.signIns.length, before, 'a leaver does not come back in through the identity provider');
}

for (const postgres of [false, true]) {
  const engine = postgres ? 'PostgreSQL' : 'SQLite';

  test(`leaver is signed out everywhere and may keep the account, on ${engine}`, async (t) => {
    const scene = await danaAtWork(t, { postgres, settings: { leaver_policy: 'disconnect' } });
    await scene.scim('PATCH', `/Users/${scene.user.id}`, patchOf({ op: 'replace', path: 'active', value: false }));
    assert.equal((await scene.frontdesk.api.member(scene.company.id, EMAIL)).status, 'disconnected');
    await assertCutOff(scene);
    for (const address of [EMAIL, 'dana@home.test']) {
      const mail = await scene.sink.mailTo(address, ({ links }) => links.some((link) => link.includes('/claim/')));
      assert.match(mail.text, /Acme/);
      assert.ok(mail.html, 'the mail has an HTML part');
    }
    const types = (await scene.frontdesk.api.events()).map(({ type }) => type);
    assert.ok(types.some((type) => /^member\./.test(type)), types.join(', '));
  });

  test(`leaver of a company that deletes leaves no record, on ${engine}`, async (t) => {
    const scene = await danaAtWork(t, { postgres, settings: { leaver_policy: 'delete', erase_grace_seconds: 0, jit: false } });
    await scene.scim('DELETE', `/Users/${scene.user.id}`);
    await assertCutOff(scene);
    await eventually('the member being erased', async () => (await scene.frontdesk.api.members(scene.company.id)).length === 0);
    await eventually('the events forgetting the person', async () => {
      const told = JSON.stringify(await scene.frontdesk.api.events());
      return !/dana|scully/i.test(told);
    });
  });
}
