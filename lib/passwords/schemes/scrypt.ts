import { type ScryptOptions, scrypt } from 'node:crypto';
import { decodeBase64, encodeBase64 } from '../base64.ts';
import { limitConcurrency } from '../memory-hard.ts';
import { damaged, type Reading, sameBytes, tooExpensive } from '../password-hash.ts';

export type ScryptCost = {
  /** log2 of N. */
  ln: number;
  r: number;
  p: number;
};

/** The most that one verification may cost: half a gigabyte, and about two seconds. */
const MAX_MEMORY = 512 * 1024 * 1024;
const MAX_WORK = 2 ** 22;

const PHC = /^\$scrypt\$ln=(\d{1,3}),r=(\d{1,6}),p=(\d{1,6})\$([^$]*)\$([^$]+)$/;

/** `$scrypt$ln=…,r=…,p=…$salt$hash`, as passlib writes it. */
export function readScrypt(text: string): Reading | undefined {
  if (!text.startsWith('$scrypt$')) return undefined;
  const [, ln, r, p, salt = '', key = ''] = PHC.exec(text) ?? [];
  if (ln === undefined) return damaged('scrypt');
  return scryptHash({ ln: Number(ln), r: Number(r), p: Number(p) }, decodeBase64(salt), decodeBase64(key));
}

/** A scrypt hash from its parts, stored as a PHC string. */
export function scryptHash(cost: ScryptCost, salt?: Buffer, key?: Buffer): Reading {
  const fault = scryptFault(cost);
  if (fault) return fault;
  if (salt === undefined || key === undefined || ![32, 64].includes(key?.length ?? 0))
    return damaged('scrypt');
  const { ln, r, p } = cost;
  return {
    text: `$scrypt$ln=${ln},r=${r},p=${p}$${encodeBase64(salt)}$${encodeBase64(key)}`,
    kind: `scrypt (N=${2 ** ln}, r=${r}, p=${p})`,
    matches: async (password) => sameBytes(await computeScrypt(cost, password, salt, key.length), key),
  };
}

/** Why a cost can't be computed, if it can't. */
export function scryptFault({ ln, r, p }: ScryptCost): Reading | undefined {
  if (!(ln >= 1 && r >= 1 && p >= 1)) return damaged('scrypt');
  const bound = 'at most 512 MiB, N × r × p = 2^22';
  return 128 * 2 ** ln * r > MAX_MEMORY || 2 ** ln * r * p > MAX_WORK
    ? tooExpensive('scrypt', bound)
    : undefined;
}

/** @param length of the result, in bytes */
export function computeScrypt(
  cost: ScryptCost,
  password: string,
  salt: Buffer,
  length: number,
): Promise<Buffer> {
  const { ln, r, p } = cost;
  const options: ScryptOptions = { N: 2 ** ln, r, p, maxmem: 128 * r * (2 ** ln + p + 8) };
  return limitConcurrency(
    () =>
      new Promise((resolve, reject) => {
        scrypt(password, salt, length, options, (error, key) => (error ? reject(error) : resolve(key)));
      }),
  );
}
