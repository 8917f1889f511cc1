import { createHmac, timingSafeEqual } from 'node:crypto';

// The token of the next page of accounts: the last id of the page, and an HMAC, so that callers can't make up a place to begin.

const MAC_BYTES = 16;

/** @param key the stage's secret for tombstones @param userId of the last row that a page was made of, whatever it is */
export function pageToken(key: Uint8Array, userId: string): string {
  const id = Buffer.from(userId);
  return Buffer.concat([macOf(key, id), id]).toString('base64url');
}

/** @returns the user id; `undefined` for a text that isn't a token of this stage, letter for letter */
export function readPageToken(key: Uint8Array, token: string): string | undefined {
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.length <= MAC_BYTES || bytes.toString('base64url') !== token) return undefined;
  const id = bytes.subarray(MAC_BYTES);
  return timingSafeEqual(macOf(key, id), bytes.subarray(0, MAC_BYTES)) ? id.toString() : undefined;
}

function macOf(key: Uint8Array, id: Uint8Array): Buffer {
  return createHmac('sha256', key).update('page\n').update(id).digest().subarray(0, MAC_BYTES);
}
