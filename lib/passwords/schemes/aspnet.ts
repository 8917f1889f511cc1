import { damaged, type Reading } from '../password-hash.ts';
import { type Pbkdf2Digest, pbkdf2Hash } from './pbkdf2.ts';

const DIGESTS: readonly Pbkdf2Digest[] = ['sha1', 'sha256', 'sha512'];

/**
 * ASP.NET Identity, in base64. Version 2 is 0x00, 16 bytes of salt, 32 of key; version 3 is 0x01, then three big-endian
 * numbers of 32 bits (digest, rounds, length of the salt), salt and key.
 */
export function readAspNet(text: string): Reading | undefined {
  if (!/^A[A-Za-z0-9+/]{50,}={0,2}$/.test(text) || text.length % 4 !== 0) return undefined;
  const bytes = Buffer.from(text, 'base64');
  if (bytes[0] === 0 && bytes.length === 49)
    return pbkdf2Hash('sha1', 1000, bytes.subarray(1, 17), bytes.subarray(17));
  if (bytes[0] !== 1) return undefined;
  const digest = DIGESTS[bytes.readUInt32BE(1)];
  const keyBegins = 13 + bytes.readUInt32BE(9);
  if (digest === undefined || keyBegins < 13 + 16 || keyBegins > bytes.length - 16)
    return damaged('ASP.NET Identity');
  return pbkdf2Hash(digest, bytes.readUInt32BE(5), bytes.subarray(13, keyBegins), bytes.subarray(keyBegins));
}
