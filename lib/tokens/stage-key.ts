import { createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';
import { orUnavailable } from '../unavailable.ts';
import type { Sealing } from './sealing.ts';

/**
 * The `kid` under which the stage key is sealed and stored. A role that needs nothing else of the table of keys names
 * this item alone, and KMS opens it only for this `kid` (see `unsealStageKey` in infrastructure/permissions.yml).
 */
export const STAGE_KEY = '#stage';

/** What a derived key is for. Each purpose has a key of its own, so that no output of one means anything to another. */
type StageKeyPurpose =
  /** Seals the secrets of TOTP factors. */
  | 'totp'
  /** HMAC of mailed codes: a dump of 8 digits' hashes is tried out in a second, one of their HMACs never. */
  | 'codes'
  /** HMAC of the challenges of log-in by passkey, which are stored nowhere. */
  | 'challenges';

/** Every method throws ProblemError `unavailable`. */
export type StageKeyStore = {
  /** As it was sealed; `undefined` before `rotate-keys` has made one. Strongly consistent. */
  sealedStageKey(): Promise<string | undefined>;
  /** Stores the first one, and leaves alone one that is there already. */
  addStageKey(sealed: string): Promise<void>;
};

/** The secret of a stage, unsealed once in the life of a warm function. */
export type StageKey = {
  /**
   * @returns 32 bytes that only this stage and this purpose have (HKDF-SHA-256, RFC 5869), as a KeyObject: Node makes one of
   * bytes at each use
   * @throws ProblemError `unavailable`, also while `rotate-keys` has made no stage key yet
   */
  derived(purpose: StageKeyPurpose): Promise<KeyObject>;
};

/** A deployment and `npm start` run the command; this is for whoever deployed in another way. */
const NO_KEY = 'the table of keys holds no stage key: run `npm run keys -- rotate`';

export function stageKey(
  store: Pick<StageKeyStore, 'sealedStageKey'>,
  sealing: Pick<Sealing, 'unseal'>,
): StageKey {
  let unsealed: Promise<KeyObject> | undefined;

  async function unseal(): Promise<KeyObject> {
    const sealed = await store.sealedStageKey();
    if (sealed === undefined) throw new Error(NO_KEY);
    return createSecretKey(await sealing.unseal(sealed, STAGE_KEY), 'base64url');
  }

  return {
    async derived(purpose) {
      unsealed ??= orUnavailable('the sealed stage key', unseal());
      unsealed.catch(() => {
        unsealed = undefined;
      });
      const bytes = hkdfSync('sha256', await unsealed, '', `gatehouse ${purpose}`, 32);
      return createSecretKey(Buffer.from(bytes));
    },
  };
}

/**
 * Makes the stage key where there is none. Of several at once one wins, and all then read the same. It is never replaced:
 * what it sealed would be lost.
 *
 * @throws ProblemError `unavailable`
 */
export async function ensureStageKey(store: StageKeyStore, sealing: Pick<Sealing, 'seal'>): Promise<void> {
  if ((await store.sealedStageKey()) !== undefined) return;
  const plaintext = randomBytes(32).toString('base64url');
  await store.addStageKey(await orUnavailable('the sealing of keys', sealing.seal(plaintext, STAGE_KEY)));
}
