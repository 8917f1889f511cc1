import { randomUUID } from 'node:crypto';
import type { User } from './account.ts';
import type { LegacyUser } from './hooks.ts';
import type { Language } from './language.ts';
import type { Purpose } from './purpose.ts';

/** How many tries there are of a mail that each may have been sent, although nobody said so. */
export const MOST_TRIES = 2;

/** What a mail needs of a user. */
export type Recipient = Pick<User, 'email' | 'name' | 'emailVerified' | 'mailRefused' | 'mailRefusedUntil'>;

/**
 * A row of the outbox: one mail, and for a link what the answer to it is judged by. Times are milliseconds since the
 * epoch. docs/rows.md has the rows as they are stored.
 *
 * The same row is written whether or not anyone has the address, so that both take the same time; only a `known` one
 * ever leaves the table's stream for `send-mail`.
 */
export type ResetRequest = {
  tagId: string;
  kind: 'known' | 'unknown';
  /** `waiting`: for a place among the mails of an hour to unverified addresses. */
  state: 'requested' | 'waiting' | 'mailed' | 'used';
  /** Why the mail is sent; absent: to reset a password. */
  purpose?: Purpose;
  userId: string;
  /** Whom the mail goes to, where the account can't say it any more: it was deleted. Gone as soon as the mail is sent. */
  recipient?: Recipient;
  requestedAt: number;
  /** The user's `credentialVersion` when the secret was made: a reset raises it and so answers every mailed request. */
  credentialVersion?: number;
  /** What its mails are written in; absent where nobody's browser was there to say, as in an import. */
  language?: Language;
  /** Hashes of mailed secrets; more than one where a mail had to be sent again and the first may have arrived. */
  secretHashes: readonly string[];
  expiresAt: number;
  /** How many tries to send the mail have an unknown outcome so far. */
  tries?: number;
  /** The latest of them. */
  tryId?: string;
  /** Whether an operator asked for the mail, as an import does. */
  byOperator?: true;
  /** When the mail that the password was changed was sent. */
  notifiedAt?: number;
  /** How many are left, for the notice that one was used. */
  recoveryCodesLeft?: number;
  /** HMACs of mailed codes, as `secretHashes`. */
  codeHashes?: readonly string[];
  /** Until when the code works. */
  codeUntil?: number;
  /** How many codes were tried. */
  codeTries?: number;
  /**
   * Of an address that nobody has, where a system before may know it: `send-mail` asks, and adds the rest. `userId` is then
   * what the account will have, which the reset makes.
   */
  legacy?: { email: string } & Partial<LegacyUser>;
  /** The sign-up that the mail is about, which waits for its address. */
  signUp?: string;
  /** Where a change of address leads; the mail goes there. */
  newEmail?: string;
  /** When the change of address was asked for, where this mail about it is a later one. */
  since?: number;
  /** What its link takes back; the mail goes to the address that is restored. */
  undo?: Undo;
};

/** What the link of a notice takes back. */
export type Undo = {
  /** The address that the account had, and whether it was verified. */
  email: string;
  emailVerified: boolean;
  /** When that began which is taken back: links of notices from then on die with it. Milliseconds since the epoch. */
  since: number;
  /** The factors that the notice is about, by what clients call `factorId`. */
  factorIds?: readonly string[];
};

/**
 * A request as it is first written. For an address that nobody has it names a user who isn't there, so that both rows
 * are alike.
 *
 * @param lifetime milliseconds
 */
export function newResetRequest(
  {
    userId,
    language,
    purpose,
    byOperator,
    ...others
  }: { userId: string | undefined } & Partial<
    Omit<ResetRequest, 'tagId' | 'kind' | 'state' | 'userId' | 'secretHashes' | 'requestedAt' | 'expiresAt'>
  >,
  now: number,
  lifetime: number,
): ResetRequest {
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

/** What is stored of a secret that is mailed; the request lives and dies with the latest. */
export type MailedSecret = {
  /** None in the mail that only says that an address is taken: it lives and dies like the others. */
  secretHash?: string;
  codeHash?: string;
  codeUntil?: number;
  credentialVersion: number;
  expiresAt: number;
  /** Whose account the link will make. */
  legacy?: { email: string } & LegacyUser;
};

/** The parts of a row that must not have changed between its reading and the beginning of a try. */
type SeenRow = Pick<ResetRequest, 'tagId' | 'state' | 'tries'>;

/** What the core needs of the table of reset requests. Reads are strongly consistent; every method throws ProblemError `unavailable`. */
export type ResetRequestStore = {
  put(request: ResetRequest): Promise<void>;
  get(tagId: string): Promise<ResetRequest | undefined>;
  /**
   * Counts a try to send the mail, and adds the secret that it will carry. The id of the try recognises a write of one's
   * own whose answer was lost.
   *
   * @param seen the row as it was read
   * @returns false when another try was begun meanwhile, the mail was sent, or the row was removed
   */
  beginTry(seen: SeenRow, tryId: string, secret: MailedSecret | undefined): Promise<boolean>;
  /** Takes a try back, and the hash of its secret, whose mail was surely not sent. */
  takeTryBack(seen: SeenRow, tryId: string, secret: MailedSecret | undefined): Promise<void>;
  /** Lets a requested mail wait. */
  hold(tagId: string): Promise<void>;
  /** All that wait, in no order. */
  waiting(): Promise<Pick<ResetRequest, 'tagId' | 'requestedAt'>[]>;
  markMailed(tagId: string): Promise<void>;
  markNotified(tagId: string, now: number): Promise<void>;
};

/** What else the core needs of it where codes are tried. */
export type CodeTries = {
  /**
   * Compares a code and counts it when it is wrong, on condition that the mail isn't used, its code hasn't expired and there
   * is a try left. One conditional write: however many come at once, five wrong ones are compared. The right one counts as
   * none, so that an outage behind it, or a lost answer, doesn't use the mail up.
   *
   * @param codeHash see `MailCodes`
   * @returns the row, and whether a wrong code was counted; `undefined` for none
   */
  tryCode(
    tagId: string,
    codeHash: string,
    now: number,
  ): Promise<{ counted: boolean; row: ResetRequest } | undefined>;
};
