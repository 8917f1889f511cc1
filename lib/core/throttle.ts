import { createHash, randomUUID } from 'node:crypto';
import type { Clock } from './account.ts';
import { type Entry, newEntry } from './account-event.ts';
import { both } from './both.ts';
import {
  type AttemptRules,
  type Attempts,
  beginsLock,
  CODE_ATTEMPTS,
  isLockedUntilReset,
  PASSWORD_ATTEMPTS,
  reserveAttempt,
  settleAttempt,
  type Verdict,
} from './login-attempts.ts';
import { type MailQuota, takeFromQuota } from './mail-quota.ts';
import type { MailRequest } from './mail-request.ts';
import { type Problem, ProblemError } from './problem.ts';
import type { Purpose } from './purpose.ts';

/** How many requests of each kind one client address may make in a window. A log-in counts only if it failed. */
export type AddressLimits = Record<AddressLimit, number>;
export type AddressLimit = 'logins' | 'signUps' | 'forgets' | 'refreshes' | 'verifications';

export const ADDRESS_WINDOW_MS = 5 * 60 * 1000;

/** A stored value and its version, by which a write is conditional on having read the latest one. */
export type Versioned<T> = { value: T; version: string };

/** What is written together with the failure that begins a lock. */
export type LockEffects = {
  mail?: MailRequest | undefined;
  /** The event for the account. For an unknown account a row of the same size is written, so that both take the same time. */
  entry?: { entry: Entry; of: 'known' | 'unknown' } | undefined;
};

/** A compare-and-swap on the value of a counter. @throws ProblemError `unavailable` */
export type CompareAndSwap<T> = (
  counter: string,
  /** The value that was read; `undefined`: nothing stored, or only an expired value. */
  seen: Versioned<T> | undefined,
  /** The value to store; `undefined`: delete it. */
  next: T | undefined,
  /** Milliseconds since the epoch. */
  now: number,
  /** Written in the same transaction. */
  also?: LockEffects,
) => Promise<{ swapped: true; version: string } | { swapped: false; latest: Versioned<T> | undefined }>;

export type ThrottleStore = {
  /** Adds one unless that exceeds the limit. One conditional write. @returns whether it did. */
  increment(counter: string, limit: number, expiresAt: number): Promise<boolean>;
  decrement(counter: string): Promise<void>;
  /** What `increment` has counted; eventually consistent. */
  count(counter: string): Promise<number>;
  readAttempts(counter: string): Promise<Versioned<Attempts> | undefined>;
  compareAndSwapAttempts: CompareAndSwap<Attempts>;
  compareAndSwapMailQuota: CompareAndSwap<MailQuota>;
};

export type Throttle = {
  store: ThrottleStore;
  limits: AddressLimits;
  clock: Clock;
  pause: (ms: number) => Promise<void>;
};

/**
 * How long a log-in waits for others to the same account before it is refused, and how often it checks, in milliseconds.
 * Enough for fifty right log-ins at once. It isn't longer, since each one that waits occupies one of an AWS account's
 * thousand containers.
 */
const PATIENCE_MS = 3_000;
const LOOK_AGAIN_MS = 60;

/**
 * Counts one request against a client address.
 *
 * @param client the address as `clientNetwork` gives it
 * @throws ProblemError `throttled`, `unavailable`
 */
export async function countRequest(throttle: Throttle, limit: AddressLimit, client: string): Promise<string> {
  const now = throttle.clock();
  const window = Math.floor(now / ADDRESS_WINDOW_MS);
  const windowEnd = (window + 1) * ADDRESS_WINDOW_MS;
  const counter = `${limit}#${client}#${window}`;
  if (await throttle.store.increment(counter, throttle.limits[limit], windowEnd)) return counter;
  throw throttled(Math.ceil((windowEnd - now) / 1000), `the address reached its limit of ${limit}`);
}

/**
 * Does the work, and counts it against the client's address if it is refused with this problem. Success costs no call. A
 * replayed refresh token isn't counted: it must be reported even to an address over its limit.
 *
 * @throws ProblemError `throttled` instead of the refusal beyond the limit, and whatever the work throws
 */
