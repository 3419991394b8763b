// Owns an OpenID provider that is not ours (npm `oidc-provider`) on 127.0.0.2, to a browser another site than
// Frontdesk. Its clients and its keys can be changed while it runs.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';
import { freePort } from './process.mjs';

const HOST = '127.0.0.2';

/** Starts it. `users` maps a login name, which is the `sub`, to claims; any password will do. */
export async function startOpenidProvider({ users, alg = 'RS256' }) {
  const port = await freePort(HOST);
  const issuer = `http://${HOST}:${port}`;
  let clients = [];
  let keys = [await signingKey(alg, 'first')];
  let generation = 1;
  let handle;
  const renew = () => {
    handle = provider(issuer, users, clients, keys, alg).callback();
  };
  renew();
  const server = createServer((request, response) => handle(request, response));
  server.listen(port, HOST);
  await once(server, 'listening');
  return {
    issuer,
    /** Registers a client; the answer has what its administrator would copy. */
    addClient({ redirectUri, clientId = `client-${clients.length + 1}`, clientSecret = `secret of client ${clients.length + 1}`, ...more }) {
      clients = [...clients, {
        client_id: clientId, client_secret: clientSecret, redirect_uris: [].concat(redirectUri),
        id_token_signed_response_alg: alg, ...more,
      }];
      renew();
      return { clientId, clientSecret };
    },
    /** Changes a client's redirect addresses, and perhaps those after a sign-out: some are known only after the client is. */
    setRedirectUris(clientId, redirectUris, afterLogout = []) {
      clients = clients.map((client) => (client.client_id === clientId
        ? { ...client, redirect_uris: redirectUris, post_logout_redirect_uris: afterLogout } : client));
      renew();
    },
    /** From now on signs with a key that nobody has seen before; the old one is gone. */
    async rotateKeys() {
      generation += 1;
      keys = [await signingKey(alg, `generation-${generation}`)];
      renew();
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Fills in the login form and, where it is asked for, allows the application in. */
export async function signInAtOpenidProvider(page, login) {
  await page.getByPlaceholder('Enter any login').fill(login);
  await page.getByPlaceholder('and password').fill('any');
  await page.getByRole('button', { name: 'Sign-in' }).click();
  const allow = page.getByRole('button', { name: 'Continue' });
  if (page.url().startsWith(`http://${HOST}`) && (await allow.count()) > 0) await allow.click();
}

async function signingKey(alg, kid) {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(privateKey)), kid, alg, use: 'sig' };
}

function provider(issuer, users, clients, keys, alg) {
  const made = new Provider(issuer, {
    clients,
    jwks: { keys },
    cookies: { keys: ['a cookie key for tests alone'] },
    claims: {
      openid: ['sub'],
      profile: ['name', 'given_name', 'family_name'],
      email: ['email', 'email_verified'],
      address: ['address'],
    },
    // Many providers put the claims into the ID token; this one is asked to do so too.
    conformIdTokenClaims: false,
    enabledJWA: { idTokenSigningAlgValues: [alg] },
    features: { devInteractions: { enabled: true } },
    ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 3600, IdToken: 600, Interaction: 600, Session: 3600 },
    findAccount: (context, sub) => users[sub] && { accountId: sub, claims: () => ({ sub, ...users[sub] }) },
  });
  made.on('server_error', (context, error) => console.error('the OpenID provider failed:', error));
  return made;
}
