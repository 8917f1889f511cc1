import { randomBytes } from 'node:crypto';
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';
import { describe, expect, test } from 'vitest';
import { type DataKeys, sealingWith, secretDataKeys } from './sealing.ts';

const SECRET = randomBytes(32);
const PLAINTEXT = '{"kty":"RSA","d":"schlüssel"}';

/** Data keys of which each has a name by which it is found again, as KMS does it with ciphertext. */
function namedDataKeys() {
  const made = new Map<string, { dataKey: Uint8Array; kid: string }>();
  const dataKeys: DataKeys = {
    async create(kid) {
      const dataKey = randomBytes(32);
      const wrapped = `wrapped ${made.size}`;
      made.set(wrapped, { dataKey, kid });
      return { dataKey, wrapped };
    },
    async unwrap(wrapped, kid) {
      const found = wrapped === undefined ? undefined : made.get(wrapped);
      if (found?.kid !== kid) throw new Error('no such data key');
      return found.dataKey;
    },
  };
  return { made, dataKeys };
}

describe.each([
  { by: 'one secret', dataKeys: secretDataKeys(SECRET) },
  { by: 'wrapped data keys', dataKeys: namedDataKeys().dataKeys },
])('sealed by $by, a text', ({ dataKeys }) => {
  const sealing = sealingWith(dataKeys);

  test('is opened under its kid', async () => {
    expect(await sealing.unseal(await sealing.seal(PLAINTEXT, 'a'), 'a')).toBe(PLAINTEXT);
  });

  test('is not opened under another kid', async () => {
    const sealed = await sealing.seal(PLAINTEXT, 'a');
    await expect(sealing.unseal(sealed, 'b')).rejects.toThrow('the sealed key belongs to another kid');
  });

  test('whose header was changed to another kid is not opened', async () => {
    const [header = '', ...rest] = (await sealing.seal(PLAINTEXT, 'a')).split('.');
    const claims = JSON.parse(Buffer.from(header, 'base64url').toString());
    const changed = Buffer.from(JSON.stringify({ ...claims, kid: 'b' })).toString('base64url');
    await expect(sealing.unseal([changed, ...rest].join('.'), 'b')).rejects.toThrow();
  });

  test.each([2, 3, 4])('is not opened when its part %i was tampered with', async (part) => {
    const parts = (await sealing.seal(PLAINTEXT, 'a')).split('.');
    const bytes = Buffer.from(parts[part] ?? '', 'base64url');
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    parts[part] = bytes.toString('base64url');
    await expect(sealing.unseal(parts.join('.'), 'a')).rejects.toThrow();
  });

  test('is not readable, and never sealed alike twice', async () => {
    const sealed = await sealing.seal(PLAINTEXT, 'a');
    expect(Buffer.from(sealed.split('.')[3] ?? '', 'base64url').toString('latin1')).not.toContain('RSA');
    expect(await sealing.seal(PLAINTEXT, 'a')).not.toBe(sealed);
  });

  test.each(['', 'no JWE', 'a.b.c.d.e', '{}'])('is not %j', async (sealed) => {
    await expect(sealing.unseal(sealed, 'a')).rejects.toThrow();
  });
});

test('sealed by a secret, the header names no data key', async () => {
  const sealed = await sealingWith(secretDataKeys(SECRET)).seal(PLAINTEXT, 'a');
  expect(decodeProtectedHeader(sealed)).toEqual({ alg: 'dir', enc: 'A256GCM', kid: 'a' });
  expect(Buffer.from((await compactDecrypt(sealed, SECRET)).plaintext).toString()).toBe(PLAINTEXT);
});

test('a text with a shortened tag is not opened', async () => {
  const sealed = await sealingWith(secretDataKeys(SECRET)).seal(PLAINTEXT, 'a');
  const [header, key, iv, ciphertext, tag = ''] = sealed.split('.');
  const short = Buffer.from(tag, 'base64url').subarray(0, 4).toString('base64url');
  await expect(
    sealingWith(secretDataKeys(SECRET)).unseal([header, key, iv, ciphertext, short].join('.'), 'a'),
  ).rejects.toThrow();
});

test('sealed by wrapped data keys, each text has its own and carries it wrapped', async () => {
  const { made, dataKeys } = namedDataKeys();
  const sealing = sealingWith(dataKeys);
  const sealed = [await sealing.seal(PLAINTEXT, 'a'), await sealing.seal(PLAINTEXT, 'a')];
  expect(sealed.map(decodeProtectedHeader)).toEqual([
    { alg: 'dir', enc: 'A256GCM', kid: 'a', wrapped: 'wrapped 0' },
    { alg: 'dir', enc: 'A256GCM', kid: 'a', wrapped: 'wrapped 1' },
  ]);
  expect(made.size).toBe(2);
});

test('another secret opens nothing', async () => {
  const sealed = await sealingWith(secretDataKeys(SECRET)).seal(PLAINTEXT, 'a');
  await expect(sealingWith(secretDataKeys(randomBytes(32))).unseal(sealed, 'a')).rejects.toThrow();
});

test.each([
  ['encrypted in another way', { alg: 'dir', enc: 'A128CBC-HS256', kid: 'a' }],
  ['whose data key is wrapped by a cipher of the token', { alg: 'A256KW', enc: 'A256GCM', kid: 'a' }],
])('a text %s is refused, though under the right secret', async (_, header) => {
  const sealed = await new CompactEncrypt(Buffer.from(PLAINTEXT)).setProtectedHeader(header).encrypt(SECRET);
  await expect(sealingWith(secretDataKeys(SECRET)).unseal(sealed, 'a')).rejects.toThrow(
    'not sealed as we seal',
  );
});
