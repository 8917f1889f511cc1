import { describe, expect, test } from 'vitest';
import { NOON } from '../../test/harness/memory/clock.ts';
import { problemOf } from '../../test/harness/memory/problem-of.ts';
import { ADA } from '../../test/harness/memory/users.ts';
import { type World, world } from '../../test/harness/memory/world.ts';
import type { User } from './account.ts';
import { type LogInDeps, type LogInRequest, logIn } from './log-in.ts';
import type { MailRequest } from './mail-request.ts';
import { hashSecret, readRefreshToken } from './opaque-token.ts';
import { accountCounter } from './throttle.ts';

const HOUR = 3_600_000;
const DAY = 86_400_000;
const CALLS_BEFORE_THE_VERDICT = [
  'throttle.increment',
  'users.ownerOf',
  'throttle.compareAndSwapAttempts',
  'users.get',
  'signer.ready',
  'hasher.startTimer',
  'hasher.verify',
];
const CALLS_OF_A_REFUSAL = [...CALLS_BEFORE_THE_VERDICT, 'throttle.compareAndSwapAttempts'];
const RIGHT = { email: 'ada@example.com', password: 'correct horse' };

function requestOf(changes: Partial<LogInRequest> = {}): LogInRequest {
  return { fields: RIGHT, refreshes: false, client: '192.0.2.1', language: 'en', ...changes };
}

describe('a log-in', () => {
  test('for a client that does not refresh opens a session as long as its one token', async () => {
    const it = world();
    const answer = await logIn(it.deps, requestOf());
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
      amr: ['pwd'],
      acr: 'aal1',
      authTime: NOON,
      createdAt: NOON,
      lastUsedAt: NOON,
      idleExpiresAt: NOON + HOUR,
      absoluteExpiresAt: NOON + HOUR,
    });
    expect(JSON.parse(answer.accessToken.token)).toMatchObject({ sessionId: session.sessionId, now: NOON });
  });

  test('for a client that refreshes returns a refresh token and stores only its hashes', async () => {
    const it = world();
    const answer = await logIn(it.deps, requestOf({ refreshes: true }));
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
      amr: ['pwd'],
      acr: 'aal1',
      authTime: NOON,
      createdAt: NOON,
      lastUsedAt: NOON,
      idleExpiresAt: NOON + 7 * DAY,
      absoluteExpiresAt: NOON + 30 * DAY,
      refresh: { familyHash: hashSecret(token.family), currentHash: hashSecret(token.secret) },
    });
    expect(JSON.parse(answer.accessToken.token)).toMatchObject({ sessionId: session.sessionId, now: NOON });
  });

  test.each([true, false])('signs before it opens the session (refreshes: %s)', async (refreshes) => {
    const it = world();
    await logIn(it.deps, requestOf({ refreshes }));
    expect(it.calls).toEqual([
      ...CALLS_BEFORE_THE_VERDICT,
      'signer.ready',
      'hasher.isOutdated',
      'sign',
      'throttle.decrement',
      'throttle.compareAndSwapAttempts',
      'sessions.open',
    ]);
  });

  test('finds the address however it is written', async () => {
    const fields = { ...RIGHT, email: ' ADA@EXAMPLE.COM\n' };
    expect((await logIn(world().deps, requestOf({ fields }))).profile.userId).toBe(ADA.userId);
  });

  test('takes the password in either Unicode form', async () => {
    const it = world({ ...ADA, passwordHash: 'hash of \u{fc}bercool' });
    const fields = { ...RIGHT, password: 'u\u{308}bercool' };
    expect((await logIn(it.deps, requestOf({ fields }))).profile.userId).toBe(ADA.userId);
  });

  test('takes a password that is shorter than the policy has become', async () => {
    const it = world({ ...ADA, passwordHash: 'hash of a' });
    const fields = { ...RIGHT, password: 'a' };
    expect((await logIn(it.deps, requestOf({ fields }))).profile.userId).toBe(ADA.userId);
  });

  test('without its fields gets the missing ones, and counts nowhere', async () => {
    const it = world();
    const fields = { password: 7 };
    expect((await problemOf(logIn(it.deps, requestOf({ fields })))).problem).toEqual({
      code: 'invalid-fields',
      fields: [
        { field: 'email', reason: 'required' },
        { field: 'password', reason: 'not-text' },
      ],
    });
    expect(it.calls).toEqual([]);
  });
});

