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

/** Who is admitted, what proves it, and whether the client takes a refresh token. */
export type Admission = Omit<Evidence, 'authTime'> & {
  user: User;
  refreshes: boolean;
  /** A description of the client's device; see `deviceOf`. */
  device?: string | undefined;
  /** The `factorId` of the passkey that opens the session. */
  openedWith?: string;
  /** When the user proved who they are, in milliseconds since the epoch. Default: now. */
  authTime?: number;
};

export type LoggedIn = { profile: Profile; accessToken: AccessToken; refreshToken?: string };

/**
 * Opens a session. Every way to log in ends here. The caller has checked everything, the user's status too.
 *
 * The tokens are signed before the one write, so that a failure never leaves a session behind that nobody has a token of.
 *
 * @throws ProblemError `hook-failed`, `unavailable`, and whatever `sessions.open` throws
 */
export async function admit(deps: AdmitDeps, admission: Admission): Promise<LoggedIn> {
  const open = await prepareAdmission(deps, admission);
  return open();
}

/**
 * Fetches everything that an admission needs, and writes nothing.
 *
 * @returns a function that opens the session
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
