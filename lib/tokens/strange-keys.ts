import { createPrivateKey, createPublicKey, type JsonWebKey } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import type { Clock } from '../core/account.ts';
import { orUnavailable } from '../unavailable.ts';
import { isPublished, type KeyStore, type PublicKey } from './key-store.ts';
import type { Sealing } from './sealing.ts';
import { STAGE_KEY, type StageKeyStore } from './stage-key.ts';

/**
 * The `kid`s of published keys that no rotation made. The attack: every verifier trusts the published keys, so an attacker
 * who can write to the table could add a key of their own. They can't seal its private key, since KMS lets only
 * `rotate-keys` do that. So a key is ours if its private key is stored, opens for this `kid`, and matches the public key.
 *
 * @throws ProblemError `unavailable` when DynamoDB or KMS doesn't answer
 */
export async function strangeKeys(
  store: Pick<KeyStore, 'list' | 'sealedPrivateKey'>,
  sealing: Pick<Sealing, 'unseal'>,
  clock: Clock,
): Promise<string[]> {
  const published = (await store.list()).filter((key) => isPublished(key, clock()));
  const strange = await Promise.all(published.map((key) => isStrange(store, sealing, key)));
  return published.filter((_, index) => strange[index]).map(({ kid }) => kid);
}

async function isStrange(
  store: Pick<KeyStore, 'sealedPrivateKey'>,
  sealing: Pick<Sealing, 'unseal'>,
  { kid, publicJwk }: PublicKey,
): Promise<boolean> {
  const sealed = await store.sealedPrivateKey(kid);
  if (sealed === undefined) return true;
  try {
    const privateJwk = JSON.parse(await sealing.unseal(sealed, kid)) as JsonWebKey;
    const ours = createPublicKey(createPrivateKey({ key: privateJwk, format: 'jwk' })).export({
      format: 'jwk',
    });
    const thumbprints = await Promise.all([ours as JWK, publicJwk].map((jwk) => calculateJwkThumbprint(jwk)));
    return thumbprints.some((thumbprint) => thumbprint !== kid);
  } catch (error) {
    if (isOutage(error)) return orUnavailable('KMS', Promise.reject(error));
    // Sealed by somebody else, or under a KMS key that is gone: nothing proves that it is ours.
    return true;
  }
}

/**
 * Whether KMS can open the stage key. A stage that was removed and deployed again has the old stage key and a new KMS key
 * that can't open it: then no authenticator app and no mailed code works.
 *
 * @throws ProblemError `unavailable` when DynamoDB or KMS doesn't answer
 */
export async function opensStageKey(
  store: Pick<StageKeyStore, 'sealedStageKey'>,
  sealing: Pick<Sealing, 'unseal'>,
): Promise<boolean> {
  const sealed = await store.sealedStageKey();
  try {
    return sealed !== undefined && (await sealing.unseal(sealed, STAGE_KEY)) !== '';
  } catch (error) {
    if (isOutage(error)) return orUnavailable('KMS', Promise.reject(error));
    return false;
  }
}

/** Whether KMS gave no verdict: it wasn't reached, throttled the call, or failed. */
function isOutage(error: unknown): boolean {
  if (!(error instanceof Error && '$metadata' in error)) return false;
  const { httpStatusCode = 0 } = error.$metadata as { httpStatusCode?: number };
  return httpStatusCode < 400 || httpStatusCode >= 500 || error.name === 'ThrottlingException';
}
