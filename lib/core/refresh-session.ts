import type { AccessToken, AccessTokenSigner, SignAccessToken, TokenIssuer } from './access-token.ts';
import type { Clock, UserStore } from './account.ts';
import { both } from './both.ts';
import { type RawFields, readFields, textSuchAs } from './fields.ts';
import {
  hashSecret,
  newSecret,
  type RefreshToken,
  readRefreshToken,
  writeRefreshToken,
} from './opaque-token.ts';
import { ProblemError } from './problem.ts';
import { sealSuccessor, unsealSuccessor } from './sealed-successor.ts';
import {
  isLive,
  type Rotation,
  readUntorn,
  type Session,
  type SessionKey,
  type SessionLifetimes,
  type SessionStore,
} from './session.ts';
import { countingRefusals, type Throttle } from './throttle.ts';

export type RefreshRequest = { fields: RawFields; client: string };
/** The rules of a refresh's fields. */
export const refreshFields = { refreshToken: textSuchAs('a-refresh-token') };

export type Refreshed = { accessToken: AccessToken; refreshToken: string };

export type RefreshDeps = {
  users: Pick<UserStore, 'get'>;
  sessions: Pick<SessionStore, 'get' | 'rotate' | 'moveGrace' | 'end'>;
  signer: AccessTokenSigner;
  throttle: Throttle;
  clock: Clock;
  lifetimes: SessionLifetimes;
  /** How long after a rotation the replaced token still gets the same successor, in milliseconds. */
  grace: number;
};

/**
 * Exchanges a refresh token for its one successor and a new access token.
 *
 * A client that presents the token which was just replaced, because two tabs raced or an answer was lost, gets the
 * same successor, never a second one: a second would fork the session and later log its user out. An older token of the
 * session ends the session, since one of its two holders must be a thief.
 *
 * One round trip: the user is read in parallel with the rotation and checked after it. A refusal counts against the client's
 * address, except that of a replay, which must be reported even beyond the limit: its session has just ended.
 *
 * @throws ProblemError `invalid-fields`, `invalid-refresh-token`, `throttled`, `hook-failed`, `unavailable`
 * @see RFC 9700 section 4.14.2
 */
export async function refreshSession(deps: RefreshDeps, request: RefreshRequest): Promise<Refreshed> {
  const { refreshToken } = readFields(refreshFields, request.fields);
  const { throttle } = deps;
  const counted = { throttle, limit: 'refreshes', client: request.client } as const;
  return countingRefusals(counted, 'invalid-refresh-token', async () => {
    const presented = readRefreshToken(refreshToken);
    if (presented === undefined) throw refused('not a refresh token');
    return exchange(deps, presented);
  });
}

async function exchange(deps: RefreshDeps, presented: RefreshToken): Promise<Refreshed> {
  // Before the rotation: if the key were unavailable only after it, the client would be left with a replaced token.
  const issuer = await deps.signer.ready();
  const prepared = issuer.hasClaimsHook ? await prepareFirst(deps, issuer, presented) : undefined;
  const successor = newSecret();
  const now = deps.clock();
  const rotation = rotationOf(deps, presented, successor, now);
  const first = await rotateAndLoadUser(deps, rotation);
  const { rotated } = first;
  const [user, session] = await readUntorn([first.user, first.session], () => readBoth(deps, rotation));

  if (session === undefined || !isLive(session, user, now)) throw refused('the session is over');
  const secret = rotated ? successor : await successorAgain(deps, session, presented, now);
  const sign = prepared ?? (await issuer.prepare(user, session));
  const accessToken = await sign(session.authTime, now);
  return { accessToken, refreshToken: writeRefreshToken({ ...presented, secret }) };
}

/**
 * Gets a hook's claims before the rotation: when the hook fails, the client still has a valid token. Costs a round
 * trip, and only where there is a hook. Only the holder of a token that will be accepted makes the hook run.
 *
 * @throws ProblemError `hook-failed`, `unavailable`
 */
async function prepareFirst(
  deps: RefreshDeps,
  issuer: TokenIssuer,
  presented: RefreshToken,
): Promise<SignAccessToken | undefined> {
  const now = deps.clock();
  const read = () => readBoth(deps, presented);
  const [user, session] = await readUntorn(await read(), read);
  if (session?.refresh === undefined || !isLive(session, user, now)) return undefined;
  const { familyHash, currentHash, previous } = session.refresh;
  if (familyHash !== hashSecret(presented.family)) return undefined;
  const hash = hashSecret(presented.secret);
  const repeats = previous?.hash === hash && now <= previous.rotatedAt + deps.grace;
  return hash === currentHash || repeats ? issuer.prepare(user, session) : undefined;
}

function rotationOf(
  { lifetimes }: RefreshDeps,
  presented: RefreshToken,
  successor: Buffer,
  now: number,
): Rotation {
  return {
    userId: presented.userId,
    sessionId: presented.sessionId,
    familyHash: hashSecret(presented.family),
    fromHash: hashSecret(presented.secret),
    toHash: hashSecret(successor),
    sealedSuccessor: sealSuccessor(successor, presented.secret),
    now,
    idleExpiresAt: now + lifetimes.idle,
  };
}

/** Both in parallel. Not by `both`, because a rotation whose user could not be read needs its grace extended. */
async function rotateAndLoadUser({ users, sessions }: RefreshDeps, rotation: Rotation) {
  const [reading, rotating] = await Promise.allSettled([
    users.get(rotation.userId),
    sessions.rotate(rotation),
  ]);
  if (rotating.status === 'rejected') throw rotating.reason;
  const { rotated, session } = rotating.value;
  if (reading.status === 'fulfilled') return { user: reading.value, rotated, session };
  if (rotated) await extendGrace(sessions, session, rotation.toHash);
  throw reading.reason;
}

function readBoth({ users, sessions }: RefreshDeps, key: SessionKey) {
  return both(users.get(key.userId), sessions.get(key));
}

/**
 * Keeps the grace of a rotation open until its client gets an answer. Otherwise an outage of the table of users that
 * outlasts the grace would end every session that is refreshed during it.
 */
function extendGrace(sessions: RefreshDeps['sessions'], session: Session, toHash: string): Promise<void> {
  return sessions.moveGrace(session, toHash, session.absoluteExpiresAt);
}

/**
 * The successor that already replaced the presented token, if that was within the grace.
 *
 * @throws ProblemError `invalid-refresh-token` for a replay, which ends the session, and for a guess, which doesn't
 */
async function successorAgain(
  { sessions, grace }: RefreshDeps,
  session: Session,
  presented: RefreshToken,
  now: number,
): Promise<Buffer> {
  if (session.refresh?.familyHash !== hashSecret(presented.family))
    throw refused('not a token of the session');
  const { previous, currentHash } = session.refresh;
  if (previous?.hash === hashSecret(presented.secret) && now <= previous.rotatedAt + grace) {
    // An extended grace begins with its first answer.
    if (previous.rotatedAt > now + grace) await sessions.moveGrace(session, currentHash, now);
    return unsealSuccessor(previous.sealedSuccessor, presented.secret);
  }
  await sessions.end(session, now, { reuse: true });
  throw new ProblemError(
    { code: 'invalid-refresh-token' },
    'a replaced token was used again; the session was ended',
    { notice: 'reuse-detected' },
  );
}

function refused(detail: string): ProblemError {
  return new ProblemError({ code: 'invalid-refresh-token' }, detail);
}
