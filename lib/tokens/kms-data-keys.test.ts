import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type LocalKms, startLocalKms } from '../../test/harness/memory/kms.ts';
import { kmsDataKeys } from './kms-data-keys.ts';
import type { DataKeys } from './sealing.ts';

const ARN = 'arn:aws:kms:eu-central-1:000000000000:key/11111111-1111-4111-8111-111111111111';

let kms: LocalKms;
let dataKeys: DataKeys;

beforeAll(async () => {
  kms = await startLocalKms();
  dataKeys = kmsDataKeys(ARN);
});
beforeEach(() => {
  kms.requests.length = 0;
});
afterAll(() => kms.stop());

test('a data key is made by KMS for the kid, and comes back from its wrapped form', async () => {
  const { dataKey, wrapped } = await dataKeys.create('a');
  expect(dataKey).toHaveLength(32);
  expect(wrapped).toMatch(/^[\w-]+$/);
  expect(Buffer.from(await dataKeys.unwrap(wrapped, 'a'))).toEqual(Buffer.from(dataKey));
  expect(kms.requests).toEqual([
    {
      operation: 'GenerateDataKey',
      input: { KeyId: ARN, KeySpec: 'AES_256', EncryptionContext: { kid: 'a' } },
    },
    {
      operation: 'Decrypt',
      input: { KeyId: ARN, CiphertextBlob: expect.any(String), EncryptionContext: { kid: 'a' } },
    },
  ]);
});

test('no two data keys are one', async () => {
  const [one, other] = [await dataKeys.create('a'), await dataKeys.create('a')];
  expect(one.wrapped).not.toBe(other.wrapped);
});

test('a wrapped data key of another kid is refused by KMS', async () => {
  const { wrapped } = await dataKeys.create('a');
  await expect(dataKeys.unwrap(wrapped, 'b')).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
});

test('a wrapped data key of another KMS key is refused by KMS', async () => {
  const { wrapped } = await kmsDataKeys(`${ARN}2`).create('a');
  await expect(dataKeys.unwrap(wrapped, 'a')).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
});

test('what KMS did not seal is not sent to it', async () => {
  await expect(dataKeys.unwrap(undefined, 'a')).rejects.toThrow('the sealed key was not sealed by KMS');
  expect(kms.requests).toEqual([]);
});

test.each([{}, { Plaintext: 'AAAA' }, { CiphertextBlob: 'AAAA' }])(
  'an answer without the whole of a new data key is an error: %j',
  async (answer) => {
    kms.instead.push({ status: 200, answer });
    await expect(dataKeys.create('a')).rejects.toThrow('KMS answered without a data key');
  },
);

test('an answer without the data key that was wrapped is an error', async () => {
  const { wrapped } = await dataKeys.create('a');
  kms.instead.push({ status: 200, answer: {} });
  await expect(dataKeys.unwrap(wrapped, 'a')).rejects.toThrow('KMS answered without a data key');
});

test('what KMS refuses is refused by its reason', async () => {
  kms.instead.push({ status: 400, answer: { __type: 'DisabledException', message: 'the key is disabled' } });
  await expect(dataKeys.create('a')).rejects.toMatchObject({ name: 'DisabledException' });
});

test('a KMS that does not answer is given up on after three seconds', async () => {
  kms.instead.push('no answer');
  const begin = performance.now();
  await expect(dataKeys.create('a')).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(performance.now() - begin).toBeLessThan(10_000);
});
