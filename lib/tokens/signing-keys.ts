import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK } from 'jose';
import type { Clock } from '../core/account.ts';
import { orUnavailable } from '../unavailable.ts';
import { algorithmOf, type SigningAlgorithm } from './algorithms.ts';
import { type KeyStore, type PublicKey, signingKeyAt } from './key-store.ts';
import type { Sealing } from './sealing.ts';
import type { VerificationKeys } from './verification-keys.ts';

/**
 * Bits of an RSA key. A key signs for a month: NIST SP 800-57 part 1 accepts 2048 through 2030, every large provider uses it, and a
 * signature takes half the time of one with 3072.
 */
const MODULUS_LENGTH = 2048;

/** A deployment and `npm start` run this command. The message is for any other kind of deployment. */
const NO_KEY = 'it holds no key that may sign now: run `npm run keys -- rotate`';

export type SigningKeys = {
  /** The key that signs now. @throws ProblemError `unavailable`, also while `rotate-keys` has made none yet */
  current(): Promise<{ kid: string; algorithm: SigningAlgorithm; privateKey: CryptoKey }>;
};

/** The private keys, unsealed once in the life of a warm function. Only `rotate-keys` makes keys. */
export function signingKeys(
  store: Pick<KeyStore, 'sealedPrivateKey'>,
  published: Pick<VerificationKeys, 'all'>,
  sealing: Pick<Sealing, 'unseal'>,
  clock: Clock,
): SigningKeys {
  const unsealed = new Map<string, Promise<CryptoKey>>();

  return {
    async current() {
      const key = signingKeyAt(await published.all(), clock());
      if (key === undefined) return orUnavailable('the table of keys', Promise.reject(new Error(NO_KEY)));
      const { kid, publicJwk } = key;
      const algorithm = algorithmOf(publicJwk);
      const privateKey =
        unsealed.get(kid) ?? orUnavailable('the sealed signing key', unsealKey(store, sealing, key));
      unsealed.set(kid, privateKey);
      privateKey.catch(() => unsealed.delete(kid));
      return { kid, algorithm, privateKey: await privateKey };
    },
  };
}

/** A new key pair, its private part sealed. @throws ProblemError `unavailable` */
export async function makeKey(
  sealing: Pick<Sealing, 'seal'>,
  signsFrom: number,
  algorithm: SigningAlgorithm,
): Promise<{ key: PublicKey; sealed: string }> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, {
    ...(algorithm === 'RS256' && { modulusLength: MODULUS_LENGTH }),
    extractable: true,
  });
  const publicJwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(publicJwk); // RFC 7638
  const plaintext = JSON.stringify(await exportJWK(privateKey));
  const sealed = await orUnavailable('the sealing of keys', sealing.seal(plaintext, kid));
  return { key: { kid, publicJwk, signsFrom }, sealed };
}

async function unsealKey(
  store: Pick<KeyStore, 'sealedPrivateKey'>,
  sealing: Pick<Sealing, 'unseal'>,
  { kid, publicJwk }: PublicKey,
): Promise<CryptoKey> {
  const sealed = await store.sealedPrivateKey(kid);
  if (sealed === undefined) throw new Error('the private key is missing');
  return (await importJWK(
    JSON.parse(await sealing.unseal(sealed, kid)),
    algorithmOf(publicJwk),
  )) as CryptoKey;
}
