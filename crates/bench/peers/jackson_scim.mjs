// Ory Polis (SAML Jackson) as a server of its own, for the bench of syncs: its directory sync and nothing else.
//
// In: FRONTDESK_BENCH_ENGINE: mem, sqlite (a file, as Jackson opens it by itself) or the URL of a PostgreSQL. Out: one line
// of JSON that says where it listens and which token it takes. Events go nowhere: no webhook is set.
import { createServer } from 'node:http';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import jackson from '@boxyhq/saml-jackson';

const engine = process.env.FRONTDESK_BENCH_ENGINE ?? 'sqlite';

function database() {
  if (engine === 'mem') return { engine: 'mem' };
  if (engine.startsWith('postgres')) return { engine: 'sql', type: 'postgres', url: engine };
  const file = join(mkdtempSync(join(tmpdir(), 'frontdesk-bench-')), 'jackson.sqlite');
  return { engine: 'sql', type: 'sqlite', url: `file:${file}` };
}

let handle;
const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    response.writeHead(500, { 'content-type': 'application/json' }).end(JSON.stringify(String(error.stack ?? error)));
  });
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const base = `http://127.0.0.1:${server.address().port}`;
const { directorySyncController } = await jackson.default({
  externalUrl: base,
  samlPath: '/api/oauth/saml',
  samlAudience: 'https://bench.example',
  db: database(),
  noAnalytics: true,
  scimPath: '/api/scim/v2.0',
  logger: { info() {}, warn() {}, error: console.error },
});
const { data: directory, error } = await directorySyncController.directories.create({
  tenant: 'bench',
  product: 'bench',
  name: 'bench',
  type: 'generic-scim-v2',
});
if (error) throw new Error(error.message);
handle = (request) => directorySyncController.requests.handle(request);

async function answer(request, response) {
  const url = new URL(request.url, base);
  const [resourceType, resourceId] = url.pathname.split('/').filter(Boolean);
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  const number = (name) => (url.searchParams.has(name) ? Number(url.searchParams.get(name)) : undefined);
  const { status, data } = await handle({
    method: request.method,
    body: text ? JSON.parse(text) : undefined,
    directoryId: directory.id,
    resourceType,
    resourceId,
    apiSecret: request.headers.authorization?.slice('Bearer '.length) ?? null,
    query: {
      count: number('count'),
      startIndex: number('startIndex'),
      filter: url.searchParams.get('filter') ?? undefined,
    },
  });
  response.writeHead(status, { 'content-type': 'application/scim+json' }).end(JSON.stringify(data));
}

console.log(JSON.stringify({ scim: base, token: directory.scim.secret }));
