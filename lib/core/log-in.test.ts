import { describe, expect, test } from 'vitest';
import { NOON } from '../../test/harness/memory/clock.ts';
import { problemOf } from '../../test/harness/memory/problem-of.ts';
import { ADA } from '../../test/harness/memory/users.ts';
import { type World, world } from '../../test/harness/memory/world.ts';
import { type LogInParts, type LogInRequest, logIn } from './log-in.ts';
import { hashSecret, readRefreshToken } from './opaque-token.ts';
import { accountCounter } from './throttle.ts';

const HOUR = 3_600_000;
const DAY = 86_400_000;
const CALLS_BEFORE_THE_VERDICT = [
  'throttle.increment',
  'users.ownerOf',
  'throttle.addAttempt',
  'users.get',
  'signer.ready',
  'hasher.verify',
];
const CALLS_OF_A_REFUSAL = [...CALLS_BEFORE_THE_VERDICT, 'throttle.swapAttempts'];
const RIGHT = { email: 'ada@example.com', password: 'correct horse' };

function requestOf(changes: Partial<LogInRequest> = {}): LogInRequest {
  return { fields: RIGHT, refreshes: false, client: '192.0.2.1', ...changes };
}

describe('a log-in', () => {
  test('for a client that does not refresh opens a session as long as its one token', async () => {
    const it = world();
    const answer = await logIn(it.parts, requestOf());
    const session = it.sessions.only();
    expect(answer).toEqual({
      profile: { userId: ADA.userId, name: ADA.name, email: ADA.email, bio: null },
      accessToken: { token: expect.any(String), expiresIn: 3_600 },
    });
    expect(answer).not.toHaveProperty('refreshToken');
    expect(session).toEqual({
      userId: ADA.userId,
      sessionId: expect.any(String),
      credentialVersion: 3,
      createdAt: NOON,
      idleExpiresAt: NOON + HOUR,
      absoluteExpiresAt: NOON + HOUR,
    });
    expect(JSON.parse(answer.accessToken.token)).toMatchObject({ sessionId: session.sessionId, now: NOON });
  });

  test('for a client that refreshes gives a refresh token, of which only hashes are stored', async () => {
    const it = world();
    const answer = await logIn(it.parts, requestOf({ refreshes: true }));
    const session = it.sessions.only();
    const token = readRefreshToken(answer.refreshToken ?? '');
    if (token === undefined) throw new Error('not a refresh token');
    expect(answer.profile.userId).toBe(ADA.userId);
    expect(token).toMatchObject({ userId: ADA.userId, sessionId: session.sessionId });
    expect(token.family).not.toEqual(token.secret);
    expect(session).toEqual({
      userId: ADA.userId,
      sessionId: expect.any(String),
      credentialVersion: 3,
      createdAt: NOON,
      idleExpiresAt: NOON + 7 * DAY,
      absoluteExpiresAt: NOON + 30 * DAY,
      refresh: { familyHash: hashSecret(token.family), currentHash: hashSecret(token.secret) },
    });
    expect(JSON.parse(answer.accessToken.token)).toMatchObject({ sessionId: session.sessionId, now: NOON });
  });

  test.each([true, false])('signs before it opens the session (refreshes: %s)', async (refreshes) => {
    const it = world();
    await logIn(it.parts, requestOf({ refreshes }));
    expect(it.calls).toEqual([
      ...CALLS_BEFORE_THE_VERDICT,
      'hasher.isOutdated',
      'throttle.decrement',
      'signer.ready',
      'sign',
      'sessions.open',
    ]);
  });

  test('finds the address however it is written', async () => {
    const fields = { ...RIGHT, email: ' ADA@EXAMPLE.COM\n' };
    expect((await logIn(world().parts, requestOf({ fields }))).profile.userId).toBe(ADA.userId);
  });

  test('takes the password in either Unicode form', async () => {
    const it = world({ ...ADA, passwordHash: 'hash of \u{fc}bercool' });
    const fields = { ...RIGHT, password: 'u\u{308}bercool' };
    expect((await logIn(it.parts, requestOf({ fields }))).profile.userId).toBe(ADA.userId);
  });

  test('takes a password that is shorter than the policy has become', async () => {
    const it = world({ ...ADA, passwordHash: 'hash of a' });
    const fields = { ...RIGHT, password: 'a' };
    expect((await logIn(it.parts, requestOf({ fields }))).profile.userId).toBe(ADA.userId);
  });

  test('without its fields is told which, and counts nowhere', async () => {
    const it = world();
    const fields = { password: 7 };
    expect((await problemOf(logIn(it.parts, requestOf({ fields })))).problem).toEqual({
      code: 'invalid-fields',
      fields: [
        { field: 'email', reason: 'required' },
        { field: 'password', reason: 'not-text' },
      ],
    });
    expect(it.calls).toEqual([]);
  });
});

