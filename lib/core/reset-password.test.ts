import { describe, expect, test } from 'vitest';
import { NOON } from '../../test/harness/memory/clock.ts';
import { problemOf } from '../../test/harness/memory/problem-of.ts';
import { ADA } from '../../test/harness/memory/users.ts';
import { type World, world } from '../../test/harness/memory/world.ts';
import type { MailRequest } from './mail-request.ts';
import { hashSecret, newSecret, writeResetTag } from './opaque-token.ts';
import { resetPassword } from './reset-password.ts';
import { accountCounter } from './throttle.ts';

const TAG_ID = '33333333-3333-4333-8333-333333333333';
const FIELDS = { password: 'a new battery' };
const SECRET = newSecret();
const TAG = writeResetTag({ tagId: TAG_ID, secret: SECRET });

const REQUEST: MailRequest = {
  tagId: TAG_ID,
  kind: 'known',
  state: 'mailed',
  userId: ADA.userId,
  credentialVersion: ADA.credentialVersion,
  requestedAt: NOON,
  secretHashes: [hashSecret(SECRET)],
  expiresAt: NOON + 1_000,
};

/** A world in which Ada was mailed a tag. */
function mailed(changes: Partial<MailRequest> = {}): World {
  const it = world();
  it.mailRequests.rows.set(TAG_ID, { ...REQUEST, ...changes });
  return it;
}

const reset = (it: World, tag: string | undefined = TAG, fields: object = FIELDS) =>
  resetPassword(it.deps, { tag, fields });

describe('a reset', () => {
  test('sets the password, raises the version that ends every session, and uses the tag up', async () => {
    const it = mailed();
    await reset(it);
    expect(it.users.rows.get(ADA.userId)).toEqual({
      ...ADA,
      passwordHash: 'hash of a new battery',
      credentialVersion: 4,
      passwordChangedAt: NOON,
      emailVerified: true,
    });
    expect(it.mailRequests.rows.get(TAG_ID)?.state).toBe('used');
    expect(it.calls).toEqual(['mailRequests.get', 'users.get', 'hasher.hash', 'accounts.reset']);
  });

  test('tells the one write everything that it changes', async () => {
    const it = mailed();
    const resets: unknown[] = [];
    const accounts = {
      async reset(given: unknown) {
        resets.push(given);
        return true;
      },
    };
    await resetPassword({ ...it.deps, accounts }, { tag: TAG, fields: FIELDS });
    expect(resets).toEqual([
      {
        tagId: TAG_ID,
        userId: ADA.userId,
        credentialVersion: 3,
        now: NOON,
        passwordHash: 'hash of a new battery',
        attemptsCounter: accountCounter(ADA.email),
        provesAddress: true,
      },
    ]);
  });

  test('opens an account that was locked', async () => {
    const it = mailed();
    const value = {
      failures: 100,
      consecutive: 100,
      pending: [],
      lockedUntil: 0,
      quietAt: NOON,
      rememberedUntil: NOON,
    };
    it.throttleStore.attempts.set(accountCounter(ADA.email), { value, version: 'any' });
    await reset(it);
    expect(it.throttleStore.attempts.size).toBe(0);
  });

  test('hashes the password in NFC', async () => {
    const it = mailed();
    await reset(it, TAG, { password: 'u\u{308}bercool' });
    expect(it.users.rows.get(ADA.userId)?.passwordHash).toBe('hash of \u{fc}bercool');
  });

  test('works to the last millisecond of the tag', async () => {
    const it = mailed();
    it.clock.pass(999);
    await reset(it);
  });

  test.each([0, 1, 2])('takes the secret of mail %i where several may have arrived', async (nth) => {
    const secretHashes = [newSecret(), newSecret(), newSecret()].map(hashSecret);
    secretHashes[nth] = hashSecret(SECRET);
    await reset(mailed({ secretHashes }));
  });

  test('works before the request is marked as mailed: the mail may be faster than the mark', async () => {
    await reset(mailed({ state: 'requested' }));
  });
});

