import { randomUUID } from 'node:crypto';
import type { Clock, User } from './account.ts';
import { type Attempts, isLockedUntilReset, reserveAttempt, settleAttempt } from './login-attempts.ts';
import { accountCounter, type ThrottleStore } from './throttle.ts';

type LockDeps = { store: Pick<ThrottleStore, 'readAttempts' | 'compareAndSwapAttempts'>; clock: Clock };

/** @see lockOf */
export type Lock = { failures: number; lockedUntil: number | 'reset' | undefined };

/**
 * The failed log-ins in a row of an account, and until when they lock it.
 *
 * @returns `lockedUntil` in milliseconds since the epoch; `'reset'` after so many failures that only a reset
 * or an operator ends it; `undefined` when a log-in is possible now
 * @throws ProblemError `unavailable`
 */
export async function lockOf({ store, clock }: LockDeps, { email }: Pick<User, 'email'>): Promise<Lock> {
  const now = clock();
  const attempts = (await store.readAttempts(accountCounter(email)))?.value;
  const reservation = reserveAttempt(attempts, randomUUID(), now);
  // Without stored attempts a place is always free, so that `attempts` is defined in the other case.
  const { consecutive } = reservation.outcome === 'reserved' ? reservation.attempts : (attempts as Attempts);
  const lockedUntil = reservation.outcome === 'locked' ? now + reservation.retryAfter * 1000 : undefined;
  const needsReset = attempts !== undefined && isLockedUntilReset(attempts);
  return { failures: consecutive, lockedUntil: needsReset ? 'reset' : lockedUntil };
}

/**
 * Clears the failed log-ins of an account, as a successful log-in does. Attempts in flight keep their places.
 *
 * @returns false when there was no failure to clear
 * @throws ProblemError `unavailable`
 */
export async function unlockAccount(
  { store, clock }: LockDeps,
  { email }: Pick<User, 'email'>,
): Promise<boolean> {
  const counter = accountCounter(email);
  let seen = await store.readAttempts(counter);
  for (;;) {
    if (seen === undefined || seen.value.consecutive === 0) return false;
    const now = clock();
    const next = settleAttempt(seen.value, randomUUID(), 'succeeded', now);
    const result = await store.compareAndSwapAttempts(counter, seen, next, now);
    if (result.swapped) return true;
    seen = result.latest;
  }
}
