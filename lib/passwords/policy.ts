import type { Config } from '../config.ts';
import type { PasswordPolicy } from '../core/password-policy.ts';
import { isBreached } from './breached.ts';
import { load } from './common-passwords.file.ts';
import { readSet } from './golomb-set.ts';

/** Characters under Argon2id, which reads any number: nobody types a longer password. */
const MAX_CHARACTERS = 256;

let isListed: ((password: string) => boolean) | undefined;

/** What the configuration asks of a new password. The list of common ones is read at the first that is long enough. */
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
