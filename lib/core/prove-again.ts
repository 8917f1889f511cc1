import type { AccessToken, AccessTokenSigner } from './access-token.ts';
import type { User } from './account.ts';
import { type Authenticator, authenticate, type Bearer, ownerOfLive } from './authenticate.ts';
import { both } from './both.ts';
import { type ProveDeps, type Prover, withPassword } from './check-password.ts';
import { combined, type Proof } from './combined-evidence.ts';
import { type RawFields, readOneOf, textSuchAs } from './fields.ts';
import { credentialJson } from './passkey-fields.ts';
import { ProblemError } from './problem.ts';
import {
  FACTOR_METHODS,
  type GivenCode,
  type ProveFactorDeps,
  proveFactor,
  wrongCode,
} from './prove-factor.ts';
import { mailOf } from './second-step.ts';
import type { OwnSessionStore, Session, SessionStore } from './session.ts';
import { type StepUpByPasskeyDeps, stepUpByPasskey } from './step-up-by-passkey.ts';

export type ProveAgainRequest = Bearer & Prover & { body: () => RawFields };

/** Exactly one of the ways to prove who one is. */
export const proveAgainFields = [
  { password: textSuchAs('correct horse battery staple') },
  { code: textSuchAs('123456') },
  { recoveryCode: textSuchAs('0123AB-CDEFGH-JKMNPQ-RSTVWX') },
  { passkey: credentialJson },
];

export type ProveAgainDeps = Omit<Authenticator, 'sessions'> &
  ProveDeps &
  ProveFactorDeps &
  StepUpByPasskeyDeps & {
    sessions: Pick<SessionStore, 'get'> & Pick<OwnSessionStore, 'prove'>;
    signer: AccessTokenSigner;
  };

/** `recoveryCodesLeft` where one was used. */
export type ProvedAgain = AccessToken & { recoveryCodesLeft?: number };

/**
 * The holder of a session proves again who they are. The session keeps the proof, so that refreshes carry it, and its
 * refresh token stays the same; only the access token that is answered has it.
 *
 * @throws ProblemError those of `authenticate`; `invalid-fields`, `wrong-credentials`, `wrong-code`, `throttled`,
 * `unavailable`
 */
export async function proveAgain(deps: ProveAgainDeps, request: ProveAgainRequest): Promise<ProvedAgain> {
  const [{ user, session }, sign] = await both(authenticate(deps, request), deps.signer.ready());
  const given = readOneOf(proveAgainFields, request.body()) as RawFields;

  const strengthen = async (proof: Proof) => {
    const now = deps.clock();
    const proved = await addProof(deps, { user, session, proof, now });
    return sign(user, proved, now);
  };
  if (given.password !== undefined) {
    const typed = given.password as string;
    return withPassword(deps, { ...request, user, typed }, () => strengthen({ amr: ['pwd'] }));
  }
  if (given.passkey !== undefined) {
    const { client, language } = request;
    const asked = { response: given.passkey, language };
    return sign(user, await stepUpByPasskey(deps, asked, { user, session, client }), deps.clock());
  }
  return proveByCode(deps, { user, session, given: given as GivenCode, language: request.language }, sign);
}

/** The use of the code and the session's new evidence are one transaction: a code that was answered is not lost. */
async function proveByCode(
  deps: ProveAgainDeps,
  {
    user,
    session,
    given,
    language,
  }: { user: User; session: Session; given: GivenCode; language: Prover['language'] },
  sign: Awaited<ReturnType<AccessTokenSigner['ready']>>,
): Promise<ProvedAgain> {
  if (!user.totp && !user.passkeys) throw wrongCode('the account has no factor', false);
  const now = deps.clock();
  const evidence = combined(session, { amr: FACTOR_METHODS, acr: 'aal2' }, now);
  const use = await proveFactor(deps, user.userId, given, async (found) => {
    const effects = { raise: { session, evidence }, ...mailOf(deps, found, language) };
    const outcome = await deps.factors.use(found, effects);
    if (outcome === 'over') throw new ProblemError({ code: 'invalid-access-token' }, 'ended meanwhile');
    return outcome;
  });
  const accessToken = await sign(user, { ...session, ...evidence }, now);
  return { ...accessToken, ...(use.by === 'recovery-code' && { recoveryCodesLeft: use.left }) };
}

/** How often a proof is added anew when another one came first. */
const TRIES = 5;

/**
 * Adds a proof to a session: its time is now, its ways are those of both, and its level is never lowered.
 *
 * @throws ProblemError `invalid-access-token` when the session is over meanwhile; `unavailable`
 */
async function addProof(
  { sessions }: Pick<ProveAgainDeps, 'sessions'>,
  { user, session: first, proof, now }: { user: User; session: Session; proof: Proof; now: number },
): Promise<Session> {
  let session: Session | undefined = first;
  for (let tried = 0; tried < TRIES; tried += 1) {
    ownerOfLive(session, user, now);
    const evidence = combined(session as Session, proof, now);
    const outcome = await sessions.prove(session as Session, evidence, now);
    if (outcome.proved) return { ...(session as Session), ...evidence };
    session = outcome.session;
  }
  throw new ProblemError(
    { code: 'unavailable', retryAfter: 1 },
    'other proofs of the session keep coming first',
  );
}
