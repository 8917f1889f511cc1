import { describe, expect, test } from 'vitest';
import { NOON } from '../../test/harness/memory/clock.ts';
import { problemOf } from '../../test/harness/memory/problem-of.ts';
import { world } from '../../test/harness/memory/world.ts';
import { type SignUpRequest, signUp } from './sign-up.ts';

const HOUR = 3_600_000;
const FIELDS = { name: ' Grace Hopper ', email: 'GRACE@example.com', password: 'nanosecond' };

function requestOf(changes: Partial<SignUpRequest> = {}): SignUpRequest {
  return { fields: FIELDS, confirmed: false, opensSession: false, client: '192.0.2.1', ...changes };
}

describe('a sign-up', () => {
  test('stores the account in normal form, with the password hashed', async () => {
    const it = world();
    const { profile } = await signUp(it.deps, requestOf());
    expect(it.users.rows.get(profile.userId)).toEqual({
      userId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      email: 'grace@example.com',
      name: 'Grace Hopper',
      bio: null,
      passwordHash: 'hash of nanosecond',
      status: 'active',
      credentialVersion: 1,
      createdAt: NOON,
    });
  });

  test('answers with the profile, and opens no session where none is asked for', async () => {
    const it = world();
    const answer = await signUp(it.deps, requestOf({ fields: { ...FIELDS, bio: 'COBOL' } }));
    expect(answer).toEqual({
      profile: {
        userId: expect.any(String),
        name: 'Grace Hopper',
        email: 'grace@example.com',
        bio: 'COBOL',
      },
    });
    expect(answer).not.toHaveProperty('accessToken');
    expect(it.sessions.rows.size).toBe(0);
    expect(it.calls).toEqual(['throttle.increment', 'hasher.hash', 'accounts.create']);
  });

  test('that opens a session answers with its token, signed before the one write', async () => {
    const it = world();
    const { profile, accessToken } = await signUp(it.deps, requestOf({ opensSession: true }));
    const session = it.sessions.only();
    expect(session).toEqual({
      amr: ['pwd'],
      acr: 'aal1',
      authTime: NOON,
      userId: profile.userId,
      sessionId: expect.any(String),
      credentialVersion: 1,
      createdAt: NOON,
      lastUsedAt: NOON,
      idleExpiresAt: NOON + HOUR,
      absoluteExpiresAt: NOON + HOUR,
    });
    expect(await it.deps.verifier.verify(accessToken?.token ?? '', NOON)).toEqual({
      userId: profile.userId,
      sessionId: session.sessionId,
      ...{ amr: ['pwd'], acr: 'aal1', authTime: NOON },
    });
    expect(it.calls.slice(0, 6)).toEqual([
      'throttle.increment',
      'signer.ready',
      'hasher.hash',
      'signer.ready', // from memory
      'sign',
      'accounts.create',
    ]);
  });

  test('whose token cannot be signed leaves no account', async () => {
    const it = world();
    const failure = new Error('no key');
    const signer = { ready: () => Promise.reject(failure) };
    await expect(signUp({ ...it.deps, signer }, requestOf({ opensSession: true }))).rejects.toBe(failure);
    expect(it.users.rows.size).toBe(1);
  });

  test('takes the time at which the account begins after the hash, which is slow', async () => {
    const it = world();
    const hasher = {
      async hash() {
        it.clock.pass(300);
        return 'hash';
      },
    };
    const { profile } = await signUp({ ...it.deps, hasher }, requestOf({ opensSession: true }));
    expect(it.users.rows.get(profile.userId)?.createdAt).toBe(NOON + 300);
    expect(it.sessions.only().createdAt).toBe(NOON + 300);
  });

  test('with an address that has an owner is refused, however it is written', async () => {
    const it = world();
    const fields = { ...FIELDS, email: ' ADA@Example.com ' };
    const refused = signUp(it.deps, requestOf({ fields, opensSession: true }));
    expect((await problemOf(refused)).problem).toEqual({ code: 'email-taken' });
    expect(it.users.rows.size).toBe(1);
    expect(it.sessions.rows.size).toBe(0);
  });

  test('with wrong fields gets all of them, and counts nowhere', async () => {
    const it = world();
    const fields = { name: '', email: 'grace', password: 'short' };
    expect((await problemOf(signUp(it.deps, requestOf({ fields })))).problem).toEqual({
      code: 'invalid-fields',
      fields: [
        { field: 'name', reason: 'name-length' },
        { field: 'email', reason: 'invalid-email' },
        { field: 'password', reason: 'password-too-short', minimum: 8 },
      ],
    });
    expect(it.calls).toEqual([]);
  });

  test('beyond the limit of the address is refused before anything is hashed', async () => {
    const it = world();
    for (const email of ['one@example.com', 'two@example.com']) {
      await signUp(it.deps, requestOf({ fields: { ...FIELDS, email } }));
    }
    it.calls.length = 0;
    expect((await problemOf(signUp(it.deps, requestOf()))).problem).toEqual({
      code: 'throttled',
      retryAfter: 300,
    });
    expect(it.calls).toEqual(['throttle.increment']);
    await signUp(it.deps, requestOf({ client: '192.0.2.2' }));
  });
});

