import type { AccessToken, SignAccessToken, TokenIssuer } from './access-token.ts';
import type { User } from './account.ts';
import { ownerOfLive } from './authenticate.ts';
import { combineEvidence } from './combine-evidence.ts';
import type { PasskeyStore } from './passkeys.ts';
import { ProblemError } from './problem.ts';
import { type GivenPasskey, type ProvePasskeyDeps, provePasskey } from './prove-passkey.ts';
import type { Session, SessionStore } from './session.ts';
import { countingRefusals, type Throttle } from './throttle.ts';

export type StepUpByPasskeyDeps = Omit<ProvePasskeyDeps, 'passkeys'> & {
  passkeys: ProvePasskeyDeps['passkeys'] & Pick<PasskeyStore, 'use'>;
  sessions: Pick<SessionStore, 'get'>;
  throttle: Throttle;
};

/**
 * Steps a session up with a passkey of its account. The use of the passkey and of the challenge, and the session's new
 * evidence, are one transaction.
 *
 * @param session as it was read
 * @returns an access token with the new evidence
 * @throws ProblemError `wrong-credentials`, also for an unknown passkey or another account's; `invalid-access-token` when
 * the session is over meanwhile; `throttled`, `hook-failed`, `unavailable`
 */
export function stepUpByPasskey(
  deps: StepUpByPasskeyDeps,
  given: GivenPasskey,
  { user, session, client, issuer }: { user: User; session: Session; client: string; issuer: TokenIssuer },
): Promise<AccessToken> {
  const counted = { throttle: deps.throttle, limit: 'logins', client } as const;
  return countingRefusals(counted, 'wrong-credentials', async () => {
    const { sign, authTime } = await raise(deps, given, { user, session, issuer });
    return sign(authTime, deps.clock());
  });
}

/** The raised session's `authTime`, and a function that signs its access token. */
type Raised = { sign: SignAccessToken; authTime: number };

async function raise(
  deps: StepUpByPasskeyDeps,
  given: GivenPasskey,
  { user, session: first, issuer }: { user: User; session: Session; issuer: TokenIssuer },
): Promise<Raised> {
  let session: Session | undefined = first;
  let raised: Raised | undefined;
  const proving = provePasskey(deps, given, async (proof) => {
    if (proof.user.userId !== user.userId) throw foreign();
    const now = deps.clock();
    ownerOfLive(session, proof.user, now);
    const live = session as Session;
    const evidence = combineEvidence(live, proof.evidence, now);
    const sign = await issuer.prepare(proof.user, { ...live, ...evidence });
    const outcome = await deps.passkeys.use(proof.use, { raise: { session: live, evidence } });
    raised = { sign, authTime: evidence.authTime };
    if (outcome === 'changed') session = await deps.sessions.get(first);
    return outcome;
  });
  await proving.catch((error) => {
    throw error instanceof ProblemError && error.problem.code === 'unknown-credential' ? foreign() : error;
  });
  return raised as unknown as Raised;
}

function foreign(): ProblemError {
  const notice = 'refused-passkey';
  return new ProblemError({ code: 'wrong-credentials' }, 'the passkey belongs to another account', {
    notice,
  });
}
