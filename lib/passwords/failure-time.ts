import { setTimeout as pause } from 'node:timers/promises';
import { compare } from 'bcryptjs';
import { dummyBcryptHash, MIN_BCRYPT_COST } from './schemes/bcrypt.ts';

/** A factor over the time of one bcrypt: for the most expensive usual foreign hash, and for a busy core. */
const MARGIN = 1.5;
/** bcrypt is timed at a cost this much lower, and the time multiplied. */
const SHORTER = 5;

let measured: { cost: number; ms: Promise<number> } | undefined;

/** The milliseconds of the latest checks by the configured scheme: on a busy machine they take longer than measured. */
const recent: number[] = [];
const REMEMBERED = 5;

/** Records how long one check by the configured scheme took, in milliseconds. */
export function noteOwnCheck(ms: number): void {
  recent.push(ms);
  if (recent.length > REMEMBERED) recent.shift();
}

/**
 * Starts to measure a check of a password. The result waits until a failed check has taken the same time for every account,
 * whatever its hash is, and without one: 1.5 times a bcrypt of this cost, or the longest of the latest checks by the
 * configured scheme. The work of the configured scheme is always done; the wait hides the difference of other schemes.
 *
 * @param cost of bcrypt, whichever scheme is configured
 * @see docs/decisions/0015-hashes-of-other-systems.md
 */
export function startFailureTimer(cost: number): () => Promise<void> {
  const startedAt = performance.now();
  return async () => {
    const whole = Math.max(await failureMs(cost), ...recent);
    const left = whole - (performance.now() - startedAt);
    if (left > 0) await pause(left);
  };
}

/** Measured once in the life of a process: the quickest of three short runs. */
function failureMs(cost: number): Promise<number> {
  if (measured?.cost !== cost) measured = { cost, ms: measure(cost) };
  return measured.ms;
}

async function measure(cost: number): Promise<number> {
  const short = Math.max(MIN_BCRYPT_COST, cost - SHORTER);
  let quickest = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 3; run += 1) {
    const startedAt = performance.now();
    await compare('', dummyBcryptHash(short));
    quickest = Math.min(quickest, performance.now() - startedAt);
  }
  return quickest * 2 ** (cost - short) * MARGIN;
}