export async function countingRefusals<T>(
  { throttle, limit, client }: { throttle: Throttle; limit: AddressLimit; client: string },
  codes: Problem['code'] | readonly Problem['code'][],
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const counts =
      error instanceof ProblemError &&
      [codes].flat().includes(error.problem.code) &&
      error.notice !== 'reuse-detected';
    if (counts) await countRequest(throttle, limit, client);
    throw error;
  }
}

/** One attempt to log in, under the limits of the account and of the client's address. */
export type LoginAttempt = {
  /** Counts the attempt against the client's address. Comes first: an address over its limit must not use up an account's attempts. */
  countAddress(): Promise<void>;
  /** Reserves one of the account's attempts, before any hash is computed. */
  reserve(): Promise<void>;
  /**
   * The password was wrong: both counts stay.
   *
   * @param mail requested if this failure locks the account until a reset, which exactly one does
   * @returns whether the account is locked now
   */
  failed(mail: MailRequest): Promise<boolean>;
  /** The password was right: clears the account's failures, and takes back the count of the address. */
  succeeded(): Promise<void>;
  /** Takes back what was counted and reserved, unless the attempt has failed or succeeded: an attempt that broke doesn't count. */
  release(): Promise<void>;
};

/**
 * Opens an attempt to log in; every method throws ProblemError `unavailable`, the first two `throttled` as well.
 *
 * @param email normalised, whether or not anyone has it
 */
export function openAttempt(
  throttle: Throttle,
  { email, client }: { email: string; client: string },
): LoginAttempt {
  const { store } = throttle;
  const counter = accountCounter(email);
  let addressCount: string | undefined;
  let place: Place | undefined;

  /** Whatever the caller does afterwards, nothing is taken back twice. */
  function take() {
    const taken = { addressCount, place };
    addressCount = place = undefined;
    return taken;
  }

  async function giveBack(verdict: Verdict): Promise<void> {
    const taken = take();
    await both(
      Promise.resolve(taken.addressCount && store.decrement(taken.addressCount)),
      Promise.resolve(taken.place && settle(throttle, counter, taken.place, { verdict })),
    );
  }

  return {
    async countAddress() {
      addressCount = await countRequest(throttle, 'logins', client);
    },

    async reserve() {
      try {
        place = await takePlace(throttle, counter, PASSWORD_ATTEMPTS);
      } catch (error) {
        // An attempt at a locked account stays counted, or one address could keep many accounts locked at no cost.
        if (error instanceof ProblemError && error.problem.code === 'throttled') addressCount = undefined;
        throw error;
      }
    },

    async failed(mail) {
      const taken = take();
      if (taken.place === undefined) throw new Error('an attempt fails once, after it was reserved');
      const account = { userId: mail.userId, of: mail.kind, guessed: 'password', mail } as const;
      const attempts = await settle(throttle, counter, taken.place, { verdict: 'failed', account });
      return attempts !== undefined && attempts.lockedUntil > throttle.clock();
    },

    succeeded: () => giveBack('succeeded'),
    release: () => giveBack('abandoned'),
  };
}

/** One attempt at a code of an account, counted apart from its passwords. Every method throws ProblemError `unavailable`. */
export type CodeAttempt = {
  /** Reserves one of the attempts, before any code is checked. @throws ProblemError `throttled` as well */
  reserve(): Promise<void>;
  /** @returns whether the account's codes are locked now */
  failed(): Promise<boolean>;
  succeeded(): Promise<void>;
  /** Takes the reservation back, unless the attempt has failed or succeeded. */
  release(): Promise<void>;
};

export function openCodeAttempt(throttle: Throttle, userId: string): CodeAttempt {
  const counter = `codes#${userId}`;
  const rules = CODE_ATTEMPTS;
  let place: Place | undefined;

  async function giveBack(verdict: Verdict): Promise<Attempts | undefined> {
    const taken = place;
    place = undefined;
    const account = { userId, of: 'known', guessed: 'code' } as const;
    return taken && settle(throttle, counter, taken, { verdict, rules, account });
  }

  return {
    async reserve() {
      place = await takePlace(throttle, counter, rules);
    },
    async failed() {
      const attempts = await giveBack('failed');
      return attempts !== undefined && attempts.lockedUntil > throttle.clock();
    },
    async succeeded() {
      await giveBack('succeeded');
    },
    async release() {
      await giveBack('abandoned');
    },
  };
}

