// Owns a running Frontdesk with an empty store of its own, and a client of its REST API. What it is asked to do is
// the tests' business.
import { randomUUID } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT, answers, freePort, run, start, temporaryDirectory } from './process.mjs';

const TARGET = process.env.CARGO_TARGET_DIR ?? path.join(ROOT, 'target');
export const PROGRAM = process.env.FRONTDESK_PROGRAM ?? path.join(TARGET, 'debug', 'frontdesk');

/**
 * Starts `frontdesk serve` on a free port of 127.0.0.1 and makes an API token.
 * `postgres: true` stores in a new database beside FRONTDESK_TEST_DATABASE; `sink` is a mail sink that takes its mails;
 * `env` adds settings.
 */
export async function startFrontdesk({ postgres = false, sink, host = '127.0.0.1', env = {} } = {}) {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing: run cargo build first.`);
  const { directory: data, remove } = temporaryDirectory('data');
  const port = await freePort();
  const url = `http://${host}:${port}`;
  const database = postgres ? await newDatabase() : undefined;
  const store = ['--data', data, ...(database ? ['--database', database] : [])];
  const config = path.join(data, 'tests.toml');
  writeFileSync(config, configuration(sink));
  const args = ['serve', '--config', config, '--listen', `127.0.0.1:${port}`, '--public-url', url, ...store, '--allow-private-network'];
  const settings = { NO_COLOR: '1', ...env };
  const seconds = [];
  let child = start('frontdesk', PROGRAM, args, { env: settings });
  await answers(child, `${url}/healthz`);
  const { stdout } = await run(PROGRAM, ['token', 'create', ...store, '--name', 'tests'], { env: { ...process.env, ...settings } });
  const token = stdout.trim();
  return {
    url,
    data,
    token,
    database,
    api: apiClient(url, token),
    log: () => child.log(),
    /** The one-time link to /console that the first start prints. */
    operatorLink: () => child.log().match(/https?:\/\/\S+\/console\S*/)?.[0].replace(/[).,]+$/, ''),
    /** Ends it as a crash would and starts it again on the same data; says how long until it answered. */
    async killAndRestart() {
      await child.stop('SIGKILL');
      const began = performance.now();
      child = start('frontdesk', PROGRAM, args, { env: settings });
      await answers(child, `${url}/healthz`);
      return { milliseconds: performance.now() - began, pid: child.pid };
    },
    /** Another process on the same data, as a second machine would be: `{ url, kill() }`. It ends with this one. */
    async second() {
      const other = await freePort();
      const own = args.map((one) => (one === `127.0.0.1:${port}` ? `127.0.0.1:${other}` : one));
      const node = start('frontdesk-second', PROGRAM, own, { env: settings });
      seconds.push(node);
      await answers(node, `http://${host}:${other}/healthz`);
      return { url: `http://${host}:${other}`, kill: () => node.stop('SIGKILL') };
    },
    async stop() {
      for (const node of seconds.filter((one) => one.running())) await node.stop();
      const code = child.running() ? await child.stop() : await child.exited;
      remove();
      if (code !== 0) throw new Error(`frontdesk ended with ${code}:\n${child.log().slice(-4000)}`);
    },
  };
}

// The vendor of every test, and where its mails go.
function configuration(sink) {
  const vendor = '[vendor]\nname = "Northwind Privacy"\nsupport_email = "maren@northwind.test"\n';
  return sink ? `${vendor}[mail]\nurl = "smtp://127.0.0.1:${sink.port}"\nfrom = "Northwind Privacy <hello@northwind.test>"\n` : vendor;
}

/** An API answer that was not wanted: its status and body are in the message. */
export class ApiError extends Error {
  constructor(method, where, status, body) {
    super(`${method} ${where} answered ${status}: ${JSON.stringify(body)}`);
    this.status = status;
    this.body = body;
  }
}

function apiClient(url, token) {
  async function call(method, where, body) {
    const headers = { authorization: `Bearer ${token}`, accept: 'application/json' };
    const isForm = body instanceof FormData;
    if (body !== undefined && !isForm) headers['content-type'] = 'application/json';
    const payload = body === undefined || isForm ? body : JSON.stringify(body);
    const answer = await fetch(`${url}/api/v1${where}`, { method, headers, body: payload });
    const text = await answer.text();
    const json = text ? JSON.parse(text) : undefined;
    if (!answer.ok) throw new ApiError(method, where, answer.status, json);
    return json;
  }
  return {
    get: (where) => call('GET', where),
    post: (where, body) => call('POST', where, body),
    put: (where, body) => call('PUT', where, body),
    patch: (where, body) => call('PATCH', where, body),
    put: (where, body) => call('PUT', where, body),
    delete: (where) => call('DELETE', where),
    /** Every member of an organization that the query keeps, all pages of it. */
    async members(organization, query = {}) {
      return allPages((cursor) => {
        const search = new URLSearchParams({ ...query, limit: '100', ...(cursor ? { cursor } : {}) });
        return call('GET', `/organizations/${organization}/members?${search}`);
      });
    },
    /** The one member with this address; fails if there is none or more. */
    async member(organization, email) {
      const found = await this.members(organization, { email });
      if (found.length !== 1) throw new Error(`${found.length} members with ${email}, expected one: ${JSON.stringify(found)}`);
      return found[0];
    },
    /** Every event so far. */
    async events() {
      const all = [];
      for (let after = ''; ; ) {
        const page = await call('GET', `/events?limit=100${after ? `&after=${encodeURIComponent(after)}` : ''}`);
        all.push(...page.data);
        if (page.data.length === 0 || !page.next_cursor || page.next_cursor === after) return all;
        after = page.next_cursor;
      }
    },
  };
}

async function allPages(page) {
  const all = [];
  let cursor;
  do {
    const answer = await page(cursor);
    all.push(...answer.data);
    cursor = answer.next_cursor;
  } while (cursor);
  return all;
}

async function newDatabase() {
  const server = process.env.FRONTDESK_TEST_DATABASE;
  if (!server) throw new Error('FRONTDESK_TEST_DATABASE is not set: run the tests through scripts/test.');
  const name = `e2e_${randomUUID().replaceAll('-', '')}`;
  await run('psql', [server, '--quiet', '--command', `CREATE DATABASE ${name}`]);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}
