import { describe, expect, test } from 'vitest';
import {
  type Attempts,
  attemptsExpireAt,
  reserveAttempt,
  settleAttempt,
  withoutLone,
} from '../../lib/core/login-attempts.ts';
import { NOON } from './memory/clock.ts';

const MINUTE = 60_000;

/** An account with this many failures, the last just now, and no lock in force. */
function failed(failures: number): Attempts {
  return { failures, pending: [], lockedUntil: 0, quietAt: NOON + 15 * MINUTE };
}

const SESSION_ID = '55555555-5555-4555-8555-555555555555';
const reserve = (stored: Attempts | undefined, now: number) => reserveAttempt(stored, SESSION_ID, now);

function reserved(stored: Attempts | undefined, now: number) {
  const reservation = reserve(stored, now);
  if (reservation.outcome !== 'reserved') throw new Error(`the attempt was ${reservation.outcome}`);
  return reservation;
}

/** One more failure, at a moment when the account may be tried. */
function failAgain(stored: Attempts | undefined, now: number): Attempts | undefined {
  const { attempts, slot } = reserved(stored, now);
  return settleAttempt(attempts, slot, 'failed', now);
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
      pending: [],
      lockedUntil: NOON + seconds * 1000,
      quietAt: NOON + 15 * MINUTE,
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
  test('forget the failures', () => {
    const attempts = failed(4);
    expect(reserved(attempts, NOON + 15 * MINUTE).attempts).toMatchObject({
      failures: 0,
      pending: [NOON + 15 * MINUTE + 11_000],
      lockedUntil: 0,
      quietAt: 0,
    });
  });

  test('are not over a millisecond earlier', () => {
    expect(reserved(failed(4), NOON + 15 * MINUTE - 1).attempts.failures).toBe(4);
  });

  test('begin again at every failure', () => {
    expect(failAgain(failed(2), NOON + 10 * MINUTE)?.quietAt).toBe(NOON + 25 * MINUTE);
  });

  test('that end while a password is checked make its failure the first', () => {
    const { attempts, slot } = reserved(failed(4), NOON + 15 * MINUTE - 1);
    expect(settleAttempt(attempts, slot, 'failed', NOON + 15 * MINUTE)).toEqual({
      failures: 1,
      pending: [],
      lockedUntil: NOON + 15 * MINUTE,
      quietAt: NOON + 30 * MINUTE,
    });
  });

  test('keep the one that was alone', () => {
    const lone = { slot: NOON + 15 * MINUTE + 5_000, sessionId: 'another' };
    const stored = { ...failed(4), pending: [lone.slot], lone };
    expect(reserved(stored, NOON + 15 * MINUTE).attempts).toMatchObject({ failures: 0, lone });
  });

  test('keep the attempts that are being checked', () => {
    const slot = NOON + 15 * MINUTE + 20_000;
    const attempts = { ...failed(4), pending: [slot] };
    expect(reserved(attempts, NOON + 15 * MINUTE).attempts.pending).toEqual([
      slot,
      NOON + 15 * MINUTE + 40_000,
    ]);
  });
});

describe('attempts at once', () => {
  test('are as many as may fail, and no more', () => {
    let attempts: Attempts | undefined;
    for (let nth = 1; nth <= 5; nth += 1) attempts = reserved(attempts, NOON).attempts;
    expect(attempts?.pending).toHaveLength(5);
    expect(reserve(attempts, NOON).outcome).toBe('busy');
  });

  test.each([
    { failures: 1, allowed: 4 },
    { failures: 4, allowed: 1 },
    { failures: 5, allowed: 1 },
    { failures: 20, allowed: 1 },
  ])('after $failures failures are at most $allowed', ({ failures, allowed }) => {
    let attempts: Attempts = failed(failures);
    for (let nth = 1; nth <= allowed; nth += 1) attempts = reserved(attempts, NOON).attempts;
    expect(reserve(attempts, NOON)).toEqual({ outcome: 'busy' });
  });

  test('that all fail lock the account once', () => {
    const reservations = [];
    let attempts: Attempts | undefined;
    for (let nth = 1; nth <= 5; nth += 1) {
      const reservation = reserved(attempts, NOON + nth);
      reservations.push(reservation);
      attempts = reservation.attempts;
    }
    for (const { slot } of reservations) attempts = settleAttempt(attempts, slot, 'failed', NOON + 300);
    expect(attempts).toEqual({
      failures: 5,
      pending: [],
      lockedUntil: NOON + 1_300,
      quietAt: NOON + 300 + 15 * MINUTE,
    });
  });

  test('of a function that crashed are given up after forty seconds', () => {
    const { attempts } = reserved(failed(4), NOON);
    expect(reserve(attempts, NOON + 39_999)).toEqual({ outcome: 'busy' });
    expect(reserved(attempts, NOON + 40_000).attempts.pending).toEqual([NOON + 80_000]);
  });

  test('reserved in the same millisecond are settled one at a time', () => {
    const first = reserved(failed(1), NOON);
    const second = reserved(first.attempts, NOON);
    expect(second.slot).toBe(first.slot);
    expect(settleAttempt(second.attempts, second.slot, 'failed', NOON)).toMatchObject({
      failures: 2,
      pending: [first.slot],
    });
  });
});

