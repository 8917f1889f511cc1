import type { AccessTokenVerifier } from './access-token.ts';
import type { Clock, User, UserStore } from './account.ts';
import { ProblemError } from './problem.ts';
import { isLive, type Session, type SessionStore } from './session.ts';

export type Authenticator = {
  users: UserStore;
  sessions: SessionStore;
  verifier: AccessTokenVerifier;
  clock: Clock;
};

/**
 * Who an access token speaks for, now: a token whose session is over is refused although its signature still holds.
 *
 * @throws ProblemError `missing-access-token`, `invalid-access-token`, `unavailable`
 * @see RFC 6750 section 3.1
 */
export async function authenticate(
  { users, sessions, verifier, clock }: Authenticator,
  accessToken: string | undefined,
): Promise<{ user: User; session: Session }> {
  if (accessToken === undefined) throw new ProblemError({ code: 'missing-access-token' });
  const now = clock();
  const key = await verifier.verify(accessToken, now);
  const [user, session] = await Promise.all([users.get(key.userId), sessions.get(key)]);
  if (session === undefined || !isLive(session, user, now)) {
    throw new ProblemError({ code: 'invalid-access-token' }, 'the session of the access token is over');
  }
  return { user, session };
}
