import { createHash, randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWK, SignJWT, UnsecuredJWT } from 'jose';
import { beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { overHttp } from '../../test/harness/client.ts';
import { loggedIn, signedUp } from '../../test/harness/people.ts';
import { AccessTokenError, accessTokenVerifier, requireRole } from '../src/verify.ts';

const issuer = 'https://auth.example.com';
type Key = { privateKey: CryptoKey; jwk: JWK };

async function newKey(): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  return {
    privateKey,
    jwk: { ...(await exportJWK(publicKey)), alg: 'RS256', use: 'sig', kid: randomUUID() },
  };
}

const [signing, next, foreign] = await Promise.all([newKey(), newKey(), newKey()]);

/** A token as the service makes them, but for what is said. */
function mint({ privateKey, jwk }: Key, claims: object = {}, header: object = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const ours = {
    ...{
      iss: issuer,
      aud: issuer,
      sub: 'user',
      sid: 'session',
      jti: randomUUID(),
      iat: now,
      exp: now + 3600,
    },
    ...{ userId: 'user', userName: 'Ada', email: 'ada@example.com' },
  };
  return new SignJWT({ ...ours, ...claims })
    .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: jwk.kid as string, ...header })
    .sign(privateKey);
}

/** The service's key set, which can change or fail, and how often it was read. */
function published(keys: Key[]) {
  const state = { keys, down: false, reads: 0 };
  const verify = accessTokenVerifier({
    issuer,
    fetch: async () => {
      state.reads += 1;
      if (state.down) throw new TypeError('fetch failed');
      return Response.json({ keys: state.keys.map(({ jwk }) => jwk) });
    },
  });
  return { state, verify: async (token: string) => verify(`Bearer ${token}`) };
}

const codeOf = (verifying: Promise<unknown>) =>
  verifying.then(
    () => 'accepted',
    (error: unknown) => (error instanceof AccessTokenError ? `${error.status} ${error.code}` : String(error)),
  );

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  return () => vi.useRealTimers();
});

test('an access token of the running service is accepted, with its claims', async () => {
  const person = await signedUp(overHttp);
  const { accessToken } = await loggedIn(overHttp, person);
  const { environment, apiUrl } = inject('stack');
  const verify = accessTokenVerifier({
    issuer: environment.ISSUER ?? '',
    jwksUrl: `${apiUrl}/.well-known/jwks.json`,
  });
  expect(await verify(`Bearer ${accessToken}`)).toMatchObject({ email: person.email, userName: person.name });
});

describe('a token is refused', () => {
  const now = () => Math.floor(Date.now() / 1000);
  const hmac = (key: Key) =>
    new SignJWT({
      iss: issuer,
      aud: issuer,
      sub: 'user',
      sid: 's',
      jti: 'j',
      userId: 'u',
      userName: 'n',
      email: 'e',
    })
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: key.jwk.kid as string })
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(createHash('sha512').update(JSON.stringify(key.jwk)).digest());

  test.for<[string, () => Promise<string>]>([
    ['that another key signed', () => mint({ ...foreign, jwk: signing.jwk })],
    ['that is not signed', async () => new UnsecuredJWT({ sub: 'user' }).setIssuer(issuer).encode()],
    ['that is signed by HMAC', () => hmac(signing)],
    ['of another issuer', () => mint(signing, { iss: 'https://auth.example.org' })],
    ['for another audience', () => mint(signing, { aud: 'https://api.example.com' })],
    ['that is no access token', () => mint(signing, {}, { typ: 'JWT' })],
    ['without a type', () => mint(signing, {}, { typ: undefined })],
    ['that never expires', () => mint(signing, { exp: undefined })],
    ['without a session', () => mint(signing, { sid: undefined })],
    ['whose subject is an object', () => mint(signing, { sub: { a: 1 } })],
    ['that is not valid yet', () => mint(signing, { nbf: now() + 60 })],
    ['that is longer than any of ours', () => mint(signing, { more: 'x'.repeat(9_216) })],
    ['that is none', async () => 'a.b.c'],
  ])('%s', async ([, make]) => {
    const { verify } = published([signing]);
    expect(await codeOf(verify(await make()))).toBe('401 invalid');
  });

  test('that has expired, which is said', async () => {
    const { verify } = published([signing]);
    const token = await mint(signing);
    vi.setSystemTime(Date.now() + 3_604_000);
    expect(await codeOf(verify(token))).toBe('accepted'); // clocks differ
    vi.setSystemTime(Date.now() + 3_000);
    expect(await codeOf(verify(token))).toBe('401 expired');
  });

  test.for([undefined, '', 'Bearer', 'Bearer ', 'Basic YTpi', 'Bearer a b'])(
    'when the header is %j',
    async (header) => {
      const verify = accessTokenVerifier({ issuer, fetch: () => Promise.reject(new Error('no need')) });
      const error = (await verify(header).catch((error: unknown) => error)) as AccessTokenError;
      expect(error).toMatchObject({ code: 'missing', status: 401, challenge: 'Bearer' });
    },
  );

  test('with a challenge that says so', async () => {
    const { verify } = published([signing]);
    await expect(verify('a.b.c')).rejects.toMatchObject({ challenge: 'Bearer error="invalid_token"' });
  });
});

