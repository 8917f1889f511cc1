import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { NOON } from '../../test/harness/memory/clock.ts';
import {
  type Attempts,
  attemptsExpireAt,
  beginsLock,
  PASSWORD_ATTEMPTS,
  reserveAttempt,
  settleAttempt,
} from './login-attempts.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

/** An account with this many failures in a row, the last just now, and no lock in force. */
function failed(failures: number): Attempts {
  return {
    failures,
    consecutive: failures,
    pending: [],
    lockedUntil: 0,
    quietAt: NOON + 15 * MINUTE,
    rememberedUntil: NOON + 30 * DAY,
  };
}

const MINE = '55555555-5555-4555-8555-555555555555';
const reserve = (stored: Attempts | undefined, now: number, attemptId: string = randomUUID()) =>
  reserveAttempt(stored, attemptId, now);

/** An attempt of somebody else that may be given up on at this time. */
const until = (time: number) => ({ attemptId: `until ${time}`, until: time });

function reserved(stored: Attempts | undefined, now: number, attemptId: string = randomUUID()) {
  const reservation = reserve(stored, now, attemptId);
  if (reservation.outcome !== 'reserved') throw new Error(`the attempt was ${reservation.outcome}`);
  return { attempts: reservation.attempts, attemptId };
}

/** One more failure, at a moment when the account may be tried. */
function failAgain(stored: Attempts | undefined, now: number): Attempts | undefined {
  const { attempts, attemptId } = reserved(stored, now);
  return settleAttempt(attempts, attemptId, 'failed', now);
}

describe('the lock', () => {
  test.each([
    { nth: 1, seconds: 0 },
    { nth: 2, seconds: 0 },
    { nth: 3, seconds: 0 },
    { nth: 4, seconds: 0 },
    { nth: 5, seconds: 1 },
    { nth: 6, seconds: 2 },
    { nth: 7, seconds: 4 },
    { nth: 8, seconds: 8 },
    { nth: 14, seconds: 512 },
    { nth: 15, seconds: 900 },
    { nth: 16, seconds: 900 },
    { nth: 99, seconds: 900 },
    { nth: 100, seconds: 900 },
  ])('failure number $nth locks the account for $seconds s', ({ nth, seconds }) => {
    expect(failAgain(nth === 1 ? undefined : failed(nth - 1), NOON)).toEqual({
      failures: nth,
      consecutive: nth,
      pending: [],
      lockedUntil: NOON + seconds * 1000,
      quietAt: NOON + seconds * 1000 + 15 * MINUTE,
      rememberedUntil: NOON + 30 * DAY,
    });
  });

  test('five failures in a row, one after the other, are checked; the sixth attempt is refused', () => {
    let attempts: Attempts | undefined;
    for (let nth = 1; nth <= 5; nth += 1) attempts = failAgain(attempts, NOON);
    expect(reserve(attempts, NOON)).toEqual({ outcome: 'locked', retryAfter: 1 });
  });

  test('holds until its last millisecond and no longer', () => {
    const attempts = { ...failed(6), lockedUntil: NOON + 2_000 };
    expect(reserve(attempts, NOON + 1_999)).toEqual({ outcome: 'locked', retryAfter: 1 });
    expect(reserve(attempts, NOON + 2_000).outcome).toBe('reserved');
  });

  test('names the seconds left, rounded up, so that coming back then succeeds', () => {
    const attempts = { ...failed(9), lockedUntil: NOON + 16_000 };
    expect(reserve(attempts, NOON)).toEqual({ outcome: 'locked', retryAfter: 16 });
    expect(reserve(attempts, NOON + 1)).toEqual({ outcome: 'locked', retryAfter: 16 });
    expect(reserve(attempts, NOON + 1_000)).toEqual({ outcome: 'locked', retryAfter: 15 });
  });

  test('after a hundred failures holds until a reset, however long one waits', () => {
    const attempts = { ...failed(100), lockedUntil: NOON + 15 * MINUTE };
    for (const now of [NOON, NOON + 15 * MINUTE, NOON + 365 * 86_400_000]) {
      expect(reserve(attempts, now)).toEqual({ outcome: 'locked', retryAfter: 900 });
    }
  });

  test('after ninety-nine failures still opens', () => {
    expect(reserve(failed(99), NOON).outcome).toBe('reserved');
  });
});