/** The dependencies, and what each hash is computed of, with the user whose it is. */
function watched(it: World) {
  const hashed: unknown[] = [];
  const hasher: LogInDeps['hasher'] = {
    ...it.deps.hasher,
    verify(...given) {
      hashed.push(given);
      return it.deps.hasher.verify(...given);
    },
  };
  return { deps: { ...it.deps, hasher }, hashed };
}

describe('a log-in is refused, by the same calls and one computed hash,', () => {
  test.each([
    ['with a wrong password', RIGHT.email, 'wrong horse', ['wrong horse', ADA.passwordHash, ADA.userId]],
    ['with an unknown address', 'eve@example.com', 'correct horse', ['correct horse', undefined, undefined]],
    ['with what is no address', 'not an address', 'correct horse', ['correct horse', undefined, undefined]],
    ['with an empty address', '', 'correct horse', ['correct horse', undefined, undefined]],
    ['with an empty password', RIGHT.email, '', ['', undefined, ADA.userId]],
    ['with a password too long for any account', RIGHT.email, 'x'.repeat(4_097), ['', undefined, ADA.userId]],
    ['with a password that has NUL', RIGHT.email, 'correct horse\0', ['', undefined, ADA.userId]],
  ])('%s', async (_, email, password, computed) => {
    const it = world();
    const { deps, hashed } = watched(it);
    expect(await problemOf(logIn(deps, requestOf({ fields: { email, password } })))).toEqual({
      problem: { code: 'wrong-credentials' },
      message: 'wrong-credentials',
    });
    expect(hashed).toEqual([computed]);
    expect(it.calls).toEqual(CALLS_OF_A_REFUSAL);
  });

  test('to a disabled account with the right password', async () => {
    const it = world({ ...ADA, status: 'disabled' });
    const { deps, hashed } = watched(it);
    expect((await problemOf(logIn(deps, requestOf()))).problem).toEqual({ code: 'wrong-credentials' });
    expect(hashed).toEqual([['correct horse', undefined, ADA.userId]]);
    expect(it.calls).toEqual(CALLS_OF_A_REFUSAL);
  });

  test('even by a hasher that agrees with everything', async () => {
    const { passwordHash: _, ...withoutHash } = ADA;
    const it = world(withoutHash);
    const deps = { ...it.deps, hasher: { ...it.deps.hasher, verify: async () => true } };
    for (const email of ['eve@example.com', ADA.email]) {
      const fields = { ...RIGHT, email };
      expect((await problemOf(logIn(deps, requestOf({ fields })))).problem.code).toBe('wrong-credentials');
    }
  });

  test('even if an empty password would match what is stored', async () => {
    const it = world({ ...ADA, passwordHash: 'hash of ' });
    const fields = { ...RIGHT, password: 'x'.repeat(73) };
    expect((await problemOf(logIn(it.deps, requestOf({ fields })))).problem.code).toBe('wrong-credentials');
  });
});

