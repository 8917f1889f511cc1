import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { newRecoveryCodes, recoveryCodeHash } from './recovery-codes.ts';

test('ten different codes of 24 characters in groups of six, with their SHA-256', () => {
  const { codes, hashes } = newRecoveryCodes();
  expect(codes).toHaveLength(10);
  expect(new Set(codes).size).toBe(10);
  for (const [index, code] of codes.entries()) {
    expect(code).toMatch(/^(?:[0-9A-HJKMNP-TV-Z]{6}-){3}[0-9A-HJKMNP-TV-Z]{6}$/);
    const plain = createHash('sha256').update(code.replaceAll('-', '')).digest('base64url');
    expect(hashes[index]).toBe(plain);
  }
});

test.each([
  ['as shown', (code: string) => code],
  ['in lower case', (code: string) => code.toLowerCase()],
  ['without hyphens', (code: string) => code.replaceAll('-', '')],
  ['with blanks', (code: string) => ` ${code.replaceAll('-', ' ')}\n`],
  ['with letters that look like digits', (code: string) => code.replaceAll('0', 'O').replaceAll('1', 'l')],
])('a code typed %s is found', (_, type) => {
  const { codes, hashes } = newRecoveryCodes();
  expect(codes.map((code) => recoveryCodeHash(type(code)))).toEqual(hashes);
});

test.each(['', '123456', '0'.repeat(23), '0'.repeat(25), `${'0'.repeat(23)}U`, 'é'.repeat(24)])(
  '%j is no code',
  (text) => {
    expect(recoveryCodeHash(text)).toBeUndefined();
  },
);

test('every character of the alphabet occurs', () => {
  const many = Array.from({ length: 20 }, () => newRecoveryCodes().codes.join('')).join('');
  expect(new Set(many.replaceAll('-', '')).size).toBe(32);
});
