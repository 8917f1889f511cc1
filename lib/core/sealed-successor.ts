import { hkdfSync } from 'node:crypto';
import { CompactEncrypt, compactDecrypt } from 'jose';

/**
 * Seals the successor of a refresh token under the secret that it replaces. The stored row alone, which has only the
 * hash of that secret, gives no token away; the client that lost the answer has the secret and gets the same token.
 *
 * @returns a compact JWE (RFC 7516), `dir` with AES-256-GCM
 */
export function sealSuccessor(successor: Buffer, replaced: Buffer): Promise<string> {
  return new CompactEncrypt(successor)
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .encrypt(sealingKey(replaced));
}

/** @throws JWEDecryptionFailed when the row was tampered with */
export async function unsealSuccessor(sealed: string, replaced: Buffer): Promise<Buffer> {
  const { plaintext } = await compactDecrypt(sealed, sealingKey(replaced), {
    keyManagementAlgorithms: ['dir'],
    contentEncryptionAlgorithms: ['A256GCM'],
  });
  return Buffer.from(plaintext);
}

/** RFC 5869; the label keeps the key apart from the stored SHA-256 of the same secret. */
function sealingKey(secret: Buffer): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', 'gatehouse refresh token successor', 32));
}
