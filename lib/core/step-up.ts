import type { Claims } from './access-token.ts';
import type { User } from './account.ts';
import { ProblemError } from './problem.ts';
import type { Evidence } from './session.ts';

/** How old a proof may be where it has to be fresh, in seconds. */
const FRESH_SECONDS = 300;

/** The highest level that the account's holder can reach. */
function highestLevel({ totp, passkeys = 0 }: Pick<User, 'totp' | 'passkeys'>): Evidence['acr'] {
  return totp || passkeys > 0 ? 'aal2' : 'aal1';
}

/**
 * Refuses a token that proves too little for what it is used for: the level has to be the highest that the account can
 * reach, and where `fresh` is asked for the proof must be at most five minutes old.
 *
 * It looks at the token's own claims, not at its session: a step-up in one tab doesn't lift a token that a thief holds.
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
