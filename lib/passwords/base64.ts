/** The spellings of base64 in which hashes are written: `.` for `+` as passlib does, URL-safe, with and without padding. */
export function decodeBase64(text: string): Buffer | undefined {
  if (!/^[\w./+-]*={0,2}$/.test(text)) return undefined;
  const bare = text.replace(/=+$/, '');
  // One character too many carries no whole byte.
  return bare.length % 4 === 1 ? undefined : Buffer.from(bare.replaceAll('.', '+'), 'base64');
}

/** Standard base64 without padding, as PHC strings have it. */
export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '');
}

/** The same with `.` for `+`, as passlib writes it. */
export function encodePasslibBase64(bytes: Uint8Array): string {
  return encodeBase64(bytes).replaceAll('+', '.');
}
