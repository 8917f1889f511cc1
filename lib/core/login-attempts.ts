const FREE_FAILURES = 5;
const MAX_LOCK_SECONDS = 15 * 60;
const CONSECUTIVE_MS = 30 * 24 * 60 * 60 * 1000;

/** What differs between attempts to guess a password and those to guess a code. */
export type AttemptRules = {
  /** How many failures in a row lock until a reset. */
  untilReset: number;
  /** After how much quiet the failures that drive the lock are forgiven. */
  quietMs: number;
};

export const PASSWORD_ATTEMPTS: AttemptRules = { untilReset: 100, quietMs: 15 * 60 * 1000 };

/**
 * Whoever tries codes has the password already, so that no stranger can lock anybody: nothing is forgiven before a right
 * code. A million codes, three of them right, at one in a quarter of an hour: a hundred days for a chance of three in a
 * hundred. A reset of the password gives no code back, so that no number of failures waits for one.
 */
export const CODE_ATTEMPTS: AttemptRules = {
  untilReset: Number.POSITIVE_INFINITY,
  quietMs: CONSECUTIVE_MS,
};
/** Longer than any function may run, so that only the attempt of a crashed one is given up on. */
const ATTEMPT_MS = 40 * 1000;

/** What is remembered of the attempts to log in to one account, known or unknown. Times are milliseconds since the epoch. */
export type Attempts = {
  /** Failures that drive the lock. A quiet time, which begins when the lock ends, forgives them. */
  failures: number;
  /**
   * Failures in a row. Waiting doesn't shorten the row, or whoever waits out every lock could guess for ever: only a
   * right log-in, a reset, or thirty days without a failure end it.
   */
  consecutive: number;
  /** Those whose password is being checked now. */
  pending: readonly PendingAttempt[];
  lockedUntil: number;
  /** When `failures` are forgiven, unless another one happens. */
  quietAt: number;
  /** When `consecutive` is forgotten, unless another failure happens. */
  rememberedUntil: number;
};

/** An attempt in flight, and when it may be given up on. */
type PendingAttempt = { attemptId: string; until: number };

export type Reservation =
  | { outcome: 'reserved'; attempts: Attempts }
  /** Every allowed attempt is being checked right now; one of them may yet turn out to be right. */
  | { outcome: 'busy' }
  | { outcome: 'locked'; retryAfter: number };

export type Verdict = 'succeeded' | 'failed' | 'abandoned';

const NO_ATTEMPTS: Attempts = {
  failures: 0,
  consecutive: 0,
  pending: [],
  lockedUntil: 0,
  quietAt: 0,
  rememberedUntil: 0,
};

/**
 * Takes one of the attempts that the account has left, before any hash is computed: however many passwords arrive at
 * once, no more of them are checked than may fail. Attempts in flight do not lock, so right log-ins never count.
 *
 * @param now milliseconds since the epoch
 * @see OWASP ASVS 5.0 6.3.1; NIST SP 800-63B-4 section 3.2.2
 */
export function reserveAttempt(
  stored: Attempts | undefined,
  attemptId: string,
  now: number,
  rules: AttemptRules = PASSWORD_ATTEMPTS,
): Reservation {
  const attempts = forgive(stored ?? NO_ATTEMPTS, now, rules);
  if (isLockedUntilReset(attempts, rules)) return { outcome: 'locked', retryAfter: MAX_LOCK_SECONDS };
  if (attempts.lockedUntil > now)
    return { outcome: 'locked', retryAfter: Math.ceil((attempts.lockedUntil - now) / 1000) };

  const pending = attempts.pending.filter(({ until }) => until > now);
  if (pending.length >= attemptsAtOnce(attempts, rules)) return { outcome: 'busy' };
  const mine = { attemptId, until: now + ATTEMPT_MS };
  return { outcome: 'reserved', attempts: { ...attempts, pending: [...pending, mine] } };
}

/**
 * Gives a reserved attempt back with its outcome.
 *
 * @returns `undefined` when nothing is left to remember
 */
export function settleAttempt(
  stored: Attempts | undefined,
  attemptId: string,
  verdict: Verdict,
  now: number,
  rules: AttemptRules = PASSWORD_ATTEMPTS,
): Attempts | undefined {
  const attempts = stored ?? NO_ATTEMPTS;
  const pending = attempts.pending.filter((attempt) => attempt.attemptId !== attemptId);
  if (verdict === 'failed') return failOnce(forgive({ ...attempts, pending }, now, rules), now, rules);
  const settled = { ...(verdict === 'succeeded' ? NO_ATTEMPTS : attempts), pending };
  return pending.length > 0 || settled.consecutive > 0 ? settled : undefined;
}

/** Whether so many failures came in a row that no password is checked any more until a reset. */
export function isLockedUntilReset(
  { consecutive }: Attempts,
  { untilReset }: AttemptRules = PASSWORD_ATTEMPTS,
): boolean {
  return consecutive >= untilReset;
}

/**
 * Whether the last failure was the one that began a lock: true of the first in a row that locks, whose lock the next ones only
 * make longer, and of the one that locks until a reset.
 */
export function beginsLock({ failures, consecutive }: Attempts, { untilReset }: AttemptRules): boolean {
  return failures === FREE_FAILURES || consecutive === untilReset;
}

/** When the store may forget the attempts, in milliseconds since the epoch; `undefined`: never, a reset must do it. */
export function attemptsExpireAt(attempts: Attempts): number | undefined {
  if (isLockedUntilReset(attempts)) return undefined; // of codes: until a right one
  return Math.max(attempts.rememberedUntil, ...attempts.pending.map(({ until }) => until));
}

/** One at a time after the free ones; never so many that all of them could fail beyond the last allowed. */
function attemptsAtOnce({ failures, consecutive }: Attempts, { untilReset }: AttemptRules): number {
  return Math.min(Math.max(1, FREE_FAILURES - failures), untilReset - consecutive);
}

function failOnce(attempts: Attempts, now: number, { quietMs }: AttemptRules): Attempts {
  const failures = attempts.failures + 1;
  const seconds = failures < FREE_FAILURES ? 0 : Math.min(2 ** (failures - FREE_FAILURES), MAX_LOCK_SECONDS);
  const lockedUntil = now + seconds * 1000;
  return {
    ...attempts,
    failures,
    consecutive: attempts.consecutive + 1,
    lockedUntil,
    quietAt: lockedUntil + quietMs,
    rememberedUntil: now + CONSECUTIVE_MS,
  };
}

function forgive(attempts: Attempts, now: number, rules: AttemptRules): Attempts {
  if (isLockedUntilReset(attempts, rules)) return attempts;
  if (attempts.rememberedUntil <= now) return { ...NO_ATTEMPTS, pending: attempts.pending };
  if (attempts.quietAt <= now) return { ...attempts, failures: 0, lockedUntil: 0, quietAt: 0 };
  return attempts;
}
