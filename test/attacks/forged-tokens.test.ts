import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import diagnostics from 'node:diagnostics_channel';
import { createServer } from 'node:http';
import { decodeJwt, decodeProtectedHeader, type JWK } from 'jose';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { clients, inProcess } from '../harness/client.ts';
import { loggedIn, signedUp } from '../harness/people.ts';

const attacker = generateKeyPairSync('rsa', { modulusLength: 2048 });
const attackersJwk = attacker.publicKey.export({ format: 'jwk' });

/** Where the attacker's keys lie, for a verifier that fetches them. */
const visits: string[] = [];
const site = createServer((request, response) => {
  visits.push(request.url ?? '');
  response
    .writeHead(200, { 'content-type': 'application/json' })
    .end(JSON.stringify({ keys: [{ ...attackersJwk, kid: 'theirs', alg: 'RS256', use: 'sig' }] }));
});

let good: string;
let kid: string;
let payload: string;
let ourKey: KeyObject;
let siteUrl: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  siteUrl = `http://127.0.0.1:${(site.address() as { port: number }).port}`;
  good = (await loggedIn(inProcess, await signedUp(inProcess))).accessToken;
  kid = decodeProtectedHeader(good).kid as string;
  payload = good.split('.')[1] as string;
  const { keys } = (await inProcess.send({ method: 'GET', path: '/.well-known/jwks.json' })).json as {
    keys: (JWK & { kid: string })[];
  };
  ourKey = createPublicKey({ key: keys.find((key) => key.kid === kid) as never, format: 'jwk' });
});
afterAll(() => site.close());

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The claims of a good token under any header, signed by the attacker. */
function forged(header: object, signature?: (input: string) => Buffer): string {
  const input = `${encode({ alg: 'RS256', typ: 'at+jwt', kid, ...header })}.${payload}`;
  const signed = signature?.(input) ?? sign('sha256', Buffer.from(input), attacker.privateKey);
  return `${input}.${signed.toString('base64url')}`;
}

const hmac = (bits: number, secret: string | Buffer) => (input: string) =>
  createHmac(`sha${bits}`, secret).update(input).digest();
const nothing = () => Buffer.alloc(0);
const pem = (key: KeyObject, type: 'spki' | 'pkcs1') => key.export({ format: 'pem', type }) as string;
const der = (key: KeyObject, type: 'spki' | 'pkcs1') => key.export({ format: 'der', type }) as Buffer;
const oursAsJwk = () => ourKey.export({ format: 'jwk' });

const forgeries: [name: string, token: () => string][] = [
  ...['none', 'None', 'NONE', 'nOnE', ''].flatMap((alg): [string, () => string][] => [
    [`alg ${JSON.stringify(alg)} without a signature`, () => forged({ alg }, nothing)],
    [`alg ${JSON.stringify(alg)} with the good signature`, () => withSignature(forged({ alg }), good)],
  ]),
  ['no alg', () => forged({ alg: undefined })],
  ['an alg that is a list', () => forged({ alg: ['RS256', 'none'] })],
  ['HMAC keyed by our public key as PEM', () => forged({ alg: 'HS256' }, hmac(256, pem(ourKey, 'spki')))],
  ['HMAC keyed by it as PKCS #1', () => forged({ alg: 'HS256' }, hmac(256, pem(ourKey, 'pkcs1')))],
  ['HMAC keyed by it as DER', () => forged({ alg: 'HS256' }, hmac(256, der(ourKey, 'spki')))],
  ['HMAC keyed by it as a JWK', () => forged({ alg: 'HS256' }, hmac(256, JSON.stringify(oursAsJwk())))],
  ['HMAC keyed by its modulus', () => forged({ alg: 'HS512' }, hmac(512, oursAsJwk().n as string))],
  ['HMAC keyed by nothing', () => forged({ alg: 'HS256' }, hmac(256, ''))],
  ['a key of its own in jwk', () => forged({ jwk: attackersJwk })],
  ['a key of its own in jwk, without kid', () => forged({ jwk: attackersJwk, kid: undefined })],
  [
    'a key of its own in jwk, with our alg and kid in it',
    () => forged({ jwk: { ...attackersJwk, kid, alg: 'RS256' } }),
  ],
  ['jku', () => forged({ jku: `${siteUrl}/jwks.json`, kid: 'theirs' })],
  ['jku and our kid', () => forged({ jku: `${siteUrl}/jwks.json` })],
  ['x5u', () => forged({ x5u: `${siteUrl}/chain.pem`, kid: 'theirs' })],
  ['x5c', () => forged({ x5c: [der(attacker.publicKey, 'spki').toString('base64')] })],
  ['an iss that leads to its own keys', () => forgedFor({ iss: siteUrl }, { kid: 'theirs' })],
  ['RSA-PSS', () => forged({ alg: 'PS256' })],
  ['our kid and its own signature', () => forged({})],
  ...(
    [
      ['a list', ['a', 'b']],
      ['a list of our kid', () => [kid]],
      ['an object', { S: 'kid' }],
      ['an object with toString', { toString: 'x', length: 1 }],
      ['a number', 7],
      ['true', true],
      ['null', null],
      ['empty', ''],
      ['10 kB long', 'k'.repeat(2_000)],
      ['a path', '../../../../dev/null'],
      ['an address', 'http://169.254.169.254/latest/meta-data/'],
      ['a query', `' OR 1=1 --`],
      ['__proto__', '__proto__'],
      ['constructor', 'constructor'],
      ['the row that names the newest key', '#newest'],
      ['NUL and line breaks', 'a\0b\r\nc'],
    ] as [string, unknown][]
  ).map(([name, odd]): [string, () => string] => [
    `a kid that is ${name}`,
    () => forged({ kid: typeof odd === 'function' ? odd() : odd }),
  ]),
  ['typ JWT', () => forged({ typ: 'JWT' })],
  ['the good header and payload without a signature', () => withSignature(good, '..')],
  ['a header that is no JSON', () => `${Buffer.from('{').toString('base64url')}.${payload}.AAAA`],
  ['dots alone', () => '..'],
  ['encryption instead of a signature', () => `${encode({ alg: 'dir', enc: 'A256GCM' })}....`],
];

