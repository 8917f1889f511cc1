import { createHash, createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { Sha256Node } from './sha256.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const DATA = Buffer.from('what is signed');
/** Bytes that begin in the middle of a buffer, as those of Node's pool do. */
const KEY = Buffer.from('-a key of some bytes-').subarray(1, -1);

async function digestOf(hash: Sha256Node): Promise<string> {
  hash.update(DATA.subarray(0, 4));
  hash.update(DATA.subarray(4));
  return hex(await hash.digest());
}

test('without a secret it is SHA-256', async () => {
  expect(await digestOf(new Sha256Node())).toBe(createHash('sha256').update(DATA).digest('hex'));
});

test.each([
  ['text', KEY.toString()],
  ['bytes', new Uint8Array(KEY)],
  ['a view of a part', KEY],
  ['a buffer', new Uint8Array(KEY).buffer],
])('with a secret that is %s it is HMAC-SHA-256', async (_, secret) => {
  expect(await digestOf(new Sha256Node(secret))).toBe(createHmac('sha256', KEY).update(DATA).digest('hex'));
});

test('after a reset it begins anew, with its secret', async () => {
  const hash = new Sha256Node(KEY);
  const first = await digestOf(hash);
  hash.reset();
  expect(await digestOf(hash)).toBe(first);
});
