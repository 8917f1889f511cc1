import { type KeyObject, verify } from 'node:crypto';
import type { SigningAlgorithm } from './algorithms.ts';

/** A compact JWS, decoded and not yet verified: nothing in it may be believed. @see RFC 7515 section 7.1 */
export type Jws = {
  /** `undefined` if it isn't JSON. */
  header: unknown;
  payload: Buffer;
  signed: Buffer;
  signature: Buffer;
};

const COMPACT = /^([\w-]+)\.([\w-]*)\.([\w-]+)$/;

/** @returns undefined for what isn't three parts in base64url */
export function decodeJws(token: string): Jws | undefined {
  const [, header, payload, signature] = COMPACT.exec(token) ?? [];
  if (header === undefined || payload === undefined || signature === undefined) return undefined;
  return {
    header: parseJson(bytes(header)),
    payload: bytes(payload),
    signed: Buffer.from(`${header}.${payload}`),
    signature: bytes(signature),
  };
}

const bytes = (text: string) => Buffer.from(text, 'base64url');

/** @returns undefined for what isn't JSON */
export function parseJson(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString());
  } catch {
    return undefined;
  }
}

/**
 * Checks the signature by node:crypto, at once. Web Crypto, on which jose stands, hands each check to another thread: to wake
 * that and to be woken takes the processor longer than the check.
 *
 * @param key must be of the algorithm, whatever the header says (RFC 8725 section 3.1)
 * @see RFC 7518 sections 3.3 and 3.4, RFC 8037 section 3.1
 */
export function isSigned({ signed, signature }: Jws, algorithm: SigningAlgorithm, key: KeyObject): boolean {
  const digest = algorithm === 'EdDSA' ? null : 'sha256'; // Ed25519 has its own
  return verify(digest, signed, { key, dsaEncoding: 'ieee-p1363' }, signature);
}
