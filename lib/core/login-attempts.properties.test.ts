import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NOON } from '../../test/harness/memory/clock.ts';
import { type Attempts, reserveAttempt, settleAttempt, type Verdict } from './login-attempts.ts';

const QUIET_MS = 15 * 60 * 1000;
const SLOT_MS = 40_000;

/** One step of any number of functions that check passwords of one account at once. */
type Step =
  | { do: 'begin' }
  | { do: 'finish'; which: number; verdict: Verdict }
  | { do: 'crash'; which: number }
  | { do: 'wait'; ms: number }
  | { do: 'wait for the lock' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Step>({ do: 'begin' }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('finish' as const),
      which: fc.nat(),
      verdict: fc.oneof(
        { weight: 12, arbitrary: fc.constant<Verdict>('failed') },
        { weight: 1, arbitrary: fc.constantFrom<Verdict>('succeeded', 'abandoned') },
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), which: fc.nat() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.oneof(fc.constantFrom(1, 999, SLOT_MS, QUIET_MS - 1, QUIET_MS), fc.nat({ max: 60_000 })),
    }),
  },
  { weight: 3, arbitrary: fc.constant<Step>({ do: 'wait for the lock' }) },
);

test('whatever the interleaving, five failures lock, a lock holds, and no more are checked than may fail', () => {
  const locksSeen = new Set<number>();
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100, size: 'max' }), (steps) => {
      let now = NOON;
      let stored: Attempts | undefined;
      // What the model remembers: the checks that run, and the failures since the last success, all and those since
      // the last quiet spell.
      let running: { attemptId: string; until: number }[] = [];
      let crashed: number[] = [];
      let failures = 0;
      let inARow = 0;
      let lockedUntil = 0;

      for (const action of steps) {
        if (failures > 0 && inARow < 100 && now - lockedUntil >= QUIET_MS) failures = 0;
        if (action.do === 'wait' || action.do === 'wait for the lock') {
          now = action.do === 'wait' ? now + action.ms : Math.max(now, lockedUntil);
          // No function runs longer than a slot: what still runs by then has crashed.
          running = running.filter(({ until }) => until > now);
          crashed = crashed.filter((until) => until > now);
        } else if (action.do === 'begin') {
          const attemptId = randomUUID();
          const reservation = reserveAttempt(stored, attemptId, now);
          // Nobody is kept waiting but by checks that run, or that crashed.
          if (reservation.outcome === 'busy') expect(running.length + crashed.length).toBeGreaterThan(0);
          if (now < lockedUntil || inARow >= 100) expect(reservation.outcome).toBe('locked');
          if (reservation.outcome === 'locked') {
            expect(Math.max(failures, inARow - 95)).toBeGreaterThanOrEqual(5);
            const left = inARow >= 100 ? 900 : Math.ceil((lockedUntil - now) / 1000);
            expect(reservation.retryAfter).toBe(left);
          }
          if (reservation.outcome === 'reserved') {
            stored = reservation.attempts;
            running.push({ attemptId, until: now + SLOT_MS });
          }
          // The heart of it: those that failed and those that may yet.
          expect(failures + running.length).toBeLessThanOrEqual(Math.max(5, failures + 1));
          expect(inARow + running.length).toBeLessThanOrEqual(100);
        } else if (running.length > 0) {
          const index = action.which % running.length;
          const [check] = running.splice(index, 1);
          if (check === undefined) continue;
          if (action.do === 'crash') {
            crashed.push(check.until);
            continue;
          }
          stored = settleAttempt(stored, check.attemptId, action.verdict, now);
          if (action.verdict === 'succeeded') failures = inARow = lockedUntil = 0;
          if (action.verdict === 'failed') {
            failures += 1;
            inARow += 1;
            lockedUntil = failures < 5 ? now : now + Math.min(2 ** (failures - 5), 900) * 1000;
            locksSeen.add(failures);
            if (failures >= 5) expect(running).toEqual([]);
          }
          expect(stored?.failures ?? 0).toBeGreaterThanOrEqual(0);
          const remembered = new Set(stored?.pending.map((it) => it.attemptId));
          expect(remembered.isSupersetOf(new Set(running.map((it) => it.attemptId)))).toBe(true);
        }
      }
    }),
    { numRuns: 500 },
  );
  // The property means something only if the steps reach locks.
  expect([...locksSeen]).toEqual(expect.arrayContaining([5, 6, 7, 8, 9, 10]));
});
