// Owns child processes of the tests: free ports, logs under .test/logs/peers, waiting until something answers, and
// ending what was started. Knows nothing of what the processes are.
import { spawn, execFile } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const TEST_DIR = path.join(ROOT, '.test');
const LOGS = path.join(TEST_DIR, 'logs', 'peers');

/** Runs a program to its end; rejects with what it printed when it fails. */
export const run = promisify(execFile);

/** A port nobody listens on at `host` right now. */
export async function freePort(host = '127.0.0.1') {
  const server = createServer();
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** An empty directory, and a function that removes it. */
export function temporaryDirectory(name) {
  const directory = mkdtempSync(path.join(tmpdir(), `frontdesk-${name}-`));
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/**
 * Starts a program whose output goes to a log of its own.
 * The result has `log()` (what it printed so far), `exited` (a promise of its exit code) and `stop(signal)`.
 */
export function start(name, command, args, { env = {}, cwd = ROOT } = {}) {
  mkdirSync(LOGS, { recursive: true });
  const file = path.join(LOGS, `${name}-${process.pid}-${Date.now()}.log`);
  const out = openSync(file, 'a');
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', out, out] });
  closeSync(out);
  const exited = new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal));
    child.once('error', (error) => resolve(error.message));
  });
  const atExit = () => child.kill('SIGKILL');
  process.once('exit', atExit);
  exited.then(() => process.removeListener('exit', atExit));
  return {
    name,
    file,
    exited,
    pid: child.pid,
    running: () => child.exitCode === null && child.signalCode === null,
    log: () => readFileSync(file, 'utf8'),
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      const late = pause(10_000, 'late', { ref: false });
      if ((await Promise.race([exited, late])) === 'late') {
        child.kill('SIGKILL');
        throw new Error(`${name} did not end within 10 seconds of ${signal}. Its log: ${file}`);
      }
      return exited;
    },
  };
}

/** Waits until `probe()` gives something true, at most `seconds`; an error it throws counts as not yet. */
export async function eventually(what, probe, seconds = 15) {
  const end = Date.now() + seconds * 1000;
  let last;
  while (Date.now() < end) {
    try {
      const value = await probe();
      if (value) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    await pause(20);
  }
  throw new Error(`${what} did not happen within ${seconds} seconds; last seen: ${last?.stack ?? last}`);
}

/** Waits until `child` answers at `url` with a status below 500. */
export async function answers(child, url) {
  await eventually(`an answer of ${child.name} at ${url}`, async () => {
    if (!child.running()) return true;
    return (await fetch(url, { redirect: 'manual' })).status < 500;
  });
  if (!child.running()) throw new Error(`${child.name} ended at once:\n${child.log()}`);
}
