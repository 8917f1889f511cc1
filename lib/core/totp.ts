import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { RFC_4648, readBase32, writeBase32 } from './base32.ts';

const STEP_MS = 30_000;
const DIGITS = 6;
/** The length of a SHA-1; RFC 4226 section 4 recommends 160 bits. */
const SECRET_BYTES = 20;

export function newTotpSecret(): Buffer {
  return randomBytes(SECRET_BYTES);
}

/** The secret as it is typed into an app that reads no QR code. */
export function writeTotpSecret(secret: Uint8Array): string {
  return writeBase32(secret, RFC_4648);
}

/** Reads a secret of ours or of another system. @returns `undefined` for a malformed one, or one too short to be safe */
export function readTotpSecret(text: string): Buffer | undefined {
  const bytes = readBase32(text.replaceAll(' ', ''), RFC_4648);
  return bytes !== undefined && bytes.length >= 10 && bytes.length <= 64 ? bytes : undefined;
}

/** Whether a text could be a code; anything else is a typing error, not a guess. */
export function isTotpCode(text: string): boolean {
  return /^\d{6}$/.test(text);
}

/** The number of 30-second steps since 1970. @param now milliseconds since the epoch */
export function totpStepAt(now: number): number {
  return Math.floor(now / STEP_MS);
}

/** The code of one step, with SHA-1, which every app supports. @see RFC 4226 section 5.3, RFC 6238 section 4 */
export function totpCode(secret: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', secret).update(counter).digest();
  const offset = mac.readUInt8(mac.length - 1) & 0x0f;
  const truncated = mac.readUInt32BE(offset) & 0x7fffffff;
  return String(truncated % 10 ** DIGITS).padStart(DIGITS, '0');
}

/**
 * The step whose code this is: the current step or one on either side, for clocks that differ and people who type slowly,
 * but no step at or before the last one used.
 *
 * @param code as `isTotpCode` allows
 * @param lastStep the last step that was used; -1 when none was
 * @param now milliseconds since the epoch
 */
export function matchingTotpStep(
  secret: Uint8Array,
  code: string,
  lastStep: number,
  now: number,
): number | undefined {
  const current = totpStepAt(now);
  const given = Buffer.from(code);
  const matches = [current - 1, current, current + 1].filter((step) =>
    timingSafeEqual(Buffer.from(totpCode(secret, step)), given),
  );
  return matches.find((step) => step > lastStep);
}

/**
 * The URI for the QR code.
 *
 * @see https://github.com/google/google-authenticator/wiki/Key-Uri-Format
 */
export function totpUri(secret: Uint8Array, { brand, email }: { brand: string; email: string }): string {
  // A colon, even an encoded one, would end the issuer.
  const issuer = encodeURIComponent(brand.replaceAll(':', ' ').replace(/\s+/g, ' ').trim());
  const label = `${issuer}:${encodeURIComponent(email)}`;
  const parameters = `secret=${writeTotpSecret(secret)}&issuer=${issuer}&algorithm=SHA1&digits=6&period=30`;
  return `otpauth://totp/${label}?${parameters}`;
}
