import type { Clock } from '../core/account.ts';
import { isPublished, type KeyStore, type PublicKey } from './key-store.ts';

/** How long a warm function trusts what it read: bounds how long it still accepts a key that was withdrawn. */
export const CACHE_MS = 60_000;

/** The public keys, kept in memory by a warm function. */
export type VerificationKeys = {
  /** Those that are published now. @throws ProblemError `unavailable` */
  all(): Promise<PublicKey[]>;
  /**
   * One of them; looks again before it says that there is none, since it may be newer than the cache. A forged `kid`
   * costs such a look, half a read unit: less than any function that would wait in order to spare it.
   */
  find(kid: string): Promise<PublicKey | undefined>;
  /** Makes the next look a fresh one. */
  forget(): void;
};

export function verificationKeys(store: Pick<KeyStore, 'list'>, clock: Clock): VerificationKeys {
  let cached: { keys: Promise<PublicKey[]>; until: number } | undefined;

  function forget() {
    cached = undefined;
  }

  async function all(): Promise<PublicKey[]> {
    const now = clock();
    if (cached === undefined || cached.until <= now) {
      const keys = store.list();
      // Not all at once: containers that began together would read the one partition of the keys together, every minute.
      cached = { keys, until: now + CACHE_MS * (1 - Math.random() / 10) };
      keys.catch(forget); // A failure is not worth remembering.
    }
    return (await cached.keys).filter((key) => isPublished(key, now));
  }

  return {
    all,
    forget,
    async find(kid) {
      const known = (await all()).find((key) => key.kid === kid);
      if (known) return known;
      forget();
      return (await all()).find((key) => key.kid === kid);
    },
  };
}