describe('fifteen quiet minutes', () => {
  test('forgive the failures that drive the lock, and none of the row', () => {
    expect(reserved(failed(4), NOON + 15 * MINUTE, MINE).attempts).toEqual({
      failures: 0,
      consecutive: 4,
      pending: [{ attemptId: MINE, until: NOON + 15 * MINUTE + 40_000 }],
      lockedUntil: 0,
      quietAt: 0,
      rememberedUntil: NOON + 30 * DAY,
    });
  });

  test('are not over a millisecond earlier', () => {
    expect(reserved(failed(4), NOON + 15 * MINUTE - 1).attempts.failures).toBe(4);
  });

  test('begin when the lock ends', () => {
    const attempts = failAgain(failed(14), NOON);
    expect(attempts).toMatchObject({ failures: 15, lockedUntil: NOON + 15 * MINUTE });
    const afterTheLock = failAgain(attempts, NOON + 15 * MINUTE);
    expect(afterTheLock).toMatchObject({ failures: 16, consecutive: 16, lockedUntil: NOON + 30 * MINUTE });
    expect(reserved(attempts, NOON + 30 * MINUTE - 1).attempts.failures).toBe(15);
    expect(reserved(attempts, NOON + 30 * MINUTE).attempts).toMatchObject({ failures: 0, consecutive: 15 });
  });

  test('begin again at every failure', () => {
    expect(failAgain(failed(2), NOON + 10 * MINUTE)?.quietAt).toBe(NOON + 25 * MINUTE);
  });

  test('that end while a password is checked make its failure the first for the lock', () => {
    const { attempts, attemptId } = reserved(failed(4), NOON + 15 * MINUTE - 1);
    expect(settleAttempt(attempts, attemptId, 'failed', NOON + 15 * MINUTE)).toEqual({
      failures: 1,
      consecutive: 5,
      pending: [],
      lockedUntil: NOON + 15 * MINUTE,
      quietAt: NOON + 30 * MINUTE,
      rememberedUntil: NOON + 15 * MINUTE + 30 * DAY,
    });
  });

  test('keep the attempts that are being checked', () => {
    const other = until(NOON + 15 * MINUTE + 20_000);
    const { attempts, attemptId } = reserved({ ...failed(4), pending: [other] }, NOON + 15 * MINUTE);
    expect(attempts.pending.map((it) => it.attemptId)).toEqual([other.attemptId, attemptId]);
  });
});

describe('attempts at once', () => {
  test('are as many as may fail, and no more', () => {
    let attempts: Attempts | undefined;
    for (let nth = 1; nth <= 5; nth += 1) attempts = reserved(attempts, NOON).attempts;
    expect(attempts?.pending).toHaveLength(5);
    expect(reserve(attempts, NOON)).toEqual({ outcome: 'busy' });
  });

  test.each([
    { failures: 1, allowed: 4 },
    { failures: 4, allowed: 1 },
    { failures: 5, allowed: 1 },
    { failures: 20, allowed: 1 },
  ])('after $failures failures are at most $allowed', ({ failures, allowed }) => {
    let attempts: Attempts = failed(failures);
    for (let nth = 1; nth <= allowed; nth += 1) attempts = reserved(attempts, NOON).attempts;
    expect(reserve(attempts, NOON).outcome).toBe('busy');
  });

  test('that all fail lock the account once', () => {
    const attemptIds = [];
    let attempts: Attempts | undefined;
    for (let nth = 1; nth <= 5; nth += 1) {
      const reservation = reserved(attempts, NOON + nth);
      attemptIds.push(reservation.attemptId);
      attempts = reservation.attempts;
    }
    for (const attemptId of attemptIds) attempts = settleAttempt(attempts, attemptId, 'failed', NOON + 300);
    expect(attempts).toEqual({
      failures: 5,
      consecutive: 5,
      pending: [],
      lockedUntil: NOON + 1_300,
      quietAt: NOON + 1_300 + 15 * MINUTE,
      rememberedUntil: NOON + 300 + 30 * DAY,
    });
  });

  test('of a function that crashed are given up after forty seconds', () => {
    const { attempts } = reserved(failed(4), NOON);
    expect(reserve(attempts, NOON + 39_999).outcome).toBe('busy');
    expect(reserved(attempts, NOON + 40_000, MINE).attempts.pending).toEqual([
      { attemptId: MINE, until: NOON + 80_000 },
    ]);
  });

  test('reserved in the same millisecond are settled one at a time', () => {
    const first = reserved(failed(1), NOON);
    const second = reserved(first.attempts, NOON);
    expect(settleAttempt(second.attempts, second.attemptId, 'failed', NOON)).toMatchObject({
      failures: 2,
      pending: [{ attemptId: first.attemptId }],
    });
  });
});

