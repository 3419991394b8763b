// The program as its operator meets it: starting, refusing to start, ending, making tokens.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { makeCompany } from '../lib/company.mjs';
import { PROGRAM, startFrontdesk } from '../lib/frontdesk.mjs';
import { eventually, freePort, run, start, temporaryDirectory } from '../lib/process.mjs';

/** Runs `frontdesk serve` where it must refuse; the answer is what it said. */
async function refusal(t, ...args) {
  const child = start('frontdesk-refused', PROGRAM, ['serve', ...args]);
  t.after(() => child.running() && child.stop('SIGKILL'));
  const code = await Promise.race([child.exited, new Promise((resolve) => setTimeout(resolve, 10_000, 'still running').unref())]);
  assert.equal(code, 2, child.log());
  assert.doesNotMatch(child.log(), /panicked|backtrace/);
  return child.log();
}

function emptyDirectory(t) {
  const { directory, remove } = temporaryDirectory('serve');
  t.after(remove);
  return directory;
}

test('port that is taken is named, with what to do', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  t.after(() => taken.close());
  const { port } = taken.address();
  assert.match(await refusal(t, '--listen', `127.0.0.1:${port}`, '--data', emptyDirectory(t)), new RegExp(`127\\.0\\.0\\.1:${port} is taken.*--listen`));
});

test('data folder that cannot be written is named, with what to do', async (t) => {
  const file = path.join(emptyDirectory(t), 'a-file');
  writeFileSync(file, '');
  const listen = `127.0.0.1:${await freePort()}`;
  assert.match(await refusal(t, '--listen', listen, '--data', path.join(file, 'data')), /data folder .*a-file.*--data/s);
});

