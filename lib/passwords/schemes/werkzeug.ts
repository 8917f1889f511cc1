import { damaged, type Reading } from '../password-hash.ts';
import { fullLengthPbkdf2, type Pbkdf2Digest } from './pbkdf2.ts';
import { scryptHash } from './scrypt.ts';

const FORM =
  /^(?:pbkdf2:(sha1|sha256|sha512):(\d{1,10})|scrypt:(\d{1,10}):(\d{1,6}):(\d{1,6}))\$([^$]*)\$((?:[0-9a-f]{2})+)$/;

/** `pbkdf2:sha256:rounds$salt$hex` and `scrypt:N:r:p$salt$hex` of Werkzeug, and so of Flask. The salt is text. */
export function readWerkzeug(text: string): Reading | undefined {
  if (!/^(?:pbkdf2|scrypt):/.test(text)) return undefined;
  const parts = FORM.exec(text);
  if (parts === null) return damaged('Werkzeug');
  const [, digest, rounds, n, r, p, salt = '', key = ''] = parts;
  const [saltBytes, keyBytes] = [Buffer.from(salt), Buffer.from(key, 'hex')];
  if (digest !== undefined)
    return fullLengthPbkdf2(digest as Pbkdf2Digest, Number(rounds), saltBytes, keyBytes);
  const ln = Math.log2(Number(n));
  if (!Number.isInteger(ln)) return damaged('scrypt');
  return scryptHash({ ln, r: Number(r), p: Number(p) }, saltBytes, keyBytes);
}
