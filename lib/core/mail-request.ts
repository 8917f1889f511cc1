import { randomUUID } from 'node:crypto';
import type { User } from './account.ts';
import type { LegacyUser } from './hooks.ts';
import type { Language } from './language.ts';
import type { Purpose } from './purpose.ts';

/** How often a mail is tried whose earlier try may have been sent, although SES didn't confirm it. */
export const MAX_TRIES = 2;

/** What a mail needs of a user. */
export type Recipient = Pick<User, 'email' | 'name' | 'emailVerified' | 'mailRefused' | 'mailRefusedUntil'>;

/**
 * A row of the outbox: one mail that is asked for, of whatever purpose, and what its link or code is checked against. Times
 * are milliseconds since the epoch. docs/rows.md shows the rows as they are stored, in the table `reset-tags`.
 *
 * For a forgotten password the same row is written whether or not anyone has the address, so that both take the same time;
 * only a `known` one ever leaves the table's stream for `send-mail`.
 */
export type MailRequest = {
  tagId: string;
  kind: 'known' | 'unknown';
  /** `waiting`: for a place among the mails of an hour to unverified addresses. */
  state: 'requested' | 'waiting' | 'mailed' | 'used';
  /** Why the mail is sent; absent: to reset a password. */
  purpose?: Purpose;
  userId: string;
  /** The recipient, where no account has it any more (it was deleted) or yet. Removed as soon as the mail is sent. */
  recipient?: Recipient;
  requestedAt: number;
  /** The user's `credentialVersion` when the secret was made: a reset raises it, which invalidates every other link. */
  credentialVersion?: number;
  /** The language of the mail; absent where no browser asked for it, as in an import. */
  language?: Language;
  /** SHA-256 of mailed secrets; more than one where a mail had to be sent again and the first may have arrived. */
  secretHashes: readonly string[];
  expiresAt: number;
  /** How many tries to send the mail have had an unknown outcome. */
  tries?: number;
  /** The id of the latest try. */
  tryId?: string;
  /** Whether an operator asked for the mail, as an import does. */
  byOperator?: true;
  /** When the notice was sent that the password had been changed. */
  notifiedAt?: number;
  /** How many recovery codes are left, for the notice that one was used. */
  recoveryCodesLeft?: number;
  /** HMACs of mailed codes; more than one for the same reason as in `secretHashes`. */
  codeHashes?: readonly string[];
  /** When the code stops working. */
  codeUntil?: number;
  /** How many wrong codes were tried. */
  codeTries?: number;
  /**
   * Only for an address that nobody has here, where the previous system may know it: `send-mail` asks it and adds the rest.
   * `userId` is then the id of the account that the reset will create.
   */
  legacy?: { email: string } & Partial<LegacyUser>;
  /** The id of the pending sign-up that the mail is about. */
  signUp?: string;
  /** The new address of a change of address; the mail goes to it. */
  newEmail?: string;
  /** When the change of address was first asked for, where this mail about it is a later one. */
  since?: number;
  /** What its link undoes; the mail goes to the address that the undo restores. */
  undo?: Undo;
};

/** What the link of a notice undoes. */
export type Undo = {
  /** The address that the account had, and whether it was verified. */
  email: string;
  emailVerified: boolean;
  /** When the change began, in milliseconds since the epoch: an undo also invalidates the links of all notices since then. */
  since: number;
  /** The ids of the factors that the notice is about. */
  factorIds?: readonly string[];
};

/**
 * A request as it is first written. Without a `userId` it gets a random one, so that the row of an address that nobody has
 * looks like any other.
 *
 * @param lifetime milliseconds
 */
export function newMailRequest(
  {
    userId,
    language,
    purpose,
    byOperator,
    ...others
  }: { userId: string | undefined } & Partial<
    Omit<MailRequest, 'tagId' | 'kind' | 'state' | 'userId' | 'secretHashes' | 'requestedAt' | 'expiresAt'>
  >,
  now: number,
  lifetime: number,
): MailRequest {
  return {
    tagId: randomUUID(),
    kind: userId === undefined && others.legacy === undefined ? 'unknown' : 'known',
    state: 'requested',
    ...(purpose && { purpose }),
    ...(byOperator && { byOperator }),
    userId: userId ?? randomUUID(),
    ...(language && { language }),
    ...others,
    secretHashes: [],
    requestedAt: now,
    expiresAt: now + lifetime,
  };
}

/** What is stored of the secrets in a mail. The latest mail decides until when the request is valid. */
export type MailedSecret = {
  /** Absent in the mail that only says that an address is taken: its row expires like the others. */
  secretHash?: string;
  codeHash?: string;
  codeUntil?: number;
  credentialVersion: number;
  expiresAt: number;
  /** The user of the previous system whose account the link will create. */
  legacy?: { email: string } & LegacyUser;
};

/** The parts of a row that must not have changed between reading it and beginning a try. */
type SeenRow = Pick<MailRequest, 'tagId' | 'state' | 'tries'>;

/** What the core needs of the outbox, the table `reset-tags`. Reads are strongly consistent; every method throws ProblemError `unavailable`. */
export type MailRequestStore = {
  put(request: MailRequest): Promise<void>;
  get(tagId: string): Promise<MailRequest | undefined>;
  /**
   * Counts a try to send the mail, and adds the secret that it will carry. By `tryId` the store recognises its own write
   * when the SDK retries one whose answer was lost.
   *
   * @param seen the row as it was read
   * @returns false when another try was begun meanwhile, the mail was sent, or the row was removed
   */
  beginTry(seen: SeenRow, tryId: string, secret: MailedSecret | undefined): Promise<boolean>;
  /** Takes a try back, and the hash of its secret, whose mail was surely not sent. */
  takeTryBack(seen: SeenRow, tryId: string, secret: MailedSecret | undefined): Promise<void>;
  /** Marks a requested mail as `waiting`. */
  hold(tagId: string): Promise<void>;
  /** All `waiting` requests, in no particular order. */
  waiting(): Promise<Pick<MailRequest, 'tagId' | 'requestedAt'>[]>;
  markMailed(tagId: string): Promise<void>;
  markNotified(tagId: string, now: number): Promise<void>;
};

/** What else the core needs of the outbox, where codes are checked. */
export type CodeTries = {
  /**
   * Compares a code and counts it when it is wrong, on condition that the mail isn't used, its code hasn't expired and there
   * is a try left. One conditional write: however many come at once, at most five wrong ones are compared. A right code
   * isn't counted, so that an outage after it, or a lost answer, doesn't use the mail up.
   *
   * @param codeHash see `MailCodes`
   * @returns the row, and whether a wrong code was counted; `undefined` when there is no such row
   */
  tryCode(
    tagId: string,
    codeHash: string,
    now: number,
  ): Promise<{ counted: boolean; row: MailRequest } | undefined>;
};
