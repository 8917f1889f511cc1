import { compare, getRounds, hash } from 'bcryptjs';
import type { PasswordHasher } from '../core/account.ts';
import { log } from '../log.ts';
import { measure } from '../metrics.ts';

/**
 * bcrypt, as `$2b$` strings that every other system imports.
 *
 * @param cost base-2 logarithm of the rounds; 12 takes about 300 ms of one core
 * @see OWASP Password Storage Cheat Sheet
 */
export function bcryptHasher(cost: number): PasswordHasher {
  // A hash that no password is known for. bcrypt computes the same rounds against it as against a real one.
  const nobody = `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`;

  return {
    hash: (password) => timed(hash(password, cost)),

    async verify(password, stored, userId) {
      // A stored hash that is none would be refused in no time, and so tell a corrupt account from an unknown one.
      const usable = stored !== undefined && isBcrypt(stored);
      if (stored !== undefined && !usable)
        log.error('password', {
          userId,
          problem: 'the stored hash is no bcrypt hash: only a reset lets the owner in',
        });
      return (await timed(compare(password, usable ? stored : nobody))) && usable;
    },
  };
}

async function timed<T>(computation: Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const result = await computation;
  measure({ HashMilliseconds: Math.round(performance.now() - startedAt) });
  return result;
}

function isBcrypt(text: string): boolean {
  return /^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/.test(text) && getRounds(text) >= 4 && getRounds(text) <= 31;
}
