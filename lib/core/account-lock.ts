import { randomUUID } from 'node:crypto';
import type { Clock, User } from './account.ts';
import { reserveAttempt, settleAttempt } from './login-attempts.ts';
import { accountCounter, type ThrottleStore } from './throttle.ts';

type LockDeps = { store: Pick<ThrottleStore, 'readAttempts' | 'swapAttempts'>; clock: Clock };

/** @see lockOf */
export type Lock = { failures: number; lockedUntil: number | undefined };

/**
 * The failed log-ins that count against an account, and until when they lock it.
 *
 * @returns `lockedUntil` in milliseconds since the epoch; `undefined` when a log-in is possible now
 * @throws ProblemError `unavailable`
 */
export async function lockOf({ store, clock }: LockDeps, { email }: Pick<User, 'email'>): Promise<Lock> {
  const now = clock();
  const attempts = (await store.readAttempts(accountCounter(email)))?.value;
  const reservation = reserveAttempt(attempts, randomUUID(), now);
  const failures = reservation.outcome === 'reserved' ? reservation.attempts.failures : attempts?.failures;
  const lockedUntil = reservation.outcome === 'locked' ? now + reservation.retryAfter * 1000 : undefined;
  return { failures: failures ?? 0, lockedUntil };
}

/**
 * Forgets the failed log-ins of an account, as a successful one does. Attempts in flight keep their places.
 *
 * @returns false when there was no failure to forget
 * @throws ProblemError `unavailable`
 */
export async function unlockAccount(
  { store, clock }: LockDeps,
  { email }: Pick<User, 'email'>,
): Promise<boolean> {
  const counter = accountCounter(email);
  let seen = await store.readAttempts(counter);
  for (;;) {
    if (seen === undefined || seen.value.failures === 0) return false;
    const now = clock();
    const next = settleAttempt(seen.value, randomUUID(), 'succeeded', now);
    const result = await store.swapAttempts(counter, seen, next, now);
    if (result.swapped) return true;
    seen = result.latest;
  }
}
