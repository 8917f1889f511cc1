import type { User } from './account.ts';
import { type Authenticated, type Authenticator, authenticate, type Bearer } from './authenticate.ts';
import { both } from './both.ts';
import { type RawFields, readFields } from './fields.ts';
import type { Language } from './language.ts';
import { newMailRequest } from './mail-request.ts';
import { credentialJson, passkeyName } from './passkey-fields.ts';
import {
  factorIdOf,
  type GoodChallenge,
  MAX_PASSKEYS,
  type NewCredential,
  type Passkey,
  type PasskeyChallenges,
  type PasskeyStore,
  RefusedCredential,
  type RelyingParty,
} from './passkeys.ts';
import { ProblemError } from './problem.ts';
import { CONFLICT, retryOnConflict } from './retry-on-conflict.ts';
import type { Session } from './session.ts';
import { requireStepUp } from './step-up.ts';
import { undoOf } from './undo.ts';

/** What a browser needs to create a passkey. */
export type RegistrationOffer = {
  user: User;
  challenge: string;
  /** The account's passkeys, so that no authenticator creates a second one for it. */
  existing: readonly Passkey[];
};

export type OfferRegistrationDeps = Authenticator & {
  passkeys: Pick<PasskeyStore, 'list'>;
  challenges: Pick<PasskeyChallenges, 'issue'>;
};

/**
 * Begins to add a passkey.
 *
 * @throws ProblemError those of `authenticate`, `step-up-required`, `factor-limit`, `unavailable`
 */
export async function offerRegistration(
  deps: OfferRegistrationDeps,
  bearer: Bearer,
): Promise<RegistrationOffer> {
  const { user, session, claims } = await authenticate(deps, bearer);
  const now = deps.clock();
  requireStepUp(user, claims, { fresh: true }, now);
  refuseBeyondLimit(user);
  const [existing, challenge] = await both(
    deps.passkeys.list(user.userId),
    deps.challenges.issue(registrationIn(session), now),
  );
  return { user, challenge, existing };
}

export const registerPasskeyFields = { response: credentialJson, name: passkeyName };

export type RegisterPasskeyRequest = Bearer & { body: () => RawFields; language: Language };

export type RegisterPasskeyDeps = Authenticator & {
  passkeys: Pick<PasskeyStore, 'add'>;
  challenges: Pick<PasskeyChallenges, 'check'>;
  party: Pick<RelyingParty, 'registration'>;
  /** Milliseconds. */
  tagLifetime: number;
};

/**
 * Adds the passkey that a browser created for a challenge of this session. The use of the challenge, the passkey and the
 * account's count of them are one transaction.
 *
 * @throws ProblemError those of `authenticate`, `step-up-required`, `invalid-fields`, `invalid-passkey`, `factor-limit`,
 * `unavailable`
 * @see WebAuthn Level 3 section 7.1
 */
export async function registerPasskey(
  deps: RegisterPasskeyDeps,
  request: RegisterPasskeyRequest,
): Promise<Passkey> {
  return retryOnConflict('changes of the factors', async () => {
    const authenticated = await authenticate(deps, request);
    const { user, session } = authenticated;
    requireStepUp(user, authenticated.claims, { fresh: false }, deps.clock());
    const { response, name } = readFields(registerPasskeyFields, request.body());
    refuseBeyondLimit(user);
    const { credential, challenge } = await verifyRegistration(deps, authenticated, response);
    const now = deps.clock();
    const passkey = newPasskey(credential, name, now);
    const undo = undoOf(user, now, [passkey.factorId]);
    const asked = {
      userId: user.userId,
      language: request.language,
      purpose: 'passkey-added',
      undo,
    } as const;
    const mail = newMailRequest(asked, now, deps.tagLifetime);
    const outcome = await deps.passkeys.add({ user, session, passkey, challenge, mail });
    if (outcome === 'added') return passkey;
    if (outcome === 'used') throw invalidPasskey('the challenge was used before');
    if (outcome === 'taken') throw invalidPasskey('an account has this passkey already');
    return CONFLICT;
  });
}

async function verifyRegistration(
  { party, challenges, clock }: RegisterPasskeyDeps,
  { user, session }: Authenticated,
  response: unknown,
): Promise<{ credential: NewCredential; challenge: GoodChallenge }> {
  const { credential, challenge: text } = registrationOf(party, response);
  const challenge = await challenges.check(registrationIn(session), text, clock());
  if (challenge === undefined) throw invalidPasskey('the challenge is too old, or not of this session');
  if (isCancelled(challenge, user, session))
    throw invalidPasskey('another session has added a factor meanwhile');
  return { credential, challenge };
}

function registrationOf(party: RegisterPasskeyDeps['party'], response: unknown) {
  try {
    return party.registration(response);
  } catch (error) {
    if (error instanceof RefusedCredential) throw invalidPasskey(error.message);
    throw error;
  }
}

/** A registration ends when another session adds a factor meanwhile: one of the two sessions may be a thief's. */
function isCancelled(
  { issuedAt }: GoodChallenge,
  { factorAdditions = [] }: User,
  { sessionId }: Session,
): boolean {
  return factorAdditions.some(({ by, at }) => by !== sessionId && at >= issuedAt);
}

function newPasskey(credential: NewCredential, name: string | null, now: number): Passkey {
  const factorId = factorIdOf(credential.credentialId);
  return { ...credential, factorId, name, createdAt: now, lastUsedAt: null, uses: 0 };
}

function registrationIn({ userId, sessionId }: Session) {
  return { for: 'registration', session: { userId, sessionId } } as const;
}

function refuseBeyondLimit({ passkeys = 0 }: User): void {
  if (passkeys >= MAX_PASSKEYS) throw new ProblemError({ code: 'factor-limit' });
}

function invalidPasskey(detail: string): ProblemError {
  return new ProblemError({ code: 'invalid-passkey' }, detail);
}
