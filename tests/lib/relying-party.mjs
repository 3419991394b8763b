// Owns a small application on 127.0.0.3 that signs people in with openid-client, as any customer's product would:
// PKCE, state, nonce, the ID token's signature checked, refresh, sign-out and back-channel sign-out. It is to a
// browser another site than Frontdesk and than the identity providers.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRemoteJWKSet, exportJWK, generateKeyPair, jwtVerify } from 'jose';
import * as client from 'openid-client';
import { eventually } from './process.mjs';

const HOST = '127.0.0.3';
const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/**
 * Starts the application without a provider yet: register its addresses somewhere, then `connect`.
 * `/start?…` begins a sign-in and hands its query to the provider; `/` shows who is signed in.
 */
export async function startRelyingParty() {
  const server = createServer();
  server.listen(0, HOST);
  await once(server, 'listening');
  const url = `http://${HOST}:${server.address().port}`;
  const application = new RelyingParty(url);
  server.on('request', (request, response) => {
    application.answer(request).then(
      ({ status = 200, headers = {}, body = '' }) => response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', ...headers }).end(body),
      (error) => response.writeHead(500, { 'content-type': 'text/html; charset=utf-8' }).end(page('The sign-in failed', describe(error))));
  });
  application.stop = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return application;
}

class RelyingParty {
  #pending = new Map();
  #config;
  #key;
  #pushes = false;

  /** Each sign-in that was completed: `{ sid, claims, userinfo, tokens }`, the newest last. */
  signIns = [];
  /** Each valid logout token that was received: its claims. */
  logouts = [];
  /** Why a logout token was refused, the newest last. */
  refusedLogouts = [];
  /** Each time its front-channel logout page was loaded: `{ iss, sid }`. */
  frames = [];

  constructor(url) {
    this.url = url;
    this.redirectUri = `${url}/callback`;
    this.backchannelLogoutUri = `${url}/backchannel-logout`;
    this.frontchannelLogoutUri = `${url}/frontchannel-logout`;
    this.postLogoutRedirectUri = `${url}/signed-out`;
    this.jwksUri = `${url}/jwks`;
  }

  /** Makes a key of its own, published at `jwksUri`; from then on `connect` takes it instead of a secret. */
  async makeKey(alg = 'ES256') {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    this.#key = { key: privateKey, kid: randomUUID(), published: { ...(await exportJWK(publicKey)), alg, use: 'sig' } };
    this.#key.published.kid = this.#key.kid;
  }

