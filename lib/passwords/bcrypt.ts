import { getRounds, hash } from 'bcryptjs';
import type { HashScheme } from './hash-scheme.ts';
import { dummyBcryptHash, READ_BYTES } from './schemes/bcrypt.ts';

/**
 * bcrypt, as `$2b$` strings that every other system imports.
 *
 * @param cost base-2 logarithm of the rounds; 12 takes about 300 ms of one core
 * @see OWASP Password Storage Cheat Sheet
 */
export function bcryptScheme(cost: number): HashScheme {
  return {
    hash: (password) => hash(password, cost),
    dummyHash: dummyBcryptHash(cost),
    isCurrent: (text) => text.startsWith('$2b$') && getRounds(text) >= cost,
    canHash: (password) => Buffer.byteLength(password) <= READ_BYTES,
  };
}
