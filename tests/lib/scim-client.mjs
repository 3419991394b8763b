// Owns speaking SCIM as a directory does, and the conformance clients other people wrote.
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { TEST_DIR, run } from './process.mjs';

const VENV = path.join(TEST_DIR, 'venv', 'bin');

/** A client of one directory. `query` is what the provider appends to its tenant URL, on every request. */
export function scimClient({ base_url: baseUrl, token }, { contentType = 'application/scim+json', query = '' } = {}) {
  return async function scim(method, where, body) {
    const answer = await fetch(`${baseUrl}${where}${query}`, {
      method,
      headers: { authorization: `Bearer ${token}`, accept: 'application/scim+json', ...(body ? { 'content-type': contentType } : {}) },
      body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: text ? JSON.parse(text) : undefined };
  };
}

/** The body of a PATCH request. */
export const patchOf = (...operations) => ({ schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: operations });

/** Every check of scim2-tester: `[{ status, title, resource, reason }]`. */
export async function scim2Tester({ base_url: baseUrl, token }) {
  const script = fileURLToPath(new URL('scim2_check.py', import.meta.url));
  const { stdout } = await run(path.join(VENV, 'python'), [script, baseUrl, token], { maxBuffer: 1 << 26 });
  return JSON.parse(stdout);
}

/** What scim-sanity found, as its JSON report. It wants a directory without users. */
export async function scimSanity({ base_url: baseUrl, token }, userDomain) {
  const args = ['probe', baseUrl, '--token', token, '--i-accept-side-effects', '--json-output', '--user-domain', userDomain];
  const { stdout } = await run(path.join(VENV, 'scim-sanity'), args, { maxBuffer: 1 << 26 }).catch((error) => {
    if (error.stdout) return error; // it ends 1 when it found something: the report says what
    throw error;
  });
  return JSON.parse(stdout);
}
