import { randomBytes } from 'node:crypto';
import { CROCKFORD, writeBase32 } from './base32.ts';
import { hashSecret } from './opaque-token.ts';

const HOW_MANY = 10;
/** 120 bits: 24 characters, and beyond guessing, so that a plain SHA-256 of it may be stored. */
const CODE_BYTES = 15;
const CODE = new RegExp(`^[${CROCKFORD}]{24}$`);

/** Ten new codes as they are shown, and the hashes that are stored, in the same order. */
export function newRecoveryCodes(): { codes: string[]; hashes: string[] } {
  const raw = Array.from({ length: HOW_MANY }, () => writeBase32(randomBytes(CODE_BYTES), CROCKFORD));
  return {
    codes: raw.map((code) => code.replace(/(.{6})(?!$)/g, '$1-')),
    hashes: raw.map(hashOf),
  };
}

/**
 * The hash by which a typed code is found. Case doesn't matter, nor do hyphens and blanks, and the letters that
 * Crockford's alphabet leaves out are the digits that they look like.
 *
 * @returns `undefined` for a text that can't be a code of ours
 */
export function recoveryCodeHash(text: string): string | undefined {
  const code = text.replace(/[\s-]/g, '').toUpperCase().replaceAll('O', '0').replace(/[IL]/g, '1');
  return CODE.test(code) ? hashOf(code) : undefined;
}

function hashOf(code: string): string {
  return hashSecret(Buffer.from(code));
}
