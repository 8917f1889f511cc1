import type { Clock } from '../../../lib/core/account.ts';

/** Thursday, 15 January 2026, 12:00:00 UTC: when every test of the core begins. */
export const NOON = Date.UTC(2026, 0, 15, 12);

/** A clock that stands still until a test advances it. */
export type FrozenClock = Clock & { pass(milliseconds: number): void; set(time: number): void };

export function frozenClock(time = NOON): FrozenClock {
  let now = time;
  return Object.assign(() => now, {
    pass(milliseconds: number) {
      now += milliseconds;
    },
    set(to: number) {
      now = to;
    },
  });
}