/** The parts, and what each hash is computed of, with the user whose it is. */
function watched(it: World) {
  const hashed: unknown[] = [];
  const hasher: LogInParts['hasher'] = {
    ...it.parts.hasher,
    verify(...given) {
      hashed.push(given);
      return it.parts.hasher.verify(...given);
    },
  };
  return { parts: { ...it.parts, hasher }, hashed };
}

describe('a log-in is refused, by the same calls and one computed hash,', () => {
  test.each([
    ['with a wrong password', RIGHT.email, 'wrong horse', ['wrong horse', ADA.passwordHash, ADA.userId]],
    ['with an unknown address', 'eve@example.com', 'correct horse', ['correct horse', undefined, undefined]],
    ['with what is no address', 'not an address', 'correct horse', ['correct horse', undefined, undefined]],
    ['with an empty address', '', 'correct horse', ['correct horse', undefined, undefined]],
    ['with an empty password', RIGHT.email, '', ['', undefined, ADA.userId]],
    ['with a password too long for any account', RIGHT.email, 'x'.repeat(73), ['', undefined, ADA.userId]],
    ['with a password that has NUL', RIGHT.email, 'correct horse\0', ['', undefined, ADA.userId]],
  ])('%s', async (_, email, password, computed) => {
    const it = world();
    const { parts, hashed } = watched(it);
    expect(await problemOf(logIn(parts, requestOf({ fields: { email, password } })))).toEqual({
      problem: { code: 'wrong-credentials' },
      message: 'wrong-credentials',
    });
    expect(hashed).toEqual([computed]);
    expect(it.calls).toEqual(CALLS_OF_A_REFUSAL);
  });

  test('to a disabled account with the right password', async () => {
    const it = world({ ...ADA, status: 'disabled' });
    const { parts, hashed } = watched(it);
    expect((await problemOf(logIn(parts, requestOf()))).problem).toEqual({ code: 'wrong-credentials' });
    expect(hashed).toEqual([['correct horse', ADA.passwordHash, ADA.userId]]);
    expect(it.calls).toEqual(CALLS_OF_A_REFUSAL);
  });

  test('even by a hasher that agrees with everything', async () => {
    const { passwordHash: _, ...withoutHash } = ADA;
    const it = world(withoutHash);
    const parts = { ...it.parts, hasher: { ...it.parts.hasher, verify: async () => true } };
    for (const email of ['eve@example.com', ADA.email]) {
      const fields = { ...RIGHT, email };
      expect((await problemOf(logIn(parts, requestOf({ fields })))).problem.code).toBe('wrong-credentials');
    }
  });

  test('even if an empty password would match what is stored', async () => {
    const it = world({ ...ADA, passwordHash: 'hash of ' });
    const fields = { ...RIGHT, password: 'x'.repeat(73) };
    expect((await problemOf(logIn(it.parts, requestOf({ fields })))).problem.code).toBe('wrong-credentials');
  });
});