describe('an attempt', () => {
  test('is alone where nothing is remembered, or nothing any more; its slot ends with the function', () => {
    const over = { ...failed(4), pending: [NOON + 15 * MINUTE] };
    for (const [stored, now] of [
      [undefined, NOON],
      [over, NOON + 15 * MINUTE],
    ] as const) {
      const { alone, slot } = reserved(stored, now);
      expect({ alone, slot }).toEqual({ alone: true, slot: now + 11_000 });
    }
  });

  test('that was alone names its session to who finds no place, for as long as it takes one', () => {
    const alone = reserved(undefined, NOON).attempts;
    let full = alone;
    for (let nth = 2; nth <= 5; nth += 1) full = reserved(full, NOON).attempts;
    expect(reserve(full, NOON)).toEqual({ outcome: 'busy', sessionId: SESSION_ID });
    expect(withoutLone(full)).toEqual({ ...full, lone: undefined, pending: full.pending.slice(1) });
    expect(reserve(withoutLone(full), NOON).outcome).toBe('reserved');
    // Its slot expires, and another takes its place: it is nobody's business any more.
    const later = reserved(full, NOON + 11_000).attempts;
    expect(reserve(later, NOON + 11_000)).toEqual({ outcome: 'busy' });
  });

  test.each(['failed', 'succeeded', 'abandoned'] as const)(
    'that was alone is remembered while another one %s, until it is settled itself',
    (verdict) => {
      const alone = reserved(undefined, NOON);
      const other = reserved(alone.attempts, NOON);
      const settled = settleAttempt(other.attempts, other.slot, verdict, NOON);
      expect(settled).toMatchObject({
        pending: [alone.slot],
        lone: { slot: alone.slot, sessionId: SESSION_ID },
      });
      expect(settleAttempt(other.attempts, alone.slot, verdict, NOON)).not.toHaveProperty('lone');
      expect(settleAttempt(alone.attempts, alone.slot, 'failed', NOON)).not.toHaveProperty('lone');
    },
  );

  test.each([
    ['a failure', failed(1)],
    ['another attempt', { ...failed(0), pending: [NOON + 1] }],
  ])('is not alone beside %s', (_, stored) => {
    const { alone, slot } = reserved(stored, NOON);
    expect({ alone, slot }).toEqual({ alone: false, slot: NOON + 40_000 });
  });
});

describe('a verdict', () => {
  const other = NOON + 35_000;
  const mine = NOON + 40_000;

  test('of success forgets the failures, and the row with them', () => {
    expect(settleAttempt({ ...failed(4), pending: [mine] }, mine, 'succeeded', NOON)).toBeUndefined();
  });

  test('of success keeps what others have reserved, and the lock is gone', () => {
    const attempts = { failures: 4, pending: [other, mine], lockedUntil: NOON + 1, quietAt: NOON + 2 };
    expect(settleAttempt(attempts, mine, 'succeeded', NOON)).toEqual({
      failures: 0,
      pending: [other],
      lockedUntil: 0,
      quietAt: 0,
    });
  });

  test('of failure keeps what others have reserved', () => {
    const attempts = { ...failed(1), pending: [other, mine] };
    expect(settleAttempt(attempts, mine, 'failed', NOON)).toMatchObject({ failures: 2, pending: [other] });
  });

  test('of failure counts although the row was removed meanwhile', () => {
    expect(settleAttempt(undefined, mine, 'failed', NOON)).toEqual({
      failures: 1,
      pending: [],
      lockedUntil: NOON,
      quietAt: NOON + 15 * MINUTE,
    });
  });

  test('of failure counts although the attempt was given up, and takes nobody else’s', () => {
    const attempts = { ...failed(1), pending: [other] };
    expect(settleAttempt(attempts, mine, 'failed', NOON)).toMatchObject({ failures: 2, pending: [other] });
  });

  test('of none, as the check threw, leaves the failures as they were', () => {
    const attempts = { ...failed(3), lockedUntil: NOON + 1, pending: [mine] };
    expect(settleAttempt(attempts, mine, 'abandoned', NOON)).toEqual({ ...attempts, pending: [] });
  });

  test('of none keeps what others have reserved', () => {
    const attempts = failed(2);
    expect(settleAttempt({ ...attempts, pending: [other, mine] }, mine, 'abandoned', NOON)).toEqual({
      ...attempts,
      pending: [other],
    });
  });

  test('of none leaves nothing behind where nothing was', () => {
    const { attempts, slot } = reserved(undefined, NOON);
    expect(settleAttempt(attempts, slot, 'abandoned', NOON)).toBeUndefined();
    expect(settleAttempt(undefined, slot, 'abandoned', NOON)).toBeUndefined();
  });
});

describe('the row', () => {
  test('may be forgotten when the failures, the lock and the attempts in flight are all over', () => {
    const row = { failures: 5, pending: [], lockedUntil: NOON + 1, quietAt: NOON };
    expect(attemptsExpireAt(row)).toBe(NOON + 1);
    expect(attemptsExpireAt({ ...row, quietAt: NOON + 2 })).toBe(NOON + 2);
    expect(attemptsExpireAt({ ...row, pending: [NOON + 3, NOON + 4] })).toBe(NOON + 4);
  });

  test('of a hundred failures is never forgotten by itself', () => {
    expect(attemptsExpireAt(failed(99))).toBe(NOON + 15 * MINUTE);
    expect(attemptsExpireAt(failed(100))).toBeUndefined();
  });
});
