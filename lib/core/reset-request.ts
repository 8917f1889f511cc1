import { randomUUID } from 'node:crypto';
import type { User } from './account.ts';
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
  /** When the owner was told that the password was changed. */
  notifiedAt?: number;
  /** Of the notice that one was used. */
  recoveryCodesLeft?: number;
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
    recoveryCodesLeft,
  }: Pick<ResetRequest, 'purpose' | 'language' | 'byOperator' | 'recoveryCodesLeft'> & {
    userId: string | undefined;
  },
  now: number,
  lifetime: number,
): ResetRequest {
  return {
    tagId: randomUUID(),
    kind: userId === undefined ? 'unknown' : 'known',
    state: 'requested',
    ...(purpose && { purpose }),
    ...(byOperator && { byOperator }),
    ...(recoveryCodesLeft !== undefined && { recoveryCodesLeft }),
    userId: userId ?? randomUUID(),
    ...(language && { language }),
    secretHashes: [],
    requestedAt: now,
    expiresAt: now + lifetime,
  };
}

/** What is stored of a secret that is mailed; the request lives and dies with the latest. */
type MailedSecret = { secretHash: string; credentialVersion: number; expiresAt: number };

/** Of a row that was read, what must not have changed when a try begins. */
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
  takeTryBack(seen: SeenRow, tryId: string, secretHash: string | undefined): Promise<void>;
  /** Lets a requested mail wait. */
  hold(tagId: string): Promise<void>;
  /** All that wait, in no order. */
  waiting(): Promise<Pick<ResetRequest, 'tagId' | 'requestedAt'>[]>;
  markMailed(tagId: string): Promise<void>;
  markNotified(tagId: string, now: number): Promise<void>;
};
