import type { AccessTokenVerifier, Claims } from './access-token.ts';
import type { Clock, User, UserStore } from './account.ts';
import { both } from './both.ts';
import { ProblemError } from './problem.ts';
import { isLive, readUntorn, type Session, type SessionKey, type SessionState } from './session.ts';
import { countingRefusals, type Throttle } from './throttle.ts';

/** @typeParam S what is read of the session */
export type Authenticator<S extends SessionState = Session> = {
  users: Pick<UserStore, 'get'>;
  sessions: { get(key: SessionKey): Promise<S | undefined> };
  verifier: AccessTokenVerifier;
  throttle: Throttle;
  clock: Clock;
};

/** The owner of an access token, its session, and the token's own claims. */
export type Authenticated<S = Session> = { user: User; session: S; claims: Claims };

/** An access token as it was sent, and the client's network; see `clientNetwork`. */
export type Bearer = { accessToken: string | undefined; client: string };

/**
 * Finds the owner of an access token. A token whose session is over is refused although its signature is still valid. A
 * refusal counts against the client's address; success costs one round trip.
 *
 * @throws ProblemError `missing-access-token`, `invalid-access-token`, `throttled`, `unavailable`
 * @see RFC 6750 section 3.1
 */
export function authenticate<S extends SessionState>(
  deps: Authenticator<S>,
  bearer: Bearer,
): Promise<Authenticated<S>> {
  const { verifier, clock } = deps;
  return countingRefusedToken(deps, bearer, async () => {
    const now = clock();
    const claims = await claimsOf(bearer.accessToken, verifier, now);
    return { ...(await readLive(deps, claims, now)), claims };
  });
}

/**
 * Reads a session that must be live, and its user. The two reads aren't a snapshot: between them the session may have been
 * carried over to a new `credentialVersion` (see `isTorn`), so that a pair that doesn't match is read again.
 *
 * @throws ProblemError `invalid-access-token`, `unavailable`
 */
export async function readLive<S extends SessionState>(
  { users, sessions }: Pick<Authenticator<S>, 'users' | 'sessions'>,
  key: SessionKey,
  now: number,
): Promise<{ user: User; session: S }> {
  const read = () => both(users.get(key.userId), sessions.get(key));
  const [user, session] = await readUntorn(await read(), read);
  return { user: ownerOfLive(session, user, now), session: session as S };
}

/** Runs the work, and counts a refusal of the access token against the client's address. */
export function countingRefusedToken<T>(
  { throttle }: Pick<Authenticator, 'throttle'>,
  { client }: Pick<Bearer, 'client'>,
  work: () => Promise<T>,
): Promise<T> {
  return countingRefusals({ throttle, limit: 'refreshes', client }, 'invalid-access-token', work);
}

/**
 * The claims of an access token, whether or not its session is over.
 *
 * @throws ProblemError `missing-access-token`, `invalid-access-token`, `unavailable`
 */
export async function claimsOf(
  accessToken: string | undefined,
  verifier: AccessTokenVerifier,
  now: number,
): Promise<Claims> {
  if (accessToken === undefined) throw new ProblemError({ code: 'missing-access-token' });
  return verifier.verify(accessToken, now);
}

/** @throws ProblemError `invalid-access-token` when the session is over */
export function ownerOfLive(session: SessionState | undefined, user: User | undefined, now: number): User {
  if (session !== undefined && isLive(session, user, now)) return user;
  throw new ProblemError({ code: 'invalid-access-token' }, 'the session of the access token is over');
}
