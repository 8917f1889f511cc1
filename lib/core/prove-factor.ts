import type { Clock } from './account.ts';
import { both } from './both.ts';
import type { FactorStore, FactorUse, TotpSealing, UseOutcome } from './factors.ts';
import { ProblemError } from './problem.ts';
import { recoveryCodeHash } from './recovery-codes.ts';
import { CONFLICT, retryOnConflict } from './retry-on-conflict.ts';
import type { AuthMethod } from './session.ts';
import { openCodeAttempt, type Throttle } from './throttle.ts';
import { isTotpCode, matchingTotpStep } from './totp.ts';

/** What was typed: a code of an authenticator app, or a recovery code. */
export type GivenCode = { code: string } | { recoveryCode: string };

export type ProveFactorDeps = {
  factors: Pick<FactorStore, 'totp' | 'recoveryCodes' | 'use'>;
  sealing: Pick<TotpSealing, 'unseal'>;
  throttle: Throttle;
  clock: Clock;
};

/** What a TOTP or a recovery code adds to a password. */
export const FACTOR_METHODS: readonly AuthMethod[] = ['otp', 'mfa'];

/**
 * Uses a code once. An attempt is reserved before anything is checked: however many codes arrive at once, no more are
 * checked than may fail. A text that can't be a code isn't counted, since it isn't a guess.
 *
 * @param apply writes the use and its purpose in one transaction
 * @returns the use that was applied
 * @throws ProblemError `wrong-code`, `throttled`, `unavailable`, and what `apply` throws
 * @see OWASP ASVS 5.0 6.5.1 and 6.5.5; NIST SP 800-63B-4 section 3.2.2
 */
export async function proveFactor(
  deps: ProveFactorDeps,
  userId: string,
  given: GivenCode,
  apply: (use: FactorUse) => Promise<UseOutcome>,
): Promise<FactorUse> {
  const find = finderOf(deps, userId, given);
  const attempt = openCodeAttempt(deps.throttle, userId);
  try {
    let [, use] = await both(attempt.reserve(), find());
    const used = await retryOnConflict('uses of codes', async () => {
      const outcome = use && (await apply(use));
      if (outcome !== 'changed') return outcome === 'used' ? use : undefined;
      use = await find();
      return CONFLICT;
    });
    if (used !== undefined) {
      await attempt.succeeded();
      return used;
    }
    await attempt.failed();
    throw wrongCode('the code is wrong, or was used before', true);
  } finally {
    await attempt.release();
  }
}

/** @param counted whether it was a guess, for logs and metrics */
export function wrongCode(detail: string, counted: boolean): ProblemError {
  return new ProblemError({ code: 'wrong-code' }, detail, { notice: counted ? 'wrong-code' : undefined });
}

/** @throws ProblemError `wrong-code` for a text that can't be a code */
function finderOf(
  deps: ProveFactorDeps,
  userId: string,
  given: GivenCode,
): () => Promise<FactorUse | undefined> {
  if ('code' in given) {
    if (!isTotpCode(given.code)) throw wrongCode('not six digits', false);
    return () => findTotp(deps, userId, given.code);
  }
  const hash = recoveryCodeHash(given.recoveryCode);
  if (hash === undefined) throw wrongCode('not the form of a recovery code', false);
  return () => findRecoveryCode(deps, userId, hash);
}

async function findTotp(
  { factors, sealing, clock }: ProveFactorDeps,
  userId: string,
  code: string,
): Promise<FactorUse | undefined> {
  const totp = await factors.totp(userId);
  if (totp === undefined) return undefined;
  const { id, lastStep, sealedSecret } = totp;
  const now = clock();
  const step = matchingTotpStep(await sealing.unseal(sealedSecret, { userId, id }), code, lastStep, now);
  return step === undefined ? undefined : { by: 'totp', userId, id, step, now };
}

async function findRecoveryCode(
  { factors }: ProveFactorDeps,
  userId: string,
  hash: string,
): Promise<FactorUse | undefined> {
  const hashes = (await factors.recoveryCodes(userId)) ?? [];
  return hashes.includes(hash) ? { by: 'recovery-code', userId, hash, left: hashes.length - 1 } : undefined;
}
