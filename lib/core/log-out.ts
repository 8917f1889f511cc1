import type { AccessTokenVerifier } from './access-token.ts';
import type { Clock, UserStore } from './account.ts';
import { type Bearer, claimsOf, countingRefusedToken, ownerOfLive } from './authenticate.ts';
import { both } from './both.ts';
import { type RawFields, readFields, textSuchAs } from './fields.ts';
import { hashSecret, readRefreshToken } from './opaque-token.ts';
import { ProblemError } from './problem.ts';
import { isTorn, type SessionStore } from './session.ts';
import type { Throttle } from './throttle.ts';

/** A log-out identifies its session by the access token, or by any refresh token that the session ever had. */
export type LogOutRequest = ({ by: 'access-token' } & Bearer) | { by: 'refresh-token'; fields: RawFields };

/** The rules of the fields of a log-out by refresh token. */
export const logOutFields = { refreshToken: textSuchAs('a-refresh-token') };

export type LogOutDeps = {
  users: Pick<UserStore, 'get' | 'getEventually'>;
  sessions: Pick<SessionStore, 'end' | 'endFamily'>;
  verifier: AccessTokenVerifier;
  throttle: Throttle;
  clock: Clock;
};

/**
 * Ends the session, both kinds of its tokens, at once.
 *
 * With an access token the session has to be live. With a refresh token it may have ended before: that is what the client
 * wants. A string that never was a refresh token of the session changes nothing.
 *
 * @throws ProblemError `missing-access-token`, `invalid-access-token`, `invalid-fields`, `foreign-refresh-token`,
 * `throttled`, `unavailable`
 */
export async function logOut(deps: LogOutDeps, request: LogOutRequest): Promise<void> {
  if (request.by === 'access-token') return endByAccessToken(deps, request);
  const { refreshToken } = readFields(logOutFields, request.fields);
  const token = readRefreshToken(refreshToken);
  const ours =
    token !== undefined && (await deps.sessions.endFamily(token, hashSecret(token.family), deps.clock()));
  if (!ours) throw new ProblemError({ code: 'foreign-refresh-token' });
}

/**
 * Ends the session and then checks whether it was live: it is over either way. Only the answer depends on the user, so an
 * eventually consistent read is enough. A refused token counts against the client's address.
 */
function endByAccessToken(deps: LogOutDeps, bearer: Bearer): Promise<void> {
  const { users, sessions, verifier, clock } = deps;
  return countingRefusedToken(deps, bearer, async () => {
    const now = clock();
    const key = await claimsOf(bearer.accessToken, verifier, now);
    const [user, session] = await both(users.getEventually(key.userId), sessions.end(key, now));
    ownerOfLive(session, isTorn(user, session) ? await users.get(key.userId) : user, now);
  });
}
