import type { MailRefusalMark } from './mail-refusal.ts';

/** The latest mail of its purpose, and when it was asked for: its link and code work, and no earlier one's. */
export type LatestMail = { tagId: string; at: number };

/** A person's account. Times are milliseconds since the epoch. */
export type User = {
  userId: string;
  /** Normalised; see `normaliseEmail`. The only address that mail ever goes to. */
  email: string;
  name: string;
  bio: string | null;
  /** Absent for an imported user who had none: nothing matches it, and only a reset lets the owner in. */
  passwordHash?: string;
  status: 'active' | 'disabled';
  /**
   * Raised by whatever ends all sessions at once: a password reset, disabling the account. Sessions and reset tags
   * carry the version they were made under and are dead as soon as it differs.
   */
  credentialVersion: number;
  createdAt: number;
  /** Given by an operator; in the claims of access tokens. */
  roles?: readonly string[];
  /** Whether a TOTP is active. Changes in the same transaction as its row in `factors`. */
  totp?: boolean;
  /** How many passkeys are active. Changes in the same transaction as their rows in `factors`. */
  passkeys?: number;
  /** Addresses that were the account's and that nobody else may claim yet, and until when. Changes with their rows in `emails`. */
  heldEmails?: readonly { email: string; until: number }[];
  /** Which sessions last added a passkey, and when: the latest, and the latest of another one. */
  factorAdditions?: readonly { by: string; at: number }[];
  /** When the password last changed, by a reset or by its owner: it answers every request to reset that was made before. */
  passwordChangedAt?: number;
  /** When the owner was mailed that the password was found in a breach. */
  breachMailedAt?: number;
  /** When an operator last removed every second factor. */
  factorsRemovedAt?: number;
  /** True once somebody who holds the account has shown to read the mails to the address: a completed reset does. */
  emailVerified?: boolean;
  /** The latest mail by which the address can be verified. */
  verifyMail?: LatestMail;
  /** The latest mail by which a change of address can be completed. */
  changeMail?: LatestMail;
  /** Notices of these times have links that an undo has killed. */
  undone?: readonly { from: number; until: number }[];
} & MailRefusalMark;

/** What a client may know about a user. */
export type Profile = Pick<User, 'userId' | 'name' | 'email' | 'bio'>;

/** What the core needs of the tables of users and addresses. Every method throws ProblemError `unavailable`. */
export type UserStore = {
  /** Strongly consistent. */
  get(userId: string): Promise<User | undefined>;
  /** As the user was at most a second or so ago, for half the price: only for what decides nothing. */
  getEventually(userId: string): Promise<User | undefined>;
  /** Who owns a normalised address. Strongly consistent. */
  ownerOf(email: string): Promise<string | undefined>;
};

/** Who has a claim on an address: its owner, and for seven days whoever owned it before a change. */
export type ClaimStore = {
  /** Strongly consistent. @throws ProblemError `unavailable` */
  claimantOf(email: string, now: number): Promise<string | undefined>;
};

/** The same password under a newer hash: no change of credentials, so that sessions live on. */
export type HashRenewal = { userId: string; from: string; to: string };

/** Hashes passwords; each call costs tens to hundreds of milliseconds of processor time on purpose. */
export type PasswordHasher = {
  hash(password: string): Promise<string>;
  /**
   * Whether the password belongs to the hash, which may be of any scheme that can be read. To say no takes the same time
   * whatever the hash is, and without one.
   *
   * @param userId whose hash it is, for the log
   */
  verify(password: string, hash: string | undefined, userId?: string): Promise<boolean>;
  /**
   * Begins to count the time of a check. The result waits until as much has passed as any failed `verify` takes: for a check
   * that fails although the password is right.
   */
  begin(): () => Promise<void>;
  /** Whether a hash that a password was found to belong to is weaker or of another form than those made today. */
  isOutdated(hash: string): boolean;
  /** Whether the scheme in use reads the whole of a password. */
  takes(password: string): boolean;
};

/** Milliseconds since the epoch. */
export type Clock = () => number;

export function profileOf(user: User): Profile {
  return { userId: user.userId, name: user.name, email: user.email, bio: user.bio };
}
