import { describe, expect, test } from 'vitest';
import { lockOf, unlockAccount } from '../../lib/core/account-lock.ts';
import {
  allowMail,
  deleteAccount,
  disableAccount,
  enableAccount,
  endEverybodysSessions,
  endSessions,
  findUser,
  RowsDisagree,
} from '../../lib/core/administer-account.ts';
import { accountCounter } from '../../lib/core/throttle.ts';
import { unavailable } from '../../lib/unavailable.ts';
import { memoryAdministration, memoryTombstones } from '../../test/harness/memory/administration.ts';
import { ADA } from '../../test/harness/memory/users.ts';
import { world } from '../../test/harness/memory/world.ts';

const BOB = { ...ADA, userId: '22222222-2222-4222-8222-222222222222', email: 'bob@example.com' };
const UNKNOWN = { problem: { code: 'unknown-user' } };

function operator(...people: Parameters<typeof world>) {
  const { users, clock, throttleStore } = world(...people);
  const tombstones = memoryTombstones();
  const pauses: number[] = [];
  const pause = async (ms: number) => void pauses.push(ms);
  const accounts = memoryAdministration(users, tombstones);
  return { users, clock, store: throttleStore, tombstones, accounts, pause, pauses };
}

describe('a user', () => {
  test.each([ADA.userId, ADA.userId.toUpperCase(), ADA.email, ' ADA@example.COM '])(
    'is found by %j',
    async (given) => {
      expect(await findUser(operator().users, given)).toEqual(ADA);
    },
  );

  test.each(['', ' ', 'ada', 'ada@', 'bob@example.com', BOB.userId])('is not found by %j', async (given) => {
    await expect(findUser(operator().users, given)).rejects.toMatchObject(UNKNOWN);
  });

  test('whose claim on the address is there and whose account is not, is not found', async () => {
    const { users } = operator();
    await expect(findUser({ ...users, ownerOf: async () => BOB.userId }, BOB.email)).rejects.toMatchObject(
      UNKNOWN,
    );
  });
});

test.each([disableAccount, enableAccount, allowMail, endSessions])(
  '%o refuses an account that is gone',
  async (act) => {
    await expect(Promise.resolve(act(operator().accounts, BOB.userId, 'operator'))).rejects.toMatchObject(
      UNKNOWN,
    );
  },
);

test('the result says whether anything has changed', async () => {
  const { accounts } = operator({ ...ADA, mailRefused: 'bounced' });
  for (const act of [disableAccount, enableAccount, allowMail]) {
    expect(await act(accounts, ADA.userId, 'operator')).toBe(true);
    expect(await act(accounts, ADA.userId, 'operator')).toBe(false);
  }
});

describe('the sessions of everybody', () => {
  test('end although single accounts collide for a while or go, and the others are not kept waiting for ever', async () => {
    const { users, accounts, pause, pauses } = operator(ADA, BOB);
    let failures = 3;
    const endSessions = async (userId: string) => {
      if (userId === ADA.userId && failures-- > 0) throw unavailable('a collision');
      return userId === BOB.userId ? false : accounts.endSessions(userId);
    };
    const told: number[] = [];
    const done = await endEverybodysSessions({ accounts: { ...accounts, endSessions }, pause }, (count) =>
      told.push(count),
    );
    expect([done, told, pauses.length]).toEqual([1, [1], 3]);
    expect(users.rows.get(ADA.userId)?.credentialVersion).toBe(ADA.credentialVersion + 1);
  });

  test.each([
    ['an outage that lasts', unavailable('down'), 7],
    ['a mistake of ours', new Error('a mistake'), 0],
  ])('do not end in %s', async (_, error, pauses) => {
    const it = operator();
    const endSessions = () => Promise.reject(error);
    await expect(endEverybodysSessions({ ...it, accounts: { ...it.accounts, endSessions } })).rejects.toBe(
      error,
    );
    expect(it.pauses).toHaveLength(pauses);
  });
});