describe('the row of failures', () => {
  const quiet = (consecutive: number): Attempts => ({ ...failed(0), consecutive, quietAt: 0 });

  test('has no more attempts at once than are left of the hundred', () => {
    let attempts: Attempts = quiet(98);
    for (let nth = 1; nth <= 2; nth += 1) attempts = reserved(attempts, NOON).attempts;
    expect(reserve(attempts, NOON)).toEqual({ outcome: 'busy' });
  });

  test('locks until a reset at the hundredth, however few of them drove the lock', () => {
    const attempts = failAgain(quiet(99), NOON);
    expect(attempts).toMatchObject({ failures: 1, consecutive: 100, lockedUntil: NOON });
    for (const now of [NOON, NOON + DAY, NOON + 31 * DAY, NOON + 365 * DAY])
      expect(reserve(attempts, now)).toEqual({ outcome: 'locked', retryAfter: 900 });
  });

  test('begins a lock with the fifth failure and the hundredth, and with no other', () => {
    const begins = Array.from({ length: 101 }, (_, index) => index + 1).filter((nth) =>
      beginsLock({ ...quiet(nth), failures: nth }, PASSWORD_ATTEMPTS),
    );
    expect(begins).toEqual([5, 100]);
    expect(beginsLock(failAgain(quiet(99), NOON) as Attempts, PASSWORD_ATTEMPTS)).toBe(true);
  });

  test('is forgotten thirty days after its last failure', () => {
    expect(reserved(failed(99), NOON + 30 * DAY - 1).attempts.consecutive).toBe(99);
    expect(reserved(failed(99), NOON + 30 * DAY).attempts).toMatchObject({ failures: 0, consecutive: 0 });
    expect(failAgain(failed(50), NOON + 29 * DAY)?.rememberedUntil).toBe(NOON + 59 * DAY);
  });

  test('ends with a right password', () => {
    const { attempts, attemptId } = reserved(quiet(99), NOON);
    expect(settleAttempt(attempts, attemptId, 'succeeded', NOON)).toBeUndefined();
  });
});

describe('a verdict', () => {
  const other = until(NOON + 35_000);
  const mine = { attemptId: MINE, until: NOON + 40_000 };

  test('of success forgets the failures, and the row with them', () => {
    expect(settleAttempt({ ...failed(4), pending: [mine] }, MINE, 'succeeded', NOON)).toBeUndefined();
  });

  test('of success keeps what others have reserved, and the lock is gone', () => {
    const attempts = { ...failed(4), pending: [other, mine], lockedUntil: NOON + 1, quietAt: NOON + 2 };
    expect(settleAttempt(attempts, MINE, 'succeeded', NOON)).toEqual({
      failures: 0,
      consecutive: 0,
      pending: [other],
      lockedUntil: 0,
      quietAt: 0,
      rememberedUntil: 0,
    });
  });

  test('of failure keeps what others have reserved', () => {
    const attempts = { ...failed(1), pending: [other, mine] };
    expect(settleAttempt(attempts, MINE, 'failed', NOON)).toMatchObject({ failures: 2, pending: [other] });
  });

  test('of failure counts although the row was removed meanwhile', () => {
    expect(settleAttempt(undefined, MINE, 'failed', NOON)).toEqual({
      failures: 1,
      consecutive: 1,
      pending: [],
      lockedUntil: NOON,
      quietAt: NOON + 15 * MINUTE,
      rememberedUntil: NOON + 30 * DAY,
    });
  });

  test('of failure counts although the attempt was given up, and takes nobody else’s', () => {
    const attempts = { ...failed(1), pending: [other] };
    expect(settleAttempt(attempts, MINE, 'failed', NOON)).toMatchObject({ failures: 2, pending: [other] });
  });

  test('takes an attempt away that a lost answer made twice', () => {
    const attempts = { ...failed(1), pending: [mine, other, mine] };
    expect(settleAttempt(attempts, MINE, 'failed', NOON)).toMatchObject({ failures: 2, pending: [other] });
  });

  test('of none, as the check threw, leaves the failures as they were', () => {
    const attempts = { ...failed(3), lockedUntil: NOON + 1, pending: [mine] };
    expect(settleAttempt(attempts, MINE, 'abandoned', NOON)).toEqual({ ...attempts, pending: [] });
  });

  test('of none keeps what others have reserved', () => {
    const attempts = { ...failed(0), pending: [other, mine] };
    expect(settleAttempt(attempts, MINE, 'abandoned', NOON)).toEqual({ ...attempts, pending: [other] });
  });

  test('of none leaves nothing behind where nothing was', () => {
    const { attempts, attemptId } = reserved(undefined, NOON);
    expect(settleAttempt(attempts, attemptId, 'abandoned', NOON)).toBeUndefined();
    expect(settleAttempt(undefined, attemptId, 'abandoned', NOON)).toBeUndefined();
  });
});

describe('what is stored', () => {
  test('may be forgotten when the failures and the attempts in flight are all over', () => {
    const stored = { ...failed(5), rememberedUntil: NOON + 1 };
    expect(attemptsExpireAt(stored)).toBe(NOON + 1);
    expect(attemptsExpireAt({ ...stored, pending: [until(NOON), until(NOON + 4)] })).toBe(NOON + 4);
    expect(attemptsExpireAt({ ...stored, rememberedUntil: 0, pending: [until(NOON + 3)] })).toBe(NOON + 3);
  });

  test('outlives every lock and quiet time', () => {
    for (let nth = 0; nth < 99; nth += 1) {
      const attempts = failAgain(failed(nth), NOON) as Attempts;
      expect(attemptsExpireAt(attempts) ?? Number.POSITIVE_INFINITY).toBeGreaterThan(attempts.quietAt);
    }
  });

  test('of a hundred failures is never forgotten by itself', () => {
    expect(attemptsExpireAt(failed(99))).toBe(NOON + 30 * DAY);
    expect(attemptsExpireAt(failed(100))).toBeUndefined();
  });
});
