import type { Config } from '../config.ts';
import type { AccessTokenSigner } from '../core/access-token.ts';
import type { AskClaims } from '../core/hooks.ts';
import { accessTokenSigner } from './access-token.ts';
import type { KeyStore } from './key-store.ts';
import { kmsDataKeys } from './kms-data-keys.ts';
import { type DataKeys, type Sealing, sealingWith, secretDataKeys, unsealingWith } from './sealing.ts';
import { type SigningKeys, signingKeys } from './signing-keys.ts';
import { type StageKey, type StageKeyStore, stageKey } from './stage-key.ts';
import { type VerificationKeys, verificationKeys } from './verification-keys.ts';

/** The keys for a function that signs. Its role may unseal private keys, which a verifier's role may not. */
export function openSigningKeys(
  config: Pick<Config, 'sealing'>,
  store: KeyStore,
): { published: VerificationKeys; signing: SigningKeys } {
  const published = verificationKeys(store, Date.now);
  return { published, signing: signingKeys(store, published, openUnsealing(config), Date.now) };
}

export function openSealing(config: Pick<Config, 'sealing'>): Sealing {
  return sealingWith(dataKeysOf(config));
}

/** Unseals only, for all functions but the one that makes keys. */
function openUnsealing(config: Pick<Config, 'sealing'>): Pick<Sealing, 'unseal'> {
  return unsealingWith(dataKeysOf(config));
}

function dataKeysOf({ sealing }: Pick<Config, 'sealing'>): DataKeys {
  return 'kmsKey' in sealing ? kmsDataKeys(sealing.kmsKey) : secretDataKeys(sealing.secret);
}

export function openSigner(config: Config, store: KeyStore, ask: AskClaims | undefined): AccessTokenSigner {
  return accessTokenSigner(openSigningKeys(config, store).signing, config, config.accessTokenSeconds, ask);
}

/** The stage key. The function's role needs `readStageKey` and `unsealStageKey`, which signers have anyway. */
export function openStageKey(config: Pick<Config, 'sealing'>, store: StageKeyStore): StageKey {
  return stageKey(store, openUnsealing(config));
}
