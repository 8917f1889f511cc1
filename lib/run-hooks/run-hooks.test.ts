import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { problemOf } from '../../test/harness/memory/problem-of.ts';
import { type Claims, type Hooks, RESERVED_CLAIMS } from '../core/hooks.ts';
import { log } from '../log.ts';
import { openBeforeSignUp } from './before-sign-up.ts';
import { openClaims } from './claims.ts';
import { openMigration } from './find-legacy.ts';

const ADA = { userId: 'u-1', name: 'Ada Lovelace', email: 'ada@example.com' };
const SESSION = { sessionId: 's-1', acr: 'aal1', amr: ['pwd'] } as const;
const SIGN_UP = { email: 'ada@example.com', name: 'Ada Lovelace', client: { userAgent: 'curl/8' } };
const FLOOR = 60;
const LATE = { code: 'hook-failed', retryAfter: 2 };

let printed: string[];

beforeEach(() => {
  printed = [];
  vi.spyOn(log, 'error').mockImplementation((message, fields) => {
    printed.push(JSON.stringify({ message, ...fields }));
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Whatever a hook without types may do. */
const open = (hooks: object) => ({
  claims: openClaims(hooks),
  beforeSignUp: openBeforeSignUp(hooks),
  migration: openMigration(hooks, { migrationFloor: FLOOR }),
});
const claimsOf = (claims: unknown, onError?: unknown) => open({ claims, onError }).claims?.(ADA, SESSION);
const judged = (beforeSignUp: unknown, onError?: unknown) =>
  open({ beforeSignUp, onError }).beforeSignUp?.(SIGN_UP);
const found = (findLegacy: unknown, onError?: unknown) =>
  open({ findLegacy, onError }).migration?.find({ email: 'ada@example.com', password: 'old password' });

test('the types forbid the claims that are ours, and answers of other types', () => {
  const right: Hooks = {
    claims: ({ user }) => ({ plan: 'pro', of: [user.userId, null] }),
    onError: { claims: 'continue' },
  };
  // @ts-expect-error a claim of ours
  const sub: Claims = () => ({ sub: 'x' });
  // @ts-expect-error roles are given by the operator
  const roles: Claims = async () => ({ plan: 'pro', roles: ['admin'] });
  // @ts-expect-error no JSON
  const date: Claims = () => ({ at: new Date() });
  // @ts-expect-error neither nothing nor a sentence
  const refusal: Hooks['beforeSignUp'] = () => false;
  // @ts-expect-error no such behaviour
  const error: Hooks['onError'] = { claims: 'ignore' };
  expect([right, sub, roles, date, refusal, error]).toHaveLength(6);
});

test('without hooks there is nothing to run', () => {
  expect(open({})).toEqual({ beforeSignUp: undefined, claims: undefined, migration: undefined });
});

describe('claims', () => {
  test('get the user and the session, and are taken as they are', async () => {
    const claims = vi.fn(() => ({ plan: 'pro', seats: [1, { a: null }] }));
    expect(await open({ claims }).claims?.({ ...ADA, roles: ['admin'] }, SESSION)).toEqual({
      plan: 'pro',
      seats: [1, { a: null }],
    });
    expect(claims).toHaveBeenCalledExactlyOnceWith(
      {
        user: { ...ADA, emailVerified: false, roles: ['admin'] },
        session: { sessionId: 's-1', acr: 'aal1', amr: ['pwd'] },
      },
      { signal: expect.any(AbortSignal) },
    );
  });

  test.each([undefined, null])('may be none: %s', async (nothing) => {
    expect(await claimsOf(() => nothing)).toBeUndefined();
    expect(printed).toEqual([]);
  });

  test('may be exactly 2,048 bytes of JSON', async () => {
    const text = 'ä'.repeat((2_048 - '{"a":""}'.length) / 2);
    expect(await claimsOf(async () => ({ a: text }))).toEqual({ a: text });
  });

  test.each<[what: string, claims: unknown]>([
    ['throw', () => Promise.reject(new Error('x'))],
    [
      'throw at once',
      () => {
        throw new Error('x');
      },
    ],
    ['throw no error', () => Promise.reject('x')],
    [
      'throw what refuses in our words',
      () => Promise.reject(Object.assign(new Error('x'), { name: 'ProblemError' })),
    ],
    ['are over 2,048 bytes', () => ({ a: 'ä'.repeat(1_021) })],
    ['are a list', () => []],
    ['are a text', () => 'x'],
    ['are true', () => true],
    ['are a function', () => () => undefined],
    ['are a date', () => new Date()],
    [
      'go round',
      () => {
        const circle: Record<string, unknown> = {};
        circle.self = circle;
        return circle;
      },
    ],
    ['hold what JSON has no form for', () => ({ a: 1n })],
    ...RESERVED_CLAIMS.map((name): [string, unknown] => [`hold ${name}`, () => ({ [name]: 'x' })]),
    ['hold roles without a value', () => ({ roles: undefined })],
    ['hide a reserved name', () => ({ toJSON: () => ({ sub: 'x' }) })],
  ])('refuse when they %s, or are left out', async (_, claims) => {
    expect((await problemOf(claimsOf(claims) as Promise<unknown>)).problem).toEqual(LATE);
    expect((await problemOf(claimsOf(claims, { claims: 'refuse' }) as Promise<unknown>)).problem).toEqual(
      LATE,
    );
    expect(await claimsOf(claims, { claims: 'continue' })).toBeUndefined();
    expect(
      (await problemOf(claimsOf(claims, { findLegacy: 'continue' }) as Promise<unknown>)).problem,
    ).toEqual(LATE);
  });

  test('refuse when they are late by a second, and the signal says so', async () => {
    const signals: AbortSignal[] = [];
    const claims = (_: unknown, { signal }: { signal: AbortSignal }) => {
      signals.push(signal);
      return new Promise(() => undefined);
    };
    const startedAt = performance.now();
    expect((await problemOf(claimsOf(claims) as Promise<unknown>)).problem).toEqual(LATE);
    expect(performance.now() - startedAt).toBeGreaterThan(990);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(signals[0]?.aborted).toBe(true);
  });

  test('what they change is a copy', async () => {
    const user = { ...ADA, roles: ['admin'] };
    await open({
      claims: (about: { user: { roles: string[] }; session: { amr: string[] } }) => {
        about.user.roles.push('root');
        about.session.amr.push('mfa');
      },
    }).claims?.(user, SESSION);
    expect(user.roles).toEqual(['admin']);
    expect(SESSION.amr).toEqual(['pwd']);
  });
});

describe('beforeSignUp', () => {
  test('lets sign up with nothing', async () => {
    const hook = vi.fn();
    await judged(hook);
    expect(hook.mock.calls[0]?.[0]).toEqual(SIGN_UP);
  });

  test('refuses with its sentence', async () => {
    expect((await problemOf(judged(async () => 'Not from here.') as Promise<unknown>)).problem).toEqual({
      code: 'sign-up-refused',
      sentence: 'Not from here.',
    });
  });

  test.each([false, true, 5, {}, ['Not from here.'], '', ' \n', 'x'.repeat(2_047)])(
    'fails when it returns %j',
    async (answer) => {
      expect((await problemOf(judged(() => answer) as Promise<unknown>)).problem).toEqual(LATE);
      await judged(() => answer, { beforeSignUp: 'continue' });
    },
  );
});

describe('findLegacy', () => {
  test('gets the address and the password, and its user is read', async () => {
    const hook = vi.fn(() => ({ name: ' Ada Lovelace ', emailVerified: true, roles: ['a', 'a'], more: 1 }));
    expect(await found(hook)).toEqual({ name: 'Ada Lovelace', emailVerified: true, roles: ['a'] });
    expect(hook.mock.calls[0]).toEqual([
      { email: 'ada@example.com', password: 'old password' },
      { signal: expect.any(AbortSignal) },
    ]);
    expect(await found(() => ({ name: 'Ada', emailVerified: false, roles: null }))).toEqual({
      name: 'Ada',
      emailVerified: false,
    });
  });

  test.each<[unknown]>([
    [true],
    ['Ada'],
    [{}],
    [{ name: '', emailVerified: true }],
    [{ name: 5, emailVerified: true }],
    [{ name: 'Ada', emailVerified: 'true' }],
    [{ name: 'Ada', emailVerified: true, roles: 'admin' }],
    [{ name: 'Ada', emailVerified: true, roles: ['not a role'] }],
  ])('fails when it returns %j', async (answer) => {
    expect((await problemOf(found(() => answer) as Promise<unknown>)).problem).toEqual(LATE);
    expect(await found(() => answer, { findLegacy: 'continue' })).toBeUndefined();
  });

  test('may take as long as the floor, and a failed log-in takes a little longer', async () => {
    const startedAt = performance.now();
    const { migration } = open({ findLegacy: () => new Promise(() => undefined) });
    const heldBack = migration?.startTimer()();
    expect(
      (await problemOf(migration?.find({ email: 'ada@example.com' }) as Promise<unknown>)).problem,
    ).toEqual(LATE);
    const late = performance.now() - startedAt;
    expect(late).toBeGreaterThan(FLOOR - 5);
    expect(late).toBeLessThan(900);
    await heldBack;
    expect(performance.now() - startedAt).toBeGreaterThan(FLOOR + 90);
  });

  test('is late, too, when it computes for too long without a pause', async () => {
    const busy = () => {
      const until = performance.now() + 2 * FLOOR;
      while (performance.now() < until);
      return { name: 'Ada', emailVerified: true };
    };
    expect((await problemOf(found(busy) as Promise<unknown>)).problem).toEqual(LATE);
  });

  test('throws after it was late, and nobody is hurt', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const hook = () => new Promise((_, reject) => setTimeout(() => reject(new Error('x')), 2 * FLOOR));
    await problemOf(found(hook) as Promise<unknown>);
    await new Promise((resolve) => setTimeout(resolve, 2 * FLOOR));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});

describe('what is logged of a failure', () => {
  const SECRET = 'Correct4Horse';

  test('is the hook, what it does then, and where it threw', async () => {
    await problemOf(claimsOf(() => Promise.reject(new TypeError('x'))) as Promise<unknown>);
    expect(printed.map((line) => JSON.parse(line))).toEqual([
      {
        message: 'hook',
        hook: 'claims',
        onError: 'refuse',
        problem: 'it threw',
        failure: { name: 'TypeError', frames: expect.any(Array) },
      },
    ]);
    expect(printed[0]).toContain('run-hooks.test.ts');
  });

  test.each<[what: string, thrown: unknown]>([
    ['its message', new Error(SECRET)],
    ['lines that look like places', new Error(`a\n    at ${SECRET} (x.ts:1:1)`)],
    ['a name of its own', Object.assign(new Error('x'), { name: `${SECRET}` })],
    ['a name of ours', Object.assign(new Error(SECRET), { name: 'ConfigError' })],
    ['a code', Object.assign(new Error('x'), { code: SECRET })],
    ['a cause', new Error('x', { cause: Object.assign(new Error(SECRET), { name: 'ProblemError' }) })],
    ['a text', SECRET],
  ])('is nothing of %s', async (_, thrown) => {
    await problemOf(claimsOf(() => Promise.reject(thrown)) as Promise<unknown>);
    expect(printed).toHaveLength(1);
    expect(printed[0]).not.toContain(SECRET);
  });

  test.each<[what: string, answer: unknown]>([
    ['a refusal', [SECRET]],
    ['a long one', SECRET.repeat(1_000)],
  ])('is nothing of %s that is none', async (_, answer) => {
    await problemOf(judged(() => answer) as Promise<unknown>);
    expect(printed.join()).toMatch(/"problem":"it returned /);
    expect(printed.join()).not.toContain(SECRET);
  });
});
