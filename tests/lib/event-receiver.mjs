// Owns an application's address for security events that are pushed (RFC 8935), on 127.0.0.3: keeps the tokens as they came,
// and answers as it was told to. What they say is the tests' business.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { eventually } from './process.mjs';

const HOST = '127.0.0.3';

/** Starts it. `receiver.answer` is the status of each answer; 202 takes a token. */
export async function startEventReceiver() {
  const tokens = [];
  const answered = [];
  let hold = false;
  const receiver = {
    tokens,
    answer: 202,
    /** The delivery of a feed that leads here. */
    delivery: () => ({ method: 'urn:ietf:rfc:8935', endpoint_url: `http://${HOST}:${server.address().port}/security-events` }),
    /** Waits until so many have come. */
    came: (count) => eventually(`${count} tokens`, () => tokens.length >= count),
    /** Waits for one more, which is not answered. */
    async holdNext() {
      const before = tokens.length;
      hold = true;
      await receiver.came(before + 1);
      hold = false;
    },
    /** Waits until one more was answered. */
    async answeredNext() {
      const before = answered.length;
      await eventually('an answer', () => answered.length > before);
    },
    /** What the tokens say, in the order in which they came, each with a good signature of `issuer` for the application. */
    async read(issuer, application) {
      const keys = createRemoteJWKSet(new URL(`${issuer}/oauth2/jwks`));
      const check = (token) => jwtVerify(token, keys, { issuer, audience: application, typ: 'secevent+jwt' });
      return (await Promise.all(tokens.map(check))).map(({ payload }) => payload);
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  const server = createServer(async (request, response) => {
    const token = await text(request).catch(() => undefined);
    if (token === undefined) return;
    const held = hold;
    hold = false;
    tokens.push(token);
    if (!held) response.writeHead(receiver.answer).end(() => answered.push(token));
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  return receiver;
}
