// Ory Polis (SAML Jackson) as a server of its own, for the bench of logins: the four endpoints of a login and nothing else.
//
// In: FRONTDESK_BENCH_METADATA (the identity provider's metadata), FRONTDESK_BENCH_CALLBACK, and FRONTDESK_BENCH_ENGINE:
// mem, sqlite (a file, as Jackson opens it by itself) or the URL of a PostgreSQL. Out: one line of JSON that says where it
// listens and with which client.
import { createServer } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import jackson from '@boxyhq/saml-jackson';

const callback = process.env.FRONTDESK_BENCH_CALLBACK;
const engine = process.env.FRONTDESK_BENCH_ENGINE ?? 'sqlite';
const { publicKey, privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

function database() {
  if (engine === 'mem') return { engine: 'mem' };
  if (engine.startsWith('postgres')) return { engine: 'sql', type: 'postgres', url: engine };
  const file = join(mkdtempSync(join(tmpdir(), 'frontdesk-bench-')), 'jackson.sqlite');
  return { engine: 'sql', type: 'sqlite', url: `file:${file}` };
}

const base64 = (text) => Buffer.from(text).toString('base64');
const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    response.writeHead(500, { 'content-type': 'text/plain' }).end(String(error.stack ?? error));
  });
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const base = `http://127.0.0.1:${server.address().port}`;
const { oauthController, connectionAPIController } = await jackson.default({
  externalUrl: base,
  samlPath: '/api/oauth/saml',
  samlAudience: 'https://bench.example',
  db: database(),
  noAnalytics: true,
  openid: { jwsAlg: 'RS256', jwtSigningKeys: { private: base64(privateKey), public: base64(publicKey) } },
  logger: { info() {}, warn: console.error, error: console.error },
});
const connection = await connectionAPIController.createSAMLConnection({
  tenant: 'bench',
  product: 'bench',
  rawMetadata: process.env.FRONTDESK_BENCH_METADATA,
  defaultRedirectUrl: callback,
  redirectUrl: JSON.stringify([callback]),
});

async function read(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()));
}

function redirect(response, { redirect_url, authorize_form, error }) {
  if (!redirect_url) throw error ?? new Error(`no redirect: ${authorize_form}`);
  response.writeHead(303, { location: redirect_url }).end();
}

async function answer(request, response) {
  const url = new URL(request.url, base);
  if (url.pathname === '/api/oauth/authorize') {
    redirect(response, await oauthController.authorize(Object.fromEntries(url.searchParams)));
  } else if (url.pathname === '/api/oauth/saml') {
    redirect(response, await oauthController.samlResponse(await read(request)));
  } else if (url.pathname === '/api/oauth/token') {
    json(response, await oauthController.token(await read(request), request.headers.authorization));
  } else if (url.pathname === '/api/oauth/userinfo') {
    json(response, await oauthController.userInfo(request.headers.authorization.slice('Bearer '.length)));
  } else {
    response.writeHead(404).end();
  }
}

function json(response, body) {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

console.log(
  JSON.stringify({
    base,
    authorize: '/api/oauth/authorize',
    token: '/api/oauth/token',
    userinfo: '/api/oauth/userinfo',
    client_id: connection.clientID,
    client_secret: connection.clientSecret,
  }),
);
