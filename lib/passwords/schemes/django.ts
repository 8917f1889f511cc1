import { decodeBase64 } from '../base64.ts';
import { damaged, type Reading } from '../password-hash.ts';
import { fullLengthPbkdf2 } from './pbkdf2.ts';
import { scryptHash } from './scrypt.ts';

/** `pbkdf2_sha256$rounds$salt$hash`, the same with SHA-1, and `scrypt$N$salt$r$p$hash`. The salt is text. */
export function readDjango(text: string): Reading | undefined {
  const [scheme, ...parts] = text.split('$');
  if (scheme === 'scrypt') return readScryptOf(parts);
  if (scheme !== 'pbkdf2_sha256' && scheme !== 'pbkdf2_sha1') return undefined;
  const [rounds = '', salt = '', key = '', ...rest] = parts;
  if (rest.length > 0 || !/^\d{1,10}$/.test(rounds)) return damaged('PBKDF2');
  const digest = scheme === 'pbkdf2_sha1' ? 'sha1' : 'sha256';
  return fullLengthPbkdf2(digest, Number(rounds), Buffer.from(salt), decodeBase64(key));
}

function readScryptOf([n, salt = '', r, p, key = '', ...rest]: string[]): Reading {
  if (rest.length > 0 || ![n, r, p].every((number) => /^\d{1,10}$/.test(number ?? '')))
    return damaged('scrypt');
  const ln = Math.log2(Number(n));
  if (!Number.isInteger(ln)) return damaged('scrypt');
  return scryptHash({ ln, r: Number(r), p: Number(p) }, Buffer.from(salt), decodeBase64(key));
}
