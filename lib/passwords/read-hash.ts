import { LEAVE_OUT, type Reader, type Reading, refused } from './password-hash.ts';
import { readArgon2 } from './schemes/argon2.ts';
import { readAspNet } from './schemes/aspnet.ts';
import { readBcrypt } from './schemes/bcrypt.ts';
import {
  readDjangoBcryptSha256,
  readPasslibBcryptSha256,
  readWordPress,
} from './schemes/bcrypt-of-digest.ts';
import { readDjango } from './schemes/django.ts';
import { readFirebase } from './schemes/firebase.ts';
import { readPbkdf2 } from './schemes/pbkdf2.ts';
import { readPeppered } from './schemes/peppered-bcrypt.ts';
import { readPhpass } from './schemes/phpass.ts';
import { readScrypt } from './schemes/scrypt.ts';
import { readWerkzeug } from './schemes/werkzeug.ts';
import { readWrappedDigest } from './schemes/wrapped-digest.ts';

const READERS: readonly Reader[] = [
  ...[readBcrypt, readArgon2, readPbkdf2, readScrypt, readDjangoBcryptSha256, readPasslibBcryptSha256],
  ...[readWordPress, readPhpass, readDjango, readWerkzeug, readAspNet],
  ...[readPeppered, readFirebase, readWrappedDigest],
];

/** Well-known forms that can't be verified: their first characters, and the sentence that says why. */
const UNKNOWN: readonly [RegExp, string][] = [
  [
    /^(?:\{crypt\})?\$(?:1|5|6|y|7|gy|sha1|md5)\$/i,
    `this is a crypt(3) form other than bcrypt, which can't be verified; ${LEAVE_OUT}`,
  ],
  [/^\{(?:S?MD5|S?SHA\d*)\}/i, `this is an LDAP digest, which can't be verified; ${LEAVE_OUT}`],
  [
    /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})$/i,
    `this is a plain digest: say how it was made with --hash, such as --hash 'sha1(salt + password)', or ${LEAVE_OUT}`,
  ],
];

/** No hash of any scheme is longer, so a longer text is refused unread. */
const LONGEST = 2_000;

/**
 * Reads a password hash of any scheme, in any of the spellings that docs/moving-in/hashes.md lists. Computes nothing: a hash
 * that would take more than a second or two, or more memory than a function has, is refused by its parameters.
 *
 * @returns the hash, whose `text` is the canonical form to store; or a sentence that says why it can't be verified
 */
export function readHash(text: string): Reading {
  if (text.length > LONGEST) return refused(`this is no known form of a password hash; ${LEAVE_OUT}`);
  for (const read of READERS) {
    const reading = read(text);
    if (reading !== undefined) return reading;
  }
  const known = UNKNOWN.find(([form]) => form.test(text));
  return refused(known ? known[1] : `this is no known form of a password hash; ${LEAVE_OUT}`);
}
