import type { User } from './account.ts';
import { type Authenticator, authenticate, type Bearer, readLive } from './authenticate.ts';
import { onlyTrue, type RawFields, readOneOf, textSuchAs } from './fields.ts';
import { CONFLICT, retryOnConflict } from './retry-on-conflict.ts';
import type { Session, SessionStore } from './session.ts';
import { isUuid } from './uuid.ts';

export type EndSessionsRequest = Bearer & { body: () => RawFields };

/** Exactly one of: a single session, all but the calling one, or all. */
export const endSessionsFields = [
  { sessionId: textSuchAs('5f4dcc3b-5aa7-4a5d-8b3d-2a1f0c9e8d7b') },
  { others: onlyTrue },
  { all: onlyTrue },
];

export type EndSessionsDeps = Omit<Authenticator, 'sessions'> & {
  sessions: Pick<SessionStore, 'get' | 'end'>;
  accounts: {
    /**
     * Raises `credentialVersion` for the user, and in the same transaction for the session that is to stay, on condition
     * that neither has changed since they were read. Without a session it always raises it.
     *
     * @returns false when the condition did not hold
     * @throws ProblemError `unavailable`
     */
    raiseVersion(user: User, kept: Session | undefined, now: number): Promise<boolean>;
  };
};

/**
 * Ends sessions of the account at once, for both kinds of their tokens. A session is looked up only among the caller's own,
 * so that the answer for an unknown session and for another account's is the same success.
 *
 * @throws ProblemError those of `authenticate`; `invalid-fields`, `unavailable`
 */
export async function endSessionsOf(deps: EndSessionsDeps, request: EndSessionsRequest): Promise<void> {
  const found = await authenticate(deps, request);
  const given = readOneOf(endSessionsFields, request.body()) as RawFields;
  if (given.sessionId !== undefined) return endOne(deps, found.user, given.sessionId as string);
  let { user, session } = found;
  await retryOnConflict('changes of the account', async () => {
    const now = deps.clock();
    if (await deps.accounts.raiseVersion(user, given.others ? session : undefined, now)) return;
    ({ user, session } = await readLive(deps, session, now));
    return CONFLICT;
  });
}

async function endOne(
  { sessions, clock }: EndSessionsDeps,
  { userId }: User,
  sessionId: string,
): Promise<void> {
  if (isUuid(sessionId)) await sessions.end({ userId, sessionId }, clock());
}