test('setting that is wrong is named, with what to do', async (t) => {
  const data = emptyDirectory(t);
  const config = path.join(data, 'frontdesk.toml');
  writeFileSync(config, '[vendor]\nnmae = "Northwind"\n');
  const listen = ['--listen', `127.0.0.1:${await freePort()}`];
  assert.match(await refusal(t, ...listen, '--data', data, '--config', config), /nmae/);
  assert.match(await refusal(t, ...listen, '--data', data, '--public-url', 'ftp://files.test'), /ftp/);
  assert.match(await refusal(t, ...listen, '--data', data, '--database', 'mysql://somewhere/db'), /mysql|postgres/);
  const unanswered = `postgres://127.0.0.1:${await freePort()}/none`;
  assert.match(await refusal(t, ...listen, '--data', data, '--database', unanswered), /refused/i, 'the cause is told');
  assert.match(await refusal(t, ...listen, '--data', data, '--public-url', 'https://me:secret@id.test'), /^(?!.*secret)/s);
  for (const [line, said] of [
    ['support_url = "javascript:alert(1)"', /support_url.*https:/],
    ['privacy_url = "data:text/html,x"', /privacy_url.*https:/],
    ['support_email = "nobody"', /support_email.*help@/],
    ['colour = "red; }"', /colour.*#0e4f61/],
  ]) {
    writeFileSync(config, `[vendor]\n${line}\n`);
    assert.match(await refusal(t, ...listen, '--data', data, '--config', config), said);
  }
});

test('second server on the same data is refused while the first runs, and may start once that was killed', async (t) => {
  const frontdesk = await startFrontdesk();
  t.after(() => frontdesk.stop());
  const args = ['--listen', `127.0.0.1:${await freePort()}`, '--data', frontdesk.data];
  const said = await refusal(t, ...args);
  assert.match(said, /Another Frontdesk serves the data.*--data.*--database/s);
  await frontdesk.killAndRestart();
  assert.equal((await fetch(`${frontdesk.url}/healthz`)).status, 200);
});

test('token is all that making one prints, also while the server runs', async (t) => {
  const frontdesk = await startFrontdesk();
  t.after(() => frontdesk.stop());
  const { stdout, stderr } = await run(PROGRAM, ['token', 'create', '--data', frontdesk.data, '--name', 'another']);
  assert.match(stdout, /^\S{20,}\n$/);
  assert.equal(stderr, '');
  const call = (token) => fetch(`${frontdesk.url}/api/v1/events`, { headers: { authorization: `Bearer ${token}` } });
  assert.notEqual((await call(stdout.trim())).status, 401);
  assert.equal((await call('fd_api_not-one-of-ours')).status, 401);
});

test('another way in is opened from the command line while the server runs, and what cannot be is said', async (t) => {
  const frontdesk = await startFrontdesk();
  t.after(() => frontdesk.stop());
  const company = await makeCompany(frontdesk);
  const open = (...args) => run(PROGRAM, ['bypass', 'open', '--data', frontdesk.data, '--config', path.join(frontdesk.data, 'tests.toml'), '--organization', company.id, ...args]);
  const refused = (...args) => open(...args).then(() => assert.fail(`${args} was taken`), (error) => error.stderr);

  assert.match(await refused('--hours', '2', '--domain', 'elsewhere.test', '--reason', 'x'), /elsewhere\.test|domain/);
  assert.match(await refused('--hours', '73', '--domain', 'acme.test', '--reason', 'x'), /1\.\.=72|72/);
  assert.match(await refused('--hours', '2', '--reason', 'x'), /--domain|--email/);
  assert.deepEqual((await frontdesk.api.get(`/organizations/${company.id}/bypasses`)).data, []);

  const { stdout } = await open('--hours', '2', '--domain', 'ACME.test', '--reason', 'The provider is being moved');
  assert.match(stdout, /^Open until .* It ends by itself/);
  const [opened, ...more] = (await frontdesk.api.get(`/organizations/${company.id}/bypasses`)).data;
  assert.deepEqual([more.length, opened.domain, opened.reason], [0, 'acme.test', 'The provider is being moved']);
  const told = (await frontdesk.api.events()).filter((event) => event.type === 'sign_on.opened');
  assert.deepEqual(told.map((event) => event.data.domain), ['acme.test']);
});

test('request in flight finishes after SIGTERM, and the program ends with 0', async (t) => {
  const frontdesk = await startFrontdesk();
  const { hostname, port } = new URL(frontdesk.url);
  const body = JSON.stringify({ name: 'Late', domains: ['late.test'] });
  const socket = connect({ host: hostname, port: Number(port) });
  t.after(() => socket.destroy());
  let answer = '';
  socket.on('data', (chunk) => { answer += chunk; });
  const closed = once(socket, 'close');
  await once(socket, 'connect');
  socket.write(`POST /api/v1/organizations HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${frontdesk.token}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body.slice(0, 5)}`);
  await new Promise((resolve) => setTimeout(resolve, 200)); // the server has taken the request and waits for the rest
  const stopped = frontdesk.stop();
  await eventually('the port being closed to new requests', () => fetch(`${frontdesk.url}/healthz`).then(() => false, () => true));
  socket.write(body.slice(5));
  await closed;
  assert.match(answer, /^HTTP\/1\.1 201 /);
  await stopped;
});

test('restart on an existing database answers soon and idles in little memory', async (t) => {
  const frontdesk = await startFrontdesk();
  t.after(() => frontdesk.stop());
  const times = [];
  for (let i = 0; i < 5; i += 1) {
    const { milliseconds, pid } = await frontdesk.killAndRestart();
    times.push(milliseconds);
    const resident = Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]);
    assert.ok(resident < 60 * 1024, `${resident} KiB resident`);
  }
  // The promise is 100 ms for a release build; this is a debug build on a machine that does other things too.
  assert.ok(Math.min(...times) < 300, `answered after ${times.map(Math.round)} ms`);
});

/** The first of so many free ports in a row. */
async function freePorts(count) {
  for (;;) {
    const first = await freePort();
    const taken = [];
    try {
      for (let port = first; port < first + count; port++) {
        taken.push(createServer().listen(port, '127.0.0.1'));
        await once(taken.at(-1), 'listening');
      }
      return first;
    } catch {
      // One of them is somebody's: another row.
    } finally {
      await Promise.all(taken.map((server) => new Promise((resolve) => server.close(resolve))));
    }
  }
}

test('tour of the demonstration plays the whole story and finds each step as it should be', async (t) => {
  const tour = ['demo', '--tour', '--data', path.join(emptyDirectory(t), 'data'), '--port', String(await freePorts(4))];
  const { stdout } = await run(PROGRAM, tour, { timeout: 120_000 });
  assert.match(stdout, /All 11 steps were as they should be/);
});
