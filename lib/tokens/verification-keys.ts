import type { Clock } from '../core/account.ts';
import { isPublished, type KeyStore, type PublicKey } from './key-store.ts';

/** How long a warm function caches the keys, and so how long it still accepts a withdrawn key. */
export const CACHE_MS = 60_000;

/**
 * How often a warm function reads the keys again because of an unknown `kid`. The attack: tokens with made-up `kid`s cost us
 * reads, which this limits to one every few seconds in each container. A new key is published for longer than this before
 * it signs (`PUBLISHED_AT_LEAST_MS`), so that no valid token is refused.
 */
export const LOOK_AGAIN_MS = 3_000;

/** The public keys, kept in memory by a warm function. */
export type VerificationKeys = {
  /** The keys that are published now. @throws ProblemError `unavailable` */
  all(): Promise<PublicKey[]>;
  /** One of them. For an unknown `kid` it reads the keys again, at most once in `LOOK_AGAIN_MS`. */
  find(kid: string): Promise<PublicKey | undefined>;
};

export function verificationKeys(store: Pick<KeyStore, 'list'>, clock: Clock): VerificationKeys {
  let known: PublicKey[] = [];
  let knownUntil = Number.NEGATIVE_INFINITY;
  let mayLookAgainAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;

  // The cached keys stay until new ones have been read, so that a failed read loses nothing.
  function look(): Promise<void> {
    looking ??= store
      .list()
      .then((keys) => {
        known = keys;
        // A random time, or containers that started together would all read the one item at the same time, every minute.
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
      // Whoever comes while the keys are read waits for them: to be refused would be a log-out by a new key.
      if (found || (looking === undefined && clock() < mayLookAgainAt)) return found;
      const begun = clock();
      await look(); // a failed one may be repeated at once: until then nobody knows that the token is wrong
      mayLookAgainAt = begun + LOOK_AGAIN_MS;
      return published().find((key) => key.kid === kid);
    },
  };
}