/**
 * Takes one mail from an address's quota, for one request. Each purpose has a quota of its own.
 *
 * @param email the normalised address
 * @returns whether a mail may be sent
 * @throws ProblemError `unavailable`
 */
export async function takeMailQuota(
  { store, clock }: { store: Pick<ThrottleStore, 'compareAndSwapMailQuota'>; clock: Clock },
  email: string,
  request: { tagId: string; requestedAt: number },
  purpose: Purpose = 'reset-password',
): Promise<boolean> {
  const counter = `mail#${purpose === 'reset-password' ? '' : `${purpose}#`}${digest(email)}`;
  let seen: Versioned<MailQuota> | undefined;
  for (;;) {
    const taken = takeFromQuota(seen?.value, request);
    if (!taken.allowed || taken.next === undefined) return taken.allowed;
    const result = await store.compareAndSwapMailQuota(counter, seen, taken.next, clock());
    if (result.swapped) return true;
    seen = result.latest;
  }
}

/** The name of the counter of an account's failures: a hash, so that the table of counters doesn't list addresses. */
export function accountCounter(email: string): string {
  return `account#${digest(email)}`;
}

/** A reserved attempt, and the row as it was written. */
type Place = { attemptId: string; seen: Versioned<Attempts> };

/** Tries to reserve an attempt until it has one, is refused, or has waited too long. */
async function takePlace(
  { store, clock, pause }: Throttle,
  counter: string,
  rules: AttemptRules,
): Promise<Place> {
  const attemptId = randomUUID();
  const giveUpAt = clock() + PATIENCE_MS;
  // Nearly always nothing is stored. Writing on that condition saves the read.
  let seen: Versioned<Attempts> | undefined;
  for (;;) {
    const now = clock();
    const reservation = reserveAttempt(seen?.value, attemptId, now, rules);
    if (reservation.outcome === 'locked') throw throttled(reservation.retryAfter, 'the account is locked');
    if (reservation.outcome === 'reserved') {
      const { attempts } = reservation;
      const result = await store.compareAndSwapAttempts(counter, seen, attempts, now);
      if (result.swapped) return { attemptId, seen: { value: attempts, version: result.version } };
      seen = result.latest;
    } else {
      if (now >= giveUpAt) throw throttled(1, 'too many log-ins to the account at once');
      await pause(LOOK_AGAIN_MS * (0.5 + Math.random()));
      seen = await store.readAttempts(counter);
    }
  }
}

/** Records the outcome of a reserved attempt. @returns what is stored now */
async function settle(
  { store, clock }: Throttle,
  counter: string,
  { attemptId, seen: first }: Place,
  {
    verdict,
    rules = PASSWORD_ATTEMPTS,
    account,
  }: { verdict: Verdict; rules?: AttemptRules; account?: Guessed },
): Promise<Attempts | undefined> {
  let seen: Versioned<Attempts> | undefined = first;
  for (;;) {
    const now = clock();
    const next = settleAttempt(seen?.value, attemptId, verdict, now, rules);
    const also = verdict === 'failed' && next && account ? lockEffects(next, rules, now, account) : undefined;
    const result = await store.compareAndSwapAttempts(counter, seen, next, now, also);
    if (result.swapped) return next;
    seen = result.latest;
  }
}

/** The account whose password or code is guessed. */
type Guessed = { userId: string; of: 'known' | 'unknown'; guessed: 'password' | 'code'; mail?: MailRequest };

/** The effects of a failure, if it begins a lock. The mail is due only when the lock lasts until a reset. */
function lockEffects(
  next: Attempts,
  rules: AttemptRules,
  now: number,
  { userId, of, guessed, mail }: Guessed,
): LockEffects | undefined {
  if (!beginsLock(next, rules)) return undefined;
  const untilReset = isLockedUntilReset(next, rules);
  const until = untilReset ? null : next.lockedUntil;
  const entry = newEntry(userId, now, [{ type: 'log-in.locked', guessed, until }]);
  return { mail: untilReset ? mail : undefined, entry: { of, entry } };
}

function throttled(retryAfter: number, message: string): ProblemError {
  return new ProblemError({ code: 'throttled', retryAfter }, message);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
