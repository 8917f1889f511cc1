import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { isUuid, uuidFromBytes, uuidFromHash, uuidToBytes } from './uuid.ts';

const ID = '3f0d1a0e-7a52-4f3b-9d86-5c1f6f9f2c11';

test('an id becomes 16 bytes, which become the same id again', () => {
  expect(uuidToBytes(ID)).toHaveLength(16);
  expect(uuidFromBytes(uuidToBytes(ID))).toBe(ID);
});

test.each([
  ['an id in lower case', ID, true],
  ['one in upper case', ID.toUpperCase(), false],
  ['one without hyphens', ID.replaceAll('-', ''), false],
  ['one with a line break behind it', `${ID}\n`, false],
  ['an email address', 'ada@example.com', false],
])('%s: is it an id as ids are stored?', (_, text, expected) => {
  expect(isUuid(text)).toBe(expected);
});

test('an id that is derived from a hash is of version 8 and always the same, so that ids made by earlier releases are found', () => {
  const hash = createHash('sha256').update('a session opened').digest();
  expect(uuidFromHash(hash)).toBe(uuidFromHash(Buffer.from(hash)));
  expect(uuidFromHash(Buffer.alloc(32, 0xff))).toBe('ffffffff-ffff-8fff-bfff-ffffffffffff');
  expect(uuidFromHash(Buffer.alloc(32))).toBe('00000000-0000-8000-8000-000000000000');
});
