import type { Claims } from './access-token.ts';
import type { User } from './account.ts';
import { ProblemError } from './problem.ts';
import type { Evidence } from './session.ts';

/** How old a fresh proof may be, in seconds. */
const FRESH_SECONDS = 300;

/** The highest level that the account's holder can reach. */
function highestLevel({ totp, passkeys = 0 }: Pick<User, 'totp' | 'passkeys'>): Evidence['acr'] {
  return totp || passkeys > 0 ? 'aal2' : 'aal1';
}

/**
 * Refuses a token that proves too little: its level has to be the highest that the account can reach, and where `fresh` is
 * required, the proof must be at most five minutes old.
 *
 * It checks the token's own claims, not its session, so that a step-up in one tab doesn't raise a token that a thief has.
 *
 * @param now milliseconds since the epoch
 * @throws ProblemError `step-up-required`
 * @see RFC 9470 section 3
 */
export function requireStepUp(
  user: Pick<User, 'totp' | 'passkeys'>,
  { acr, authTime }: Pick<Claims, 'acr' | 'authTime'>,
  { fresh }: { fresh: boolean },
  now: number,
): void {
  const needed = highestLevel(user);
  const highEnough = acr === needed || acr === 'aal2';
  const youngEnough = !fresh || now - authTime <= FRESH_SECONDS * 1000;
  if (highEnough && youngEnough) return;
  throw new ProblemError(
    { code: 'step-up-required', acrValues: [needed], ...(fresh && { maxAge: FRESH_SECONDS }) },
    highEnough ? 'the proof is too old' : 'the level is too low',
  );
}
