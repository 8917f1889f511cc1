import type { JWK } from 'jose';

/** The public part of a signing key. Times are milliseconds since the epoch. */
export type PublicKey = {
  kid: string;
  publicJwk: JWK;
  /** When it begins to sign. It is published well before, so that verifiers that cache the JWKS know it by then. */
  signsFrom: number;
  /** When the last token that it signed will have expired; absent until another key replaces it. */
  verifiesUntil?: number;
};

/** The retirement of a key that is replaced or withdrawn: its tokens are refused after this time. */
export type Retirement = Pick<PublicKey, 'kid'> & { verifiesUntil: number };

/** What the tokens need of the table of keys. Reads are strongly consistent; every method throws ProblemError `unavailable`. */
export type KeyStore = {
  /** The public parts of all keys: one item, which is all that a verifier's role can read. Unavailable before the first. */
  list(): Promise<PublicKey[]>;
  /** The sealed private key. */
  sealedPrivateKey(kid: string): Promise<string | undefined>;
  /** The kid of the key that was added last; `undefined` before the first. */
  newest(): Promise<string | undefined>;
  /**
   * Adds a key as the newest, retires others and deletes long expired ones, in one transaction.
   *
   * @param newest the kid of the newest key so far; `undefined`: there was none
   * @returns false when another key was added meanwhile, and nothing was written
   */
  add(
    key: PublicKey,
    sealedPrivateKey: string,
    newest: string | undefined,
    changes?: { retired?: readonly Retirement[]; forgotten?: readonly string[] },
  ): Promise<boolean>;
  /** Retires one key. @returns false when there is no such key */
  retire(retirement: Retirement): Promise<boolean>;
};

/** The key that signs now: the latest of those that have begun to sign. */
export function signingKeyAt(keys: readonly PublicKey[], now: number): PublicKey | undefined {
  return keys
    .filter((key) => key.signsFrom <= now && isPublished(key, now))
    .reduce<PublicKey | undefined>(
      (latest, key) => (latest && latest.signsFrom >= key.signsFrom ? latest : key),
      undefined,
    );
}

/** Whether tokens of the key may be valid, now or later. */
export function isPublished(key: PublicKey, now: number): boolean {
  return key.verifiesUntil === undefined || now < key.verifiesUntil;
}
