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

/** How many requests of a kind one client address may make in a window; a log-in counts only when it failed. */
export type AddressLimits = Record<AddressLimit, number>;
export type AddressLimit = 'logins' | 'signUps' | 'forgets' | 'refreshes' | 'verifications';

export const ADDRESS_WINDOW_MS = 5 * 60 * 1000;

/** A stored value and the mark by which a writer proves that it saw the latest one. */
export type Versioned<T> = { value: T; version: string };

/** What comes with the failure that begins a lock. */
export type LockEffects = {
  mail?: MailRequest | undefined;
  /** What it is to the account. For an account that isn't there as much is written, about nobody. */
  entry?: { entry: Entry; of: 'known' | 'unknown' } | undefined;
};

/** A value per counter, changed only by a writer who has seen the latest. Every method throws ProblemError `unavailable`. */
export type CompareAndSwap<T> = (
  counter: string,
  /** What the writer saw; `undefined`: nothing stored, or only what has expired. */
  seen: Versioned<T> | undefined,
  /** What to store instead; `undefined`: nothing. */
  next: T | undefined,
  /** Milliseconds since the epoch. */
  now: number,
  /** What is written in the same transaction, or not at all. */
  also?: LockEffects,
) => Promise<{ swapped: true; version: string } | { swapped: false; latest: Versioned<T> | undefined }>;

export type ThrottleStore = {
  /** Adds one unless that exceeds the limit. One conditional write. @returns whether it did. */
  increment(counter: string, limit: number, expiresAt: number): Promise<boolean>;
  decrement(counter: string): Promise<void>;
  /** What `increment` has counted, as it was at most a second or so ago. */
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
 * How long a log-in waits for others to the same account before it is refused, and how often it looks, in milliseconds.
 * Enough for fifty right ones at once; who waits holds a container, of which an AWS account has a thousand.
 */
const PATIENCE_MS = 3_000;
const LOOK_AGAIN_MS = 60;

/**
 * Counts one request of a client address.
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
 * Does the work, and counts it for the client's address when it is refused with this problem. What is granted costs no
 * call. A replay isn't counted: it has to be reported even to an address over its limit.
 *
 * @throws ProblemError `throttled` in place of a refusal beyond the limit, and whatever the work throws
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

/** One attempt to log in, within the limits of the account and of the client's address. */
export type LoginAttempt = {
  /** Counts the attempt for the client's address. Comes first: an address over its limit takes no place of an account's. */
  countAddress(): Promise<void>;
  /** Takes one of the account's places, before any hash is computed. */
  reserve(): Promise<void>;
  /**
   * The password was wrong: both counts stay.
   *
   * @param mail what to ask for when this failure locks the account until a reset; exactly one does
   * @returns whether the account is locked from now on, or for longer
   */
  failed(mail: MailRequest): Promise<boolean>;
  /** The password was right: the account's failures are forgotten, and the address has not been counted. */
  succeeded(): Promise<void>;
  /** Gives back what was taken and not settled: an attempt that broke counts for nothing. */
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

  /** Whatever happens to the caller from here on, nothing is given back a second time. */
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
        // An attempt at a locked account stays counted, or one address could keep many locked for nothing.
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
  /** Takes one of the places, before any code is looked at. @throws ProblemError `throttled` as well */
  reserve(): Promise<void>;
  /** @returns whether the account's codes are locked from now on, or for longer */
  failed(): Promise<boolean>;
  succeeded(): Promise<void>;
  /** Gives back what was taken and not settled. */
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
 * Takes one of the mails that may be sent to an address, for one request; each purpose has its own.
 *
 * @param email the normalised address
 * @returns whether a mail may go
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

/** The counter of the failures of an account. Holds no address, so that the table of counters doesn't list them. */
export function accountCounter(email: string): string {
  return `account#${digest(email)}`;
}

/** A place that an attempt has taken, and the row as it was written then. */
type Place = { attemptId: string; seen: Versioned<Attempts> };

/** Reads, judges and writes, until it has a place, a refusal, or has waited too long. */
async function takePlace(
  { store, clock, pause }: Throttle,
  counter: string,
  rules: AttemptRules,
): Promise<Place> {
  const attemptId = randomUUID();
  const giveUpAt = clock() + PATIENCE_MS;
  // Nearly always nothing is stored: writing on that condition spares reading it first.
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

/** Gives a place back. @returns what is remembered now */
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

/** Whose password or code is guessed. */
type Guessed = { userId: string; of: 'known' | 'unknown'; guessed: 'password' | 'code'; mail?: MailRequest };

/** A failure that doesn't begin a lock has none. The mail is due once: when only a reset can end the lock. */
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
