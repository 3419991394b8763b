// The peers by themselves, without Frontdesk: when these pass and another suite fails, the fault is ours.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBrowser } from '../lib/browser.mjs';
import { startOpenidProvider, signInAtOpenidProvider } from '../lib/openid-provider.mjs';
import { startRelyingParty } from '../lib/relying-party.mjs';
import { startSimpleSamlPhp, signInAtSimpleSamlPhp } from '../lib/simplesamlphp.mjs';

let browser;
before(async () => { browser = await startBrowser(); });
after(() => browser?.stop());

test('application signs a person in at the OpenID provider, also after its keys changed', async (t) => {
  const provider = await startOpenidProvider({ users: { ada: { email: 'ada@acme.test', given_name: 'Ada' } } });
  t.after(() => provider.stop());
  const application = await startRelyingParty();
  t.after(() => application.stop());
  const { clientId, clientSecret } = provider.addClient({ redirectUri: application.redirectUri });
  await application.connect({ issuer: provider.issuer, clientId, clientSecret });

  for (const round of ['first key', 'rotated key']) {
    const page = await browser.newPerson();
    await page.goto(`${application.url}/start`);
    await signInAtOpenidProvider(page, 'ada');
    await page.waitForURL(`${application.url}/`);
    const { userinfo } = application.signIns.at(-1);
    assert.equal(userinfo.email, 'ada@acme.test', round);
    if (round === 'first key') {
      await provider.rotateKeys();
      await application.connect({ issuer: provider.issuer, clientId, clientSecret });
    }
  }
  assert.equal(application.signIns.length, 2);
});

test('SimpleSAMLphp signs a person in for a service provider known by its metadata', async (t) => {
  const idp = await startSimpleSamlPhp({ users: { ada: { password: 'secret', attributes: { id: 'u-1', email: 'ada@acme.test' } } } });
  t.after(() => idp.stop());
  assert.match(idp.metadata, /<md:IDPSSODescriptor/);
  idp.trust(`<?xml version="1.0"?>
    <md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://sp.test/metadata">
      <md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
        <md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${idp.url}/sp-test-acs" index="0"/>
      </md:SPSSODescriptor>
    </md:EntityDescriptor>`);
  const page = await browser.newPerson();
  const posted = page.waitForRequest(`${idp.url}/sp-test-acs`);
  await page.goto(idp.unsolicitedUrl('https://sp.test/metadata'));
  await signInAtSimpleSamlPhp(page, 'ada', 'secret');
  const form = new URLSearchParams((await posted).postData());
  const xml = Buffer.from(form.get('SAMLResponse'), 'base64').toString();
  assert.match(xml, /<saml:AttributeValue[^>]*>ada@acme\.test</);
  assert.match(xml, /<saml:NameID [^>]*>u-1</);
});
