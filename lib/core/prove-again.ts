import type { AccessToken, AccessTokenSigner } from './access-token.ts';
import type { User } from './account.ts';
import { type Authenticator, authenticate, type Bearer, ownerOfLive } from './authenticate.ts';
import { both } from './both.ts';
import { type ProveDeps, type Prover, withPassword } from './check-password.ts';
import { anyObject, type RawFields, readOneOf, textSuchAs } from './fields.ts';
import { ProblemError } from './problem.ts';
import {
  FACTOR_METHODS,
  type GivenCode,
  type ProveFactorDeps,
  proveFactor,
  wrongCode,
} from './prove-factor.ts';
import { mailOf } from './second-step.ts';
import type { Evidence, OwnSessionStore, Session, SessionStore } from './session.ts';

export type ProveAgainRequest = Bearer & Prover & { body: () => RawFields };

/** Exactly one of the ways to prove who one is. */
export const proveAgainFields = [
  { password: textSuchAs('correct horse battery staple') },
  { code: textSuchAs('123456') },
  { recoveryCode: textSuchAs('0123AB-CDEFGH-JKMNPQ-RSTVWX') },
  { passkey: anyObject },
];

export type ProveAgainDeps = Omit<Authenticator, 'sessions'> &
  ProveDeps &
  ProveFactorDeps & {
    sessions: Pick<SessionStore, 'get'> & Pick<OwnSessionStore, 'prove'>;
    signer: AccessTokenSigner;
  };

/** `recoveryCodesLeft` where one was used. */
export type ProvedAgain = AccessToken & { recoveryCodesLeft?: number };

/** What a proof adds to a session. */
type Proof = Pick<Evidence, 'amr'> & Partial<Pick<Evidence, 'acr'>>;

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
  if (given.passkey !== undefined) throw new ProblemError({ code: 'wrong-credentials' });
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

/** What a session rests on after one more proof. */
export function combined({ amr, acr }: Evidence, proof: Proof, now: number): Evidence {
  return {
    authTime: now,
    amr: [...new Set([...amr, ...proof.amr])],
    acr: proof.acr === 'aal2' ? 'aal2' : acr,
  };
}
