// `frontdesk saml inspect` on what a SAML identity provider that is not ours really answers.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { startBrowser } from '../lib/browser.mjs';
import { PROGRAM } from '../lib/frontdesk.mjs';
import { run, temporaryDirectory } from '../lib/process.mjs';
import { startSimpleSamlPhp, signInAtSimpleSamlPhp } from '../lib/simplesamlphp.mjs';

const ENTITY_ID = 'https://front.desk.test/saml/con_1';
const USERS = { ada: { password: 'secret', attributes: { id: 'u-1', email: 'ada@acme.test', firstName: 'Ada' } } };

let browser, idp, workspace, response;

before(async () => {
  browser = await startBrowser();
  idp = await startSimpleSamlPhp({ users: USERS });
  workspace = temporaryDirectory('inspect');
  const acs = `${idp.url}/an-acs`;
  idp.trust(`<?xml version="1.0"?>
    <md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${ENTITY_ID}">
      <md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
        <md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${acs}" index="0"/>
      </md:SPSSODescriptor>
    </md:EntityDescriptor>`);
  const page = await browser.newPerson();
  const posted = page.waitForRequest(acs);
  await page.goto(idp.unsolicitedUrl(ENTITY_ID));
  await signInAtSimpleSamlPhp(page, 'ada', 'secret');
  response = new URLSearchParams((await posted).postData()).get('SAMLResponse');
});
after(async () => {
  await browser?.stop();
  await idp?.stop();
  workspace?.remove();
});

/** Runs the command on `text`; the answer has its exit code and its verdict. */
async function inspect(text, { acs = `${idp.url}/an-acs`, audience = ENTITY_ID, more = ['--allow-unsolicited'] } = {}) {
  const files = { metadata: path.join(workspace.directory, 'idp.xml'), response: path.join(workspace.directory, 'response') };
  writeFileSync(files.metadata, idp.metadata);
  writeFileSync(files.response, text);
  const args = ['saml', 'inspect', '--metadata', files.metadata, '--sp-entity-id', audience, '--acs-url', acs, '--json', ...more, files.response];
  const { stdout, code = 0 } = await run(PROGRAM, args).catch((error) => error);
  return { exit: code, ...JSON.parse(stdout) };
}

test('answer is accepted as base64 and as XML', async () => {
  for (const text of [response, Buffer.from(response, 'base64').toString()]) {
    const verdict = await inspect(text);
    assert.equal(verdict.exit, 0, JSON.stringify(verdict));
    assert.equal(verdict.accepted, true);
    assert.equal(verdict.name_id, 'u-1');
    assert.deepEqual([].concat(verdict.attributes.email), ['ada@acme.test']);
  }
});

test('answer is refused for another address, another audience, another time and without its request', async () => {
  const elsewhere = [
    { acs: `${idp.url}/another-acs` },
    { audience: 'https://front.desk.test/saml/con_2' },
    { more: ['--allow-unsolicited', '--now', '2050-01-01T00:00:00Z'] },
    { more: [] },
  ];
  for (const change of elsewhere) {
    const verdict = await inspect(response, change);
    assert.equal(verdict.exit, 1, JSON.stringify(change));
    assert.equal(verdict.accepted, false);
    assert.ok(verdict.reason && verdict.code, JSON.stringify(verdict));
  }
});

test('answer in which one letter was changed is refused', async () => {
  const xml = Buffer.from(response, 'base64').toString();
  for (const [from, to] of [['ada@acme.test', 'eve@acme.test'], ['>u-1<', '>u-2<']]) {
    assert.ok(xml.includes(from));
    const verdict = await inspect(xml.replaceAll(from, to));
    assert.equal(verdict.exit, 1);
    assert.equal(verdict.accepted, false);
  }
});