describe('an outdated hash', () => {
  const OLD = 'old hash of \u{fc}bercool';
  const fields = { ...RIGHT, password: 'u\u{308}bercool' };

  test('is replaced at the log-in, and no session ends by it', async () => {
    const it = world({ ...ADA, passwordHash: OLD });
    await logIn(it.parts, requestOf({ fields }));
    expect(it.users.rows.get(ADA.userId)).toEqual({ ...ADA, passwordHash: 'hash of \u{fc}bercool' });
    expect(it.sessions.only().credentialVersion).toBe(ADA.credentialVersion);
    expect(it.calls.slice(CALLS_BEFORE_THE_VERDICT.length)).toEqual([
      'hasher.isOutdated',
      'hasher.hash',
      'throttle.decrement',
      'renewals.store',
      'signer.ready',
      'sign',
      'sessions.open',
    ]);
    expect(it.failedRenewals).toEqual([]);
  });

  test.each([
    ['with a wrong password', { ...ADA, passwordHash: OLD }, RIGHT],
    ['of a disabled account', { ...ADA, passwordHash: OLD, status: 'disabled' as const }, fields],
  ])('%s stays, by the calls of any refusal', async (_, user, given) => {
    const it = world(user);
    await problemOf(logIn(it.parts, requestOf({ fields: given })));
    expect(it.users.rows.get(ADA.userId)).toEqual(user);
    expect(it.calls).toEqual(CALLS_OF_A_REFUSAL);
  });

  test('does not take the place of a password that was reset meanwhile', async () => {
    const it = world({ ...ADA, passwordHash: OLD });
    const meanwhile = { ...ADA, passwordHash: 'hash of another', credentialVersion: 4 };
    const hasher: LogInParts['hasher'] = {
      ...it.parts.hasher,
      async hash(password) {
        it.users.rows.set(ADA.userId, meanwhile);
        return `hash of ${password}`;
      },
    };
    await logIn({ ...it.parts, hasher }, requestOf({ fields }));
    expect(it.users.rows.get(ADA.userId)).toEqual(meanwhile);
  });

  test.each(['store', 'hash'])('whose %s fails is told, and fails no log-in', async (failing) => {
    const it = world({ ...ADA, passwordHash: OLD });
    const error = new Error('throttled');
    const fail = () => Promise.reject(error);
    const parts: LogInParts = {
      ...it.parts,
      hasher: failing === 'hash' ? { ...it.parts.hasher, hash: fail } : it.parts.hasher,
      renewals: { ...it.parts.renewals, ...(failing === 'store' && { store: fail }) },
    };
    expect((await logIn(parts, requestOf({ fields }))).profile.userId).toBe(ADA.userId);
    expect(it.failedRenewals).toEqual([{ userId: ADA.userId, error }]);
    expect(it.sessions.rows.size).toBe(1);
  });
});

test('what is no address is looked up and counted by its hash, which no account has', async () => {
  const it = world();
  const asked: string[] = [];
  const users: LogInParts['users'] = {
    get: it.users.get,
    async ownerOf(email) {
      asked.push(email);
      return undefined;
    },
  };
  const fields = { ...RIGHT, email: 'x'.repeat(5_000) };
  await problemOf(logIn({ ...it.parts, users }, requestOf({ fields })));
  const hash = hashSecret(Buffer.from(fields.email));
  expect(asked).toEqual([hash]);
  expect([...it.throttleStore.attempts.keys()]).toEqual([accountCounter(hash)]);
});

test('a log-in that finds no place looks for the session of the one that was alone', async () => {
  const it = world();
  await logIn(it.parts, requestOf());
  const wrong = requestOf({ fields: { ...RIGHT, password: 'wrong horse' } });
  for (let failures = 0; failures < 4; failures += 1) await problemOf(logIn(it.parts, wrong));
  it.calls.length = 0;
  expect((await problemOf(logIn(it.parts, wrong))).problem.code).toBe('wrong-credentials');
  expect(it.calls).toContain('sessions.get');
  expect(it.clock()).toBe(NOON); // it did not wait
});

test('for an address that nobody has such a log-in looks as well, and finds none', async () => {
  const it = world();
  const sessionId = '55555555-5555-4555-8555-555555555555';
  const pending = [{ sessionId, until: NOON + 2_000, silent: true as const }];
  const value = { failures: 4, pending, lockedUntil: 0, quietAt: NOON + HOUR };
  it.throttleStore.attempts.set(accountCounter('eve@example.com'), { value, version: 'another' });
  const fields = { ...RIGHT, email: 'eve@example.com' };
  expect((await problemOf(logIn(it.parts, requestOf({ fields })))).problem.code).toBe('wrong-credentials');
  expect(it.calls).toContain('sessions.get');
  expect(it.clock()).toBeGreaterThanOrEqual(NOON + 2_000);
});

test('five wrong passwords lock the account, against the right one too', async () => {
  const it = world();
  const wrong = requestOf({ fields: { ...RIGHT, password: 'wrong horse' } });
  for (let failures = 0; failures < 5; failures += 1) await problemOf(logIn(it.parts, wrong));
  expect((await problemOf(logIn(it.parts, requestOf()))).problem).toEqual({
    code: 'throttled',
    retryAfter: 1,
  });
  it.clock.pass(1_000);
  expect((await logIn(it.parts, requestOf())).profile.userId).toBe(ADA.userId);
});

test.each([true, false])(
  'a token that cannot be signed opens no session (refreshes: %s)',
  async (refreshes) => {
    const it = world();
    const failure = new Error('no key');
    const signer = { ready: () => Promise.reject(failure) };
    await expect(logIn({ ...it.parts, signer }, requestOf({ refreshes }))).rejects.toBe(failure);
    expect(it.sessions.rows.size).toBe(0);
  },
);
