import type { PasswordHasher } from '../core/account.ts';
import { measure } from '../metrics.ts';
import { argon2idScheme } from './argon2id.ts';
import { bcryptScheme } from './bcrypt.ts';
import type { HashScheme } from './hash-scheme.ts';

export type HashSettings = { passwordHash: 'bcrypt' | 'argon2id'; bcryptCost: number };

/**
 * The configured scheme.
 *
 * @throws Error where the runtime lacks it
 */
export function ownScheme({ passwordHash, bcryptCost }: HashSettings): HashScheme {
  return passwordHash === 'argon2id' ? argon2idScheme() : bcryptScheme(bcryptCost);
}

/**
 * Makes hashes and verifies none: for functions that only set passwords, whose bundles then lack the code of all other schemes.
 *
 * @throws Error where the runtime lacks the scheme
 */
export function passwordMaker(settings: HashSettings): Pick<PasswordHasher, 'hash'> {
  const own = ownScheme(settings);
  return { hash: (password) => timed(own.hash(password)) };
}

/** Measures the time of a hash; see `HashMilliseconds`. */
export async function timed<T>(computation: Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const result = await computation;
  measure({ HashMilliseconds: Math.round(performance.now() - startedAt) });
  return result;
}