function withSignature(token: string, from: string): string {
  return `${token.split('.').slice(0, 2).join('.')}.${from.split('.')[2]}`;
}

function forgedFor(claims: object, header: object): string {
  const input = `${encode({ alg: 'RS256', typ: 'at+jwt', ...header })}.${encode({ ...decodeJwt(good), ...claims })}`;
  return `${input}.${sign('sha256', Buffer.from(input), attacker.privateKey).toString('base64url')}`;
}

/** The hosts that this process has turned to meanwhile. */
async function hostsAskedDuring(act: () => Promise<void>): Promise<string[]> {
  const hosts: string[] = [];
  const byHttp = (message: unknown) => {
    const { request } = message as { request: { getHeader(name: string): unknown } };
    hosts.push(String(request.getHeader('host')));
  };
  const byFetch = (message: unknown) => {
    const { request } = message as { request: { origin: string } };
    hosts.push(new URL(request.origin).host);
  };
  diagnostics.subscribe('http.client.request.start', byHttp);
  diagnostics.subscribe('undici:request:create', byFetch);
  await act();
  diagnostics.unsubscribe('http.client.request.start', byHttp);
  diagnostics.unsubscribe('undici:request:create', byFetch);
  return hosts;
}

describe.each(clients)('$name', (client) => {
  test.each(forgeries)('a token with %s is refused at both places', async (_, make) => {
    const token = make();
    const welcome = await client.send({ path: '/auth', headers: { authorization: `Bearer ${token}` } });
    const logOut = await client.send({ method: 'GET', path: '/accounts/logout/', headers: { token } });

    expect([welcome.status, logOut.status]).toEqual([401, 401]);
    expect(welcome.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
    expect(visits).toEqual([]);
  });

  test('the good token that they were made of still works', async () => {
    const reply = await client.send({ path: '/auth', headers: { authorization: `Bearer ${good}` } });
    expect(reply.status).toBe(200);
  });
});

describe('in process', () => {
  const huge: [name: string, token: () => string][] = [
    ['100 kB of nothing', () => 'a'.repeat(100_000)],
    ['100 kB of dots', () => '.'.repeat(100_000)],
    ['a header of 100 kB', () => forged({ extra: 'x'.repeat(75_000) })],
    ['a kid of 100 kB', () => forged({ kid: 'k'.repeat(75_000) })],
    ['brackets 50,000 deep', () => `${Buffer.from('['.repeat(50_000)).toString('base64url')}.${payload}.AA`],
    ['a payload of 100 kB', () => forgedFor({ name: 'x'.repeat(75_000) }, { kid })],
    ['a signature of 100 kB', () => `${good}${'A'.repeat(100_000)}`],
  ];

  test.each([...forgeries, ...huge])(
    'a token with %s costs less than 100 ms and no call but DynamoDB',
    async (_, make) => {
      const token = make();
      const times: number[] = [];
      const hosts = await hostsAskedDuring(async () => {
        for (let time = 0; time < 3; time += 1) {
          const start = performance.now();
          const reply = await inProcess.send({
            path: '/auth',
            headers: { authorization: `Bearer ${token}` },
          });
          times.push(performance.now() - start);
          expect(reply.status).toBe(401);
        }
      });

      expect(hosts.filter((host) => host !== new URL(inject('stack').dynamodbUrl).host)).toEqual([]);
      expect(visits).toEqual([]);
      expect(Math.min(...times)).toBeLessThan(100);
    },
  );

  test('a call to the attacker would have been noticed', async () => {
    const hosts = await hostsAskedDuring(async () => {
      await fetch(`${siteUrl}/control`);
    });
    expect(hosts).toEqual([new URL(siteUrl).host]);
    expect(visits.splice(0)).toEqual(['/control']);
  });
});