describe('a sign-up that has to confirm its password', () => {
  test('does so with the same password', async () => {
    const it = world();
    const fields = { ...FIELDS, confirm: 'nanosecond' };
    const { profile } = await signUp(it.deps, requestOf({ fields, confirmed: true }));
    expect(it.users.rows.get(profile.userId)?.passwordHash).toBe('hash of nanosecond');
  });

  test.each([
    ['another', 'nanoseconds', 'confirm-differs'],
    ['none', undefined, 'required'],
    ['what is no text', 7, 'not-text'],
  ])('does not with %s', async (_, confirm, reason) => {
    const it = world();
    const request = requestOf({ fields: { ...FIELDS, confirm }, confirmed: true });
    expect((await problemOf(signUp(it.deps, request))).problem).toEqual({
      code: 'invalid-fields',
      fields: [{ field: 'confirm', reason }],
    });
    expect(it.users.rows.size).toBe(1);
  });

  test('does not with another spelling of the same characters', async () => {
    const fields = { ...FIELDS, password: 'u\u{308}bercool', confirm: '\u{fc}bercool' };
    const { problem } = await problemOf(signUp(world().deps, requestOf({ fields, confirmed: true })));
    expect(problem).toEqual({
      code: 'invalid-fields',
      fields: [{ field: 'confirm', reason: 'confirm-differs' }],
    });
  });

  test.each([
    ['required', undefined],
    ['not-text', 7],
  ])('and has none that can be confirmed (%s) is told only that', async (reason, password) => {
    const fields = { ...FIELDS, password, confirm: 'nanosecond' };
    const { problem } = await problemOf(signUp(world().deps, requestOf({ fields, confirmed: true })));
    expect(problem).toEqual({ code: 'invalid-fields', fields: [{ field: 'password', reason }] });
  });

  test('is reported together with the other wrong fields', async () => {
    const fields = { ...FIELDS, email: 'grace', password: 'short', confirm: 'shirt' };
    const { problem } = await problemOf(signUp(world().deps, requestOf({ fields, confirmed: true })));
    expect(problem).toEqual({
      code: 'invalid-fields',
      fields: [
        { field: 'email', reason: 'invalid-email' },
        { field: 'password', reason: 'password-too-short', minimum: 8 },
        { field: 'confirm', reason: 'confirm-differs' },
      ],
    });
  });

  test('gets the minimum with the refusal of a password that is too short', async () => {
    const fields = { ...FIELDS, password: 'short', confirm: 'short' };
    const { problem } = await problemOf(signUp(world().deps, requestOf({ fields, confirmed: true })));
    expect(problem).toEqual({
      code: 'invalid-fields',
      fields: [{ field: 'password', reason: 'password-too-short', minimum: 8 }],
    });
  });
});

test('a sign-up that need not confirm its password is not asked to', async () => {
  const it = world();
  await signUp(it.deps, requestOf({ fields: { ...FIELDS, confirm: 'something else' } }));
  expect(it.users.rows.size).toBe(2);
});

describe('a breached password', () => {
  const policyOf = (breached: boolean, asked: string[]) => ({
    minimum: 8,
    isBreached: async (password: string) => asked.push(password) > 0 && breached,
  });

  test('is refused before anything is hashed, and after the address was counted', async () => {
    const it = world();
    const asked: string[] = [];
    const deps = { ...it.deps, passwordPolicy: policyOf(true, asked) };
    expect((await problemOf(signUp(deps, requestOf()))).problem).toEqual({
      code: 'invalid-fields',
      fields: [{ field: 'password', reason: 'password-breached' }],
    });
    expect(asked).toEqual(['nanosecond']);
    expect(it.calls).toEqual(['throttle.increment']);
  });

  test('is not asked for where another rule refuses the request', async () => {
    const it = world();
    const asked: string[] = [];
    const deps = { ...it.deps, passwordPolicy: policyOf(false, asked) };
    await problemOf(signUp(deps, requestOf({ fields: { ...FIELDS, email: 'none' } })));
    expect(asked).toEqual([]);
    await signUp(deps, requestOf());
    expect(asked).toEqual(['nanosecond']);
  });
});
