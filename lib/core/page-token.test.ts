import { randomBytes, randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { pageToken, readPageToken } from './page-token.ts';

const key = randomBytes(32);

test('a token leads back to the id that it was made of, under its key alone', () => {
  // A damaged row may have any id: a page that ends with it has to go on as well.
  for (const userId of [...Array.from({ length: 20 }, () => randomUUID()), 'x', 'Zoë', 'x'.repeat(2_048)]) {
    const token = pageToken(key, userId);
    expect(token).toMatch(/^[\w-]+$/);
    expect(readPageToken(key, token)).toBe(userId);
    expect(readPageToken(randomBytes(32), token)).toBeUndefined();
  }
});

test('nothing but the very token is taken', () => {
  const token = pageToken(key, randomUUID());
  for (let place = 0; place < token.length; place += 1)
    for (const letter of 'AQgw_')
      if (token[place] !== letter)
        expect(readPageToken(key, token.slice(0, place) + letter + token.slice(place + 1))).toBeUndefined();
  for (const other of [
    '',
    'A',
    `${token}A`,
    `${token}=`,
    ` ${token}`,
    token.slice(1),
    'A'.repeat(22),
    'A'.repeat(43),
    '__proto__',
  ])
    expect(readPageToken(key, other)).toBeUndefined();
});
