import { type Authenticator, authenticate } from './authenticate.ts';
import { type RawFields, readFields, text } from './fields.ts';
import { hashSecret, readRefreshToken } from './opaque-token.ts';
import { ProblemError } from './problem.ts';

/** A log-out names its session by the access token or by any refresh token the session ever had. */
export type LogOutRequest =
  | { by: 'access-token'; accessToken: string | undefined }
  | { by: 'refresh-token'; fields: RawFields };

/** The rules of the fields of a log-out by refresh token. */
export const logOutFields = { refreshToken: text };

/**
 * Ends the session, both kinds of its tokens, at once.
 *
 * By access token the session has to be live. By refresh token it may be over already, which is what the client wants;
 * a string that never was a refresh token of the session leaves it untouched.
 *
 * @throws ProblemError `missing-access-token`, `invalid-access-token`, `invalid-fields`, `foreign-refresh-token`, `unavailable`
 */
export async function logOut(parts: Authenticator, request: LogOutRequest): Promise<void> {
  if (request.by === 'access-token') {
    const { session } = await authenticate(parts, request.accessToken);
    return parts.sessions.end(session, parts.clock());
  }
  const { refreshToken } = readFields(logOutFields, request.fields);
  const token = readRefreshToken(refreshToken);
  const ours =
    token !== undefined && (await parts.sessions.endFamily(token, hashSecret(token.family), parts.clock()));
  if (!ours) throw new ProblemError({ code: 'foreign-refresh-token' });
}
