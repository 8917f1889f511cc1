import type { JWK } from 'jose';

/** The public part of a signing key. Times are milliseconds since the epoch. */
export type PublicKey = {
  kid: string;
  publicJwk: JWK;
  /** When it begins to sign; published well before, so that verifiers who cache the JWKS know it by then. */
  signsFrom: number;
  /** When the last token it signed has expired; unknown while nothing replaces it. */
  verifiesUntil?: number;
};

/** A key that is replaced or withdrawn: after this moment nobody accepts its tokens any more. */
export type Retirement = Pick<PublicKey, 'kid'> & { verifiesUntil: number };

/** What the tokens need of the table of keys. Reads are strongly consistent; every method throws ProblemError `unavailable`. */
export type KeyStore = {
  /** The public parts of all keys: one item, which is all that a verifier's role can read. Unavailable before the first. */
  list(): Promise<PublicKey[]>;
  /** The private part as it was sealed. */
  sealedPrivateKey(kid: string): Promise<string | undefined>;
  /** The kid of the key that was added last; `undefined` before the first. */
  newest(): Promise<string | undefined>;
  /**
   * Adds a key as the newest, retires others and forgets those that nobody asks for any more, in one transaction.
   *
   * @param newest the kid of the key that was the newest so far; `undefined`: there was none
   * @returns false when another key was added meanwhile, and nothing was written
   */
  add(
    key: PublicKey,
    sealedPrivateKey: string,
    newest: string | undefined,
    changes?: { retired?: readonly Retirement[]; forgotten?: readonly string[] },
  ): Promise<boolean>;
  /** Retires a key by itself. @returns false when there is no such key */
  retire(retirement: Retirement): Promise<boolean>;
};

/** The key that signs now: of those that have begun to, the latest. */
export function signingKeyAt(keys: readonly PublicKey[], now: number): PublicKey | undefined {
  return keys
    .filter((key) => key.signsFrom <= now && isPublished(key, now))
    .reduce<PublicKey | undefined>(
      (latest, key) => (latest && latest.signsFrom >= key.signsFrom ? latest : key),
      undefined,
    );
}

/** Whether tokens of the key may still be live, or will be. */
export function isPublished(key: PublicKey, now: number): boolean {
  return key.verifiesUntil === undefined || now < key.verifiesUntil;
}
