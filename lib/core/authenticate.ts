import type { AccessTokenVerifier } from './access-token.ts';
import type { Clock, User, UserStore } from './account.ts';
import { ProblemError } from './problem.ts';
import { isLive, type Session, type SessionKey, type SessionStore } from './session.ts';

export type Authenticator = {
  users: Pick<UserStore, 'get'>;
  sessions: Pick<SessionStore, 'get'>;
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
): Promise<User> {
  const now = clock();
  const key = await sessionNamedBy(accessToken, verifier, now);
  const [user, session] = await Promise.all([users.get(key.userId), sessions.get(key)]);
  return ownerOfLive(session, user, now);
}

/**
 * The session that an access token names, be it over or not.
 *
 * @throws ProblemError `missing-access-token`, `invalid-access-token`, `unavailable`
 */
export async function sessionNamedBy(
  accessToken: string | undefined,
  verifier: AccessTokenVerifier,
  now: number,
): Promise<SessionKey> {
  if (accessToken === undefined) throw new ProblemError({ code: 'missing-access-token' });
  return verifier.verify(accessToken, now);
}

/** @throws ProblemError `invalid-access-token` when the session is over */
export function ownerOfLive(session: Session | undefined, user: User | undefined, now: number): User {
  if (session !== undefined && isLive(session, user, now)) return user;
  throw new ProblemError({ code: 'invalid-access-token' }, 'the session of the access token is over');
}
