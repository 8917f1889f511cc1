import crypto from 'node:crypto';
import { promisify } from 'node:util';
import { decodeBase64, encodeBase64 } from '../base64.ts';
import { limitConcurrency } from '../memory-hard.ts';
import { damaged, LEAVE_OUT, type Reading, refused, sameBytes, tooExpensive } from '../password-hash.ts';

export type Argon2Settings = {
  variant: 'argon2id' | 'argon2i' | 'argon2d';
  /** KiB. */
  memory: number;
  passes: number;
  lanes: number;
};

/** 19 MiB, two passes, one lane. @see OWASP Password Storage Cheat Sheet */
export const OWN_ARGON2: Argon2Settings = { variant: 'argon2id', memory: 19_456, passes: 2, lanes: 1 };

/** The most that one verification may cost: half a gigabyte, and about a second. */
const MAX_MEMORY = 512 * 1024;
const MAX_WORK = 1024 * 1024;
const MAX_LANES = 64;
/** The lengths of results in use, in bytes. Any other length is a truncated hash. */
const TAGS: readonly number[] = [16, 20, 24, 32, 48, 64];

const PHC = /^\$(argon2(?:id|i|d))\$v=19\$m=(\d{1,10}),t=(\d{1,10}),p=(\d{1,10})\$([^$]+)\$([^$]+)$/;

/** `$argon2id$v=19$m=…,t=…,p=…$salt$hash`, and the other two variants; Django writes `argon2` before it. */
export function readArgon2(text: string): Reading | undefined {
  const bare = text.replace(/^argon2(?=\$argon2)/, '');
  if (!/^\$argon2(?:id|i|d)\$/.test(bare)) return undefined;
  if (!hasArgon2) return refused(`${NEEDS_NODE}.`);
  if (!bare.includes('$v=19$'))
    return refused(`this is version 1.0 of Argon2, which Node can't verify; ${LEAVE_OUT}`);
  const [, variant, memory, passes, lanes, salt = '', digest = ''] = PHC.exec(bare) ?? [];
  if (variant === undefined) return damaged('Argon2');
  const settings = { variant, memory: Number(memory), passes: Number(passes), lanes: Number(lanes) };
  return argon2Hash(settings as Argon2Settings, decodeBase64(salt), decodeBase64(digest));
}

/** An Argon2 hash of version 1.3 from its parts. */
export function argon2Hash(settings: Argon2Settings, salt?: Buffer, digest?: Buffer): Reading {
  const { variant, memory, passes, lanes } = settings;
  if (memory > MAX_MEMORY || memory * passes > MAX_WORK || lanes > MAX_LANES)
    return tooExpensive('Argon2', `at most m=${MAX_MEMORY}, m × t = ${MAX_WORK}, p=${MAX_LANES}`);
  // RFC 9106 section 3.1.
  const sound = passes >= 1 && lanes >= 1 && memory >= 8 * lanes;
  if (
    !sound ||
    salt === undefined ||
    salt.length < 8 ||
    digest === undefined ||
    !TAGS.includes(digest.length)
  )
    return damaged('Argon2');
  return {
    text: writeArgon2(settings, salt, digest),
    kind: `${variant} (m=${memory}, t=${passes}, p=${lanes})`,
    matches: async (password) =>
      sameBytes(await computeArgon2(settings, password, salt, digest.length), digest),
  };
}

export function writeArgon2(
  { variant, memory, passes, lanes }: Argon2Settings,
  salt: Buffer,
  digest: Buffer,
): string {
  return `$${variant}$v=19$m=${memory},t=${passes},p=${lanes}$${encodeBase64(salt)}$${encodeBase64(digest)}`;
}

/** Not a named import, which would keep a module from loading where Node has no Argon2. */
export const hasArgon2 = typeof crypto.argon2 === 'function';
const compute = hasArgon2 ? promisify(crypto.argon2) : undefined;

export const NEEDS_NODE = 'Argon2 needs Node 24.7 or later, built with OpenSSL 3.2 or later';

/** @param length of the result, in bytes */
export function computeArgon2(
  { variant, memory, passes, lanes }: Argon2Settings,
  message: string | Uint8Array,
  salt: Buffer,
  length: number,
): Promise<Buffer> {
  if (compute === undefined) throw new Error(NEEDS_NODE);
  return limitConcurrency(() =>
    compute(variant, { message, nonce: salt, parallelism: lanes, tagLength: length, memory, passes }),
  );
}
