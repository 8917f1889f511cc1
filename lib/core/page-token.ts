import { createHmac, timingSafeEqual } from 'node:crypto';
import { uuidFromBytes, uuidToBytes } from './uuid.ts';

// The token of the next page of accounts: the last id of the page, and an HMAC, so that callers can't make up a place to begin.

const ID_BYTES = 16;
const MAC_BYTES = 16;

/** @param key the stage's secret for tombstones @param userId the last id of the page */
export function pageToken(key: Uint8Array, userId: string): string {
  const id = uuidToBytes(userId);
  return Buffer.concat([id, macOf(key, id)]).toString('base64url');
}

/** @returns the user id; `undefined` for a text that isn't a token of this stage, letter for letter */
export function readPageToken(key: Uint8Array, token: string): string | undefined {
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.length !== ID_BYTES + MAC_BYTES || bytes.toString('base64url') !== token) return undefined;
  const id = bytes.subarray(0, ID_BYTES);
  if (!timingSafeEqual(macOf(key, id), bytes.subarray(ID_BYTES))) return undefined;
  return uuidFromBytes(id);
}

function macOf(key: Uint8Array, id: Uint8Array): Buffer {
  return createHmac('sha256', key).update('page\n').update(id).digest().subarray(0, MAC_BYTES);
}
