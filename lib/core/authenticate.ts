import type { AccessTokenVerifier } from './access-token.ts';
import type { Clock, User, UserStore } from './account.ts';
import { both } from './both.ts';
import { ProblemError } from './problem.ts';
import { isLive, type Session, type SessionKey, type SessionStore } from './session.ts';
import { countingRefusals, type Throttle } from './throttle.ts';

export type Authenticator = {
  users: Pick<UserStore, 'get'>;
  sessions: Pick<SessionStore, 'get'>;
  verifier: AccessTokenVerifier;
  throttle: Throttle;
  clock: Clock;
};

/** An access token as it was sent, and the network that it came from. */
export type Bearer = { accessToken: string | undefined; client: string };

/**
 * Who an access token speaks for, now: a token whose session is over is refused although its signature still holds. What
 * is refused counts for the client's address; what is granted costs one round trip.
 *
 * @throws ProblemError `missing-access-token`, `invalid-access-token`, `throttled`, `unavailable`
 * @see RFC 6750 section 3.1
 */
export function authenticate(deps: Authenticator, bearer: Bearer): Promise<User> {
  const { users, sessions, verifier, clock } = deps;
  return countingRefusedToken(deps, bearer, async () => {
    const now = clock();
    const key = await sessionNamedBy(bearer.accessToken, verifier, now);
    const [user, session] = await both(users.get(key.userId), sessions.get(key));
    return ownerOfLive(session, user, now);
  });
}

/** Does what an access token is for, and counts a refusal of the token for the client's address. */
export function countingRefusedToken<T>(
  { throttle }: Pick<Authenticator, 'throttle'>,
  { client }: Pick<Bearer, 'client'>,
  work: () => Promise<T>,
): Promise<T> {
  return countingRefusals({ throttle, limit: 'refreshes', client }, 'invalid-access-token', work);
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
