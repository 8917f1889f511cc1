import { createHash } from 'node:crypto';
import type { Clock } from './account.ts';
import { type Attempts, reserveAttempt, settleAttempt, type Verdict } from './login-attempts.ts';
import { type MailQuota, takeMail } from './mail-quota.ts';
import { ProblemError } from './problem.ts';

/** How many requests of a kind one client address may make in a window; a log-in counts only when it failed. */
export type AddressLimits = Record<AddressLimit, number>;
export type AddressLimit = 'logins' | 'signUps' | 'forgets' | 'refreshes';

export const ADDRESS_WINDOW_MS = 5 * 60 * 1000;

/** A stored value and the mark by which a writer proves that it saw the latest one. */
export type Versioned<T> = { value: T; version: string };

/** A value per counter, changed only by a writer who has seen the latest. Every method throws ProblemError `unavailable`. */
export type Swap<T> = (
  counter: string,
  /** What the writer saw; `undefined`: nothing stored. */
  seen: Versioned<T> | undefined,
  /** What to store instead; `undefined`: nothing. */
  next: T | undefined,
) => Promise<{ swapped: true; version: string } | { swapped: false; latest: Versioned<T> | undefined }>;

export type ThrottleStore = {
  /** Adds one unless that exceeds the limit. One conditional write. @returns whether it did. */
  increment(counter: string, limit: number, expiresAt: number): Promise<boolean>;
  decrement(counter: string): Promise<void>;
  readAttempts(counter: string): Promise<Versioned<Attempts> | undefined>;
  swapAttempts: Swap<Attempts>;
  swapMailQuota: Swap<MailQuota>;
};

export type Throttle = {
  store: ThrottleStore;
  limits: AddressLimits;
  clock: Clock;
  pause: (ms: number) => Promise<void>;
};

/** How long a log-in waits for others to the same account before it is refused, and how often it looks, in milliseconds. */
const PATIENCE_MS = 10_000;
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
 * Runs a check of a password within the limits of the account and of the client's address. Both are reserved before
 * the check begins and settled by its verdict; a check that throws counts for nothing.
 *
 * @param account the normalised e-mail address, whether or not anyone has it
 * @param onLockout is told when the check failed and the account is locked from now on, or for longer
 * @throws ProblemError `throttled`, `unavailable`, and whatever the check throws
 */
export async function withinLoginLimits<T>(
  throttle: Throttle,
  account: string,
  client: string,
  check: () => Promise<T | undefined>,
  onLockout?: () => void,
): Promise<T | undefined> {
  const addressCounter = await countRequest(throttle, 'logins', client);
  let counts = false;
  try {
    const attempt = await reserve(throttle, accountCounter(account));
    let verdict: Verdict = 'abandoned';
    try {
      const result = await check();
      verdict = result === undefined ? 'failed' : 'succeeded';
      counts = result === undefined;
      return result;
    } finally {
      const locks = await settle(throttle, accountCounter(account), attempt, verdict);
      if (locks) onLockout?.();
    }
  } finally {
    if (!counts) await throttle.store.decrement(addressCounter);
  }
}

/**
 * Takes one of the mails that may be sent to an address, whether or not anyone has it.
 *
 * @param email the normalised address
 * @returns whether a mail may go
 * @throws ProblemError `unavailable`
 */
export async function mayMail({ store, clock }: Throttle, email: string): Promise<boolean> {
  const counter = `mail#${digest(email)}`;
  let seen: Versioned<MailQuota> | undefined;
  for (;;) {
    const next = takeMail(seen?.value, clock());
    if (next === undefined) return false;
    const result = await store.swapMailQuota(counter, seen, next);
    if (result.swapped) return true;
    seen = result.latest;
  }
}

/** The counter of the failures of an account. Holds no address, so that the table of counters is no list of them. */
export function accountCounter(email: string): string {
  return `account#${digest(email)}`;
}

type Reserved = { slot: number; seen: Versioned<Attempts> };

async function reserve({ store, clock, pause }: Throttle, counter: string): Promise<Reserved> {
  const giveUpAt = clock() + PATIENCE_MS;
  let seen: Versioned<Attempts> | undefined;
  for (;;) {
    const now = clock();
    const reservation = reserveAttempt(seen?.value, now);
    if (reservation.outcome === 'locked') throw throttled(reservation.retryAfter, 'the account is locked');
    if (reservation.outcome === 'busy') {
      if (now >= giveUpAt) throw throttled(1, 'too many log-ins to the account at once');
      await pause(LOOK_AGAIN_MS * (0.5 + Math.random()));
      seen = await store.readAttempts(counter);
    } else {
      const { slot, attempts } = reservation;
      const result = await store.swapAttempts(counter, seen, attempts);
      if (result.swapped) return { slot, seen: { value: attempts, version: result.version } };
      seen = result.latest;
    }
  }
}

/** @returns whether the verdict locked the account */
async function settle(
  { store, clock }: Throttle,
  counter: string,
  reserved: Reserved,
  verdict: Verdict,
): Promise<boolean> {
  let seen: Versioned<Attempts> | undefined = reserved.seen;
  for (;;) {
    const now = clock();
    const next = settleAttempt(seen?.value, reserved.slot, verdict, now);
    const result = await store.swapAttempts(counter, seen, next);
    if (result.swapped) return verdict === 'failed' && next !== undefined && next.lockedUntil > now;
    seen = result.latest;
  }
}

function throttled(retryAfter: number, message: string): ProblemError {
  return new ProblemError({ code: 'throttled', retryAfter }, message);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
