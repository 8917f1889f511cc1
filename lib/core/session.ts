import type { User } from './account.ts';

/** A way in which a holder proved who they are, by the names of RFC 8176. */
export const AUTH_METHODS = ['pwd', 'otp', 'mfa', 'swk', 'hwk', 'user'] as const;
export type AuthMethod = (typeof AUTH_METHODS)[number];

/** What a session rests on; a refresh never raises it. */
export type Evidence = {
  /** Every way that was proved. */
  amr: readonly AuthMethod[];
  /** `aal2`: a password and a second factor, or a passkey with user verification. */
  acr: 'aal1' | 'aal2';
  /** When the holder last proved it, in milliseconds since the epoch. */
  authTime: number;
};

/**
 * One log-in, from its first token to its end. Times are milliseconds since the epoch; hashes are SHA-256 of secrets
 * of 256 bits. A session without `refresh` was opened for a client that has no way to refresh: it lives as long as
 * its one access token.
 */
export type Session = Evidence & {
  userId: string;
  sessionId: string;
  /** The user's `credentialVersion` when the session was opened; see there. */
  credentialVersion: number;
  createdAt: number;
  /** When it was opened, last refreshed or stepped up. */
  lastUsedAt: number;
  /** Words for what opened it; see `deviceOf`. */
  device?: string;
  /** The passkey that opened it, with whose removal it ends. */
  openedWith?: string;
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

/** How a session ends, where its holder doesn't end it. */
export type Ending = {
  /** Who ends it; see `By`. */
  by?: string;
  /** A replaced refresh token was used again. */
  reuse?: true;
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
  end(key: SessionKey, now: number, how?: Ending): Promise<Session | undefined>;
  /** Ends the session if its family hash is this one. @returns whether it is. */
  endFamily(key: SessionKey, familyHash: string, now: number): Promise<boolean>;
};

/** What holders see of their sessions, and add to them. */
export type OwnSessionStore = {
  /**
   * Puts new evidence in the place of what was read, on condition that the session is as live as it was then and that no
   * other proof came in between.
   *
   * @returns whether it did, and if not the session as it is (`undefined`: none)
   */
  prove(
    session: Session,
    evidence: Evidence,
    now: number,
  ): Promise<{ proved: true } | { proved: false; session: Session | undefined }>;
  /** All sessions that are still stored of a user, those that are over among them, in no order. */
  all(userId: string): Promise<Session[]>;
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

/**
 * Whether a session and its user, which were read one after the other, may be from before and after one write. A change of
 * the password ends all sessions but one by raising the version of the user, and in the same transaction that of the
 * session that stays. Whoever read one before it and the other after it must look again before saying that it is over.
 */
export function isTorn(user: User | undefined, session: Session | undefined): boolean {
  return user !== undefined && session !== undefined && session.credentialVersion !== user.credentialVersion;
}

/** Milliseconds. `accessToken` is how long a session lives that cannot be refreshed. */
export type SessionLifetimes = { accessToken: number; idle: number; absolute: number };

/** What a session is opened by: the account, its proof, and what the client said of itself. */
export type Opening = Evidence & { user: User; device?: string | undefined; openedWith?: string | undefined };

/**
 * @param refresh hashes of the first refresh token; `undefined` for a client that doesn't refresh, whose session lives as
 * long as its one access token
 */
export function newSession(
  { user, amr, acr, authTime, device, openedWith }: Opening,
  sessionId: string,
  lifetimes: SessionLifetimes,
  now: number,
  refresh: { familyHash: string; currentHash: string } | undefined,
): Session {
  return {
    userId: user.userId,
    sessionId,
    credentialVersion: user.credentialVersion,
    amr,
    acr,
    authTime,
    createdAt: now,
    lastUsedAt: now,
    ...(device && { device }),
    ...(openedWith && { openedWith }),
    idleExpiresAt: now + (refresh ? lifetimes.idle : lifetimes.accessToken),
    absoluteExpiresAt: now + (refresh ? lifetimes.absolute : lifetimes.accessToken),
    ...(refresh && { refresh }),
  };
}
