import type { AccessToken, AccessTokenSigner } from './access-token.ts';
import { type Clock, profileOf, type User, type UserStore } from './account.ts';
import { type RawFields, readFields, text } from './fields.ts';
import {
  hashSecret,
  newSecret,
  type RefreshToken,
  readRefreshToken,
  writeRefreshToken,
} from './opaque-token.ts';
import { type Notice, ProblemError } from './problem.ts';
import { sealSuccessor, unsealSuccessor } from './sealed-successor.ts';
import { isLive, type Session, type SessionLifetimes, type SessionStore } from './session.ts';
import { countRequest, type Throttle } from './throttle.ts';

/** How long after a rotation the token that it replaced is answered with the same successor. */
const GRACE_MS = 10_000;

export type RefreshRequest = { fields: RawFields; client: string };
/** The rules of a refresh's fields. */
export const refreshFields = { refreshToken: text };

export type Refreshed = { accessToken: AccessToken; refreshToken: string };

export type RefreshParts = {
  users: Pick<UserStore, 'get'>;
  sessions: Pick<SessionStore, 'rotate' | 'end'>;
  signer: AccessTokenSigner;
  throttle: Throttle;
  clock: Clock;
  lifetimes: SessionLifetimes;
};

/**
 * Exchanges a refresh token for its one successor and a new access token.
 *
 * Whoever asks again with the token that was just replaced, because two tabs raced or an answer was lost, gets the
 * same successor, never a second one: a second would fork the session and later log its user out. Whoever asks with
 * an older token of the session ends it, since then one of two holders is a thief.
 *
 * @throws ProblemError `invalid-fields`, `invalid-refresh-token`, `throttled`, `unavailable`
 * @see RFC 9700 section 4.14.2
 */
export async function refreshSession(parts: RefreshParts, request: RefreshRequest): Promise<Refreshed> {
  const { refreshToken } = readFields(refreshFields, request.fields);
  const presented = readRefreshToken(refreshToken);
  const [user] = await Promise.all([
    presented && parts.users.get(presented.userId),
    countRequest(parts.throttle, 'refreshes', request.client),
  ]);
  if (presented === undefined || user === undefined || user.status !== 'active')
    throw refused('no such user');

  const successor = newSecret();
  const now = parts.clock();
  // Signed before the rotation: were it the other way round, a signer that is down for longer than the grace would
  // leave the client with a token that has been replaced.
  const accessToken = await parts.signer.sign(profileOf(user), presented.sessionId, now);
  const result = await parts.sessions.rotate({
    userId: presented.userId,
    sessionId: presented.sessionId,
    credentialVersion: user.credentialVersion,
    familyHash: hashSecret(presented.family),
    fromHash: hashSecret(presented.secret),
    toHash: hashSecret(successor),
    sealedSuccessor: await sealSuccessor(successor, presented.secret),
    now,
    idleExpiresAt: now + parts.lifetimes.idle,
  });
  const secret = result.rotated
    ? successor
    : await successorAgain(parts, result.session, user, presented, now);
  return { accessToken, refreshToken: writeRefreshToken({ ...presented, secret }) };
}

/** The successor that the presented token already has, if it was replaced within the grace; else a replay or a guess. */
async function successorAgain(
  { sessions }: RefreshParts,
  session: Session | undefined,
  user: User,
  presented: RefreshToken,
  now: number,
): Promise<Buffer> {
  if (session === undefined || !isLive(session, user, now)) throw refused('the session is over');
  if (session.refresh?.familyHash !== hashSecret(presented.family))
    throw refused('not a token of the session');
  const { previous } = session.refresh;
  if (previous?.hash === hashSecret(presented.secret) && now <= previous.rotatedAt + GRACE_MS) {
    return unsealSuccessor(previous.sealedSuccessor, presented.secret);
  }
  await sessions.end(session, now);
  throw refused('a replaced token was used again; the session was ended', 'reuse-detected');
}

function refused(detail: string, notice?: Notice): ProblemError {
  return new ProblemError({ code: 'invalid-refresh-token' }, detail, { notice });
}
