import type { Reason } from './problem.ts';

/** bcrypt reads no further than this many octets (see https://www.usenix.org/legacy/events/usenix99/provos.html). */
export const MAX_PASSWORD_OCTETS = 72;

/**
 * NFC, so that the same password typed on two keyboards is the same octets.
 *
 * @see NIST SP 800-63B-4 section 3.1.1.2
 */
export function normalisePassword(password: string): string {
  return password.normalize('NFC');
}

/**
 * Why a password may not be set, or `undefined` when it may. Length counts code points, the upper bound octets of
 * UTF-8 after NFC: longer is refused, never cut, since bcrypt would silently ignore the rest.
 *
 * @param minimum smallest number of code points
 * @see OWASP ASVS 5.0 section 6.2
 */
export function refusedPassword(password: string, minimum: number): Reason | undefined {
  if (!password.isWellFormed() || password.includes('\0')) return 'password-unusable-characters';
  const normalised = normalisePassword(password);
  if (Buffer.byteLength(normalised) > MAX_PASSWORD_OCTETS) return 'password-too-long';
  return [...normalised].length < minimum ? 'password-too-short' : undefined;
}

/** What no system hashes: longer texts would only keep the processor busy. phpass, the most patient, cuts here. */
const LONGEST_OCTETS = 4_096;

/**
 * Whether some account may have this password: what any policy of ours ever took, and any system whose hashes are imported.
 * One code point is the least: an account keeps its password when the minimum rises.
 */
export function isPossiblePassword(password: string): boolean {
  return (
    password !== '' &&
    password.isWellFormed() &&
    !password.includes('\0') &&
    Buffer.byteLength(password) <= LONGEST_OCTETS
  );
}
