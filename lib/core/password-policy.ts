import type { Reason } from './problem.ts';

/** bcrypt ignores everything after this many bytes (see https://www.usenix.org/legacy/events/usenix99/provos.html). */
export const MAX_PASSWORD_BYTES = 72;

/**
 * NFC, so that the same password typed on two keyboards is the same bytes.
 *
 * @see NIST SP 800-63B-4 section 3.1.1.2
 */
export function normalisePassword(password: string): string {
  return password.normalize('NFC');
}

/** The rules of new passwords. */
export type PasswordPolicy = {
  /** The smallest number of code points. */
  minimum: number;
  /** The largest number of code points, for a scheme that hashes all of them; without it the bound is 72 bytes. */
  maximum?: number | undefined;
  /** Whether a normalised password in lower case is on a list of common ones. */
  isCommon?: ((password: string) => boolean) | undefined;
  /** The name of the service, which guessers try for any account. Only where common passwords are refused. */
  words?: readonly string[] | undefined;
  /** Whether a normalised password was found in a breach; false when the service doesn't answer. */
  isBreached?: ((password: string) => Promise<boolean>) | undefined;
};

/**
 * Why a password may not be set, or `undefined` when it may. Length counts code points, except that the upper bound of
 * bcrypt counts bytes of UTF-8 after NFC. A longer password is refused and never cut: bcrypt would silently ignore the rest.
 *
 * @param own the account's name and address, which guessers try first
 * @see OWASP ASVS 5.0 section 6.2
 */
export function refusedPassword(
  password: string,
  policy: PasswordPolicy,
  own: readonly string[] = [],
): Reason | undefined {
  if (!password.isWellFormed() || password.includes('\0')) return 'password-unusable-characters';
  const normalised = normalisePassword(password);
  if (isTooLong(normalised, policy)) return 'password-too-long';
  if ([...normalised].length < policy.minimum) return 'password-too-short';
  return isGuessable(normalised, policy, own) ? 'password-common' : undefined;
}

function isTooLong(password: string, { maximum }: PasswordPolicy): boolean {
  return maximum === undefined
    ? Buffer.byteLength(password) > MAX_PASSWORD_BYTES
    : [...password].length > maximum;
}

function isGuessable(password: string, { isCommon, words = [] }: PasswordPolicy, own: readonly string[]) {
  if (isCommon === undefined) return false;
  return isCommon(password.toLowerCase()) || isMadeOf(password, [...words, ...own]);
}

/** A word of two letters is part of too many others. */
const SHORTEST_WORD = 3;

/** Whether a password consists only of such words, digits and signs: `ada.lovelace1815` of Ada Lovelace. */
function isMadeOf(password: string, texts: readonly string[]): boolean {
  const words = texts
    .flatMap((text) => [lettersOf(text), ...text.split(/[^\p{L}\p{N}]+/u).map(lettersOf)])
    .filter((word) => [...word].length >= SHORTEST_WORD)
    .sort((one, other) => other.length - one.length);
  const letters = lettersOf(password);
  const rest = words.reduce((left, word) => left.replaceAll(word, ''), letters);
  return rest === '' && letters !== '';
}

function lettersOf(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\P{L}+/gu, '');
}

/** No system hashes a longer password (phpass, the most generous, cuts here): it would only waste processor time. */
const MAX_BYTES = 4_096;

/**
 * Whether any account could have this password: any that a policy of ours ever accepted, or a system whose hashes are
 * imported. The minimum is one code point, since an account keeps its password when the policy becomes stricter.
 */
export function isPossiblePassword(password: string): boolean {
  return (
    password !== '' &&
    password.isWellFormed() &&
    !password.includes('\0') &&
    Buffer.byteLength(password) <= MAX_BYTES
  );
}
