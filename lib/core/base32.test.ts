import { expect, test } from 'vitest';
import { readBase32 } from './base32.ts';

const RFC4648 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

test('a text too short for a byte is not read as one', () => {
  expect(readBase32('A', RFC4648)).toEqual(Buffer.alloc(0));
});

/** @see RFC 4648 section 10 */
test.each([
  ['MY======', 'f'],
  ['mzxw6===', 'foo'],
  ['MZXW6YTBOI======', 'foobar'],
])('%s is read as %s', (text, bytes) => {
  expect(readBase32(text, RFC4648)?.toString()).toBe(bytes);
});

test.each(['', '=', '1', 'M!'])('%j is refused', (text) => {
  expect(readBase32(text, RFC4648)).toBeUndefined();
});
