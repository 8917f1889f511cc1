import type { Clock } from '../core/account.ts';
import { isPublished, type KeyStore, type PublicKey } from './key-store.ts';

/** How long a warm function trusts what it read: bounds how long it still accepts a key that was withdrawn. */
export const CACHE_MS = 60_000;

/**
 * How often a warm function looks again for a `kid` that it doesn't know. Whoever forges one costs us such a look: this
 * bounds them to one every few seconds and container. A new key is published for longer than this before it signs
 * (`PUBLISHED_AT_LEAST_MS`), so that no good token waits for the next look.
 */
export const LOOK_AGAIN_MS = 3_000;

/** The public keys, kept in memory by a warm function. */
export type VerificationKeys = {
  /** Those that are published now. @throws ProblemError `unavailable` */
  all(): Promise<PublicKey[]>;
  /** One of them. Looks once more before it says that there is none, at most once in `LOOK_AGAIN_MS`. */
  find(kid: string): Promise<PublicKey | undefined>;
};

export function verificationKeys(store: Pick<KeyStore, 'list'>, clock: Clock): VerificationKeys {
  let known: PublicKey[] = [];
  let knownUntil = Number.NEGATIVE_INFINITY;
  let mayLookAgainAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;

  // The keys of before stay until new ones have arrived: a look that fails takes nothing away.
  function look(): Promise<void> {
    looking ??= store
      .list()
      .then((keys) => {
        known = keys;
        // Not all at once: containers that began together would read the one item of the keys together, every minute.
        knownUntil = clock() + CACHE_MS * (1 - Math.random() / 10);
      })
      .finally(() => {
        looking = undefined;
      });
    return looking;
  }

  const published = () => known.filter((key) => isPublished(key, clock()));

  async function all(): Promise<PublicKey[]> {
    if (knownUntil <= clock()) await look();
    return published();
  }

  return {
    all,
    async find(kid) {
      const found = (await all()).find((key) => key.kid === kid);
      if (found || clock() < mayLookAgainAt) return found;
      mayLookAgainAt = clock() + LOOK_AGAIN_MS;
      await look();
      return published().find((key) => key.kid === kid);
    },
  };
}
