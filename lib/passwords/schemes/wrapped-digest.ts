import { createHash, randomBytes } from 'node:crypto';

import { decodeBase64 } from '../base64.ts';
import { damaged, LEAVE_OUT, type Reading, refused } from '../password-hash.ts';
import { computeArgon2, OWN_ARGON2, readArgon2, writeArgon2 } from './argon2.ts';
import { trimAsPhp } from './bcrypt-of-digest.ts';

const ALGORITHMS = { md5: 16, sha1: 20, sha256: 32, sha512: 64 };
type Algorithm = keyof typeof ALGORITHMS;

const ORDERS = {
  plain: (password: string) => password,
  before: (password: string, salt: string) => salt + password,
  after: (password: string, salt: string) => password + salt,
  /** As WordPress did before phpass. */
  trimmed: trimAsPhp,
};
type Order = keyof typeof ORDERS;

/** How another system made plain digests of passwords. */
export type DigestRule = { algorithm: Algorithm; order: Order };

/** The 32 hex digits of very old WordPress versions. */
export const WORDPRESS_MD5: DigestRule = { algorithm: 'md5', order: 'trimmed' };

const RULE = /^(md5|sha1|sha256|sha512)\((password|salt\+password|password\+salt)\)$/;

/** Reads `ALG(password)`, `ALG(salt + password)` or `ALG(password + salt)`; blanks and capitals don't matter. */
export function readDigestRule(text: string): DigestRule | { refused: string } {
  const [, algorithm, order] = RULE.exec(text.replace(/\s+/g, '').toLowerCase()) ?? [];
  if (algorithm === undefined)
    return refused(
      'write md5, sha1, sha256 or sha512 of password, salt + password or password + salt, such as sha1(salt + password).',
    );
  const orders: Record<string, Order> = {
    password: 'plain',
    'salt+password': 'before',
    'password+salt': 'after',
  };
  return { algorithm: algorithm as Algorithm, order: orders[order as string] as Order };
}

const FORM =
  /^\$gatehouse\$(md5|sha1|sha256|sha512)\$(plain|before|after|trimmed)\$([\w-]*)(\$argon2id\$.+)$/;

/** Reads a digest inside Argon2id, in an encoding of ours. */
export function readWrappedDigest(text: string): Reading | undefined {
  if (!/^\$gatehouse\$(?:md5|sha)/.test(text)) return undefined;
  const [, algorithm, order, salt = '', around = ''] = FORM.exec(text) ?? [];
  const argon2 = readArgon2(around);
  const saltBytes = decodeBase64(salt);
  if (argon2 === undefined || saltBytes === undefined) return damaged('wrapped digest');
  if ('refused' in argon2) return argon2;
  const rule = { algorithm, order } as DigestRule;
  return {
    text: `${prefixOf(rule, saltBytes.toString())}${argon2.text}`,
    kind: `${rule.algorithm.toUpperCase()} within ${argon2.kind}`,
    matches: (password) => argon2.matches(digestOf(rule, password, saltBytes.toString())),
  };
}

/**
 * Wraps a plain digest in Argon2id, so that no fast hash is ever at rest. Takes as long as hashing a password with Argon2id.
 *
 * @param hex the digest as another system stored it
 * @param salt as text; may be empty
 */
export async function wrapDigest(rule: DigestRule, hex: string, salt = ''): Promise<Reading> {
  if (!new RegExp(`^[0-9a-f]{${2 * ALGORITHMS[rule.algorithm]}}$`, 'i').test(hex))
    return refused(`not ${2 * ALGORITHMS[rule.algorithm]} hexadecimal digits; ${LEAVE_OUT}`);
  const own = randomBytes(16);
  const around = await computeArgon2(OWN_ARGON2, hex.toLowerCase(), own, 32);
  return readWrappedDigest(prefixOf(rule, salt) + writeArgon2(OWN_ARGON2, own, around)) as Reading;
}

function prefixOf({ algorithm, order }: DigestRule, salt: string): string {
  return `$gatehouse$${algorithm}$${order}$${Buffer.from(salt).toString('base64url')}`;
}

function digestOf({ algorithm, order }: DigestRule, password: string, salt: string): string {
  return createHash(algorithm).update(ORDERS[order](password, salt)).digest('hex');
}
