import { getRounds } from 'bcryptjs';
import type { PasswordHasher } from '../core/account.ts';
import { log } from '../log.ts';
import { noteOwnCheck, startFailureTimer } from './failure-time.ts';
import { type HashSettings, ownScheme, timed } from './own-scheme.ts';
import type { PasswordHash } from './password-hash.ts';
import { readHash } from './read-hash.ts';
import { dummyBcryptHash } from './schemes/bcrypt.ts';

/**
 * Makes hashes of the configured scheme, and verifies those of every scheme that can be read.
 *
 * @throws Error where the runtime lacks the scheme
 */
export function passwordHasher({ passwordHash, bcryptCost }: HashSettings): PasswordHasher {
  const own = ownScheme({ passwordHash, bcryptCost });
  const nobody = readHash(own.dummyHash) as PasswordHash;

  return {
    hash: (password) => timed(own.hash(password)),

    async verify(password, stored, userId) {
      const evenOut = startFailureTimer(bcryptCost);
      // A stored hash that can't be read would be refused at once, which would reveal that the account exists.
      const readable = stored === undefined ? undefined : readStored(stored, userId);
      const startedAt = performance.now();
      const matches = await timed((readable ?? nobody).matches(password));
      if (readable === undefined || own.isCurrent(readable.text)) noteOwnCheck(performance.now() - startedAt);
      if (matches && readable !== undefined) return true;
      if (passwordHash === 'bcrypt') await computeMissingRounds(readable?.text, bcryptCost, password);
      await evenOut();
      return false;
    },

    startTimer: () => startFailureTimer(bcryptCost),
    isOutdated: (stored) => !own.isCurrent(stored),
    canHash: (password) => own.canHash(password),
  };
}

function readStored(stored: string, userId: string | undefined): PasswordHash | undefined {
  const reading = readHash(stored);
  if (!('refused' in reading)) return reading;
  // The advice to leave a hash out is for whoever imports a file.
  const reason = reading.refused.replace(/[;,](?: or)? leave it out.*$/, '.');
  const problem = `the stored hash can't be verified, so the owner can get in only by a reset: ${reason}`;
  log.error('password', { userId, problem });
  return undefined;
}

/**
 * Computes the rounds that a cheaper bcrypt saves: 2^c + (2^c + … + 2^(cost−1)) = 2^cost. On a busy machine, real work
 * takes the same time more reliably than waiting.
 */
async function computeMissingRounds(text: string | undefined, cost: number, password: string): Promise<void> {
  if (!text?.startsWith('$2')) return;
  for (let cheaper = getRounds(text); cheaper < cost; cheaper += 1)
    await readHashOf(cheaper).matches(password);
}

function readHashOf(cost: number): PasswordHash {
  return readHash(dummyBcryptHash(cost)) as PasswordHash;
}
