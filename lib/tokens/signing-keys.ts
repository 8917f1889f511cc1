import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK } from 'jose';
import type { Clock } from '../core/account.ts';
import { orUnavailable } from '../unavailable.ts';
import { type KeyStore, type PublicKey, signingKeyAt } from './key-store.ts';
import type { Sealing } from './sealing.ts';
import type { VerificationKeys } from './verification-keys.ts';

export const ALGORITHM = 'RS256';
/** Bits. NIST SP 800-57 part 1 puts 3072 at 128 bits of strength, good beyond 2030. */
const MODULUS_LENGTH = 3072;

export type SigningKeys = {
  /** The key that signs now, made if there is none yet. @throws ProblemError `unavailable` */
  current(): Promise<{ kid: string; privateKey: CryptoKey }>;
  /** Makes the first key unless there is one. @throws ProblemError `unavailable` */
  ensure(): Promise<void>;
};

/** The private keys, unsealed once in the life of a warm function. */
export function signingKeys(
  store: KeyStore,
  published: VerificationKeys,
  sealing: Sealing,
  clock: Clock,
): SigningKeys {
  const unsealed = new Map<string, Promise<CryptoKey>>();
  let making: Promise<void> | undefined;

  // One key at a time: it takes the better part of a second of a core to make one.
  function makeFirstKey(): Promise<void> {
    making ??= addFirstKey(store, sealing, clock()).finally(() => {
      making = undefined;
    });
    return making;
  }

  async function ensure(): Promise<string> {
    const known = signingKeyAt(await published.all(), clock());
    if (known) return known.kid;
    await makeFirstKey();
    // Whoever won, the winner's key is the one in the table.
    published.forget();
    const added = signingKeyAt(await published.all(), clock());
    if (added) return added.kid;
    return orUnavailable('the table of keys', Promise.reject(new Error('it holds no key that may sign now')));
  }

  return {
    async ensure() {
      await ensure();
    },

    async current() {
      const kid = await ensure();
      const privateKey =
        unsealed.get(kid) ?? orUnavailable('the sealed signing key', unsealKey(store, sealing, kid));
      unsealed.set(kid, privateKey);
      privateKey.catch(() => unsealed.delete(kid));
      return { kid, privateKey: await privateKey };
    },
  };
}

async function addFirstKey(store: KeyStore, sealing: Sealing, now: number): Promise<void> {
  const { key, sealed } = await makeKey(sealing, now);
  await store.add(key, sealed, undefined);
}

/** A new key pair, its private part sealed. @throws ProblemError `unavailable` */
export async function makeKey(
  sealing: Sealing,
  signsFrom: number,
): Promise<{ key: PublicKey; sealed: string }> {
  const { publicKey, privateKey } = await generateKeyPair(ALGORITHM, {
    modulusLength: MODULUS_LENGTH,
    extractable: true,
  });
  const publicJwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(publicJwk); // RFC 7638
  const plaintext = JSON.stringify(await exportJWK(privateKey));
  const sealed = await orUnavailable('the sealing of keys', sealing.seal(plaintext, kid));
  return { key: { kid, publicJwk, signsFrom }, sealed };
}

async function unsealKey(store: KeyStore, sealing: Sealing, kid: string): Promise<CryptoKey> {
  const sealed = await store.sealedPrivateKey(kid);
  if (sealed === undefined) throw new Error('the private key is missing');
  return (await importJWK(JSON.parse(await sealing.unseal(sealed, kid)), ALGORITHM)) as CryptoKey;
}
