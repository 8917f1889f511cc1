import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';

/** The protected header of our compact JWEs (RFC 7516 section 7.1), which have no encrypted key. */
const HEADER = Buffer.from('{"alg":"dir","enc":"A256GCM"}').toString('base64url');

/**
 * Seals the successor of a refresh token under the secret that it replaces. The stored row has only the hash of that secret,
 * so it reveals no token; a client that lost the answer has the secret and gets the same token again.
 *
 * Every refresh seals one, so this uses node:crypto: with WebCrypto, as in jose, importing the key alone took longer than
 * the encryption. The result is a standard JWE, which the tests read with jose.
 *
 * @returns a compact JWE, `dir` with AES-256-GCM
 */
export function sealSuccessor(successor: Buffer, replaced: Buffer): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', sealingKey(replaced), iv).setAAD(Buffer.from(HEADER));
  const ciphertext = Buffer.concat([cipher.update(successor), cipher.final()]);
  return [
    HEADER,
    '',
    ...[iv, ciphertext, cipher.getAuthTag()].map((part) => part.toString('base64url')),
  ].join('.');
}

/** @throws Error when the row was tampered with, or sealed in another way or under another secret */
export function unsealSuccessor(sealed: string, replaced: Buffer): Buffer {
  const [header, encryptedKey, ...rest] = sealed.split('.');
  const [iv, ciphertext, tag] = rest.map((part) => Buffer.from(part, 'base64url'));
  if (header !== HEADER || encryptedKey !== '' || !iv || !ciphertext || !tag || rest.length > 3)
    throw new Error('the sealed successor is not a JWE of ours');
  const decipher = createDecipheriv('aes-256-gcm', sealingKey(replaced), iv, { authTagLength: 16 });
  decipher.setAAD(Buffer.from(HEADER)).setAuthTag(tag);
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
}

/**
 * HKDF (RFC 5869). The label separates the key from the stored SHA-256 of the same secret. Keys are KeyObjects, since Node takes
 * 30 µs longer to derive or encrypt with bytes.
 */
function sealingKey(secret: Buffer): KeyObject {
  const label = 'gatehouse refresh token successor';
  return createSecretKey(Buffer.from(hkdfSync('sha256', createSecretKey(secret), '', label, 32)));
}