  /** Reads the provider's discovery document and takes the client that was registered there. */
  async connect({ issuer, clientId, clientSecret, post = false, scope = 'openid profile email', alg = 'RS256', pushes = false }) {
    this.#pushes = pushes;
    const authentication = !clientSecret ? client.PrivateKeyJwt({ key: this.#key.key, kid: this.#key.kid }) : post ? client.ClientSecretPost(clientSecret) : client.ClientSecretBasic(clientSecret);
    this.#config = await client.discovery(
      new URL(issuer), clientId, { id_token_signed_response_alg: alg }, authentication,
      { execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks] });
    this.issuer = issuer;
    this.clientId = clientId;
    this.scope = scope;
    this.jwks = createRemoteJWKSet(new URL(this.#config.serverMetadata().jwks_uri), { cooldownDuration: 0 });
  }

  metadata() {
    return this.#config.serverMetadata();
  }

  /** The newest completed sign-in; waits for one when there is none. */
  signedIn() {
    return eventually('a completed sign-in at the application', () => this.signIns.at(-1));
  }

  /** Exchanges a refresh token; rejects as openid-client does. */
  refresh(refreshToken) {
    return client.refreshTokenGrant(this.#config, refreshToken);
  }

  /** What the provider says about a token of ours. */
  introspect(token) {
    return client.tokenIntrospection(this.#config, token);
  }

  /** Gives a token back. */
  revoke(token) {
    return client.tokenRevocation(this.#config, token);
  }

  userinfo(accessToken, subject) {
    return client.fetchUserInfo(this.#config, accessToken, subject);
  }

  /** Waits for a logout token about `sub`. */
  loggedOut(sub) {
    return eventually(`a logout token for ${sub} (refused: ${this.refusedLogouts})`, () =>
      this.logouts.find((claims) => claims.sub === sub));
  }

  async answer(request) {
    const url = new URL(request.url, this.url);
    switch (`${request.method} ${url.pathname}`) {
      case 'GET /':
        return { body: page('The product', this.signIns.length ? `<p>Signed in as ${escape(this.signIns.at(-1).claims.email)}</p>` : '<a href="/start">Sign in</a>') };
      case 'GET /start':
        return this.#start(Object.fromEntries(url.searchParams));
      case 'GET /callback':
        return this.#callback(url);
      case 'POST /backchannel-logout':
        return this.#logout(new URLSearchParams(await text(request)).get('logout_token'));
      case 'GET /logout':
        return redirect(client.buildEndSessionUrl(this.#config, {
          post_logout_redirect_uri: this.postLogoutRedirectUri, id_token_hint: this.signIns.at(-1).tokens.id_token,
        }));
      case 'GET /frontchannel-logout':
        this.frames.push(Object.fromEntries(url.searchParams));
        return { headers: { 'cache-control': 'no-store' } };
      case 'GET /jwks':
        return { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ keys: this.#key ? [this.#key.published] : [] }) };
      case 'GET /signed-out':
        return { body: page('Signed out', '') };
      default:
        return { status: 404, body: page('Not here', '') };
    }
  }

  async #start(hints) {
    const state = randomUUID();
    const nonce = randomUUID();
    const verifier = client.randomPKCECodeVerifier();
    this.#pending.set(state, { nonce, verifier });
    const parameters = {
      redirect_uri: this.redirectUri, scope: this.scope, state, nonce,
      code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', ...hints,
    };
    const build = this.#pushes ? client.buildAuthorizationUrlWithPAR : client.buildAuthorizationUrl;
    return redirect(await build(this.#config, parameters));
  }

  async #callback(url) {
    const state = url.searchParams.get('state');
    const begun = this.#pending.get(state);
    if (!begun) return { status: 400, body: page('This sign-in did not begin here', escape(url.search)) };
    this.#pending.delete(state);
    const tokens = await client.authorizationCodeGrant(this.#config, url, {
      pkceCodeVerifier: begun.verifier, expectedState: state, expectedNonce: begun.nonce, idTokenExpected: true,
    });
    const claims = tokens.claims();
    const userinfo = await client.fetchUserInfo(this.#config, tokens.access_token, claims.sub);
    this.signIns.push({ sid: claims.sid, claims, userinfo, tokens });
    return redirect('/');
  }

  async #logout(token) {
    try {
      const { payload } = await jwtVerify(token, this.jwks, { issuer: this.issuer, audience: this.clientId, typ: 'logout+jwt' });
      if (!payload.events?.[LOGOUT_EVENT]) throw new Error('no logout event');
      if (payload.nonce !== undefined) throw new Error('a nonce, which a logout token must not have');
      if (!payload.jti || !payload.iat) throw new Error('no jti or iat');
      this.logouts.push(payload);
      return { headers: { 'cache-control': 'no-store' } };
    } catch (error) {
      this.refusedLogouts.push(`${error.message}: ${token}`);
      return { status: 400, body: escape(error.message) };
    }
  }
}

const redirect = (to) => ({ status: 303, headers: { location: String(to) } });
const escape = (value) => String(value).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const page = (title, body) => `<!doctype html><html lang="en"><title>${title}</title><h1>${title}</h1>${body}</html>`;
const describe = (error) => `<pre>${escape(error.stack)}\n${escape(JSON.stringify({ ...error, cause: error.cause }, null, 2))}</pre>`;

async function text(stream) {
  let all = '';
  for await (const chunk of stream) all += chunk;
  return all;
}
