// A company's IT administrator finishes the single sign-on wizard with a SAML identity provider that is not ours, with
// scripts and without; then a member signs in through what was set up.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from '../lib/browser.mjs';
import { completeProfile, makeCompany, registerApplication } from '../lib/company.mjs';
import { startRelyingParty } from '../lib/relying-party.mjs';
import { arriveAt, passOn, signInAtSimpleSamlPhp, startSimpleSamlPhp } from '../lib/simplesamlphp.mjs';
import { browser, frontdesk, suite } from '../lib/suite.mjs';

const people = (domain) => ({
  ada: { password: 'ada-secret', attributes: { id: 'u-1', email: `ada@${domain}`, firstName: 'Ada', lastName: 'Lovelace' } },
});

suite({ mails: false });

const heading = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();
const follow = (page, name) => page.getByRole('link', { name }).click();
const press = (page, name) => page.getByRole('button', { name }).click();

for (const javaScript of [true, false]) {
  const how = javaScript ? 'with scripts' : 'without scripts';
  const shot = (page, name) => (javaScript ? inspect(page, `sso-${name}`) : undefined);

  test(`wizard is finished with SimpleSAMLphp and a member signs in, ${how}`, async (t) => {
    const domain = javaScript ? 'acme.test' : 'acme-plain.test';
    const company = await makeCompany(frontdesk, { name: 'Acme', domains: [domain], settings: { jit: true } });
    const provider = await startSimpleSamlPhp({ users: people(domain) });
    t.after(() => provider.stop());
    const link = await frontdesk.api.post(`/organizations/${company.id}/setup-links`, { purposes: ['sso'], expires_in: 86400 });

    const page = await browser.newPerson({ javaScript });
    await page.goto(link.url);
    await heading(page, /Acme/);
    await shot(page, 'welcome');
    await follow(page, /start|continue/i);

    await heading(page, /sign in today/i);
    await page.getByLabel(/search/i).fill('simplesaml');
    await press(page, 'Search');
    await page.getByRole('heading', { name: /fits? “simplesaml”/ }).waitFor();
    await shot(page, 'providers');
    await press(page, 'SimpleSAMLphp');

    await heading(page, /SimpleSAMLphp/);
    await page.getByLabel('Assertion Consumer Service URL').first().waitFor();
    await shot(page, 'steps');
    const metadataUrl = await page.getByLabel('Service provider metadata').inputValue();
    provider.trust(await (await fetch(metadataUrl)).text());
    await page.getByRole('main').getByRole('link', { name: /metadata|continue|next|I have/i }).last().click();

    await heading(page, /paste/i);
    await page.getByRole('textbox', { name: /metadata/i }).first().fill('not an address');
    await press(page, /check/i);
    await page.getByRole('heading', { level: 1 }).waitFor();
    assert.equal(await page.getByRole('textbox', { name: /metadata/i }).first().inputValue(), 'not an address', 'what was typed is kept');
    await shot(page, 'metadata-wrong');
    await page.getByRole('textbox', { name: /metadata/i }).first().fill(provider.metadataUrl);
    await press(page, /check/i);

    await heading(page, /test/i);
    await shot(page, 'test');
    const elsewhere = await browser.newPerson({ javaScript });
    await elsewhere.goto(link.url);
    assert.match(await elsewhere.locator('main').innerText(), /SimpleSAMLphp/, 'half-done work is kept for whoever opens the link');

    await press(page, /sign in through SimpleSAMLphp/i);
    await arriveAt(page, provider);
    await signInAtSimpleSamlPhp(page, 'ada', 'ada-secret');
    await passOn(page, provider);
    await heading(page, /that worked/i);
    const seen = await page.locator('main').innerText();
    for (const value of [`ada@${domain}`, 'Ada', 'Lovelace']) assert.ok(seen.includes(value), `${value} is shown`);
    assert.match(seen, /country/i, 'what is missing is named');
    await shot(page, 'test-passed');
    await press(page, /looks right|continue/i);

    await page.getByRole('heading', { level: 1 }).waitFor();
    await shot(page, 'go-live');
    await page.getByRole('main').getByRole('button', { name: /live|switch|turn on|sign in/i }).first().click();
    await heading(page, /signs? in through/i);
    await shot(page, 'live');

    const application = await startRelyingParty();
    t.after(() => application.stop());
    await registerApplication(frontdesk, application);
    const member = await browser.newPerson({ javaScript });
    await member.goto(`${application.url}/start?login_hint=ada@${domain}`);
    await arriveAt(member, provider);
    await signInAtSimpleSamlPhp(member, 'ada', 'ada-secret');
    await passOn(member, provider);
    await completeProfile(member, application, { country: 'GB' });
    assert.equal((await application.signedIn()).claims.org_id, company.id);
  });
}

test('link that is unknown, revoked or used up says whom to ask', async () => {
  const page = await browser.newPerson();
  const answer = await page.goto(`${frontdesk.url}/s/no-such-link`);
  assert.ok(answer.status() === 404 || answer.status() === 410, String(answer.status()));
  assert.match(await page.locator('main').innerText(), /maren@northwind\.test/);
  await inspect(page, 'sso-link-unknown');
});
