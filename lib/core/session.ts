import type { User } from './account.ts';

/**
 * One log-in, from its first token to its end. Times are milliseconds since the epoch; hashes are SHA-256 of secrets
 * of 256 bits. A session without `refresh` was opened for a client that has no way to refresh: it lives as long as
 * its one access token.
 */
export type Session = {
  userId: string;
  sessionId: string;
  /** The user's `credentialVersion` when the session was opened; see there. */
  credentialVersion: number;
  createdAt: number;
  idleExpiresAt: number;
  absoluteExpiresAt: number;
  endedAt?: number;
  refresh?: {
    /** Hash of the secret that all tokens of the session share; see `RefreshToken`. */
    familyHash: string;
    currentHash: string;
    /**
     * The last rotation: the hash it replaced, and the successor sealed under the secret that it replaced.
     * `rotatedAt` begins the grace for who asks again; it lies far ahead while nobody has been answered.
     */
    previous?: { hash: string; sealedSuccessor: string; rotatedAt: number };
  };
};

export type SessionKey = Pick<Session, 'userId' | 'sessionId'>;

/** A rotation of the refresh secret, applied only to a session that has not ended and is still at `fromHash`. */
export type Rotation = SessionKey & {
  familyHash: string;
  fromHash: string;
  toHash: string;
  sealedSuccessor: string;
  now: number;
  /** When the session expires if it is not refreshed again. */
  idleExpiresAt: number;
};

/** What the core needs of the table of sessions. Reads are strongly consistent; every method throws ProblemError `unavailable`. */
export type SessionStore = {
  open(session: Session): Promise<void>;
  get(key: SessionKey): Promise<Session | undefined>;
  /** One conditional write. The session as it is now, or, when the condition did not hold, as it was (`undefined`: none). */
  rotate(
    rotation: Rotation,
  ): Promise<{ rotated: true; session: Session } | { rotated: false; session: Session | undefined }>;
  /** Lets the grace of the rotation to `toHash` begin at another time, as long as that one is the last. */
  moveGrace(key: SessionKey, toHash: string, rotatedAt: number): Promise<void>;
  /** Ends the session, for good; ending it again is harmless. @returns the session as it was before this end */
  end(key: SessionKey, now: number): Promise<Session | undefined>;
  /** Ends the session if its family hash is this one. @returns whether it is. */
  endFamily(key: SessionKey, familyHash: string, now: number): Promise<boolean>;
};

/** Every rule that ends a session, in one place: each use of a token, of either kind, asks here. */
export function isLive(session: Session, user: User | undefined, now: number): user is User {
  return (
    user !== undefined &&
    user.status === 'active' &&
    session.credentialVersion === user.credentialVersion &&
    session.endedAt === undefined &&
    now < session.idleExpiresAt &&
    now < session.absoluteExpiresAt
  );
}

/** Milliseconds. `accessToken` is how long a session lives that cannot be refreshed. */
export type SessionLifetimes = { accessToken: number; idle: number; absolute: number };

/** A session for a client that does not refresh: it lives as long as its one access token. */
export function newSession(user: User, sessionId: string, lifetimes: SessionLifetimes, now: number): Session {
  return {
    userId: user.userId,
    sessionId,
    credentialVersion: user.credentialVersion,
    createdAt: now,
    idleExpiresAt: now + lifetimes.accessToken,
    absoluteExpiresAt: now + lifetimes.accessToken,
  };
}

/** A session for a client that refreshes, at its first refresh token. */
export function newRefreshableSession(
  user: User,
  sessionId: string,
  lifetimes: SessionLifetimes,
  now: number,
  hashes: { familyHash: string; currentHash: string },
): Session {
  return {
    ...newSession(user, sessionId, lifetimes, now),
    idleExpiresAt: now + lifetimes.idle,
    absoluteExpiresAt: now + lifetimes.absolute,
    refresh: hashes,
  };
}
