import { createHmac, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import fc from 'fast-check';
import { type CryptoKey, decodeJwt, decodeProtectedHeader, importJWK, type JWK, jwtVerify } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { NOON } from '../../test/harness/memory/clock.ts';
import { problemOf } from '../../test/harness/memory/problem-of.ts';
import { ADA } from '../../test/harness/memory/users.ts';
import type { User } from '../core/account.ts';
import type { AskClaims } from '../core/hooks.ts';
import { ProblemError } from '../core/problem.ts';
import type { Evidence } from '../core/session.ts';
import { accessTokenSigner, accessTokenVerifier } from './access-token.ts';
import type { VerificationKeys } from './verification-keys.ts';

const PARTIES = { issuer: 'https://auth.example.com', audience: 'https://app.example.com' };
const SESSION_ID = '22222222-2222-4222-8222-222222222222';
const KEY = { userId: ADA.userId, sessionId: SESSION_ID };
const EVIDENCE: Evidence = { authTime: NOON - 60_000, acr: 'aal2', amr: ['pwd', 'otp', 'mfa'] };
/** What a token proves that says nothing of it. */
const LEAST = { authTime: 0, acr: 'aal1', amr: ['pwd'] };
const KID = 'the-key';
const IAT = NOON / 1000;

// Of 2048 bits, which take less time to make than ours.
const OURS = generateKeyPairSync('rsa', { modulusLength: 2048 });
const THEIRS = generateKeyPairSync('rsa', { modulusLength: 2048 });
const publicJwk = OURS.publicKey.export({ format: 'jwk' }) as JWK;

// Reasons for the log.
const WRONG_ALGORITHM = 'header alg is missing or wrong';
const OTHER_ALGORITHM = 'its key has another algorithm';
const UNKNOWN_KEY = 'no published key has its kid';
const WRONG_SIGNATURE = 'wrong signature';

const HEADER = { alg: 'RS256', typ: 'at+jwt', kid: KID };
const CLAIMS = {
  iss: PARTIES.issuer,
  aud: PARTIES.audience,
  sub: ADA.userId,
  sid: SESSION_ID,
  jti: randomUUID(),
  iat: IAT,
  exp: IAT + 3_600,
};

/** The published keys: ours alone. */
function published(find?: VerificationKeys['find']): VerificationKeys & { asked: unknown[] } {
  const asked: unknown[] = [];
  return {
    asked,
    all: async () => [],
    async find(kid) {
      asked.push(kid);
      return find ? find(kid) : kid === KID ? { kid, publicJwk, signsFrom: 0 } : undefined;
    },
  };
}

const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** A token of any header and payload, with a signature that holds unless another key is given. */
function tokenOf(header: unknown, payload: unknown, key: KeyObject = OURS.privateKey): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`;
}

const verify = (token: string, now = NOON) => accessTokenVerifier(published(), PARTIES).verify(token, now);

/** The reason for the log, for which a token is refused. */
async function refusal(token: string, now = NOON): Promise<string> {
  const { problem, message } = await problemOf(verify(token, now));
  expect(problem).toEqual({ code: 'invalid-access-token' });
  expect(message).toMatch(/^access token refused: [\w ]+$/);
  return message.slice('access token refused: '.length);
}

describe('a token that is signed', () => {
  let privateKey: CryptoKey;

  beforeAll(async () => {
    privateKey = (await importJWK(OURS.privateKey.export({ format: 'jwk' }) as JWK, 'RS256')) as CryptoKey;
  });

  const signed = async (now: number, changes: Partial<User> = {}, ask?: AskClaims) => {
    const current = async () => ({ kid: KID, algorithm: 'RS256' as const, privateKey });
    const { prepare } = await accessTokenSigner({ current }, PARTIES, 3_600, ask).ready();
    const sign = await prepare({ ...ADA, ...changes }, { ...EVIDENCE, sessionId: SESSION_ID });
    return sign(EVIDENCE.authTime, now);
  };

  test('has the header and the claims that RFC 9068 asks for, and those that clients know', async () => {
    const { token, expiresIn } = await signed(NOON + 999);
    expect(expiresIn).toBe(3_600);
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'RS256', typ: 'at+jwt', kid: KID });
    expect(decodeJwt(token)).toEqual({
      iss: 'https://auth.example.com',
      aud: 'https://app.example.com',
      client_id: 'https://app.example.com',
      sub: ADA.userId,
      sid: SESSION_ID,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      iat: IAT,
      exp: IAT + 3_600,
      userId: ADA.userId,
      userName: 'Ada Lovelace',
      email: 'ada@example.com',
      auth_time: IAT - 60,
      acr: 'aal2',
      amr: ['pwd', 'otp', 'mfa'],
      email_verified: false,
    });
  });

  test('tells whether the address is verified, and the roles where there are any', async () => {
    const { token } = await signed(NOON, { emailVerified: true, roles: ['admin', 'billing:read'] });
    expect(decodeJwt(token)).toMatchObject({ email_verified: true, roles: ['admin', 'billing:read'] });
    expect(decodeJwt((await signed(NOON, { roles: [] })).token)).not.toHaveProperty('roles');
  });

  test('adds the claims of a hook, which is asked with the user and the session', async () => {
    const asked: unknown[] = [];
    const { token } = await signed(NOON, { roles: ['admin'] }, async (...about) => {
      asked.push(about);
      return { plan: 'pro', limits: { seats: 5 } };
    });
    expect(decodeJwt(token)).toMatchObject({ plan: 'pro', limits: { seats: 5 }, sub: ADA.userId });
    expect(asked).toEqual([
      [
        { ...ADA, roles: ['admin'] },
        { sessionId: SESSION_ID, acr: 'aal2', amr: ['pwd', 'otp', 'mfa'] },
      ],
    ]);
  });

  test('has room for the longest names, fifty roles of 64 characters and the claims of a hook', async () => {
    const roles = Array.from({ length: 50 }, (_, nth) => `${nth}`.padEnd(64, 'r'));
    const longest = { roles, name: '\u{1f469}'.repeat(100), email: `a@${'b'.repeat(252)}` };
    const { token } = await signed(NOON, longest, async () => ({ own: 'c'.repeat(2_048 - 10) }));
    expect((await verify(token)).userId).toBe(ADA.userId);
  });

  test('is verified', async () => {
    const { token } = await signed(NOON);
    expect(await verify(token)).toEqual({ userId: ADA.userId, sessionId: SESSION_ID, ...EVIDENCE });
  });

  test('is like no other', async () => {
    const tokens = await Promise.all([signed(NOON), signed(NOON)]);
    expect(new Set(tokens.map(({ token }) => decodeJwt(token).jti)).size).toBe(2);
  });

  test('is one that every RS256 implementation verifies', async () => {
    const [header, payload] = (await signed(NOON)).token.split('.');
    const input = `${header}.${payload}`;
    const signature = sign('sha256', Buffer.from(input), OURS.privateKey).toString('base64url');
    expect(await verify(`${input}.${signature}`)).toEqual({ ...KEY, ...EVIDENCE });
  });
});

describe('a token is good', () => {
  test('to the last millisecond before the second in which it expires', async () => {
    const token = tokenOf(HEADER, CLAIMS);
    expect(await verify(token, NOON + 3_599_999)).toEqual({ ...KEY, ...LEAST });
    expect(await refusal(token, NOON + 3_600_000)).toBe('expired');
  });

  test('of 9,216 characters, not of more, which are not even decoded', async () => {
    const padded = (length: number) => {
      for (const header of [HEADER, { ...HEADER, x: '' }, { ...HEADER, x: 'x' }]) {
        for (let padding = 6_000; padding < 7_000; padding += 1) {
          const bare = `${encode(header)}.${encode({ ...CLAIMS, padding: 'x'.repeat(padding) })}`.length;
          if (bare + 1 + 342 === length) return tokenOf(header, { ...CLAIMS, padding: 'x'.repeat(padding) });
        }
      }
      throw new Error(`no token is ${length} characters long`);
    };
    expect(await verify(padded(9_216))).toMatchObject(KEY);
    expect(await refusal(padded(9_217))).toBe('longer than any of ours');
  });

  test('of 100 kB never, and no key is looked up for it', async () => {
    const keys = published();
    const token = tokenOf(HEADER, { ...CLAIMS, padding: 'x'.repeat(100_000) });
    const { message } = await problemOf(accessTokenVerifier(keys, PARTIES).verify(token, NOON));
    expect(message).toBe('access token refused: longer than any of ours');
    expect(keys.asked).toEqual([]);
  });

  test('with the address of other keys in its header by ours alone', async () => {
    const token = tokenOf({ ...HEADER, jku: 'http://127.0.0.1:1/', x5u: 'http://127.0.0.1:1/' }, CLAIMS);
    expect(await verify(token)).toMatchObject(KEY);
  });
});

describe('a token is refused whose algorithm', () => {
  test.each(['none', 'None', 'NONE', ''])('is %j, with or without a signature', async (alg) => {
    const header = { ...HEADER, alg };
    await refusal(tokenOf(header, CLAIMS));
    await refusal(`${encode(header)}.${encode(CLAIMS)}.`);
    await refusal(`${encode(header)}.${encode(CLAIMS)}`);
  });

  test.each([
    ['JWK', JSON.stringify(publicJwk)],
    ['PEM', OURS.publicKey.export({ format: 'pem', type: 'spki' })],
    ['PEM of PKCS #1', OURS.publicKey.export({ format: 'pem', type: 'pkcs1' })],
    ['DER', OURS.publicKey.export({ format: 'der', type: 'spki' })],
    ['modulus', Buffer.from(publicJwk.n ?? '', 'base64url')],
  ])('is HS256, under the public key as %s', async (_, secret) => {
    const input = `${encode({ ...HEADER, alg: 'HS256' })}.${encode(CLAIMS)}`;
    const mac = createHmac('sha256', secret).update(input).digest('base64url');
    expect(await refusal(`${input}.${mac}`)).toBe(WRONG_ALGORITHM);
  });

  test.each([
    ['RS384', WRONG_ALGORITHM],
    ['RS512', WRONG_ALGORITHM],
    ['PS256', WRONG_ALGORITHM],
    ['dir', WRONG_ALGORITHM],
    ['ES256', OTHER_ALGORITHM],
    ['EdDSA', OTHER_ALGORITHM],
  ])('is said to be %s', async (alg, reason) => {
    expect(await refusal(tokenOf({ ...HEADER, alg }, CLAIMS))).toBe(reason);
  });

  test('is RS512 with a signature that holds', async () => {
    const input = `${encode({ ...HEADER, alg: 'RS512' })}.${encode(CLAIMS)}`;
    const signature = sign('sha512', Buffer.from(input), OURS.privateKey).toString('base64url');
    expect(await refusal(`${input}.${signature}`)).toBe(WRONG_ALGORITHM);
  });
});

describe.each(['ES256', 'EdDSA'] as const)('a token of a key for %s', (alg) => {
  const pair = generateKeyPairSync(
    ...((alg === 'ES256' ? ['ec', { namedCurve: 'P-256' }] : ['ed25519']) as ['ec', { namedCurve: string }]),
  );
  const jwk = pair.publicKey.export({ format: 'jwk' }) as JWK;
  const keys = published(async (kid) => ({ kid, publicJwk: jwk, signsFrom: 0 }));
  const bySigner = async () => {
    const privateKey = (await importJWK(pair.privateKey.export({ format: 'jwk' }) as JWK, alg)) as CryptoKey;
    const current = async () => ({ kid: KID, algorithm: alg, privateKey });
    const { prepare } = await accessTokenSigner({ current }, PARTIES, 3_600, undefined).ready();
    return (await prepare(ADA, { ...EVIDENCE, sessionId: SESSION_ID }))(EVIDENCE.authTime, NOON);
  };

  test('is signed with it and verified', async () => {
    const { token } = await bySigner();
    expect(decodeProtectedHeader(token)).toEqual({ alg, typ: 'at+jwt', kid: KID });
    expect(await accessTokenVerifier(keys, PARTIES).verify(token, NOON)).toMatchObject({
      userId: ADA.userId,
    });
  });

  test('is refused when it says another algorithm', async () => {
    const { token } = await bySigner();
    const [, payload, signature] = token.split('.');
    for (const other of ['RS256', 'ES256', 'EdDSA', 'HS256', 'none'].filter((name) => name !== alg)) {
      const changed = `${encode({ ...HEADER, alg: other })}.${payload}.${signature}`;
      const { message } = await problemOf(accessTokenVerifier(keys, PARTIES).verify(changed, NOON));
      const reason = ['HS256', 'none'].includes(other) ? WRONG_ALGORITHM : OTHER_ALGORITHM;
      expect(message).toBe(`access token refused: ${reason}`);
    }
  });
});

describe('a token is refused whose header', () => {
  test.each([
    ['has no type', { typ: undefined }],
    ['has the type of an ID token', { typ: 'JWT' }],
    ['has a type that is no text', { typ: 7 }],
    ['has a type like ours', { typ: 'at+jwtx' }],
  ])('%s', async (_, changes) => {
    expect(await refusal(tokenOf({ ...HEADER, ...changes }, CLAIMS))).toBe('header typ is missing or wrong');
  });

  test.each([
    ['names no key', { kid: undefined }],
    ['names a key that is not published', { kid: 'another' }],
    ['names a key by an empty text', { kid: '' }],
    ['names a key by a number', { kid: 0 }],
    ['names a key by null', { kid: null }],
    ['names a key by an object', { kid: { toString: KID } }],
    ['names a key by a list', { kid: [KID] }],
    ['names what every object has', { kid: '__proto__' }],
    ['names a file', { kid: '../../../dev/null' }],
  ])('%s', async (_, changes) => {
    const reason = typeof changes.kid === 'string' ? UNKNOWN_KEY : 'header kid is missing or wrong';
    expect(await refusal(tokenOf({ ...HEADER, ...changes }, CLAIMS))).toBe(reason);
  });

  test('names no key, without a look at the keys', async () => {
    const keys = published();
    const token = tokenOf({ ...HEADER, kid: undefined }, CLAIMS);
    await problemOf(accessTokenVerifier(keys, PARTIES).verify(token, NOON));
    expect(keys.asked).toEqual([]);
  });

  test.each([
    ['brings its own key', { jwk: THEIRS.publicKey.export({ format: 'jwk' }) }],
    ['says where its key is', { jku: 'https://evil.example/jwks.json' }],
    ['says where its certificate is', { x5u: 'https://evil.example/certificate.pem' }],
    ['brings its certificate', { x5c: ['MIIB'] }],
  ])('%s, under the name of ours or another', async (_, changes) => {
    const header = { ...HEADER, ...changes };
    expect(await refusal(tokenOf(header, CLAIMS, THEIRS.privateKey))).toBe(WRONG_SIGNATURE);
    expect(await refusal(tokenOf({ ...header, kid: 'theirs' }, CLAIMS, THEIRS.privateKey))).toBe(UNKNOWN_KEY);
  });

  test.each([
    ['has an extension that must be understood', { crit: ['x'], x: 1 }],
    ['has a claim for such an extension', { crit: ['exp'], exp: IAT }],
    ['has an empty list of such extensions', { crit: [] }],
    ['has a list that is none', { crit: 'x' }],
    ['leaves its payload unencoded', { crit: ['b64'], b64: false }],
  ])('%s', async (_, changes) => {
    await refusal(tokenOf({ ...HEADER, ...changes }, CLAIMS));
  });
});

describe('a token is refused whose claims', () => {
  const UNSET = undefined;

  test.each<[string, object]>([
    ['are of another issuer', { iss: 'https://evil.example' }],
    ['are of an issuer like ours', { iss: `${PARTIES.issuer}/` }],
    ['are of no issuer', { iss: UNSET }],
    ['are of a list of issuers', { iss: [PARTIES.issuer] }],
    ['are for another audience', { aud: 'https://other.example' }],
    ['are for no audience', { aud: UNSET }],
    ['lack exp', { exp: UNSET }],
    ['lack iat', { iat: UNSET }],
    ['lack sub', { sub: UNSET }],
    ['lack sid', { sid: UNSET }],
    ['lack jti', { jti: UNSET }],
    ['hold a time as text', { exp: String(IAT + 3_600) }],
    ['have text for iat', { iat: 'now' }],
    ['have null for iat', { iat: null }],
  ])('%s', async (_, changes) => {
    expect(await refusal(tokenOf(HEADER, { ...CLAIMS, ...changes }))).toBe(
      `claim ${Object.keys(changes)[0]} is missing or wrong`,
    );
  });

  test.each<[string, object]>([
    ['are for several audiences', { aud: [PARTIES.audience, 'https://other.example'] }],
    ['name a user by a number', { sub: 7 }],
    ['name a user by a list', { sub: [ADA.userId] }],
    ['name a user by an object', { sub: { userId: ADA.userId } }],
    ['name a user by null', { sub: null }],
    ['name a user by what is no UUID', { sub: 'ada' }],
    ['name a user by more than a UUID', { sub: `${ADA.userId}\n` }],
    ['name a session by a number', { sid: 7 }],
    ['name a session by what is no UUID', { sid: '' }],
    ['name the token by a number', { jti: 7 }],
    ['have a fraction of a second for exp', { exp: IAT + 0.5 + 3_600 }],
    ['have a fraction of a second for iat', { iat: IAT + 0.5 }],
  ])('%s', async (_, changes) => {
    expect(await refusal(tokenOf(HEADER, { ...CLAIMS, ...changes }))).toBe(
      `claim ${Object.keys(changes)[0]} is missing or wrong`,
    );
  });

  test('begin to hold later', async () => {
    expect(await refusal(tokenOf(HEADER, { ...CLAIMS, nbf: IAT + 1 }))).toBe('not valid yet');
    expect(await verify(tokenOf(HEADER, { ...CLAIMS, nbf: IAT }))).toMatchObject(KEY);
  });

  test.each(['[]', '"text"', 'null', '7', '{', ''])('are %s', async (payload) => {
    await refusal(tokenOf(HEADER, payload));
  });
});

describe('a token is refused whose signature', () => {
  test('is of another key', async () => {
    expect(await refusal(tokenOf(HEADER, CLAIMS, THEIRS.privateKey))).toBe(WRONG_SIGNATURE);
  });

  test('is of other claims', async () => {
    const [header, , signature] = tokenOf(HEADER, CLAIMS).split('.');
    const claims = encode({ ...CLAIMS, sub: '99999999-9999-4999-8999-999999999999' });
    expect(await refusal(`${header}.${claims}.${signature}`)).toBe(WRONG_SIGNATURE);
  });

  test('is of another header', async () => {
    const [, claims, signature] = tokenOf({ ...HEADER, x: 1 }, CLAIMS).split('.');
    expect(await refusal(`${encode(HEADER)}.${claims}.${signature}`)).toBe(WRONG_SIGNATURE);
  });

  test('was cut off', async () => {
    const token = tokenOf(HEADER, CLAIMS);
    await refusal(token.slice(0, -4));
    await refusal(token.slice(0, token.lastIndexOf('.') + 1));
  });
});

test.each(['', '.', '..', '....', 'a.b', 'a.b.c', 'Bearer', 'null', 'a b c', '\0', 'e30.e30.e30', '{}'])(
  '%j is no token',
  async (token) => {
    await refusal(token);
  },
);

test('a token of a key that is withdrawn is refused', async () => {
  let withdrawn = false;
  const keys = published(async (kid) => (withdrawn ? undefined : { kid, publicJwk, signsFrom: 0 }));
  const verifier = accessTokenVerifier(keys, PARTIES);
  const token = tokenOf(HEADER, CLAIMS);
  expect(await verifier.verify(token, NOON)).toMatchObject(KEY);
  withdrawn = true;
  expect((await problemOf(verifier.verify(token, NOON))).message).toBe(
    `access token refused: ${UNKNOWN_KEY}`,
  );
});

test('a token that cannot be judged because the keys cannot be read is not said to be wrong', async () => {
  const unavailable = new ProblemError({ code: 'unavailable', retryAfter: 2 });
  const keys = published(() => Promise.reject(unavailable));
  const verifying = accessTokenVerifier(keys, PARTIES).verify(tokenOf(HEADER, CLAIMS), NOON);
  await expect(verifying).rejects.toBe(unavailable);
});

test.each<[string, JWK]>([
  ['of no type', {}],
  ['of a type that is none of ours', { kty: 'oct', k: 'c2VjcmV0' }],
  ['without a modulus', { kty: 'RSA', e: 'AQAB' }],
  ['whose point lies on no curve', { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA' }],
])('a token of a damaged key, %s, is not said to be wrong', async (_, damaged) => {
  const keys = published(async (kid) => ({ kid, publicJwk: damaged, signsFrom: 0 }));
  const verifying = accessTokenVerifier(keys, PARTIES).verify(tokenOf(HEADER, CLAIMS), NOON);
  expect(await problemOf(verifying)).toEqual({
    problem: { code: 'unavailable', retryAfter: 2 },
    message: `the published key ${KID} is damaged: withdraw it by \`npm run keys -- withdraw\``,
  });
});

