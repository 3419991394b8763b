// Makes samples/samlp-*.xml: what a provider on npm's samlp answers, made by its own code.
//
// Needs samlp (npm install samlp, anywhere above). Run it in this folder:  node make-samlp-samples.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const samlp = createRequire(path.join(process.cwd(), 'x.js'))('samlp');
const NOW = Date.parse('2026-11-23T19:00:00Z');
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...given) { super(...(given.length ? given : [NOW])); }
  static now() { return NOW; }
};

const here = path.dirname(new URL(import.meta.url).pathname);
const key = (name) => readFileSync(path.join(here, 'keys', name));
const base = {
  issuer: 'urn:samlp.acme.test',
  cert: key('rsa.cert.pem'),
  key: key('rsa.key.pem'),
  audience: 'https://frontdesk.test/saml/con_1',
  recipient: 'https://frontdesk.test/saml/con_1/acs',
  destination: 'https://frontdesk.test/saml/con_1/acs',
  inResponseTo: '_req1f0c2b7d4e',
  signatureAlgorithm: 'rsa-sha256',
  digestAlgorithm: 'sha256',
  sessionIndex: '_session1',
  authnContextClassRef: 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport',
  nameIdentifierFormat: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
};
const person = {
  id: 'ann@acme.test', displayName: 'Änn "A" <Lee> & more', emails: [{ value: 'ann@acme.test' }],
  name: { givenName: 'Änn', familyName: 'Lee' }, groups: ['Staff', 'Privacy'], age: 7, active: true,
};
const encryption = {
  encryptionCert: key('encryption.cert.pem'),
  encryptionPublicKey: key('encryption.cert.pem'),
  encryptionAlgorithm: 'http://www.w3.org/2009/xmlenc11#aes256-gcm',
};
for (const [name, more] of Object.entries({
  assertion: {},
  response: { signAssertion: false, signResponse: true },
  both: { signResponse: true, signatureNamespacePrefix: 'ds' },
  encrypted: encryption,
  'encrypted-cbc': { ...encryption, encryptionAlgorithm: 'http://www.w3.org/2001/04/xmlenc#aes256-cbc', disallowEncryptionWithInsecureAlgorithm: false },
})) {
  samlp.getSamlResponse({ ...base, ...more }, person, (error, xml) => {
    if (error) throw error;
    writeFileSync(path.join(here, 'samples', `samlp-${name}.xml`), xml);
  });
}
