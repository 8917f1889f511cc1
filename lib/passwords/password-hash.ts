import { timingSafeEqual } from 'node:crypto';

/** A valid hash of any scheme. */
export type PasswordHash = {
  /** The form in which it is stored: the same for each scheme, however other systems spell it. */
  readonly text: string;
  /** What a report calls it, such as `bcrypt of cost 12`. Hashes of one kind take the same time. */
  readonly kind: string;
  /** Computes it for a password and compares. Takes tens to hundreds of milliseconds. */
  matches(password: string): Promise<boolean>;
};

/** A hash, or a sentence that says why it can't be verified and never repeats it. */
export type Reading = PasswordHash | { refused: string };

/** Reads the hashes of one scheme; `undefined` for a text that isn't one of them. */
export type Reader = (text: string) => Reading | undefined;

export function refused(sentence: string): { refused: string } {
  return { refused: sentence };
}

/** How refusals end: such a user can still be imported. */
export const LEAVE_OUT = 'leave it out, and the owner gets a reset email.';

export function damaged(scheme: string): { refused: string } {
  return refused(`damaged: this is not a whole ${scheme} hash; ${LEAVE_OUT}`);
}

export function tooExpensive(scheme: string, bound: string): { refused: string } {
  return refused(`this ${scheme} hash would take too long to verify (${bound}); ${LEAVE_OUT}`);
}

/** Compares in a time that doesn't depend on where two values differ. */
export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
