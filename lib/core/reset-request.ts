import { randomUUID } from 'node:crypto';
import type { Language } from './language.ts';

/**
 * One request to reset a password. Times are milliseconds since the epoch.
 *
 * The same row is written whether or not anyone has the address, so that both take the same time; only a `known` one
 * ever leaves the table's stream for `send-mail`.
 */
export type ResetRequest = {
  tagId: string;
  kind: 'known' | 'unknown';
  state: 'requested' | 'mailed' | 'used';
  /** Why there is a mail: somebody asked for it (absent), or the last of a hundred failed log-ins locked the account. */
  purpose?: 'locked';
  userId: string;
  requestedAt: number;
  /** The user's `credentialVersion` when the secret was made: a reset raises it and so answers every mailed request. */
  credentialVersion?: number;
  /** What its mails are written in; absent where nobody's browser was there to say, as in an import. */
  language?: Language;
  /** Hashes of mailed secrets; more than one where a mail had to be sent again and the first may have arrived. */
  secretHashes: readonly string[];
  expiresAt: number;
  /** When the owner was told that the password was changed. */
  notifiedAt?: number;
};

/**
 * A request as it is first written. For an address that nobody has it names a user who isn't there, so that both rows
 * are alike.
 *
 * @param lifetime milliseconds
 */
export function newResetRequest(
  { userId, language, purpose }: Pick<ResetRequest, 'purpose' | 'language'> & { userId: string | undefined },
  now: number,
  lifetime: number,
): ResetRequest {
  return {
    tagId: randomUUID(),
    kind: userId === undefined ? 'unknown' : 'known',
    state: 'requested',
    ...(purpose && { purpose }),
    userId: userId ?? randomUUID(),
    ...(language && { language }),
    secretHashes: [],
    requestedAt: now,
    expiresAt: now + lifetime,
  };
}

/** What is stored of a secret that is mailed; the request lives and dies with the latest. */
type MailedSecret = { secretHash: string; credentialVersion: number; expiresAt: number };

/** What the core needs of the table of reset requests. Reads are strongly consistent; every method throws ProblemError `unavailable`. */
export type ResetRequestStore = {
  put(request: ResetRequest): Promise<void>;
  get(tagId: string): Promise<ResetRequest | undefined>;
  /** Adds a secret about to be mailed. @returns false when the request was mailed, used or removed meanwhile */
  addSecret(tagId: string, secret: MailedSecret): Promise<boolean>;
  /** Takes the hash of a secret back whose mail was certainly not sent. */
  removeSecret(tagId: string, secretHash: string): Promise<void>;
  markMailed(tagId: string): Promise<void>;
  markNotified(tagId: string, now: number): Promise<void>;
};
