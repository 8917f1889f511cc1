import { randomInt } from 'node:crypto';

/** How long a mailed code works, and how long the links of these mails work, in milliseconds. */
export const CODE_LIFETIME_MS = 10 * 60 * 1000;
export const VERIFY_LIFETIME_MS = 24 * 60 * 60 * 1000;
export const UNDO_LIFETIME_MS = 7 * 24 * 60 * 60 * 1000;

/** After this many wrong codes the mail's code and its link stop working. */
export const MAX_CODE_TRIES = 5;

/** Eight digits, each code as likely as any other. */
export function newMailCode(): string {
  return String(randomInt(100_000_000)).padStart(8, '0');
}

export function isMailCode(text: string): boolean {
  return /^\d{8}$/.test(text);
}

/** Makes the stored form of a code: an HMAC, so that whoever has only the tables can't try all codes. */
export type MailCodes = {
  /** @throws ProblemError `unavailable` */
  hash(tagId: string, code: string): Promise<string>;
};
