import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { TotpSealing } from '../core/factors.ts';
import type { StageKey } from './stage-key.ts';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Seals the secrets of TOTPs with AES-256-GCM under a key that isn't in the tables, without a call to KMS for each. The
 * owner is the additional data, so that no row can be swapped for another. A random nonce of 96 bits is safe for 2^32
 * secrets.
 *
 * @see NIST SP 800-38D section 8.3
 */
export function totpSealing(stage: Pick<StageKey, 'derived'>): TotpSealing {
  return {
    async seal(secret, owner) {
      const key = await stage.derived('totp');
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, key, nonce).setAAD(ownerOf(owner));
      const sealed = [nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()];
      return Buffer.concat(sealed).toString('base64url');
    },

    async unseal(text, owner) {
      const key = await stage.derived('totp');
      const sealed = Buffer.from(text, 'base64url');
      const nonce = sealed.subarray(0, NONCE_BYTES);
      const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
        .setAAD(ownerOf(owner))
        .setAuthTag(sealed.subarray(-TAG_BYTES));
      return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    },
  };
}

const ownerOf = ({ userId, id }: { userId: string; id: string }) => Buffer.from(`${userId}\n${id}`);
