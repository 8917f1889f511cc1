import type { AccessToken, AccessTokenSigner, SignAccessToken, TokenIssuer } from './access-token.ts';
import type { User } from './account.ts';
import { type Authenticator, authenticate, type Bearer, ownerOfLive } from './authenticate.ts';
import { both } from './both.ts';
import { type ProveDeps, type Prover, withPassword } from './check-password.ts';
import { combineEvidence, type Proof } from './combine-evidence.ts';
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
import { CONFLICT, retryOnConflict } from './retry-on-conflict.ts';
import { mailOf } from './second-step.ts';
import type { OwnSessionStore, Session, SessionStore } from './session.ts';
import { type StepUpByPasskeyDeps, stepUpByPasskey } from './step-up-by-passkey.ts';

export type ProveAgainRequest = Bearer & Prover & { body: () => RawFields };

/** Exactly one proof. */
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

/** `recoveryCodesLeft` if a recovery code was used. */
export type ProvedAgain = AccessToken & { recoveryCodesLeft?: number };

/**
 * A step-up: the holder of a session proves again who they are. The session keeps the proof, so that refreshed access tokens
 * carry it. Of the tokens that exist, only the returned access token has it; the refresh token stays valid.
 *
 * @throws ProblemError those of `authenticate`; `invalid-fields`, `wrong-credentials`, `wrong-code`, `throttled`,
 * `unavailable`
 */
export async function proveAgain(deps: ProveAgainDeps, request: ProveAgainRequest): Promise<ProvedAgain> {
  const [{ user, session }, issuer] = await both(authenticate(deps, request), deps.signer.ready());
  const given = readOneOf(proveAgainFields, request.body()) as RawFields;

  if (given.password !== undefined) {
    const typed = given.password as string;
    return withPassword(deps, { ...request, user, typed }, () =>
      prepareProof(deps, { user, session, issuer, proof: { amr: ['pwd'] } }),
    );
  }
  if (given.passkey !== undefined) {
    const { client, language } = request;
    const asked = { response: given.passkey, language };
    return stepUpByPasskey(deps, asked, { user, session, client, issuer });
  }
  const { language } = request;
  return proveByCode(deps, { user, session, issuer, given: given as GivenCode, language });
}

/** The use of the code and the session's new evidence are one transaction, so that no code is used up for nothing. */
async function proveByCode(
  deps: ProveAgainDeps,
  {
    user,
    session,
    issuer,
    given,
    language,
  }: { user: User; session: Session; issuer: TokenIssuer; given: GivenCode; language: Prover['language'] },
): Promise<ProvedAgain> {
  if (!user.totp && !user.passkeys) throw wrongCode('the account has no factor', false);
  const now = deps.clock();
  const evidence = combineEvidence(session, { amr: FACTOR_METHODS, acr: 'aal2' }, now);
  let sign: SignAccessToken | undefined;
  const use = await proveFactor(deps, user.userId, given, async (found) => {
    sign ??= await issuer.prepare(user, { ...session, ...evidence });
    const effects = { raise: { session, evidence }, ...mailOf(deps, found, language) };
    const outcome = await deps.factors.use(found, effects);
    if (outcome === 'over') throw new ProblemError({ code: 'invalid-access-token' }, 'ended meanwhile');
    return outcome;
  });
  const accessToken = await (sign as unknown as SignAccessToken)(evidence.authTime, now);
  return { ...accessToken, ...(use.by === 'recovery-code' && { recoveryCodesLeft: use.left }) };
}

type AddedProof = { user: User; session: Session; proof: Proof; issuer: TokenIssuer };

/** Fetches what the new token needs, and writes nothing. @returns a function that adds the proof and signs */
async function prepareProof(
  deps: Pick<ProveAgainDeps, 'sessions' | 'clock'>,
  given: AddedProof,
): Promise<() => Promise<AccessToken>> {
  const { user, session, proof, issuer } = given;
  const now = deps.clock();
  const sign = await issuer.prepare(user, { ...session, ...combineEvidence(session, proof, now) });
  return () => addProof(deps, given, sign);
}

/**
 * Adds a proof to a session; see `combineEvidence`.
 *
 * @throws ProblemError `invalid-access-token` when the session is over meanwhile; `hook-failed`, `unavailable`
 */
async function addProof(
  { sessions, clock }: Pick<ProveAgainDeps, 'sessions' | 'clock'>,
  { user, session: first, proof, issuer }: AddedProof,
  prepared: SignAccessToken,
): Promise<AccessToken> {
  const now = clock();
  let sign = prepared;
  let session: Session | undefined = first;
  return retryOnConflict('proofs of the session', async () => {
    ownerOfLive(session, user, now);
    const evidence = combineEvidence(session as Session, proof, now);
    // The proof that came in between may have raised the level, which a hook's claims may depend on.
    if (session !== first) sign = await issuer.prepare(user, { ...(session as Session), ...evidence });
    const outcome = await sessions.prove(session as Session, evidence, now);
    if (outcome.proved) return sign(evidence.authTime, now);
    session = outcome.session;
    return CONFLICT;
  });
}
