// Owns a SimpleSAMLphp identity provider on 127.0.0.2, to a browser another site than Frontdesk. It knows service
// providers by the metadata document they publish, as an administrator would paste it.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { TEST_DIR, answers, freePort, run, start, temporaryDirectory } from './process.mjs';

const PROGRAM = path.join(TEST_DIR, 'simplesamlphp', 'usr', 'share', 'simplesamlphp');
const HOST = '127.0.0.2';

/**
 * Starts it. `users` maps a user name to `{ password, attributes }`; `hosted` adds PHP settings of the identity
 * provider, such as `{ 'assertion.encryption': true }`; `nameIdAttribute` is what the NameID is made of.
 */
export async function startSimpleSamlPhp({ users, hosted = {}, nameIdAttribute = 'id' }) {
  const { directory, remove } = temporaryDirectory('simplesamlphp');
  for (const name of ['config', 'metadata', 'cert', 'log', 'data', 'tmp', 'sp']) mkdirSync(path.join(directory, name));
  await run('openssl', [
    'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=idp.test',
    '-keyout', path.join(directory, 'cert', 'idp.key'), '-out', path.join(directory, 'cert', 'idp.crt'),
  ]);
  const port = await freePort(HOST);
  const url = `http://${HOST}:${port}`;
  writeFileSync(path.join(directory, 'config', 'config.php'), config(url, directory));
  writeFileSync(path.join(directory, 'config', 'authsources.php'), authSources(users));
  writeFileSync(path.join(directory, 'metadata', 'saml20-idp-hosted.php'), hostedProvider(hosted, nameIdAttribute));
  const child = start('simplesamlphp', 'php', ['-d', 'error_reporting=0', '-S', `${HOST}:${port}`, '-t', path.join(PROGRAM, 'www')], {
    cwd: PROGRAM,
    env: { SIMPLESAMLPHP_CONFIG_DIR: path.join(directory, 'config'), PHP_CLI_SERVER_WORKERS: '3' },
  });
  const metadataUrl = `${url}/saml2/idp/metadata.php`;
  await answers(child, metadataUrl);
  const metadata = await (await fetch(metadataUrl)).text();
  let known = 0;
  return {
    url,
    metadataUrl,
    metadata,
    entityId: metadata.match(/entityID="([^"]+)"/)?.[1],
    /** Makes a service provider known by its metadata document. */
    trust(serviceProviderMetadata) {
      writeFileSync(path.join(directory, 'sp', `${++known}.xml`), serviceProviderMetadata);
    },
    /** Where a person starts who begins at the identity provider instead of the application. */
    unsolicitedUrl: (entityId, relayState) =>
      `${url}/saml2/idp/SSOService.php?${new URLSearchParams({ spentityid: entityId, ...(relayState ? { RelayState: relayState } : {}) })}`,
    /** Where a person signs out at the identity provider itself. */
    logoutUrl: (returnTo) => `${url}/saml2/idp/SingleLogoutService.php?${new URLSearchParams({ ReturnTo: returnTo })}`,
    async stop() {
      await child.stop('SIGKILL');
      remove();
    },
  };
}

/** Fills in the login form that the page shows. */
export async function signInAtSimpleSamlPhp(page, user, password) {
  await page.getByRole('textbox', { name: 'Username' }).fill(user);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Login' }).click();
}

/** Waits until the page is at the identity provider; without scripts our form that sends itself has a button. */
export async function arriveAt(page, idp) {
  const handOff = page.getByRole('button', { name: /continue to/i });
  await Promise.race([page.waitForURL(`${idp.url}/**`), handOff.waitFor().then(() => handOff.click(), () => {})]);
  await page.waitForURL(`${idp.url}/**`);
}

/** Sends the identity provider's answer on; without scripts it has a button for it. */
export async function passOn(page, idp) {
  if (!page.url().startsWith(idp.url)) return;
  const submit = page.getByRole('button', { name: /submit|continue/i });
  if (await submit.count()) await submit.first().click();
}

function config(url, directory) {
  return `<?php
$config = [
  'baseurlpath' => '${url}/',
  'certdir' => '${directory}/cert/', 'loggingdir' => '${directory}/log/', 'datadir' => '${directory}/data/',
  'tempdir' => '${directory}/tmp/', 'metadatadir' => '${directory}/metadata/',
  'secretsalt' => 'a salt for tests alone', 'auth.adminpassword' => 'a password for tests alone',
  'admin.protectindexpage' => true, 'technicalcontact_email' => 'it@idp.test', 'timezone' => 'UTC',
  'logging.handler' => 'file', 'logging.level' => 6,
  'enable.saml20-idp' => true, 'module.enable' => ['core' => true, 'saml' => true, 'exampleauth' => true],
  'session.cookie.name' => 'SimpleSAMLSessionID', 'session.phpsession.savepath' => '${directory}/tmp/',
  'session.cookie.secure' => false, 'store.type' => 'phpsession', 'language.available' => ['en'],
  'trusted.url.domains' => null,
  'metadata.sources' => array_merge([['type' => 'flatfile']], array_map(
    function ($file) { return ['type' => 'xml', 'file' => $file]; }, glob('${directory}/sp/*.xml'))),
];
`;
}

function authSources(users) {
  const people = Object.fromEntries(
    Object.entries(users).map(([name, user]) => [
      `${name}:${user.password}`,
      Object.fromEntries(Object.entries(user.attributes).map(([key, value]) => [key, [].concat(value)])),
    ]));
  return `<?php\n$config = ['example-userpass' => array_merge(['exampleauth:UserPass'], ${php(people)})];\n`;
}

function hostedProvider(settings, nameIdAttribute) {
  const all = {
    host: '__DEFAULT__', privatekey: 'idp.key', certificate: 'idp.crt', auth: 'example-userpass',
    'signature.algorithm': 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    NameIDFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    'simplesaml.nameidattribute': nameIdAttribute,
    authproc: { 3: { class: 'saml:AttributeNameID', attribute: nameIdAttribute, Format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent' } },
    ...settings,
  };
  return `<?php\n$metadata['__DYNAMIC:1__'] = ${php(all)};\n`;
}

/** A PHP literal of plain data. */
function php(value) {
  if (Array.isArray(value)) return `[${value.map(php).join(', ')}]`;
  if (value && typeof value === 'object') return `[${Object.entries(value).map(([key, item]) => `${php(key)} => ${php(item)}`).join(', ')}]`;
  if (typeof value === 'string') return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  return JSON.stringify(value);
}
