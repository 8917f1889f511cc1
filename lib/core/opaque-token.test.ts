import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  hashSecret,
  newMailedSecret,
  newSecret,
  readRefreshToken,
  readResetTag,
  writeRefreshToken,
  writeResetTag,
} from './opaque-token.ts';

const secret = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));
const refreshToken = fc.record({ userId: fc.uuid(), sessionId: fc.uuid(), family: secret, secret });
const resetTag = fc.record({ tagId: fc.uuid(), secret });

const KINDS = [
  {
    kind: 'refresh token',
    length: 128,
    read: readRefreshToken,
    written: refreshToken.map(writeRefreshToken),
  },
  { kind: 'reset tag', length: 64, read: readResetTag, written: resetTag.map(writeResetTag) },
];

test('a refresh token reads as what was written', () => {
  fc.assert(
    fc.property(refreshToken, (token) => {
      expect(readRefreshToken(writeRefreshToken(token))).toEqual(token);
    }),
  );
});

test('a reset tag reads as what was written', () => {
  fc.assert(
    fc.property(resetTag, (tag) => {
      expect(readResetTag(writeResetTag(tag))).toEqual(tag);
    }),
  );
});

test('a refresh token holds its parts in this order, so that tokens outlive a deployment', () => {
  const token = writeRefreshToken({
    userId: '00112233-4455-6677-8899-aabbccddeeff',
    sessionId: 'ffeeddcc-bbaa-9988-7766-554433221100',
    family: Buffer.alloc(32, 1),
    secret: Buffer.alloc(32, 2),
  });
  expect(Buffer.from(token, 'base64url').toString('hex')).toBe(
    `00112233445566778899aabbccddeeffffeeddccbbaa99887766554433221100${'01'.repeat(32)}${'02'.repeat(32)}`,
  );
});

describe.each(KINDS)('a $kind', ({ length, read, written }) => {
  test('is as long as ever and has no character that a URL would change', () => {
    fc.assert(
      fc.property(written, (token) => {
        expect(token).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(token).toHaveLength(length);
      }),
    );
  });

  test('has one spelling: with any character changed it is another token or none', () => {
    const anyCharacter = fc.oneof(
      fc.constantFrom('A', '_', '-', '+', '/', '=', ' ', '\n', 'é'),
      fc.string({ minLength: 1, maxLength: 1 }),
    );
    fc.assert(
      fc.property(written, fc.nat({ max: length - 1 }), anyCharacter, (token, at, character) => {
        fc.pre(token[at] !== character);
        const changed = read(`${token.slice(0, at)}${character}${token.slice(at + 1)}`);
        expect(changed).not.toEqual(read(token));
      }),
    );
  });

  test('of another length, or with anything around it, is none', () => {
    const more = fc.string({ minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(written, more, fc.nat({ max: length - 1 }), (token, extra, cut) => {
        expect(read(`${token}A${extra}`)).toBeUndefined();
        expect(read(extra + token)).toBeUndefined();
        expect(read(token.slice(0, cut))).toBeUndefined();
      }),
    );
  });

  test.each(['', ' ', 'undefined', 'null', randomUUID(), '\0'.repeat(length), 'é'.repeat(length)])(
    'is not %j',
    (text) => {
      expect(read(text)).toBeUndefined();
    },
  );

  test.each(['+', '/', '=', ' ', '.', '\n'])('has no %j in it', (character) => {
    expect(read('A'.repeat(length - 1) + character)).toBeUndefined();
    expect(read(character + 'A'.repeat(length - 1))).toBeUndefined();
    expect(read('A'.repeat(length))).toBeDefined();
  });
});

test('the id of a request that the client gets cannot be used as a mailed tag', () => {
  expect(readResetTag(randomUUID())).toBeUndefined();
  expect(readResetTag(randomUUID().replaceAll('-', ''))).toBeUndefined();
});

test('a reset tag ends before what a mail program takes along behind it; a refresh token may have nothing behind it', () => {
  const behind = fc.string({ minLength: 1 }).filter((text) => !/^[\w-]/.test(text));
  fc.assert(
    fc.property(resetTag, refreshToken, behind, (tag, token, extra) => {
      expect(readResetTag(writeResetTag(tag) + extra)).toEqual(tag);
      expect(readResetTag(writeResetTag(tag).slice(0, 63) + extra)).toBeUndefined();
      expect(readRefreshToken(writeRefreshToken(token) + extra)).toBeUndefined();
    }),
  );
});

test('a mailed tag ends with a letter or a digit', () => {
  for (let made = 0; made < 1_000; made += 1) {
    const tag = writeResetTag({ tagId: randomUUID(), secret: newMailedSecret() });
    expect(tag).toMatch(/^[\w-]{63}[A-Za-z\d]$/);
  }
});

test('a secret has 256 bits and no two are alike', () => {
  const secrets = Array.from({ length: 100 }, newSecret);
  for (const each of secrets) expect(each).toHaveLength(32);
  expect(new Set(secrets.map((each) => each.toString('hex'))).size).toBe(100);
});

test('the hash of a secret is its SHA-256 in base64url', () => {
  expect(hashSecret(Buffer.from('abc'))).toBe('ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0'); // FIPS 180, example 1
});
