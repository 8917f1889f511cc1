import { createDecipheriv } from 'node:crypto';
import { CompactEncrypt } from 'jose';

/**
 * Encrypts private keys, so that a reader of the table can't use them. The sealed text is a compact JWE (RFC 7516) bound to
 * its `kid`, so that no row can be swapped for another.
 */
export type Sealing = {
  seal(plaintext: string, kid: string): Promise<string>;
  /** @throws when the text was not sealed by this sealing for this kid */
  unseal(sealed: string, kid: string): Promise<string>;
};

/** Makes, wraps and unwraps the data key of each sealed text. */
export type DataKeys = {
  create(kid: string): Promise<{ dataKey: Uint8Array; wrapped?: string }>;
  unwrap(wrapped: string | undefined, kid: string): Promise<Uint8Array>;
};

/** Envelope encryption: AES-256-GCM by jose under a data key, whose wrapped form is in the header. */
export function sealingWith(dataKeys: DataKeys): Sealing {
  return {
    async seal(plaintext, kid) {
      const { dataKey, wrapped } = await dataKeys.create(kid);
      return new CompactEncrypt(Buffer.from(plaintext))
        .setProtectedHeader({ ...HEADER, kid, ...(wrapped && { wrapped }) })
        .encrypt(dataKey);
    },
    ...unsealingWith(dataKeys),
  };
}

const HEADER = { alg: 'dir', enc: 'A256GCM' };
const TAG_BYTES = 16;

/**
 * Unseals what `sealingWith` sealed, with node:crypto: functions that sign only unseal, and jose's decryption for every
 * algorithm of RFC 7516 would add 17 kB to each bundle.
 *
 * @see RFC 7516 section 5.2; RFC 7518 section 5.3
 */
export function unsealingWith(dataKeys: Pick<DataKeys, 'unwrap'>): Pick<Sealing, 'unseal'> {
  return {
    async unseal(sealed, kid) {
      const [protectedHeader = '', encryptedKey, iv, ciphertext, tag] = sealed.split('.');
      const header = JSON.parse(Buffer.from(protectedHeader, 'base64url').toString());
      if (header.kid !== kid) throw new Error('the sealed key belongs to another kid');
      if (header.alg !== HEADER.alg || header.enc !== HEADER.enc || encryptedKey !== '')
        throw new Error('the key is not sealed as we seal');
      const dataKey = await dataKeys.unwrap(header.wrapped, kid);
      const decipher = createDecipheriv('aes-256-gcm', dataKey, bytes(iv), { authTagLength: TAG_BYTES })
        .setAAD(Buffer.from(protectedHeader))
        .setAuthTag(bytes(tag));
      return Buffer.concat([decipher.update(bytes(ciphertext)), decipher.final()]).toString();
    },
  };
}

const bytes = (text = '') => Buffer.from(text, 'base64url');

/** One secret of 32 bytes as the data key of every text: for a stack without KMS. */
export function secretDataKeys(secret: Uint8Array): DataKeys {
  return {
    create: async () => ({ dataKey: secret }),
    unwrap: async () => secret,
  };
}
