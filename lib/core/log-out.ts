import type { AccessTokenVerifier } from './access-token.ts';
import type { Clock, UserStore } from './account.ts';
import { ownerOfLive, sessionNamedBy } from './authenticate.ts';
import { type RawFields, readFields, textSuchAs } from './fields.ts';
import { hashSecret, readRefreshToken } from './opaque-token.ts';
import { ProblemError } from './problem.ts';
import type { SessionStore } from './session.ts';

/** A log-out names its session by the access token or by any refresh token the session ever had. */
export type LogOutRequest =
  | { by: 'access-token'; accessToken: string | undefined }
  | { by: 'refresh-token'; fields: RawFields };

/** The rules of the fields of a log-out by refresh token. */
export const logOutFields = { refreshToken: textSuchAs('a-refresh-token') };

export type LogOutParts = {
  users: Pick<UserStore, 'getEventually'>;
  sessions: Pick<SessionStore, 'end' | 'endFamily'>;
  verifier: AccessTokenVerifier;
  clock: Clock;
};

/**
 * Ends the session, both kinds of its tokens, at once.
 *
 * By access token the session has to be live. By refresh token it may be over already, which is what the client wants;
 * a string that never was a refresh token of the session leaves it untouched.
 *
 * @throws ProblemError `missing-access-token`, `invalid-access-token`, `invalid-fields`, `foreign-refresh-token`, `unavailable`
 */
export async function logOut(parts: LogOutParts, request: LogOutRequest): Promise<void> {
  if (request.by === 'access-token') return endByAccessToken(parts, request.accessToken);
  const { refreshToken } = readFields(logOutFields, request.fields);
  const token = readRefreshToken(refreshToken);
  const ours =
    token !== undefined && (await parts.sessions.endFamily(token, hashSecret(token.family), parts.clock()));
  if (!ours) throw new ProblemError({ code: 'foreign-refresh-token' });
}

/**
 * Ends the session and then judges whether it was live: it is over either way. Only the words of the answer hang on the
 * user, who may therefore be read as of a second ago.
 */
async function endByAccessToken(
  { users, sessions, verifier, clock }: LogOutParts,
  accessToken: string | undefined,
): Promise<void> {
  const now = clock();
  const key = await sessionNamedBy(accessToken, verifier, now);
  const [user, session] = await Promise.all([users.getEventually(key.userId), sessions.end(key, now)]);
  ownerOfLive(session, user, now);
}
