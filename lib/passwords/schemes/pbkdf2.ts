import { pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import { decodeBase64, encodePasslibBase64 } from '../base64.ts';
import { damaged, type Reading, sameBytes, tooExpensive } from '../password-hash.ts';

const compute = promisify(pbkdf2);

const LENGTHS = { sha1: 20, sha256: 32, sha512: 64 };
export type Pbkdf2Digest = keyof typeof LENGTHS;

/** Lengths of keys in use. */
const KEY_LENGTHS: readonly number[] = [16, 20, 32, 64];

/** The most iterations times blocks: two seconds. */
const MAX_WORK = 5_000_000;

const PASSLIB: Readonly<Record<string, Pbkdf2Digest>> = {
  pbkdf2: 'sha1',
  'pbkdf2-sha1': 'sha1',
  'pbkdf2-sha256': 'sha256',
  'pbkdf2-sha512': 'sha512',
};

/**
 * `$pbkdf2-sha256$rounds$salt$hash` of passlib, and its kin `$pbkdf2$` (SHA-1) and `$pbkdf2-sha512$`. Of keys of another
 * length than the digest's the name has the length, in an encoding of ours: a key that was cut off would match else.
 */
export function readPbkdf2(text: string): Reading | undefined {
  const [, own, name = '', length] =
    /^\$(gatehouse\$)?(pbkdf2[a-z0-9-]*)(?:,l=(\d{1,3}))?\$/.exec(text) ?? [];
  const digest = PASSLIB[name];
  if (digest === undefined) return undefined;
  const [rounds = '', salt = '', key = '', ...rest] = text.split('$').slice(own === undefined ? 2 : 3);
  if (rest.length > 0 || !/^\d{1,10}$/.test(rounds)) return damaged('PBKDF2');
  const keyBytes = decodeBase64(key);
  const whole = keyBytes?.length === (length === undefined ? LENGTHS[digest] : Number(length));
  return pbkdf2Hash(digest, Number(rounds), decodeBase64(salt), whole ? keyBytes : undefined);
}

/** `pbkdf2Hash` for a system whose keys are as long as the digest: a shorter key is a truncated hash. */
export function fullLengthPbkdf2(digest: Pbkdf2Digest, rounds: number, salt?: Buffer, key?: Buffer): Reading {
  return pbkdf2Hash(digest, rounds, salt, key?.length === LENGTHS[digest] ? key : undefined);
}

/** A PBKDF2 hash from its parts, stored in passlib's form if that can express it. */
export function pbkdf2Hash(digest: Pbkdf2Digest, rounds: number, salt?: Buffer, key?: Buffer): Reading {
  if (rounds * Math.ceil((key?.length ?? 1) / LENGTHS[digest]) > MAX_WORK)
    return tooExpensive('PBKDF2', `at most ${MAX_WORK} iterations`);
  if (rounds < 1 || salt === undefined || key === undefined || !KEY_LENGTHS.includes(key.length))
    return damaged('PBKDF2');
  const name = digest === 'sha1' ? 'pbkdf2' : `pbkdf2-${digest}`;
  const whole = key.length === LENGTHS[digest] ? `$${name}` : `$gatehouse$${name},l=${key.length}`;
  return {
    text: `${whole}$${rounds}$${encodePasslibBase64(salt)}$${encodePasslibBase64(key)}`,
    kind: `PBKDF2-${digest.toUpperCase()} of ${rounds} iterations`,
    matches: async (password) => sameBytes(await compute(password, salt, rounds, key.length, digest), key),
  };
}