describe('nothing is accepted that jose refuses', () => {
  const options = {
    algorithms: ['RS256'],
    typ: 'at+jwt',
    ...PARTIES,
    requiredClaims: ['exp', 'iat', 'sub', 'sid', 'jti'],
    currentDate: new Date(NOON),
  };
  const accepts = (verifying: Promise<unknown>) =>
    verifying.then(
      () => true,
      () => false,
    );
  const both = async (token: string) => ({
    ours: await accepts(verify(token)),
    joses: await accepts(jwtVerify(token, OURS.publicKey, options)),
  });

  test('of a token in which one character was changed, left out or added', async () => {
    const token = tokenOf(HEADER, CLAIMS);
    const odd = fc.constantFrom(...'AQgw-_019+/=. \n\0é');
    const change = fc.tuple(fc.nat(token.length), fc.nat(1), fc.oneof(odd, fc.constant('')));
    await fc.assert(
      fc.asyncProperty(change, async ([at, less, more]) => {
        const changed = token.slice(0, at) + more + token.slice(at + less);
        const { ours, joses } = await both(changed);
        expect(ours && !joses).toBe(false);
        if (changed !== token && Buffer.from(changed.split('.')[2] ?? '', 'base64url').length === 256)
          expect(ours).toBe(joses && /^[\w.-]+$/.test(changed));
      }),
      { numRuns: 1_000 },
    );
  });

  test('of a signed token with any header and any claims', async () => {
    const value = (own: unknown) =>
      fc.oneof(
        { weight: 12, arbitrary: fc.constant(own) },
        fc.constantFrom(
          undefined,
          null,
          '',
          0,
          -1,
          IAT,
          IAT + 0.5,
          1e300,
          true,
          [],
          [own],
          {},
          `${own} `,
          'none',
        ),
      );
    const like = (members: object) =>
      fc.record(Object.fromEntries(Object.entries(members).map(([name, own]) => [name, value(own)])));
    const header = like({ ...HEADER, crit: undefined, b64: undefined, cty: undefined });
    const claims = like({
      ...CLAIMS,
      nbf: undefined,
      auth_time: IAT,
      acr: 'aal1',
      amr: ['pwd'],
      roles: undefined,
    });
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(header, claims, async (...parts) => {
        const { ours, joses } = await both(tokenOf(...parts));
        expect(ours && !joses).toBe(false);
        accepted += Number(ours);
      }),
      { numRuns: 1_000 },
    );
    expect(accepted).toBeGreaterThan(50);
  });
});
