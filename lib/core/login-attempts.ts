const FREE_FAILURES = 5;
const MAX_LOCK_SECONDS = 15 * 60;
const CONSECUTIVE_MS = 30 * 24 * 60 * 60 * 1000;

/** How attempts to guess a password and attempts to guess a code differ. */
export type AttemptRules = {
  /** How many failures in a row lock until a reset. */
  untilReset: number;
  /** How long after the last lock the failures that lengthen locks are forgiven. */
  quietMs: number;
};

export const PASSWORD_ATTEMPTS: AttemptRules = { untilReset: 100, quietMs: 15 * 60 * 1000 };

/**
 * Whoever tries codes already has the password, so no stranger can lock an account this way, and nothing is forgiven before
 * a right code. Three of a million codes are right at any time; at one guess in a quarter of an hour, a hundred days give a
 * chance of 3 %. A password reset restores no code, so codes are never locked until a reset.
 */
export const CODE_ATTEMPTS: AttemptRules = {
  untilReset: Number.POSITIVE_INFINITY,
  quietMs: CONSECUTIVE_MS,
};
/** Longer than any function may run, so that only the attempt of a crashed function expires. */
const ATTEMPT_MS = 40 * 1000;

/** The recent attempts to log in to one address, whether or not it has an account. Times are milliseconds since the epoch. */
export type Attempts = {
  /** Failures that lengthen the lock. A quiet time after the end of the lock forgives them. */
  failures: number;
  /**
   * Failures in a row. Waiting doesn't reset the count, or an attacker who waits out every lock could guess for ever: only
   * a successful log-in, a reset, or thirty days without a failure do.
   */
  consecutive: number;
  /** Attempts whose password is being checked now. */
  pending: readonly PendingAttempt[];
  lockedUntil: number;
  /** When `failures` are forgiven, unless another one happens. */
  quietAt: number;
  /** When `consecutive` is forgotten, unless another failure happens. */
  rememberedUntil: number;
};

/** An attempt in flight. After `until` its function must have crashed. */
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
 * Reserves one of the account's remaining attempts before any hash is computed: however many passwords arrive at
 * once, no more are checked than may fail. Attempts in flight don't lock, so right log-ins are never refused.
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
 * Records the outcome of a reserved attempt.
 *
 * @returns `undefined` when there is nothing to store
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

/** Whether there were so many failures in a row that no password is checked until a reset. */
export function isLockedUntilReset(
  { consecutive }: Attempts,
  { untilReset }: AttemptRules = PASSWORD_ATTEMPTS,
): boolean {
  return consecutive >= untilReset;
}

/**
 * Whether the last failure began a lock: the first one in a row that locks (the next ones only lengthen that lock), and
 * the one that locks until a reset.
 */
export function beginsLock({ failures, consecutive }: Attempts, { untilReset }: AttemptRules): boolean {
  return failures === FREE_FAILURES || consecutive === untilReset;
}

/** When the store may delete the attempts, in milliseconds since the epoch; `undefined`: never, until a reset. */
export function attemptsExpireAt(attempts: Attempts): number | undefined {
  if (isLockedUntilReset(attempts)) return undefined; // for codes: until a right one
  return Math.max(attempts.rememberedUntil, ...attempts.pending.map(({ until }) => until));
}

/** One at a time after the free failures; never more than may still fail before the lock until a reset. */
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