describe('a role', () => {
  const refusalOf = (roles: string[] | undefined, ...anyOf: [string, ...string[]]) => {
    try {
      requireRole(roles === undefined ? {} : { roles }, ...anyOf);
      return undefined;
    } catch (error) {
      const { status, code, challenge } = error as AccessTokenError;
      return [status, code, challenge];
    }
  };
  const refused = [403, 'role-required', 'Bearer error="insufficient_scope"'];

  test('is refused to whoever lacks it, and granted to whoever has it', () => {
    expect(refusalOf(['reader', 'editor'], 'editor')).toBeUndefined();
    expect(refusalOf(['reader'], 'editor', 'reader')).toBeUndefined();
    for (const roles of [undefined, [], ['editors'], ['Editor'], ['reader']])
      expect(refusalOf(roles, 'editor', 'admin')).toEqual(refused);
    expect(refusalOf([], 'constructor')).toEqual(refused);
  });
});

describe('the key set', () => {
  test('is read once for many requests at once and after one another', async () => {
    const { state, verify } = published([signing]);
    const token = await mint(signing);
    await Promise.all(Array.from({ length: 50 }, () => verify(token)));
    vi.setSystemTime(Date.now() + 9 * 60_000);
    await verify(token);
    expect(state.reads).toBe(1);
  });

  test('is read again when a token names a key that is not in it', async () => {
    const { state, verify } = published([signing]);
    await verify(await mint(signing));
    state.keys = [signing, next];
    vi.setSystemTime(Date.now() + 31_000);
    expect(await codeOf(verify(await mint(next)))).toBe('accepted');
    expect(state.reads).toBe(2);
  });

  test('is read no more than twice a minute, however many keys are made up', async () => {
    const { state, verify } = published([signing]);
    await verify(await mint(signing));
    for (let second = 0; second < 60; second++) {
      vi.setSystemTime(Date.now() + 1_000);
      const token = await mint(foreign, {}, { kid: randomUUID() });
      expect(await codeOf(verify(token))).toBe('401 invalid');
    }
    expect(state.reads).toBeLessThanOrEqual(3);
  });

  test('no longer has a key ten minutes after it was withdrawn', async () => {
    const { state, verify } = published([signing, next]);
    const token = await mint(signing);
    await verify(token);
    state.keys = [next];
    vi.setSystemTime(Date.now() + 11 * 60_000);
    expect(await codeOf(verify(token))).toBe('401 invalid');
  });

  test('goes on being used for two hours while the service is down', async () => {
    const { state, verify } = published([signing]);
    await verify(await mint(signing));
    state.down = true;
    vi.setSystemTime(Date.now() + 110 * 60_000);
    expect(await codeOf(verify(await mint(signing)))).toBe('accepted');
    vi.setSystemTime(Date.now() + 20 * 60_000);
    expect(await codeOf(verify(await mint(signing)))).toBe('503 keys-unavailable');
    state.down = false;
    expect(await codeOf(verify(await mint(signing)))).toBe('accepted');
  });

  test('is kept when a captive portal answers in its place', async () => {
    let answer = () => Response.json({ keys: [signing.jwk] });
    const verify = accessTokenVerifier({ issuer, fetch: async () => answer() });
    const asked = async () => codeOf(verify(`Bearer ${await mint(signing)}`));
    expect(await asked()).toBe('accepted');
    for (const page of [{ message: 'sign in' }, { keys: [] }, { keys: 'none' }, { keys: [{}] }, []]) {
      answer = () => Response.json(page);
      vi.setSystemTime(Date.now() + 11 * 60_000);
      expect(await asked()).toBe('accepted');
    }
  });

  test('that cannot be read is a 503, which makes no client believe that its session is over', async () => {
    for (const fetch of [
      async () => new Response('no', { status: 500 }),
      async () => new Response('<h1>no</h1>'),
      async () => Response.json({ keys: 'none' }),
      async () => Promise.reject(new TypeError('fetch failed')),
    ]) {
      const verify = accessTokenVerifier({ issuer, fetch });
      expect(await codeOf(verify(`Bearer ${await mint(signing)}`))).toBe('503 keys-unavailable');
    }
  });
});