describe('an outdated hash', () => {
  const OLD = 'old hash of \u{fc}bercool';
  const fields = { ...RIGHT, password: 'u\u{308}bercool' };

  test('is replaced at the log-in, and no session ends by it', async () => {
    const it = world({ ...ADA, passwordHash: OLD });
    await logIn(it.deps, requestOf({ fields }));
    expect(it.users.rows.get(ADA.userId)).toEqual({ ...ADA, passwordHash: 'hash of \u{fc}bercool' });
    expect(it.sessions.only().credentialVersion).toBe(ADA.credentialVersion);
    expect(it.calls.slice(CALLS_BEFORE_THE_VERDICT.length)).toEqual([
      'hasher.verify', // of the password as it was typed, too
      'signer.ready',
      'hasher.isOutdated',
      'hasher.canHash',
      'hasher.hash',
      'throttle.decrement',
      'throttle.compareAndSwapAttempts',
      'renewals.store',
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
    await problemOf(logIn(it.deps, requestOf({ fields: given })));
    expect(it.users.rows.get(ADA.userId)).toEqual(user);
    const twice = given === fields ? ['hasher.verify'] : []; // as typed, too
    expect(it.calls).toEqual([...CALLS_BEFORE_THE_VERDICT, ...twice, 'throttle.compareAndSwapAttempts']);
  });

  test('does not take the place of a password that was reset meanwhile', async () => {
    const it = world({ ...ADA, passwordHash: OLD });
    const meanwhile = { ...ADA, passwordHash: 'hash of another', credentialVersion: 4 };
    const hasher: LogInDeps['hasher'] = {
      ...it.deps.hasher,
      async hash(password) {
        it.users.rows.set(ADA.userId, meanwhile);
        return `hash of ${password}`;
      },
    };
    await logIn({ ...it.deps, hasher }, requestOf({ fields }));
    expect(it.users.rows.get(ADA.userId)).toEqual(meanwhile);
  });

  test.each(['store', 'hash'])('whose %s fails is logged, and the log-in goes on', async (failing) => {
    const it = world({ ...ADA, passwordHash: OLD });
    const error = new Error('throttled');
    const fail = () => Promise.reject(error);
    const deps: LogInDeps = {
      ...it.deps,
      hasher: failing === 'hash' ? { ...it.deps.hasher, hash: fail } : it.deps.hasher,
      renewals: { ...it.deps.renewals, ...(failing === 'store' && { store: fail }) },
    };
    expect((await logIn(deps, requestOf({ fields }))).profile.userId).toBe(ADA.userId);
    expect(it.failedRenewals).toEqual([{ userId: ADA.userId, error }]);
    expect(it.sessions.rows.size).toBe(1);
  });
});

test('a text that is not an address is looked up and counted by its hash, which no account has', async () => {
  const it = world();
  const asked: string[] = [];
  const users: LogInDeps['users'] = {
    get: it.users.get,
    async ownerOf(email) {
      asked.push(email);
      return undefined;
    },
  };
  const fields = { ...RIGHT, email: 'x'.repeat(5_000) };
  await problemOf(logIn({ ...it.deps, users }, requestOf({ fields })));
  const hash = hashSecret(Buffer.from(fields.email));
  expect(asked).toEqual([hash]);
  expect([...it.throttleStore.attempts.keys()]).toEqual([accountCounter(hash)]);
});

test("another system's hash stays when its password is longer than ours could read", async () => {
  const long = 'x'.repeat(73);
  const it = world({ ...ADA, passwordHash: 'a long one' });
  const hasher = { ...it.deps.hasher, verify: async () => true, isOutdated: () => true };
  await logIn({ ...it.deps, hasher }, requestOf({ fields: { ...RIGHT, password: long } }));
  expect(it.users.rows.get(ADA.userId)?.passwordHash).toBe('a long one');
});

describe('a password whose hash was made over its decomposed form', () => {
  const TYPED = 'u\u{308}bercool';
  const NORMALISED = '\u{fc}bercool';
  const fields = { ...RIGHT, password: TYPED };
  const fromElsewhere = { ...ADA, passwordHash: `hash of ${TYPED}` };

  test('is right as it was typed, and has a hash over NFC from then on', async () => {
    const it = world(fromElsewhere);
    expect((await logIn(it.deps, requestOf({ fields }))).profile.userId).toBe(ADA.userId);
    expect(it.users.rows.get(ADA.userId)?.passwordHash).toBe(`hash of ${NORMALISED}`);
    const composed = { ...RIGHT, password: NORMALISED };
    expect((await logIn(it.deps, requestOf({ fields: composed }))).profile.userId).toBe(ADA.userId);
  });

  test.each<[string, string, Parameters<typeof world>]>([
    ['is right over NFC', RIGHT.email, [{ ...ADA, passwordHash: `hash of ${NORMALISED}` }]],
    ['is right as typed', RIGHT.email, [fromElsewhere]],
    ['is wrong', RIGHT.email, [ADA]],
    ['is right, of a disabled account', RIGHT.email, [{ ...fromElsewhere, status: 'disabled' }]],
    ['is of an unknown address', 'eve@example.com', [ADA]],
  ])('costs two hashes when it %s', async (_, email, people) => {
    const { deps, hashed } = watched(world(...people));
    await logIn(deps, requestOf({ fields: { ...fields, email } })).catch(() => undefined);
    expect(hashed.map((given) => (given as unknown[])[0])).toEqual([NORMALISED, TYPED]);
  });

  test('that NFC does not change costs one', async () => {
    const { deps, hashed } = watched(world({ ...ADA, passwordHash: `hash of ${TYPED}` }));
    const composed = { ...RIGHT, password: NORMALISED };
    expect((await problemOf(logIn(deps, requestOf({ fields: composed })))).problem.code).toBe(
      'wrong-credentials',
    );
    expect(hashed).toHaveLength(1);
  });

  test('is wrong where the decomposed form is longer than a hash can read', async () => {
    const typed = TYPED[0]?.concat('\u{308}').repeat(30) ?? ''; // 60 bytes of NFC, 90 as typed
    const it = world({ ...ADA, passwordHash: `hash of ${typed}` });
    const { deps, hashed } = watched(it);
    const long = { ...RIGHT, password: typed };
    expect((await problemOf(logIn(deps, requestOf({ fields: long })))).problem.code).toBe(
      'wrong-credentials',
    );
    expect(hashed).toHaveLength(2);
  });
});

describe('the steps of a log-in', () => {
  const COUNTER = accountCounter(RIGHT.email);
  const failedTwice = {
    failures: 2,
    consecutive: 2,
    pending: [],
    lockedUntil: 0,
    quietAt: NOON + HOUR,
    rememberedUntil: NOON + DAY,
  };

  test.each(['find', 'load', 'open', 'key'])(
    'of which "%s" fails count neither for the account nor for the address',
    async (failing) => {
      const it = world();
      it.throttleStore.attempts.set(COUNTER, { value: failedTwice, version: 'another' });
      const failure = new Error('the table is down');
      const fail = () => Promise.reject(failure);
      const deps: LogInDeps = {
        ...it.deps,
        users: {
          ownerOf: failing === 'find' ? fail : it.deps.users.ownerOf,
          get: failing === 'load' ? fail : it.deps.users.get,
        },
        sessions: failing === 'open' ? { open: fail } : it.deps.sessions,
        signer: failing === 'key' ? { ready: fail } : it.deps.signer,
      };
      await expect(logIn(deps, requestOf())).rejects.toBe(failure);
      const left = it.throttleStore.attempts.get(COUNTER)?.value;
      expect(left?.failures ?? 0).toBe(failing === 'open' ? 0 : 2);
      expect(left?.pending ?? []).toEqual([]);
      expect([...it.throttleStore.requests.values()].map(({ count }) => count)).toEqual([0]);
    },
  );

  test('are taken two by two: the look-ups in parallel with the reservations, the session with giving them back', async () => {
    const it = world();
    it.throttleStore.attempts.set(COUNTER, { value: failedTwice, version: 'another' });
    await logIn(it.deps, requestOf());
    expect(it.calls).toEqual([
      'throttle.increment',
      'users.ownerOf',
      'throttle.compareAndSwapAttempts', // finds the failures
      'users.get',
      'signer.ready',
      'throttle.compareAndSwapAttempts',
      'hasher.startTimer',
      'hasher.verify',
      'signer.ready',
      'hasher.isOutdated',
      'sign',
      'throttle.decrement',
      'throttle.compareAndSwapAttempts',
      'sessions.open',
    ]);
  });

  test('of an address over its limit never take an attempt of the account’s', async () => {
    const it = world();
    const throttle = { ...it.deps.throttle, limits: { ...it.deps.throttle.limits, logins: 0 } };
    const { problem } = await problemOf(logIn({ ...it.deps, throttle }, requestOf()));
    expect(problem.code).toBe('throttled');
    expect(it.throttleStore.attempts.size).toBe(0);
  });
});

describe('the failure that locks an account until a reset', () => {
  const nearly = (email: string) => {
    const it = world();
    const value = {
      failures: 0,
      consecutive: 99,
      pending: [],
      lockedUntil: 0,
      quietAt: 0,
      rememberedUntil: NOON + DAY,
    };
    it.throttleStore.attempts.set(accountCounter(email), { value, version: 'another' });
    const fields = { email, password: 'wrong horse' };
    return { ...it, call: logIn(it.deps, requestOf({ fields, language: 'de' })) };
  };

  test.each([
    ['the owner', RIGHT.email, 'known', ADA.userId],
    ['nobody', 'eve@example.com', 'unknown', expect.any(String)],
  ])('asks for a mail to %s, and answers like any other', async (_, email, kind, userId) => {
    const it = nearly(email);
    expect((await problemOf(it.call)).problem).toEqual({ code: 'wrong-credentials' });
    expect(it.throttleStore.mails).toEqual([
      {
        tagId: expect.any(String),
        kind,
        state: 'requested',
        purpose: 'locked',
        userId,
        language: 'de',
        secretHashes: [],
        requestedAt: NOON,
        expiresAt: NOON + HOUR / 2,
      },
    ]);
  });
});

test('five wrong passwords lock the account, against the right one too', async () => {
  const it = world();
  const wrong = requestOf({ fields: { ...RIGHT, password: 'wrong horse' } });
  for (let failures = 0; failures < 5; failures += 1) await problemOf(logIn(it.deps, wrong));
  expect((await problemOf(logIn(it.deps, requestOf()))).problem).toEqual({
    code: 'throttled',
    retryAfter: 1,
  });
  it.clock.pass(1_000);
  expect((await logIn(it.deps, requestOf())).profile.userId).toBe(ADA.userId);
});

test.each([true, false])(
  'a token that cannot be signed opens no session (refreshes: %s)',
  async (refreshes) => {
    const it = world();
    const failure = new Error('no key');
    const signer = { ready: () => Promise.reject(failure) };
    await expect(logIn({ ...it.deps, signer }, requestOf({ refreshes }))).rejects.toBe(failure);
    expect(it.sessions.rows.size).toBe(0);
  },
);

describe('a right password that was found in a breach', () => {
  function watching(user: User = ADA, breached = true) {
    const it = world(user);
    const told: { mail: MailRequest; since: number }[] = [];
    const asked: string[] = [];
    const failures: unknown[] = [];
    const breaches = {
      isBreached: async (password: string) => asked.push(password) > 0 && breached,
      notify: async (mail: MailRequest, since: number) => void told.push({ mail, since }),
      failed: (_: string, error: unknown) => void failures.push(error),
    };
    return { it, told, asked, failures, breaches, deps: { ...it.deps, breaches } };
  }

  test('lets its owner in, who is mailed about it', async () => {
    const { it, told, asked, deps } = watching();
    await logIn(deps, requestOf({ language: 'de' }));
    expect(it.sessions.only().userId).toBe(ADA.userId);
    expect(asked).toEqual([RIGHT.password]);
    const mail = { userId: ADA.userId, purpose: 'password-breached', language: 'de', kind: 'known' };
    expect(told).toEqual([{ mail: expect.objectContaining(mail), since: 0 }]);
  });

  test('is looked for once for each password', async () => {
    const known = watching({ ...ADA, passwordChangedAt: NOON - 2, breachMailedAt: NOON - 1 });
    await logIn(known.deps, requestOf());
    expect(known.asked).toEqual([]);
    const another = watching({ ...ADA, passwordChangedAt: NOON - 1, breachMailedAt: NOON - 2 });
    await logIn(another.deps, requestOf());
    expect(another.told).toEqual([{ mail: expect.anything(), since: NOON - 1 }]);
  });

  test('tells nobody where it was found in none, or is wrong', async () => {
    const sound = watching(ADA, false);
    await logIn(sound.deps, requestOf());
    expect([sound.asked.length, sound.told]).toEqual([1, []]);
    const wrong = watching();
    await problemOf(logIn(wrong.deps, requestOf({ fields: { ...RIGHT, password: 'wrong' } })));
    expect(wrong.asked).toEqual([]);
  });

  test('does not stop the log-in when the owner cannot be mailed', async () => {
    const { it, failures, breaches } = watching();
    const broken = { ...breaches, notify: () => Promise.reject(new Error('of the test')) };
    await logIn({ ...it.deps, breaches: broken }, requestOf());
    expect(it.sessions.only().userId).toBe(ADA.userId);
    expect(failures).toEqual([new Error('of the test')]);
  });
});

test('a wrong code with the right password takes as long as a wrong password', async () => {
  const it = world({ ...ADA, totp: true });
  const request = requestOf({ takesOtp: true, fields: { ...RIGHT, otp: '000000' } });
  expect((await problemOf(logIn(it.deps, request))).problem).toEqual({ code: 'wrong-credentials' });
  expect(it.calls).toContain('evened out');
});

test('an outdated hash is renewed by the password of an account with a second factor, too', async () => {
  const it = world({ ...ADA, totp: true, passwordHash: 'old hash of correct horse' });
  const asking = logIn(it.deps, requestOf());
  expect((await problemOf(asking)).problem).toMatchObject({ code: 'second-factor-required' });
  expect(it.users.rows.get(ADA.userId)?.passwordHash).toBe('hash of correct horse');
});
