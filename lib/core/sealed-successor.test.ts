import { hkdfSync } from 'node:crypto';
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';
import { describe, expect, test } from 'vitest';
import { newSecret } from './opaque-token.ts';
import { sealSuccessor, unsealSuccessor } from './sealed-successor.ts';

const REPLACED = Buffer.alloc(32, 1);
const SUCCESSOR = Buffer.alloc(32, 2);

/** The key as this version derives it; tokens that are in use must outlive a deployment. */
const KEY = new Uint8Array(hkdfSync('sha256', REPLACED, '', 'gatehouse refresh token successor', 32));

test('the holder of the replaced secret opens the successor', async () => {
  for (const [successor, replaced] of [[SUCCESSOR, REPLACED] as const, [newSecret(), newSecret()] as const]) {
    expect(await unsealSuccessor(await sealSuccessor(successor, replaced), replaced)).toEqual(successor);
  }
});

test('another secret does not open it', async () => {
  const sealed = await sealSuccessor(SUCCESSOR, REPLACED);
  await expect(unsealSuccessor(sealed, newSecret())).rejects.toMatchObject({
    code: 'ERR_JWE_DECRYPTION_FAILED',
  });
});

test('the sealed text is AES-256-GCM under a key of its own derivation, and holds neither secret', async () => {
  const sealed = await sealSuccessor(SUCCESSOR, REPLACED);
  expect(decodeProtectedHeader(sealed)).toEqual({ alg: 'dir', enc: 'A256GCM' });
  expect(Buffer.from((await compactDecrypt(sealed, KEY)).plaintext)).toEqual(SUCCESSOR);
  for (const secret of [SUCCESSOR, REPLACED]) expect(sealed).not.toContain(secret.toString('base64url'));
});

test('the same successor is never sealed to the same text twice', async () => {
  expect(await sealSuccessor(SUCCESSOR, REPLACED)).not.toBe(await sealSuccessor(SUCCESSOR, REPLACED));
});

describe('a sealed text is refused', () => {
  test.each([0, 2, 3, 4])('when part %i of it was tampered with', async (part) => {
    const parts = (await sealSuccessor(SUCCESSOR, REPLACED)).split('.');
    const octets = Buffer.from(parts[part] ?? '', 'base64url');
    octets[1] = (octets[1] ?? 0) ^ 1;
    parts[part] = octets.toString('base64url');
    await expect(unsealSuccessor(parts.join('.'), REPLACED)).rejects.toThrow();
  });

  test.each([
    ['encrypted in another way', { alg: 'dir', enc: 'A128CBC-HS256' }],
    ['whose key is wrapped', { alg: 'A256KW', enc: 'A256GCM' }],
  ])('that is %s, though under the right key', async (_, header) => {
    const sealed = await new CompactEncrypt(SUCCESSOR).setProtectedHeader(header).encrypt(KEY);
    await expect(unsealSuccessor(sealed, REPLACED)).rejects.toMatchObject({
      code: 'ERR_JOSE_ALG_NOT_ALLOWED',
    });
  });

  test('that is none', async () => {
    await expect(unsealSuccessor('not sealed', REPLACED)).rejects.toThrow();
  });
});
