const FREE_FAILURES = 5;
const FAILURES_UNTIL_RESET = 100;
const LONGEST_LOCK_SECONDS = 15 * 60;
const QUIET_MS = 15 * 60 * 1000;
/** Longer than any function may run, so that only the attempt of a crashed one is given up on. */
const ATTEMPT_MS = 40 * 1000;
/** The same where it is tight: the ten seconds that serverless.yml gives a function, and one for clocks. */
const LONE_ATTEMPT_MS = 11 * 1000;

/** What is remembered of the attempts to log in to one account, known or unknown. Times are milliseconds since the epoch. */
export type Attempts = {
  /** Consecutive failures. */
  failures: number;
  /** Attempts whose password is being checked now: when each of them may be given up on. */
  pending: readonly number[];
  /** One of them whose success is told by nothing but the session it opens; see `Reservation`. */
  lone?: { slot: number; sessionId: string };
  lockedUntil: number;
  /** When the failures are forgotten, unless another one happens. */
  quietAt: number;
};

export type Reservation =
  /**
   * `alone`: nothing else is remembered of the account, as for nearly every log-in. Its success has nothing to clear but
   * its own slot and so is not written down: the slot expires, or whoever needs its place looks for the session.
   */
  | { outcome: 'reserved'; attempts: Attempts; slot: number; alone: boolean }
  /** Every allowed attempt is being checked right now; one of them may yet turn out to be right. `sessionId` tells it of the lone one. */
  | { outcome: 'busy'; sessionId?: string }
  | { outcome: 'locked'; retryAfter: number };

export type Verdict = 'succeeded' | 'failed' | 'abandoned';

const NO_ATTEMPTS: Attempts = { failures: 0, pending: [], lockedUntil: 0, quietAt: 0 };

/**
 * Takes one of the attempts that the account has left, before any hash is computed: however many passwords arrive at
 * once, no more of them are checked than may fail. Attempts in flight do not lock, so right log-ins never count.
 *
 * @param sessionId of the session that the attempt opens if it succeeds
 * @param now milliseconds since the epoch
 * @see OWASP ASVS 5.0 6.3.1; NIST SP 800-63B-4 section 3.2.2
 */
export function reserveAttempt(stored: Attempts | undefined, sessionId: string, now: number): Reservation {
  const attempts = stored ? forgetQuiet(stored, now) : NO_ATTEMPTS;
  if (attempts.failures >= FAILURES_UNTIL_RESET)
    return { outcome: 'locked', retryAfter: LONGEST_LOCK_SECONDS };
  if (attempts.lockedUntil > now) {
    return { outcome: 'locked', retryAfter: Math.ceil((attempts.lockedUntil - now) / 1000) };
  }
  const pending = attempts.pending.filter((until) => until > now);
  if (pending.length >= Math.max(1, FREE_FAILURES - attempts.failures)) {
    const { lone } = attempts;
    return lone && pending.includes(lone.slot)
      ? { outcome: 'busy', sessionId: lone.sessionId }
      : { outcome: 'busy' };
  }
  if (attempts.failures > 0 || pending.length > 0) {
    const slot = now + ATTEMPT_MS;
    return {
      outcome: 'reserved',
      slot,
      alone: false,
      attempts: { ...attempts, pending: [...pending, slot] },
    };
  }
  const slot = now + LONE_ATTEMPT_MS;
  const lone = { slot, sessionId };
  return { outcome: 'reserved', slot, alone: true, attempts: { ...NO_ATTEMPTS, pending: [slot], lone } };
}

/** The same without the lone attempt, which turned out to have succeeded. */
export function withoutLone({ lone, ...attempts }: Attempts): Attempts {
  return { ...attempts, pending: attempts.pending.filter((slot) => slot !== lone?.slot) };
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
  const { lone, ...attempts } = stored ?? NO_ATTEMPTS;
  const mine = attempts.pending.indexOf(slot);
  const pending = attempts.pending.filter((_, index) => index !== mine);
  const others = lone !== undefined && pending.includes(lone.slot) ? { pending, lone } : { pending };
  if (verdict === 'failed') return { ...failOnce(forgetQuiet(attempts, now), now), ...others };
  if (verdict === 'succeeded') return pending.length > 0 ? { ...NO_ATTEMPTS, ...others } : undefined;
  return pending.length > 0 || attempts.failures > 0 ? { ...attempts, ...others } : undefined;
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
  if (!quiet) return attempts;
  const { pending, lone } = attempts;
  return { ...NO_ATTEMPTS, pending, ...(lone && { lone }) };
}
