import { createHash, randomUUID } from 'node:crypto';
import type { Clock } from './account.ts';
import {
  type Attempts,
  FREE_FAILURES,
  type PendingAttempt,
  reserveAttempt,
  settleAttempt,
  silentAttempt,
  type Verdict,
  withoutPending,
} from './login-attempts.ts';
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
  /** What the writer saw; `undefined`: nothing stored, or only what has expired. */
  seen: Versioned<T> | undefined,
  /** What to store instead; `undefined`: nothing. */
  next: T | undefined,
  /** Milliseconds since the epoch. */
  now: number,
) => Promise<{ swapped: true; version: string } | { swapped: false; latest: Versioned<T> | undefined }>;

export type ThrottleStore = {
  /** Adds one unless that exceeds the limit. One conditional write. @returns whether it did. */
  increment(counter: string, limit: number, expiresAt: number): Promise<boolean>;
  decrement(counter: string): Promise<void>;
  /**
   * Adds an attempt where no failure is remembered and fewer than `most` are in flight, or all of that has expired. One
   * conditional write.
   *
   * @returns whether it did, and what is stored now
   */
  addAttempt(
    counter: string,
    attempt: PendingAttempt,
    most: number,
    now: number,
  ): Promise<{ added: boolean; latest: Versioned<Attempts> | undefined }>;
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

/**
 * How long a log-in waits for others to the same account before it is refused, and how often it looks, in milliseconds.
 * Enough for fifty right ones at once; who waits holds a container, of which an AWS account has a thousand.
 */
const PATIENCE_MS = 3_000;
const LOOK_AGAIN_MS = 60;
/** How many looks there are for each question whether a silent attempt has opened its session. */
const LOOKS_PER_QUESTION = 5;

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

/** What a log-in does between the reservations, each step beside one. The hash is computed by `check` alone. */
export type LoginSteps<Found, Account, Right, Admitted> = {
  /** Beside the count of the client's address. */
  find(): Promise<Found>;
  /** Beside the reservation of one of the account's attempts. */
  load(found: Found): Promise<Account>;
  /** Whether another log-in has opened this session: asked only where the account has no attempt left. */
  hasOpened(found: Found, sessionId: string): Promise<boolean>;
  /** After both. @returns `undefined` when the password is wrong */
  check(account: Account): Promise<Right | undefined>;
  /** Beside giving both back. Opens the session of this id. */
  admit(right: Right, sessionId: string): Promise<Admitted>;
};

/**
 * Runs a log-in within the limits of the account and of the client's address. Both are reserved before the check
 * begins and settled by its verdict; a step that throws counts for nothing. The address comes first: one that is over
 * its limit never takes an attempt of an account's.
 *
 * @param account the normalised e-mail address, whether or not anyone has it
 * @param onLockout is told when the check failed and the account is locked from now on, or for longer
 * @throws ProblemError `throttled`, `unavailable`, and whatever the steps throw
 */
export async function withinLoginLimits<Found, Account, Right, Admitted>(
  throttle: Throttle,
  { account, client }: { account: string; client: string },
  steps: LoginSteps<Found, Account, Right, Admitted>,
  onLockout?: () => void,
): Promise<Admitted | undefined> {
  const counter = accountCounter(account);
  const sessionId = randomUUID();
  const forgetRequest = (address: string) => throttle.store.decrement(address);

  const [address, found] = await together(
    countRequest(throttle, 'logins', client),
    steps.find(),
    forgetRequest,
  );
  const reserving = reserve(throttle, { counter, sessionId }, (other) => steps.hasOpened(found, other));
  const [attempt, loaded] = await together(reserving, steps.load(found), (reserved) =>
    settle(throttle, counter, reserved, 'abandoned'),
  ).catch(async (error) => {
    await forgetRequest(address);
    throw error;
  });

  let right: Right | undefined;
  try {
    right = await steps.check(loaded);
  } catch (error) {
    await together(settle(throttle, counter, attempt, 'abandoned'), forgetRequest(address));
    throw error;
  }
  if (right === undefined) {
    if (await settle(throttle, counter, attempt, 'failed')) onLockout?.();
    return undefined;
  }
  // The success of a silent one is told by the session.
  const settling = attempt.silent ? undefined : settle(throttle, counter, attempt, 'succeeded');
  const [admitted] = await together(
    steps.admit(right, sessionId),
    together(forgetRequest(address), Promise.resolve(settling)),
  );
  return admitted;
}

/** Waits for both, whatever becomes of either; undoes the first when only the second fails. */
async function together<A, B>(
  first: Promise<A>,
  second: Promise<B>,
  undo?: (done: A) => Promise<unknown>,
): Promise<[A, B]> {
  const [one, other] = await Promise.allSettled([first, second]);
  if (one.status === 'rejected') throw one.reason;
  if (other.status === 'fulfilled') return [one.value, other.value];
  await undo?.(one.value);
  throw other.reason;
}

/**
 * Takes one of the mails that may be sent to an address, for one request to reset its password.
 *
 * @param email the normalised address
 * @returns whether a mail may go
 * @throws ProblemError `unavailable`
 */
export async function mayMail(
  { store, clock }: { store: Pick<ThrottleStore, 'swapMailQuota'>; clock: Clock },
  email: string,
  request: { tagId: string; requestedAt: number },
): Promise<boolean> {
  const counter = `mail#${digest(email)}`;
  let seen: Versioned<MailQuota> | undefined;
  for (;;) {
    const taken = takeMail(seen?.value, request);
    if (!taken.allowed || taken.next === undefined) return taken.allowed;
    const result = await store.swapMailQuota(counter, seen, taken.next, clock());
    if (result.swapped) return true;
    seen = result.latest;
  }
}

/** The counter of the failures of an account. Holds no address, so that the table of counters is no list of them. */
export function accountCounter(email: string): string {
  return `account#${digest(email)}`;
}

/** `silent`: see `PendingAttempt`. */
type Reserved = { sessionId: string; silent: boolean; seen: Versioned<Attempts> | undefined };

async function reserve(
  { store, clock, pause }: Throttle,
  { counter, sessionId }: { counter: string; sessionId: string },
  hasOpened: (sessionId: string) => Promise<boolean>,
): Promise<Reserved> {
  const begin = clock();
  const first = await store.addAttempt(counter, silentAttempt(sessionId, begin), FREE_FAILURES, begin);
  let seen = first.latest;
  // It may be there although it was refused: written by a try of the same call whose answer was lost.
  if (first.added || seen?.value.pending.some((attempt) => attempt.sessionId === sessionId))
    return { sessionId, silent: true, seen };

  for (let looks = 0; ; ) {
    const now = clock();
    const reservation = reserveAttempt(seen?.value, sessionId, now);
    if (reservation.outcome === 'locked') throw throttled(reservation.retryAfter, 'the account is locked');
    if (reservation.outcome === 'reserved') {
      const result = await store.swapAttempts(counter, seen, reservation.attempts, now);
      if (result.swapped) {
        const { version } = result;
        return { sessionId, silent: false, seen: { value: reservation.attempts, version } };
      }
      seen = result.latest;
      continue;
    }
    const opened = looks % LOOKS_PER_QUESTION === 0 ? await openedOf(reservation.silent, hasOpened) : [];
    looks += 1;
    if (seen && opened.length > 0) {
      seen = { ...seen, value: withoutPending(seen.value, opened) };
      continue;
    }
    if (now >= begin + PATIENCE_MS) throw throttled(1, 'too many log-ins to the account at once');
    await pause(LOOK_AGAIN_MS * (0.5 + Math.random()));
    seen = await store.readAttempts(counter);
  }
}

async function openedOf(
  sessionIds: readonly string[],
  hasOpened: (sessionId: string) => Promise<boolean>,
): Promise<string[]> {
  const answers = await Promise.all(sessionIds.map(hasOpened));
  return sessionIds.filter((_, index) => answers[index]);
}

/** Gives an attempt back. @returns whether the account is locked now */
async function settle(
  { store, clock }: Throttle,
  counter: string,
  reserved: Reserved,
  verdict: Verdict,
): Promise<boolean> {
  let seen: Versioned<Attempts> | undefined = reserved.seen;
  for (;;) {
    const now = clock();
    const next = settleAttempt(seen?.value, reserved.sessionId, verdict, now);
    const result = await store.swapAttempts(counter, seen, next, now);
    if (result.swapped) return next !== undefined && next.lockedUntil > now;
    seen = result.latest;
  }
}

function throttled(retryAfter: number, message: string): ProblemError {
  return new ProblemError({ code: 'throttled', retryAfter }, message);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
