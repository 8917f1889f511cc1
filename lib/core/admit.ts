import { randomUUID } from 'node:crypto';
import type { AccessToken, AccessTokenSigner } from './access-token.ts';
import { type Clock, type Profile, profileOf, type User } from './account.ts';
import { hashSecret, newSecret, writeRefreshToken } from './opaque-token.ts';
import { type Evidence, newSession, type SessionLifetimes, type SessionStore } from './session.ts';

export type AdmitDeps = {
  sessions: Pick<SessionStore, 'open'>;
  signer: AccessTokenSigner;
  clock: Clock;
  lifetimes: SessionLifetimes;
};

/** Who comes in, what proves it, and whether their client takes a refresh token. */
export type Admission = Omit<Evidence, 'authTime'> & {
  user: User;
  refreshes: boolean;
  /** Words for the client's device; see `deviceOf`. */
  device?: string | undefined;
  /** The passkey it was opened with. */
  openedWith?: string;
  /** When it was proved, in milliseconds since the epoch; now, unless the proof is older than the admission. */
  authTime?: number;
};

export type LoggedIn = { profile: Profile; accessToken: AccessToken; refreshToken?: string };

/**
 * Opens a session: the one end of every way in. The caller has checked everything, the user's status too.
 *
 * The tokens are made before the one write, so that a session that nobody holds a token of is never left behind.
 *
 * @throws ProblemError `hook-failed`, `unavailable`, and whatever `sessions.open` throws
 */
export async function admit(deps: AdmitDeps, admission: Admission): Promise<LoggedIn> {
  const open = await prepareAdmission(deps, admission);
  return open();
}

/**
 * Asks for all that an admission needs, and writes nothing.
 *
 * @returns what opens the session
 * @throws ProblemError `hook-failed`, `unavailable`
 */
export async function prepareAdmission(
  { sessions, signer, clock, lifetimes }: AdmitDeps,
  { refreshes, ...admission }: Admission,
): Promise<() => Promise<LoggedIn>> {
  const { user, acr, amr } = admission;
  const sessionId = randomUUID();
  const { prepare } = await signer.ready();
  const sign = await prepare(user, { sessionId, acr, amr });

  return async () => {
    const now = clock();
    const opening = { authTime: now, ...admission };
    const accessToken = await sign(opening.authTime, now);

    const token = { userId: user.userId, sessionId, family: newSecret(), secret: newSecret() };
    const hashes = { familyHash: hashSecret(token.family), currentHash: hashSecret(token.secret) };
    await sessions.open(newSession(opening, sessionId, lifetimes, now, refreshes ? hashes : undefined));
    return {
      profile: profileOf(user),
      accessToken,
      ...(refreshes && { refreshToken: writeRefreshToken(token) }),
    };
  };
}
