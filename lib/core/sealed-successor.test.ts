import { hkdfSync } from 'node:crypto';
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';
import { describe, expect, test } from 'vitest';
import { newSecret } from './opaque-token.ts';
import { sealSuccessor, unsealSuccessor } from './sealed-successor.ts';

const REPLACED = Buffer.alloc(32, 1);
const SUCCESSOR = Buffer.alloc(32, 2);

/** The key as this version derives it; tokens that are in use must outlive a deployment. */
const KEY = new Uint8Array(hkdfSync('sha256', REPLACED, '', 'gatehouse refresh token successor', 32));

test('whoever holds the replaced secret opens the successor', () => {
  for (const [successor, replaced] of [[SUCCESSOR, REPLACED] as const, [newSecret(), newSecret()] as const]) {
    expect(unsealSuccessor(sealSuccessor(successor, replaced), replaced)).toEqual(successor);
  }
});

test('another secret does not open it', () => {
  const sealed = sealSuccessor(SUCCESSOR, REPLACED);
  expect(() => unsealSuccessor(sealed, newSecret())).toThrow();
});

test('the sealed text is a JWE that jose reads, AES-256-GCM under a key of its own derivation, and holds neither secret', async () => {
  const sealed = sealSuccessor(SUCCESSOR, REPLACED);
  expect(decodeProtectedHeader(sealed)).toEqual({ alg: 'dir', enc: 'A256GCM' });
  expect(Buffer.from((await compactDecrypt(sealed, KEY)).plaintext)).toEqual(SUCCESSOR);
  for (const secret of [SUCCESSOR, REPLACED]) expect(sealed).not.toContain(secret.toString('base64url'));
});

test('a JWE that jose made, as the version before did, is opened', async () => {
  const sealed = await new CompactEncrypt(SUCCESSOR)
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .encrypt(KEY);
  expect(unsealSuccessor(sealed, REPLACED)).toEqual(SUCCESSOR);
});

test('the same successor is never sealed to the same text twice', () => {
  expect(sealSuccessor(SUCCESSOR, REPLACED)).not.toBe(sealSuccessor(SUCCESSOR, REPLACED));
});

describe('a sealed text is refused', () => {
  test.each([0, 2, 3, 4])('when part %i of it was tampered with', (part) => {
    const parts = sealSuccessor(SUCCESSOR, REPLACED).split('.');
    const bytes = Buffer.from(parts[part] ?? '', 'base64url');
    bytes[1] = (bytes[1] ?? 0) ^ 1;
    parts[part] = bytes.toString('base64url');
    expect(() => unsealSuccessor(parts.join('.'), REPLACED)).toThrow();
  });

  test('when its tag was cut short, which would be easier to guess', () => {
    const parts = sealSuccessor(SUCCESSOR, REPLACED).split('.');
    parts[4] = Buffer.from(parts[4] ?? '', 'base64url')
      .subarray(0, 4)
      .toString('base64url');
    expect(() => unsealSuccessor(parts.join('.'), REPLACED)).toThrow();
  });

  test.each([
    ['encrypted in another way', { alg: 'dir', enc: 'A128CBC-HS256' }],
    ['whose key is wrapped', { alg: 'A256KW', enc: 'A256GCM' }],
  ])('that is %s, though under the right key', async (_, header) => {
    const sealed = await new CompactEncrypt(SUCCESSOR).setProtectedHeader(header).encrypt(KEY);
    expect(() => unsealSuccessor(sealed, REPLACED)).toThrow('the sealed successor is not a JWE of ours');
  });

  test.each(['not sealed', '', '....', `${'.'.repeat(5)}`])('that is none: %j', (text) => {
    expect(() => unsealSuccessor(text, REPLACED)).toThrow('the sealed successor is not a JWE of ours');
  });

  test.each([
    ['a part more', (sealed: string) => `${sealed}.AA`],
    ['a part less', (sealed: string) => sealed.slice(0, sealed.lastIndexOf('.'))],
  ])('with %s', (_, change) => {
    const sealed = change(sealSuccessor(SUCCESSOR, REPLACED));
    expect(() => unsealSuccessor(sealed, REPLACED)).toThrow('the sealed successor is not a JWE of ours');
  });
});
