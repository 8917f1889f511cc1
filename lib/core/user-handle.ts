/**
 * What a passkey remembers of its account: the 16 bytes of the user's id, and nothing that a person could read.
 *
 * @see WebAuthn Level 3 section 14.6.1
 */
export function userHandleOf(userId: string): Buffer {
  return Buffer.from(userId.replaceAll('-', ''), 'hex');
}

/** @returns `undefined` for anything else than a user handle of ours */
export function userIdOf(handle: Buffer): string | undefined {
  if (handle.length !== 16) return undefined;
  const hex = handle.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
