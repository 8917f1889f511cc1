import type { User } from './account.ts';

/** How a holder proved who they are: values of the claim `amr`, by the names of RFC 8176. */
export const AUTH_METHODS = ['pwd', 'otp', 'mfa', 'swk', 'hwk', 'user'] as const;
export type AuthMethod = (typeof AUTH_METHODS)[number];

/** What was proved for a session; a refresh never raises it. */
export type Evidence = {
  /** Every method that was used. */
  amr: readonly AuthMethod[];
  /** `aal2`: a password and a second factor, or a passkey with user verification. */
  acr: 'aal1' | 'aal2';
  /** When the holder last proved it, in milliseconds since the epoch. */
  authTime: number;
};

/**
 * One log-in, from its first token to its end. Times are milliseconds since the epoch, hashes are SHA-256 of secrets
 * of 256 bits. A session without `refresh` belongs to a client that can't refresh, and lives as long as
 * its one access token.
 */
export type Session = Evidence & {
  userId: string;
  sessionId: string;
  /** The user's `credentialVersion` when the session was opened; see `User`. */
  credentialVersion: number;
  createdAt: number;
  /** When it was opened, last refreshed or stepped up. */
  lastUsedAt: number;
  /** A description of the client's device; see `deviceOf`. */
  device?: string;
  /** The `factorId` of the passkey that opened it. Removing the passkey ends the session. */
  openedWith?: string;
  idleExpiresAt: number;
  absoluteExpiresAt: number;
  endedAt?: number;
  refresh?: {
    /** Hash of the secret that all tokens of the session share; see `RefreshToken`. */
    familyHash: string;
    currentHash: string;
    /**
     * The last rotation: the hash of the replaced secret, and the successor sealed under that secret. The grace begins at
     * `rotatedAt`, which lies far ahead while no client has got an answer.
     */
    previous?: { hash: string; sealedSuccessor: string; rotatedAt: number };
  };
};

/** What decides whether a session is live or over; see `isLive`. */
export type SessionState = Pick<
  Session,
  'credentialVersion' | 'idleExpiresAt' | 'absoluteExpiresAt' | 'endedAt'
>;

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

/** Why a session ends, where its holder doesn't end it. */
export type Ending = {
  /** Who ended it; see `By`. */
  by?: string;
  /** A replaced refresh token was used again. */
  reuse?: true;
};

/** What the core needs of the table of sessions. Reads are strongly consistent; every method throws ProblemError `unavailable`. */
export type SessionStore = {
  open(session: Session): Promise<void>;
  get(key: SessionKey): Promise<Session | undefined>;
  /** One conditional write. Returns the session after it, or, if the condition failed, the session as it is (`undefined`: none). */
  rotate(
    rotation: Rotation,
  ): Promise<{ rotated: true; session: Session } | { rotated: false; session: Session | undefined }>;
  /** Moves the beginning of the grace, if the rotation to `toHash` is still the last one. */
  moveGrace(key: SessionKey, toHash: string, rotatedAt: number): Promise<void>;
  /** Ends the session for good; ending it twice is harmless. @returns the session as it was before */
  end(key: SessionKey, now: number, how?: Ending): Promise<Session | undefined>;
  /** Ends the session if it has this family hash. @returns whether it has */
  endFamily(key: SessionKey, familyHash: string, now: number): Promise<boolean>;
};

/** How holders list their sessions and add proofs to them. */
export type OwnSessionStore = {
  /**
   * Replaces the evidence that was read, on condition that the session hasn't ended since and that no
   * other proof came in between.
   *
   * @returns whether it was replaced; if not, the session as it is now (`undefined`: none)
   */
  prove(
    session: Session,
    evidence: Evidence,
    now: number,
  ): Promise<{ proved: true } | { proved: false; session: Session | undefined }>;
  /** All stored sessions of a user, including ended ones, in no particular order. */
  all(userId: string): Promise<Session[]>;
};

/** Every rule by which a session is over, in one place. Each use of an access or refresh token asks here. */
export function isLive(session: SessionState, user: User | undefined, now: number): user is User {
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
 * Whether the reads of a session and its user may be torn: one from before and one from after the same write. A change of
 * password raises the version of the user, and in the same transaction that of the one session that stays. After a torn read
 * both must be read again before the session counts as over; see `readUntorn`.
 */
export function isTorn(user: User | undefined, session: SessionState | undefined): boolean {
  return user !== undefined && session !== undefined && session.credentialVersion !== user.credentialVersion;
}

/**
 * Reads a user and a session again while the reads are torn, until they agree or nothing has changed in between. Once isn't
 * enough: of twenty requests at once that each raise the version, two may fall between the reads.
 *
 * @param first what was read at first
 * @param read reads both again
 */
export async function readUntorn<S extends SessionState>(
  first: readonly [User | undefined, S | undefined],
  read: () => Promise<readonly [User | undefined, S | undefined]>,
): Promise<readonly [User | undefined, S | undefined]> {
  let pair = first;
  for (let before = ''; isTorn(...pair) && versionsOf(pair) !== before; ) {
    before = versionsOf(pair);
    pair = await read();
  }
  return pair;
}

/** Of a torn pair, which has both. */
const versionsOf = (pair: readonly unknown[]) =>
  pair.map((row) => (row as SessionState).credentialVersion).join();

/** Milliseconds. `accessToken` is the lifetime of a session that can't be refreshed. */
export type SessionLifetimes = { accessToken: number; idle: number; absolute: number };

/** What a session is opened with: the account, the proof, and the client's device. */
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
