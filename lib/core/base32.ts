/** The alphabet of RFC 4648 section 6, which authenticator apps read. */
export const RFC_4648 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** Crockford's alphabet: no letter looks like a digit, and no word comes up. */
export const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Bytes in base32, without padding. @param bytes a multiple of five, so that no bits are left over */
export function writeBase32(bytes: Uint8Array, alphabet: string): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return bits.replace(/.{5}/g, (five) => alphabet.charAt(Number.parseInt(five, 2)));
}

/**
 * Reads base32 with or without padding, in any case. Bits that are left over are ignored.
 *
 * @returns `undefined` for anything else
 */
export function readBase32(text: string, alphabet: string): Buffer | undefined {
  const digits = [...text.toUpperCase().replace(/=+$/, '')].map((digit) => alphabet.indexOf(digit));
  if (digits.length === 0 || digits.includes(-1)) return undefined;
  const bits = digits.map((digit) => digit.toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2)));
}
