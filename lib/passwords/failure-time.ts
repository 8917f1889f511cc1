import { setTimeout as pause } from 'node:timers/promises';
import { compare } from 'bcryptjs';
import { MIN_BCRYPT_COST, nobodysBcrypt } from './schemes/bcrypt.ts';

/** Over the time of one bcrypt: what the dearest of the usual foreign hashes takes beyond it, and what a busy core adds. */
const MARGIN = 1.5;
/** Powers of two below the cost at which bcrypt is timed. */
const SHORTER = 5;

let measured: { cost: number; ms: Promise<number> } | undefined;

/** What the latest checks by the configured scheme took: on a busy machine longer than what was found out on a quiet one. */
const recent: number[] = [];
const REMEMBERED = 5;

/** Takes note of what one check by the configured scheme took, in milliseconds. */
export function noteOwnCheck(ms: number): void {
  recent.push(ms);
  if (recent.length > REMEMBERED) recent.shift();
}

/**
 * Begins the check of a password. The result waits until as much time has passed since as any failed check takes, whatever
 * hash the account has, or none: one and a half times that of a bcrypt of the cost, or the longest of the latest checks by the configured scheme. Real work of the scheme that is
 * configured is done either way; waiting evens out what other schemes take more or less.
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

/** Found out once in the life of a process, by three short runs, of which the quickest counts. */
function failureMs(cost: number): Promise<number> {
  if (measured?.cost !== cost) measured = { cost, ms: measure(cost) };
  return measured.ms;
}

async function measure(cost: number): Promise<number> {
  const short = Math.max(MIN_BCRYPT_COST, cost - SHORTER);
  let quickest = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 3; run += 1) {
    const startedAt = performance.now();
    await compare('', nobodysBcrypt(short));
    quickest = Math.min(quickest, performance.now() - startedAt);
  }
  return quickest * 2 ** (cost - short) * MARGIN;
}
