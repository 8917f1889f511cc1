export const FREE_FAILURES = 5;
const FAILURES_UNTIL_RESET = 100;
const LONGEST_LOCK_SECONDS = 15 * 60;
const QUIET_MS = 15 * 60 * 1000;
/** Longer than any function may run, so that only the attempt of a crashed one is given up on. */
const ATTEMPT_MS = 40 * 1000;
/** The same where it is tight: the ten seconds that serverless.yml gives a function, and one for clocks. */
const SILENT_ATTEMPT_MS = 11 * 1000;

/** What is remembered of the attempts to log in to one account, known or unknown. Times are milliseconds since the epoch. */
export type Attempts = {
  /** Consecutive failures. */
  failures: number;
  /** Those whose password is being checked now. */
  pending: readonly PendingAttempt[];
  lockedUntil: number;
  /** When the failures are forgotten, unless another one happens. */
  quietAt: number;
};

/** An attempt in flight, named by the session that it opens if it succeeds. */
export type PendingAttempt = {
  sessionId: string;
  /** When it may be given up on. */
  until: number;
  /**
   * It began when there was no failure to clear, as nearly all do. Its success is written nowhere but in that session: its
   * place is free when the session is there, or when it expires.
   */
  silent?: true;
};

export type Reservation =
  | { outcome: 'reserved'; attempts: Attempts }
  /** Every allowed attempt is being checked right now; one of them may yet turn out to be right, or silently has. */
  | { outcome: 'busy'; silent: readonly string[] }
  | { outcome: 'locked'; retryAfter: number };

export type Verdict = 'succeeded' | 'failed' | 'abandoned';

const NO_ATTEMPTS: Attempts = { failures: 0, pending: [], lockedUntil: 0, quietAt: 0 };

/**
 * The attempt to make of an account of which no failure is known: the store takes it by one write, without having read
 * anything, if there is none and fewer than `FREE_FAILURES` are in flight.
 *
 * @param now milliseconds since the epoch
 */
export function silentAttempt(sessionId: string, now: number): PendingAttempt {
  return { sessionId, until: now + SILENT_ATTEMPT_MS, silent: true };
}

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
  const pending = attempts.pending.filter(({ until }) => until > now);
  if (pending.length >= Math.max(1, FREE_FAILURES - attempts.failures)) {
    return { outcome: 'busy', silent: pending.filter(({ silent }) => silent).map((it) => it.sessionId) };
  }
  const mine = { sessionId, until: now + ATTEMPT_MS };
  return { outcome: 'reserved', attempts: { ...attempts, pending: [...pending, mine] } };
}

/** The same without the attempts of these sessions, which turned out to have succeeded. */
export function withoutPending(attempts: Attempts, sessionIds: readonly string[]): Attempts {
  return {
    ...attempts,
    pending: attempts.pending.filter(({ sessionId }) => !sessionIds.includes(sessionId)),
  };
}

/**
 * Gives a reserved attempt back with its outcome.
 *
 * @returns `undefined` when nothing is left to remember
 */
export function settleAttempt(
  stored: Attempts | undefined,
  sessionId: string,
  verdict: Verdict,
  now: number,
): Attempts | undefined {
  const attempts = withoutPending(stored ?? NO_ATTEMPTS, [sessionId]);
  const { pending } = attempts;
  if (verdict === 'failed') return failOnce(forgetQuiet(attempts, now), now);
  if (verdict === 'succeeded') return pending.length > 0 ? { ...NO_ATTEMPTS, pending } : undefined;
  return pending.length > 0 || attempts.failures > 0 ? attempts : undefined;
}

/** When the store may forget the attempts, in milliseconds since the epoch; `undefined`: never, a reset must do it. */
export function attemptsExpireAt(attempts: Attempts): number | undefined {
  if (attempts.failures >= FAILURES_UNTIL_RESET) return undefined;
  return Math.max(attempts.quietAt, attempts.lockedUntil, ...attempts.pending.map(({ until }) => until));
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
