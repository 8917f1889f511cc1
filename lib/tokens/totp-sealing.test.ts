import { createSecretKey, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { totpSealing } from './totp-sealing.ts';

const stageOf = (key: Buffer) => ({ derived: async () => createSecretKey(key) });
const sealing = totpSealing(stageOf(randomBytes(32)));
const owner = { userId: 'a user', id: 'a factor' };
const secret = randomBytes(20);

test('a sealed secret is opened for its owner', async () => {
  expect(await sealing.unseal(await sealing.seal(secret, owner), owner)).toEqual(secret);
});

test('it is never sealed alike twice, and does not show', async () => {
  const [one, other] = [await sealing.seal(secret, owner), await sealing.seal(secret, owner)];
  expect(one).not.toBe(other);
  expect(Buffer.from(one, 'base64url').includes(secret.subarray(0, 4))).toBe(false);
});

test.each([
  ['another user', { ...owner, userId: 'another' }],
  ['another factor', { ...owner, id: 'another' }],
  ['an id that runs over', { userId: 'a user\na', id: 'factor' }],
])('it is not opened for %s', async (_, other) => {
  await expect(sealing.unseal(await sealing.seal(secret, owner), other)).rejects.toThrow();
});

test('it is not opened on another stage', async () => {
  const elsewhere = totpSealing(stageOf(randomBytes(32)));
  await expect(elsewhere.unseal(await sealing.seal(secret, owner), owner)).rejects.toThrow();
});

test.each([0, 12, 20, 40])('it is not opened when its byte %i was changed', async (position) => {
  const sealed = Buffer.from(await sealing.seal(secret, owner), 'base64url');
  sealed[position] = (sealed[position] ?? 0) ^ 1;
  await expect(sealing.unseal(sealed.toString('base64url'), owner)).rejects.toThrow();
});

test.each(['', 'short', 'A'.repeat(37)])('%j was never sealed', async (text) => {
  await expect(sealing.unseal(text, owner)).rejects.toThrow();
});