describe('a tag is refused', () => {
  test.each([
    ['there is none', undefined],
    ['it is empty', ''],
  ])('when %s', async (_, tag) => {
    const it = mailed();
    expect((await problemOf(resetPassword(it.deps, { tag, fields: FIELDS }))).problem).toEqual({
      code: 'missing-tag',
    });
    expect(it.calls).toEqual([]);
  });

  test.each([
    ['is no tag', 'not a tag', 'not a tag'],
    ['is the tag of the answer, not of the mail', TAG_ID, 'not a tag'],
    ['has another secret', writeResetTag({ tagId: TAG_ID, secret: newSecret() }), 'no such tag'],
    [
      'names another request',
      writeResetTag({ tagId: '44444444-4444-4444-8444-444444444444', secret: SECRET }),
      'no such tag',
    ],
  ])('that %s, before anything is hashed', async (_, tag, message) => {
    const it = mailed();
    expect(await problemOf(reset(it, tag))).toEqual({ problem: { code: 'wrong-tag' }, message });
    expect(it.calls).not.toContain('hasher.hash');
    expect(it.users.rows.get(ADA.userId)).toEqual(ADA);
  });

  test('that was used', async () => {
    const it = mailed();
    await reset(it);
    expect(await problemOf(reset(it))).toEqual({ problem: { code: 'wrong-tag' }, message: 'used' });
    expect(it.users.rows.get(ADA.userId)?.credentialVersion).toBe(4);
  });

  test('that no mail was sent for', async () => {
    expect((await problemOf(reset(mailed({ secretHashes: [] })))).message).toBe('no such tag');
  });

  test('that an earlier reset answered', async () => {
    expect(await problemOf(reset(mailed({ credentialVersion: 2 })))).toEqual({
      problem: { code: 'wrong-tag' },
      message: 'superseded',
    });
  });

  test('of a disabled account', async () => {
    const it = mailed();
    it.users.rows.set(ADA.userId, { ...ADA, status: 'disabled' });
    expect((await problemOf(reset(it))).message).toBe('superseded');
  });

  test('of an account that is gone', async () => {
    const it = mailed();
    it.users.rows.clear();
    expect((await problemOf(reset(it))).problem).toEqual({ code: 'unknown-user' });
  });

  test('that has expired, to the millisecond, before the password is judged', async () => {
    const it = mailed();
    it.clock.pass(1_000);
    expect((await problemOf(reset(it, TAG, {}))).problem).toEqual({ code: 'expired-tag' });
  });

  test('that another reset overtook while the password was hashed', async () => {
    const it = mailed();
    const hasher = {
      async hash() {
        it.users.rows.set(ADA.userId, { ...ADA, credentialVersion: 4 });
        return 'hash';
      },
    };
    const late = resetPassword({ ...it.deps, hasher }, { tag: TAG, fields: FIELDS });
    expect(await problemOf(late)).toEqual({
      problem: { code: 'wrong-tag' },
      message: 'another reset came first',
    });
    expect(it.users.rows.get(ADA.userId)?.passwordHash).toBe(ADA.passwordHash);
  });

  test('by all but one of those who use it at once', async () => {
    const it = mailed();
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => reset(it)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(it.users.rows.get(ADA.userId)?.credentialVersion).toBe(4);
  });
});

describe('a password that is refused leaves the tag usable:', () => {
  test.each([
    ['one that is too short', { password: 'short' }, { reason: 'password-too-short', minimum: 8 }],
    ['one that is too long', { password: 'x'.repeat(73) }, { reason: 'password-too-long' }],
    ['one that is missing', {}, { reason: 'required' }],
  ])('%s', async (_, fields, fault) => {
    const it = mailed();
    expect((await problemOf(reset(it, TAG, fields))).problem).toEqual({
      code: 'invalid-fields',
      fields: [{ field: 'password', ...fault }],
    });
    await reset(it);
  });
});

test('a breached password is refused and leaves the tag usable; so is one of the own name', async () => {
  const it = mailed();
  const fields = { password: 'a new password' };
  const breached = { ...it.deps, passwordPolicy: { minimum: 8, isBreached: async () => true } };
  expect((await problemOf(resetPassword(breached, { tag: TAG, fields }))).problem).toEqual({
    code: 'invalid-fields',
    fields: [{ field: 'password', reason: 'password-breached' }],
  });
  const common = { ...it.deps, passwordPolicy: { minimum: 8, isCommon: () => false } };
  const own = { password: 'Lovelace1815' };
  expect((await problemOf(resetPassword(common, { tag: TAG, fields: own }))).problem).toEqual({
    code: 'invalid-fields',
    fields: [{ field: 'password', reason: 'password-common' }],
  });
  await reset(it);
});
