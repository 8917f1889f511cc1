import type { AccessToken, AccessTokenSigner } from './access-token.ts';
import { type Clock, profileOf, type UserStore } from './account.ts';
import { type RawFields, readFields, textSuchAs } from './fields.ts';
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
export const refreshFields = { refreshToken: textSuchAs('a-refresh-token') };

export type Refreshed = { accessToken: AccessToken; refreshToken: string };

export type RefreshParts = {
  users: Pick<UserStore, 'get'>;
  sessions: Pick<SessionStore, 'rotate' | 'moveGrace' | 'end'>;
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
 * One round trip: the user is read beside the rotation and judged after it. What is refused counts for the address.
 *
 * @throws ProblemError `invalid-fields`, `invalid-refresh-token`, `throttled`, `unavailable`
 * @see RFC 9700 section 4.14.2
 */
export async function refreshSession(parts: RefreshParts, request: RefreshRequest): Promise<Refreshed> {
  const { refreshToken } = readFields(refreshFields, request.fields);
  const presented = readRefreshToken(refreshToken);
  const answer = presented === undefined ? refused('not a refresh token') : await exchange(parts, presented);
  if (!(answer instanceof ProblemError)) return answer;
  // A replay is told at once, whatever else the address did: its session has just ended.
  if (answer.notice === undefined) await countRequest(parts.throttle, 'refreshes', request.client);
  throw answer;
}

async function exchange(parts: RefreshParts, presented: RefreshToken): Promise<Refreshed | ProblemError> {
  const { users, sessions, signer, clock, lifetimes } = parts;
  // First of all: were the key missing only after the rotation, the client would be left with a token that is replaced.
  const sign = await signer.ready();
  const successor = newSecret();
  const toHash = hashSecret(successor);
  const sealedSuccessor = await sealSuccessor(successor, presented.secret);
  const now = clock();
  const [reading, rotating] = await Promise.allSettled([
    users.get(presented.userId),
    sessions.rotate({
      userId: presented.userId,
      sessionId: presented.sessionId,
      familyHash: hashSecret(presented.family),
      fromHash: hashSecret(presented.secret),
      toHash,
      sealedSuccessor,
      now,
      idleExpiresAt: now + lifetimes.idle,
    }),
  ]);
  if (rotating.status === 'rejected') throw rotating.reason;
  const rotation = rotating.value;
  if (reading.status === 'rejected') {
    if (rotation.rotated) await holdGrace(sessions, rotation.session, toHash);
    throw reading.reason;
  }

  const user = reading.value;
  const { session } = rotation;
  if (session === undefined || !isLive(session, user, now)) return refused('the session is over');
  const secret = rotation.rotated ? successor : await successorAgain(parts, session, presented, now);
  if (secret instanceof ProblemError) return secret;
  const accessToken = await sign(profileOf(user), presented.sessionId, now);
  return { accessToken, refreshToken: writeRefreshToken({ ...presented, secret }) };
}

/**
 * Keeps the grace of a rotation from running out before anyone was answered: an outage of the users' table that lasts
 * longer than it would otherwise end every session that is refreshed meanwhile.
 */
function holdGrace(sessions: RefreshParts['sessions'], session: Session, toHash: string): Promise<void> {
  return sessions.moveGrace(session, toHash, session.absoluteExpiresAt);
}

/** The successor that the presented token already has, if it was replaced within the grace; else a replay or a guess. */
async function successorAgain(
  { sessions }: RefreshParts,
  session: Session,
  presented: RefreshToken,
  now: number,
): Promise<Buffer | ProblemError> {
  if (session.refresh?.familyHash !== hashSecret(presented.family))
    return refused('not a token of the session');
  const { previous, currentHash } = session.refresh;
  if (previous?.hash === hashSecret(presented.secret) && now <= previous.rotatedAt + GRACE_MS) {
    // A grace that was held begins with its first answer.
    if (previous.rotatedAt > now + GRACE_MS) await sessions.moveGrace(session, currentHash, now);
    return unsealSuccessor(previous.sealedSuccessor, presented.secret);
  }
  await sessions.end(session, now);
  return refused('a replaced token was used again; the session was ended', 'reuse-detected');
}

function refused(detail: string, notice?: Notice): ProblemError {
  return new ProblemError({ code: 'invalid-refresh-token' }, detail, { notice });
}
