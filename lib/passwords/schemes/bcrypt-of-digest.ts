import { createHash, createHmac } from 'node:crypto';
import { compare } from 'bcryptjs';
import { damaged, type Reading } from '../password-hash.ts';
import { parseBcrypt } from './bcrypt.ts';

// Schemes that hash a digest of the password with bcrypt, so that no password is too long.

/** `bcrypt_sha256$$2b$…` of Django: a SHA-256 in hex. */
export function readDjangoBcryptSha256(text: string): Reading | undefined {
  if (!text.startsWith('bcrypt_sha256$')) return undefined;
  return over('bcrypt_sha256$', text.slice('bcrypt_sha256$'.length), "Django's bcrypt_sha256", (password) =>
    createHash('sha256').update(password).digest('hex'),
  );
}

/** `$wp$2y$…` of WordPress 6.8 and later: an HMAC-SHA-384 in base64 of the password without white space around it. */
export function readWordPress(text: string): Reading | undefined {
  if (!text.startsWith('$wp$')) return undefined;
  return over('$wp', text.slice('$wp'.length), "WordPress's bcrypt", (password) =>
    createHmac('sha384', 'wp-sha384').update(trimAsPhp(password)).digest('base64'),
  );
}

/** `$bcrypt-sha256$v=2,t=2b,r=12$…` of passlib, and its first version `$bcrypt-sha256$2b,12$…`. */
export function readPasslibBcryptSha256(text: string): Reading | undefined {
  if (!text.startsWith('$bcrypt-sha256$')) return undefined;
  const parts =
    /^\$bcrypt-sha256\$(v=2,t=)?(2[abxy]),(?:r=)?(\d{1,2})\$([./A-Za-z0-9]{22})\$([./A-Za-z0-9]{31})$/.exec(
      text,
    );
  if (parts === null) return damaged('bcrypt-sha256');
  const [, second, ident, rounds = '', salt = '', digest] = parts;
  const bare = `$${ident}$${rounds.padStart(2, '0')}$${salt}${digest}`;
  const keyed = second === undefined ? () => createHash('sha256') : () => createHmac('sha256', salt);
  const read = over('', bare, "passlib's bcrypt-sha256", (password) =>
    keyed().update(password).digest('base64'),
  );
  return 'refused' in read ? read : { ...read, text };
}

function over(prefix: string, bare: string, name: string, digest: (password: string) => string): Reading {
  const bcrypt = parseBcrypt(bare);
  if ('refused' in bcrypt) return bcrypt;
  return {
    text: prefix + bcrypt.text,
    kind: `${name} of cost ${bcrypt.cost}`,
    matches: (password) => compare(digest(password), bcrypt.text),
  };
}

/** PHP's `trim`, which WordPress applies before every log-in. */
export function trimAsPhp(password: string): string {
  return password.replace(/^[ \t\n\r\0\v]+|[ \t\n\r\0\v]+$/g, '');
}
