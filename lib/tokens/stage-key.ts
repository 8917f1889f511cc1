import { createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';
import { orUnavailable } from '../unavailable.ts';
import type { Sealing } from './sealing.ts';

/**
 * The `kid` under which the stage key is sealed and stored. Roles that need only the stage key are limited to this item and,
 * in KMS, to this `kid` (see `unsealStageKey` in infrastructure/permissions.yml).
 */
export const STAGE_KEY = '#stage';

/** The purpose of a derived key. Each purpose has its own key, so that an output for one is useless for another. */
type StageKeyPurpose =
  /** Seals the secrets of TOTP factors. */
  | 'totp'
  /** HMAC of mailed codes: plain hashes of eight digits could be reversed within a second. */
  | 'codes'
  /** HMAC of passkey challenges, which are stored only when they are used. */
  | 'challenges';

/** Every method throws ProblemError `unavailable`. */
export type StageKeyStore = {
  /** The sealed key; `undefined` before `rotate-keys` has made one. Strongly consistent. */
  sealedStageKey(): Promise<string | undefined>;
  /** Stores the key, unless there is one already. */
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

/** A deployment and `npm start` run this command. The message is for any other kind of deployment. */
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
 * Makes the stage key if there is none. Of several calls at once one wins, and all then read the same key. It is never
 * replaced, since everything that it sealed would be lost.
 *
 * @throws ProblemError `unavailable`
 */
export async function ensureStageKey(store: StageKeyStore, sealing: Pick<Sealing, 'seal'>): Promise<void> {
  if ((await store.sealedStageKey()) !== undefined) return;
  const plaintext = randomBytes(32).toString('base64url');
  await store.addStageKey(await orUnavailable('the sealing of keys', sealing.seal(plaintext, STAGE_KEY)));
}
