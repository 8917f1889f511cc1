import type { MailRefusalMark } from './mail-refusal.ts';

/** The latest mail of its purpose, and when it was asked for. Only its link and code work, no earlier mail's. */
export type LatestMail = { tagId: string; at: number };

/** A person's account. Times are milliseconds since the epoch. */
export type User = {
  userId: string;
  /** Normalised; see `normaliseEmail`. The only address that mail ever goes to. */
  email: string;
  name: string;
  bio: string | null;
  /** Absent for a user who was imported without one: no password matches, and the owner needs a reset. */
  passwordHash?: string;
  status: 'active' | 'disabled';
  /**
   * Raised by whatever ends all sessions at once, such as a password reset or disabling the account. Sessions and mailed
   * links carry the version under which they were made and are invalid as soon as it differs.
   */
  credentialVersion: number;
  createdAt: number;
  /** Given by an operator; in the claims of access tokens. */
  roles?: readonly string[];
  /** Whether a TOTP is active. Changes in the same transaction as its row in `factors`. */
  totp?: boolean;
  /** How many passkeys are active. Changes in the same transaction as their rows in `factors`. */
  passkeys?: number;
  /** Former addresses that nobody else may claim yet, and until when. Changes in one transaction with their rows in `emails`. */
  heldEmails?: readonly { email: string; until: number }[];
  /** When sessions added a factor: the latest addition, and the latest by another session. See `isCancelled`. */
  factorAdditions?: readonly { by: string; at: number }[];
  /** When the password last changed, by a reset or by its owner. Earlier requests for a reset need no mail any more. */
  passwordChangedAt?: number;
  /** When the owner was mailed that the password was found in a breach. */
  breachMailedAt?: number;
  /** When an operator last removed every second factor. */
  factorsRemovedAt?: number;
  /** True once the account's holder has proved to read the mails to the address; a completed reset is such a proof. */
  emailVerified?: boolean;
  /** The latest mail by which the address can be verified. */
  verifyMail?: LatestMail;
  /** The latest mail by which a change of address can be completed. */
  changeMail?: LatestMail;
  /** The links of notices from these times were invalidated by an undo. */
  undone?: readonly { from: number; until: number }[];
} & MailRefusalMark;

/** What clients see of a user. */
export type Profile = Pick<User, 'userId' | 'name' | 'email' | 'bio'>;

/** What the core needs of the tables of users and addresses. Every method throws ProblemError `unavailable`. */
export type UserStore = {
  /** Strongly consistent. */
  get(userId: string): Promise<User | undefined>;
  /** Eventually consistent, about a second late, for half the price: only for what decides nothing. */
  getEventually(userId: string): Promise<User | undefined>;
  /** The user id of the owner of a normalised address. Strongly consistent. */
  ownerOf(email: string): Promise<string | undefined>;
};

/** Finds who has a claim on an address: its owner, and for seven days after a change its former owner. */
export type ClaimStore = {
  /** Strongly consistent. @throws ProblemError `unavailable` */
  claimantOf(email: string, now: number): Promise<string | undefined>;
};

/** A new hash of the same password: no change of credentials, so that sessions stay valid. */
export type HashRenewal = { userId: string; from: string; to: string };

/** Hashes passwords; each call costs tens to hundreds of milliseconds of processor time on purpose. */
export type PasswordHasher = {
  hash(password: string): Promise<string>;
  /**
   * Whether the password belongs to the hash, which may be of any scheme that can be read. A wrong password takes the same
   * time whatever the hash is, and without one.
   *
   * @param userId the hash's user, for the log
   */
  verify(password: string, hash: string | undefined, userId?: string): Promise<boolean>;
  /**
   * Starts to measure the time of a check.
   *
   * @returns waits until as much time has passed as a failed `verify` takes, for a log-in that fails although the password
   * is right
   */
  startTimer(): () => Promise<void>;
  /** Whether a stored hash is weaker, or of another form, than those made today. */
  isOutdated(hash: string): boolean;
  /** Whether the scheme in use reads every byte of a password, so that it may be hashed anew. */
  canHash(password: string): boolean;
};

/** Milliseconds since the epoch. */
export type Clock = () => number;

export function profileOf(user: User): Profile {
  return { userId: user.userId, name: user.name, email: user.email, bio: user.bio };
}
