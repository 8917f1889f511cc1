import { MAX_BCRYPT_COST, MIN_BCRYPT_COST } from './bcrypt.ts';

/** What an import makes of a password hash: the form in which it is stored, or a sentence that says why it can't be. */
export type ImportedHash = { hash: string } | { refused: string };

const BCRYPT = /^\$2([abxy])\$(\d\d)\$([./A-Za-z0-9]{22})([./A-Za-z0-9]{31})$/;
const BASE64 = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** What other systems write before a plain bcrypt hash: Spring Security, Dovecot, LDAP, Django. */
const WRAPPERS = /^(?:\{(?:bcrypt|blf-crypt|crypt)\}|bcrypt\$)(?=\$2)/i;

/** Forms that bcrypt can't verify, though some contain it: their first characters, and what to call them. */
const FOREIGN: readonly [RegExp, string][] = [
  [/^\$wp\$/, "WordPress's $wp$ form, bcrypt of an HMAC of the password"],
  [/^bcrypt_sha256\$/, "Django's bcrypt_sha256, bcrypt of a SHA-256 of the password"],
  [/^\$bcrypt-sha256\$/, "passlib's bcrypt-sha256, bcrypt of a SHA-256 of the password"],
  [/^(?:argon2)?\$argon2(?:id|i|d)\$/, 'Argon2'],
  [/^(?:\$scrypt\$|scrypt[$:])/, 'scrypt'],
  [/^(?:\$?pbkdf2[-_:$]|\{pbkdf2)/i, 'PBKDF2'],
  [/^\$[PH]\$/, 'phpass'],
  [/^(?:\{crypt\})?\$(?:1|5|6|y|7|gy|sha1|md5)\$/i, 'a crypt(3) form other than bcrypt'],
  [/^\{(?:S?MD5|S?SHA\d*)\}/i, 'an LDAP digest'],
];

/**
 * Reads a bcrypt hash in the spellings that other systems give it.
 *
 * @returns the canonical form: without a wrapper, and without the bits that passlib up to 1.5.2 set in the salt's padding
 */
export function readImportedHash(text: string): ImportedHash {
  const foreign = FOREIGN.find(([form]) => form.test(text));
  if (foreign) return refused(`this is ${foreign[1]}, which can't be verified yet; ${LEAVE_OUT}`);
  const parts = BCRYPT.exec(text.replace(WRAPPERS, ''));
  if (parts === null) return refused(`not a bcrypt hash ($2a$, $2b$ or $2y$, 60 characters); ${LEAVE_OUT}`);
  const [, variant, cost = '', salt = '', digest = ''] = parts;
  if (variant === 'x')
    return refused(`$2x$ marks hashes of a broken bcrypt, which no sound one can verify; ${LEAVE_OUT}`);
  if (Number(cost) < MIN_BCRYPT_COST || Number(cost) > MAX_BCRYPT_COST)
    return refused(
      `its cost is ${Number(cost)}; costs from ${MIN_BCRYPT_COST} to ${MAX_BCRYPT_COST} can be verified.`,
    );
  // 31 characters carry 186 bits, of which the digest is 184. The other two take part in comparing.
  if (BASE64.indexOf(digest.at(-1) ?? '') % 4 !== 0)
    return refused('damaged: bits are set that bcrypt leaves empty, so no password matches it.');
  return { hash: `$2${variant}$${cost}$${withoutPadding(salt)}${digest}` };
}

const LEAVE_OUT = 'leave it out, and the owner gets a reset email.';

/** 22 characters carry 132 bits, of which the salt is 128: bcrypt ignores the last four, and writes zeros. */
function withoutPadding(salt: string): string {
  const last = BASE64.indexOf(salt.at(-1) ?? '');
  return salt.slice(0, -1) + BASE64.charAt(last & 0b11_0000);
}

function refused(sentence: string): ImportedHash {
  return { refused: sentence };
}
