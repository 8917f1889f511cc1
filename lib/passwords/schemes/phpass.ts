import { createHash } from 'node:crypto';
import { damaged, type Reading, sameBytes, tooExpensive } from '../password-hash.ts';
import { trimAsPhp } from './bcrypt-of-digest.ts';

const BASE64 = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const MOST = 18;

/** `$P$` and, as phpBB writes it, `$H$`: thousands of rounds of MD5. */
export function readPhpass(text: string): Reading | undefined {
  if (!/^\$[PH]\$/.test(text)) return undefined;
  if (!/^\$[PH]\$[./0-9A-Za-z]{31}$/.test(text)) return damaged('phpass');
  const rounds = BASE64.indexOf(text.charAt(3));
  if (rounds < 7) return damaged('phpass');
  if (rounds > MOST) return tooExpensive('phpass', `at most 2^${MOST} rounds`);
  const [salt, digest] = [text.slice(4, 12), Buffer.from(text.slice(12))];
  const matches = (password: string) => sameBytes(Buffer.from(compute(password, salt, 2 ** rounds)), digest);
  return {
    text,
    kind: `phpass of 2^${rounds} rounds`,
    async matches(password) {
      const trimmed = trimAsPhp(password); // WordPress hashed that, other systems what was typed
      return matches(password) || (trimmed !== password && matches(trimmed));
    },
  };
}

function compute(password: string, salt: string, rounds: number): string {
  const bytes = Buffer.from(password);
  let digest = createHash('md5').update(salt).update(bytes).digest();
  for (let round = 0; round < rounds; round += 1)
    digest = createHash('md5').update(digest).update(bytes).digest();
  return encode(digest);
}

/** Little-endian base64 in phpass's own alphabet. */
function encode(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const group = bytes.subarray(at, at + 3);
    const value = group.reduce((sum, byte, index) => sum + byte * 256 ** index, 0);
    for (let sextet = 0; sextet <= group.length; sextet += 1) text += BASE64[(value >> (6 * sextet)) & 63];
  }
  return text;
}
