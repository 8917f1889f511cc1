import type { Config } from '../config.ts';
import type { PasswordPolicy } from '../core/password-policy.ts';
import { isBreached } from './breached.ts';
import { load } from './common-passwords.file.ts';
import { readSet } from './golomb-set.ts';

/** Characters, for Argon2id, which has no limit of its own: nobody types a longer password. */
const MAX_CHARACTERS = 256;

let isListed: ((password: string) => boolean) | undefined;

/** The configured rules of new passwords. The list of common ones is loaded when the first password is checked against it. */
export function passwordPolicy({
  passwordMinimum,
  passwordHash,
  commonPasswords,
  breachedPasswordsApi,
  brand,
}: Pick<
  Config,
  'passwordMinimum' | 'passwordHash' | 'commonPasswords' | 'breachedPasswordsApi' | 'brand'
>): PasswordPolicy {
  return {
    minimum: passwordMinimum,
    maximum: passwordHash === 'argon2id' ? MAX_CHARACTERS : undefined,
    ...(commonPasswords === 'refuse' && { isCommon, words: [brand.name] }),
    ...(breachedPasswordsApi !== undefined && {
      isBreached: (password: string) => isBreached(breachedPasswordsApi, password),
    }),
  };
}

function isCommon(password: string): boolean {
  isListed ??= readSet(load());
  return isListed(password);
}
