import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';

/**
 * Encrypts private keys for a table whose reader must not be able to use them. Sealed text is a compact JWE
 * (RFC 7516) bound to its `kid`, so that no row can be passed off as another's.
 */
export type Sealing = {
  seal(plaintext: string, kid: string): Promise<string>;
  /** @throws when the text was not sealed by this sealing for this kid */
  unseal(sealed: string, kid: string): Promise<string>;
};

/** What wraps the data key of each sealed text. */
export type DataKeys = {
  create(kid: string): Promise<{ dataKey: Uint8Array; wrapped?: string }>;
  unwrap(wrapped: string | undefined, kid: string): Promise<Uint8Array>;
};

/** Envelope encryption: AES-256-GCM by jose under a data key, which the header carries wrapped if it has to. */
export function sealingWith(dataKeys: DataKeys): Sealing {
  return {
    async seal(plaintext, kid) {
      const { dataKey, wrapped } = await dataKeys.create(kid);
      return new CompactEncrypt(Buffer.from(plaintext))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid, ...(wrapped && { wrapped }) })
        .encrypt(dataKey);
    },

    async unseal(sealed, kid) {
      const header = decodeProtectedHeader(sealed);
      if (header.kid !== kid) throw new Error('the sealed key belongs to another kid');
      const dataKey = await dataKeys.unwrap(header.wrapped as string | undefined, kid);
      const { plaintext } = await compactDecrypt(sealed, dataKey, {
        keyManagementAlgorithms: ['dir'],
        contentEncryptionAlgorithms: ['A256GCM'],
      });
      return Buffer.from(plaintext).toString();
    },
  };
}

/** Data keys that are all one secret of 32 octets, kept outside the tables: for a stack without KMS. */
export function secretDataKeys(secret: Uint8Array): DataKeys {
  return {
    create: async () => ({ dataKey: secret }),
    unwrap: async () => secret,
  };
}
