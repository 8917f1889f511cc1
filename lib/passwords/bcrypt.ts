import { compare, getRounds, hash } from 'bcryptjs';
import type { PasswordHasher } from '../core/account.ts';
import { log } from '../log.ts';
import { measure } from '../metrics.ts';

/** As high as `BCRYPT_COST` may be: beyond it a log-in would outlast its function, and its 503 would tell that there is an account. */
export const MAX_BCRYPT_COST = 16;
export const MIN_BCRYPT_COST = 4;

/**
 * bcrypt, as `$2b$` strings that every other system imports.
 *
 * @param cost base-2 logarithm of the rounds; 12 takes about 300 ms of one core
 * @see OWASP Password Storage Cheat Sheet
 */
export function bcryptHasher(cost: number): PasswordHasher {
  // A hash that no password is known for. bcrypt computes the same rounds against it as against a real one.
  const nobodyAt = (itsCost: number) => `$2b$${String(itsCost).padStart(2, '0')}$${'.'.repeat(53)}`;
  const nobody = nobodyAt(cost);

  /** Computes what a cheaper hash left of the rounds: 2^c + (2^c + … + 2^(cost−1)) = 2^cost. */
  async function makeUpFor(cheaper: number, password: string): Promise<void> {
    for (let itsCost = cheaper; itsCost < cost; itsCost += 1) await compare(password, nobodyAt(itsCost));
  }

  return {
    hash: (password) => timed(hash(password, cost)),

    async verify(password, stored, userId) {
      // A stored hash that is none would be refused in no time, and so tell a corrupt account from an unknown one.
      const usable = stored !== undefined && isBcrypt(stored);
      if (stored !== undefined && !usable)
        log.error('password', {
          userId,
          problem: `the stored hash isn't a bcrypt hash of a cost up to ${MAX_BCRYPT_COST}: only a reset lets the owner in`,
        });
      const matches = await timed(compare(password, usable ? stored : nobody));
      // A hash of an old cost would otherwise answer sooner than an unknown account, and so tell that it is one.
      if (usable) await makeUpFor(getRounds(stored), password);
      return matches && usable;
    },

    isOutdated: (stored) => !stored.startsWith('$2b$') || getRounds(stored) < cost,
  };
}

async function timed<T>(computation: Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const result = await computation;
  measure({ HashMilliseconds: Math.round(performance.now() - startedAt) });
  return result;
}

function isBcrypt(text: string): boolean {
  if (!/^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/.test(text)) return false;
  return getRounds(text) >= MIN_BCRYPT_COST && getRounds(text) <= MAX_BCRYPT_COST;
}