describe('a deletion', () => {
  test('leaves a tombstone for 400 days, which is not a plain hash', async () => {
    const { users, clock, tombstones, accounts } = operator();
    await deleteAccount({ accounts, tombstones, clock }, ADA, 'operator');
    expect(users.rows.size).toBe(0);
    const [tombstone] = tombstones.rows.values();
    expect(tombstone).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{64}$/),
      deletedAt: clock(),
      expiresAt: clock() + 400 * 86_400_000,
    });
  });

  test('of rows that do not belong together is refused', async () => {
    const { clock, tombstones, accounts } = operator();
    const wrong = { ...ADA, email: BOB.email };
    await expect(deleteAccount({ accounts, tombstones, clock }, wrong, 'operator')).rejects.toBeInstanceOf(
      RowsDisagree,
    );
    expect(tombstones.rows.size).toBe(0);
  });
});

describe('the lock of an account', () => {
  async function failed(failures: number, lockedFor: number) {
    const it = operator();
    const until = it.clock() + lockedFor;
    const attempts = {
      failures: Math.min(failures, 20),
      consecutive: failures,
      pending: [],
      lockedUntil: until,
      quietAt: until + 900_000,
      rememberedUntil: until + 86_400_000,
    };
    await it.store.compareAndSwapAttempts(accountCounter(ADA.email), undefined, attempts, it.clock());
    return it;
  }

  test('is seen while it lasts, and lifted', async () => {
    const it = await failed(9, 60_000);
    expect(await lockOf(it, ADA)).toEqual({ failures: 9, lockedUntil: it.clock() + 60_000 });
    expect(await unlockAccount(it, ADA)).toBe(true);
    expect(await lockOf(it, ADA)).toEqual({ failures: 0, lockedUntil: undefined });
    expect(await unlockAccount(it, ADA)).toBe(false);
  });

  test('is not there where failures are remembered that do not lock', async () => {
    const it = await failed(3, 0);
    expect(await lockOf(it, ADA)).toEqual({ failures: 3, lockedUntil: undefined });
    expect(await unlockAccount(it, ADA)).toBe(true);
  });

  test('until a reset is seen as such, and lifted', async () => {
    const it = await failed(100, 0);
    expect(await lockOf(it, ADA)).toEqual({ failures: 100, lockedUntil: 'reset' });
    expect(await unlockAccount(it, ADA)).toBe(true);
    expect(await lockOf(it, ADA)).toEqual({ failures: 0, lockedUntil: undefined });
  });

  test('that a quiet time has forgiven leaves a row of failures, which can be forgotten too', async () => {
    const it = await failed(9, -3_600_000);
    expect(await lockOf(it, ADA)).toEqual({ failures: 9, lockedUntil: undefined });
    expect(await unlockAccount(it, ADA)).toBe(true);
    expect(await unlockAccount(it, ADA)).toBe(false);
  });

  test('is lifted although another log-in changes the counter meanwhile', async () => {
    const it = await failed(9, 60_000);
    const counter = accountCounter(ADA.email);
    it.store.interference.push(() => {
      const stored = it.store.attempts.get(counter);
      if (stored)
        it.store.attempts.set(counter, { value: { ...stored.value, failures: 10 }, version: 'another' });
    });
    expect(await unlockAccount(it, ADA)).toBe(true);
    expect(it.store.attempts.get(counter)).toBeUndefined();
  });

  test('is none while every attempt is in flight', async () => {
    const it = operator();
    const pending = Array.from({ length: 5 }, (_, nth) => ({
      attemptId: `${nth}`,
      until: it.clock() + 9_000,
    }));
    const busy = {
      failures: 0,
      consecutive: 0,
      pending,
      lockedUntil: 0,
      quietAt: 0,
      rememberedUntil: 0,
    };
    await it.store.compareAndSwapAttempts(accountCounter(ADA.email), undefined, busy, it.clock());
    expect(await lockOf(it, ADA)).toEqual({ failures: 0, lockedUntil: undefined });
  });
});
