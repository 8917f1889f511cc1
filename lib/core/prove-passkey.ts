import type { Clock, User, UserStore } from './account.ts';
import { both } from './both.ts';
import type { Language } from './language.ts';
import { newMailRequest } from './mail-request.ts';
import {
  type Assertion,
  factorIdOf,
  type GoodChallenge,
  type Passkey,
  type PasskeyChallenges,
  type PasskeyStore,
  type PasskeyUse,
  RefusedCredential,
  type RelyingParty,
} from './passkeys.ts';
import { ProblemError } from './problem.ts';
import { CONFLICT, retryOnConflict } from './retry-on-conflict.ts';
import type { Evidence } from './session.ts';
import { userIdOf } from './user-handle.ts';

export type ProvePasskeyDeps = {
  users: Pick<UserStore, 'get'>;
  passkeys: Pick<PasskeyStore, 'get' | 'ownerOf' | 'warn'>;
  challenges: Pick<PasskeyChallenges, 'check'>;
  party: Pick<RelyingParty, 'assertion'>;
  clock: Clock;
  /** Milliseconds. */
  tagLifetime: number;
};

/** The browser's response (an AuthenticationResponseJSON, unless somebody sent something else), and the user's language. */
export type GivenPasskey = { response: unknown; language: Language };

/** A verified use of a passkey, and its user. */
export type PasskeyProof = { user: User; use: PasskeyUse; evidence: Omit<Evidence, 'authTime'> };

type Outcome = Awaited<ReturnType<PasskeyStore['use']>>;

/**
 * Verifies a passkey's response to a challenge, and uses the challenge up: of any number of tries with the same response
 * one succeeds. A refused response uses nothing up.
 *
 * @param apply writes the use and its purpose in one transaction
 * @throws ProblemError `unknown-credential` where no account has the passkey, `wrong-credentials` for all else that is
 * wrong, `unavailable`, and what `apply` throws
 * @see WebAuthn Level 3 section 7.2
 */
export async function provePasskey(
  deps: ProvePasskeyDeps,
  { response, language }: GivenPasskey,
  apply: (proof: PasskeyProof) => Promise<Outcome>,
): Promise<PasskeyProof> {
  const assertion = assertionOf(deps, response);
  const challenge = await deps.challenges.check({ for: 'log-in' }, assertion.challenge, deps.clock());
  if (challenge === undefined) throw refused('the challenge is too old, or not ours');
  return retryOnConflict('uses of the passkey', async () => {
    const proof = await verifyAssertion(deps, { assertion, challenge, language });
    const outcome = await apply(proof);
    if (outcome === 'used') return proof;
    if (outcome === 'over') throw refused('the challenge was used before');
    return CONFLICT;
  });
}

function assertionOf({ party }: Pick<ProvePasskeyDeps, 'party'>, response: unknown): Assertion {
  try {
    return party.assertion(response);
  } catch (error) {
    if (error instanceof RefusedCredential) throw refused(error.message);
    throw error;
  }
}

async function verifyAssertion(
  deps: ProvePasskeyDeps,
  { assertion, challenge, language }: { assertion: Assertion; challenge: GoodChallenge; language: Language },
): Promise<PasskeyProof> {
  const { userId, credentialId, counter, backedUp, backupEligible } = assertion;
  const factorId = factorIdOf(credentialId);
  const [user, passkey] = await both(deps.users.get(userId), deps.passkeys.get(userId, factorId));
  // The user's row decides whether there are passkeys.
  if (user === undefined || passkey === undefined || !user.passkeys)
    throw await unknownToUser(deps, factorId);
  if (user.status !== 'active') throw refused('the account is disabled');
  if (!assertion.isSignedBy(passkey)) throw refused('the signature is wrong');
  if (backupEligible !== passkey.backupEligible) throw refused('the backup eligibility has changed');
  if (!hasRisen(passkey, counter)) throw await possiblyCloned(deps, { userId, language, challenge });
  return {
    user,
    use: { userId, seen: passkey, counter, backedUp, now: deps.clock(), challenge },
    evidence: { acr: 'aal2', amr: [backupEligible ? 'swk' : 'hwk', 'user'] },
  };
}

/** A counter that was ever above zero must rise with each signature, or somebody else may have a copy of the key. */
function hasRisen({ counter: last }: Passkey, counter: number): boolean {
  return last === 0 || counter > last;
}

/** The owner gets one mail for each challenge, however often the same response is sent. */
async function possiblyCloned(
  { passkeys, clock, tagLifetime }: ProvePasskeyDeps,
  { userId, language, challenge }: { userId: string; language: Language; challenge: GoodChallenge },
): Promise<ProblemError> {
  const tagId = userIdOf(Buffer.from(challenge.hash, 'base64url').subarray(0, 16)) as string; // any UUID
  const mail = newMailRequest({ userId, language, purpose: 'passkey-copied' }, clock(), tagLifetime);
  await passkeys.warn({ ...mail, tagId });
  return refused('the counter did not rise: there may be a copy of the passkey');
}

/**
 * After `unknown-credential` a browser deletes the passkey. It must not delete one that belongs to an account, only because
 * the user handle was changed on the way.
 */
async function unknownToUser({ users, passkeys }: ProvePasskeyDeps, factorId: string): Promise<ProblemError> {
  const ownerId = await passkeys.ownerOf(factorId);
  const owner = ownerId === undefined ? undefined : await users.get(ownerId);
  if (owner?.passkeys) return refused('the passkey belongs to another account');
  return new ProblemError({ code: 'unknown-credential' }, 'no account has the passkey', NOTICED);
}

/** For logs and metrics: browsers don't send such responses by themselves. */
const NOTICED = { notice: 'refused-passkey' } as const;

function refused(detail: string): ProblemError {
  return new ProblemError({ code: 'wrong-credentials' }, detail, NOTICED);
}
