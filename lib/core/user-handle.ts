import { uuidFromBytes, uuidToBytes } from './uuid.ts';
/**
 * The user handle that a passkey stores: the 16 bytes of the user's id, and nothing that identifies a person.
 *
 * @see WebAuthn Level 3 section 14.6.1
 */
export function userHandleOf(userId: string): Buffer {
  return uuidToBytes(userId);
}

/** @returns `undefined` for anything else than a user handle of ours */
export function userIdOf(handle: Buffer): string | undefined {
  return handle.length === 16 ? uuidFromBytes(handle) : undefined;
}
