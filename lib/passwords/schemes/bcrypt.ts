import { compare } from 'bcryptjs';
import { LEAVE_OUT, type PasswordHash, type Reading, refused } from '../password-hash.ts';

/** The highest `BCRYPT_COST`. Beyond it a log-in would outlast its function, and the 503 would reveal that the account exists. */
const MAX_BCRYPT_COST = 16;
export const MIN_BCRYPT_COST = 4;

/** bcrypt ignores everything after this many bytes (see https://www.usenix.org/legacy/events/usenix99/provos.html). */
export const READ_BYTES = 72;

const BCRYPT = /^\$2([abxy])\$(\d\d)\$([./A-Za-z0-9]{22})([./A-Za-z0-9]{31})$/;
const BASE64 = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Prefixes of other systems before a plain bcrypt hash: Spring Security, Dovecot, LDAP, Django. */
const WRAPPERS = /^(?:\{(?:bcrypt|blf-crypt|crypt)\}|bcrypt\$)(?=\$2)/i;

/** Reads a bcrypt hash in the spellings of other systems. */
export function readBcrypt(text: string): Reading | undefined {
  const bare = text.replace(WRAPPERS, '');
  if (!bare.startsWith('$2')) return undefined;
  const read = parseBcrypt(bare);
  return 'refused' in read ? read : { ...read, matches: (password) => matchesWhole(read.text, password) };
}

/** A bcrypt hash of a value that is computed from the password. */
export type BcryptParts = Pick<PasswordHash, 'text' | 'kind'> & { cost: number };

/**
 * The canonical form of `$2a$`, `$2b$` and `$2y$`: without the bits that passlib up to 1.5.2 set in the salt's padding.
 */
export function parseBcrypt(bare: string): BcryptParts | { refused: string } {
  const parts = BCRYPT.exec(bare);
  if (parts === null) return refused(`not a bcrypt hash ($2a$, $2b$ or $2y$, 60 characters); ${LEAVE_OUT}`);
  const [, variant, rounds = '', salt = '', digest = ''] = parts;
  const cost = Number(rounds);
  if (variant === 'x')
    return refused(`$2x$ marks hashes of a broken bcrypt, which no sound one can verify; ${LEAVE_OUT}`);
  if (cost < MIN_BCRYPT_COST || cost > MAX_BCRYPT_COST)
    return refused(
      `its cost is ${cost}; costs from ${MIN_BCRYPT_COST} to ${MAX_BCRYPT_COST} can be verified.`,
    );
  // 31 characters hold 186 bits, and the digest has 184. The other two are compared as well.
  if (BASE64.indexOf(digest.at(-1) ?? '') % 4 !== 0)
    return refused('damaged: bits are set that bcrypt leaves empty, so no password matches it.');
  const text = `$2${variant}$${rounds}$${withoutPadding(salt)}${digest}`;
  return { text, kind: `bcrypt of cost ${cost}`, cost };
}

/** A hash of this cost for which no password is known. Checking against it takes the same rounds as against a real one. */
export function dummyBcryptHash(cost: number): string {
  return `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`;
}

/** bcrypt would accept a longer password by its first 72 bytes, so that is refused, after the same work. */
async function matchesWhole(hash: string, password: string): Promise<boolean> {
  const matches = await compare(password, hash);
  return matches && Buffer.byteLength(password) <= READ_BYTES;
}

/** 22 characters hold 132 bits, and the salt has 128: bcrypt ignores the last four bits and writes zeros. */
function withoutPadding(salt: string): string {
  const last = BASE64.indexOf(salt.at(-1) ?? '');
  return salt.slice(0, -1) + BASE64.charAt(last & 0b11_0000);
}
