const FREE_FAILURES = 5;
const FAILURES_UNTIL_RESET = 100;
const LONGEST_LOCK_SECONDS = 15 * 60;
const QUIET_MS = 15 * 60 * 1000;
/** Longer than any function may run, so that only the attempt of a crashed one is given up on. */
const ATTEMPT_MS = 40 * 1000;

/** What is remembered of the attempts to log in to one account, known or unknown. Times are milliseconds since the epoch. */
export type Attempts = {
  /** Consecutive failures. */
  failures: number;
  /** Attempts whose password is being checked now: when each of them may be given up on. */
  pending: readonly number[];
  lockedUntil: number;
  /** When the failures are forgotten, unless another one happens. */
  quietAt: number;
};

export type Reservation =
  | { outcome: 'reserved'; attempts: Attempts; slot: number }
  /** Every allowed attempt is being checked right now; one of them may yet turn out to be right. */
  | { outcome: 'busy' }
  | { outcome: 'locked'; retryAfter: number };

export type Verdict = 'succeeded' | 'failed' | 'abandoned';

const NO_ATTEMPTS: Attempts = { failures: 0, pending: [], lockedUntil: 0, quietAt: 0 };

/**
 * Takes one of the attempts that the account has left, before any hash is computed: however many passwords arrive at
 * once, no more of them are checked than may fail. Attempts in flight do not lock, so right log-ins never count.
 *
 * @param now milliseconds since the epoch
 * @see OWASP ASVS 5.0 6.3.1; NIST SP 800-63B-4 section 3.2.2
 */
export function reserveAttempt(stored: Attempts | undefined, now: number): Reservation {
  const attempts = stored ? forgetQuiet(stored, now) : NO_ATTEMPTS;
  if (attempts.failures >= FAILURES_UNTIL_RESET)
    return { outcome: 'locked', retryAfter: LONGEST_LOCK_SECONDS };
  if (attempts.lockedUntil > now) {
    return { outcome: 'locked', retryAfter: Math.ceil((attempts.lockedUntil - now) / 1000) };
  }
  const pending = attempts.pending.filter((until) => until > now);
  if (pending.length >= Math.max(1, FREE_FAILURES - attempts.failures)) return { outcome: 'busy' };
  const slot = now + ATTEMPT_MS;
  return { outcome: 'reserved', slot, attempts: { ...attempts, pending: [...pending, slot] } };
}

/**
 * Gives a reserved attempt back with its outcome.
 *
 * @param slot as `reserveAttempt` returned it
 * @returns `undefined` when nothing is left to remember
 */
export function settleAttempt(
  stored: Attempts | undefined,
  slot: number,
  verdict: Verdict,
  now: number,
): Attempts | undefined {
  const attempts = stored ?? NO_ATTEMPTS;
  const mine = attempts.pending.indexOf(slot);
  const pending = attempts.pending.filter((_, index) => index !== mine);
  if (verdict === 'failed') return { ...failOnce(forgetQuiet(attempts, now), now), pending };
  if (verdict === 'succeeded') return pending.length > 0 ? { ...NO_ATTEMPTS, pending } : undefined;
  return pending.length > 0 || attempts.failures > 0 ? { ...attempts, pending } : undefined;
}

/** When the store may forget the attempts, in milliseconds since the epoch; `undefined`: never, a reset must do it. */
export function attemptsExpireAt(attempts: Attempts): number | undefined {
  if (attempts.failures >= FAILURES_UNTIL_RESET) return undefined;
  return Math.max(attempts.quietAt, attempts.lockedUntil, ...attempts.pending);
}

function failOnce(attempts: Attempts, now: number): Attempts {
  const failures = attempts.failures + 1;
  const seconds =
    failures < FREE_FAILURES ? 0 : Math.min(2 ** (failures - FREE_FAILURES), LONGEST_LOCK_SECONDS);
  return { ...attempts, failures, lockedUntil: now + seconds * 1000, quietAt: now + QUIET_MS };
}

function forgetQuiet(attempts: Attempts, now: number): Attempts {
  const quiet = attempts.failures < FAILURES_UNTIL_RESET && attempts.quietAt <= now;
  return quiet ? { ...NO_ATTEMPTS, pending: attempts.pending } : attempts;
}
