import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { frozenClock, NOON } from '../../test/harness/memory/clock.ts';
import type { PublicKey } from './key-store.ts';
import { type Sealing, sealingWith, secretDataKeys } from './sealing.ts';
import { makeKey } from './signing-keys.ts';
import { opensStageKey, strangeKeys } from './strange-keys.ts';

const sealing = sealingWith(secretDataKeys(randomBytes(32)));
const ours = await Promise.all(
  (['RS256', 'ES256', 'EdDSA'] as const).map((algorithm) => makeKey(sealing, NOON, algorithm)),
);
const clock = frozenClock();

type Row = { key: PublicKey; sealed?: string | undefined };

function strangeOf(rows: readonly Row[], unsealing: Pick<Sealing, 'unseal'> = sealing) {
  const store = {
    list: async () => rows.map(({ key }) => key),
    sealedPrivateKey: async (kid: string) => rows.find(({ key }) => key.kid === kid)?.sealed,
  };
  return strangeKeys(store, unsealing, clock);
}

test('keys of every algorithm that a rotation made are ours', async () => {
  expect(await strangeOf(ours)).toEqual([]);
});

describe('a planted key is named, alone among the others', () => {
  test.each<[string, (planted: { key: PublicKey; sealed: string }) => Row]>([
    ['without a private part', ({ key }) => ({ key })],
    ['sealed by somebody else', ({ key, sealed }) => ({ key, sealed })],
    ['with the private part of another kid', ({ key }) => ({ key, sealed: ours[0]?.sealed })],
    ['with text that nobody sealed', ({ key }) => ({ key, sealed: 'x' })],
  ])('%s', async (_, row) => {
    const planted = await makeKey(sealingWith(secretDataKeys(randomBytes(32))), NOON, 'ES256');
    expect(await strangeOf([...ours, row(planted)])).toEqual([planted.key.kid]);
  });

  test('under a kid of ours, so that the private part opens but belongs to another public part', async () => {
    const planted = await makeKey(sealing, NOON, 'ES256');
    const [, honest] = ours;
    if (!honest) throw new Error('no key');
    const replaced = { key: { ...honest.key, publicJwk: planted.key.publicJwk }, sealed: honest.sealed };
    expect(await strangeOf([replaced])).toEqual([honest.key.kid]);
  });
});

test('a key that nobody accepts any more is not looked at', async () => {
  const planted = await makeKey(sealing, NOON, 'ES256');
  expect(await strangeOf([{ key: { ...planted.key, verifiesUntil: NOON } }])).toEqual([]);
});

describe('what KMS says', () => {
  const failing = (name: string, httpStatusCode?: number) => ({
    unseal: async () => {
      throw Object.assign(new Error(name), { name, $metadata: { httpStatusCode } });
    },
  });

  test.each([
    ['InvalidCiphertextException', 400],
    ['AccessDeniedException', 400],
    ['NotFoundException', 400],
  ])('%s: the key is strange', async (name, status) => {
    expect(await strangeOf(ours.slice(0, 1), failing(name, status))).toEqual([ours[0]?.key.kid]);
  });

  test.each([
    ['ThrottlingException', 400],
    ['KMSInternalException', 500],
    ['TimeoutError', undefined],
  ])('%s: nobody knows, and the look fails', async (name, status) => {
    await expect(strangeOf(ours, failing(name, status))).rejects.toMatchObject({
      problem: { code: 'unavailable' },
    });
  });
});

describe('the stage key', () => {
  const storeOf = (sealed: string | undefined) => ({ sealedStageKey: async () => sealed });

  test('is opened by the key that sealed it, and by no other', async () => {
    const store = storeOf(await sealing.seal('secret', '#stage'));
    expect(await opensStageKey(store, sealing)).toBe(true);
    expect(await opensStageKey(store, sealingWith(secretDataKeys(randomBytes(32))))).toBe(false);
    expect(await opensStageKey(storeOf(undefined), sealing)).toBe(false);
  });

  test.each([
    ['IncorrectKeyException', 400, false],
    ['AccessDeniedException', 400, false],
    ['ThrottlingException', 400, 'unavailable'],
    ['KMSInternalException', 500, 'unavailable'],
  ])('%s with status %i is %s', async (name, httpStatusCode, expected) => {
    const unseal = () => Promise.reject(Object.assign(new Error(), { name, $metadata: { httpStatusCode } }));
    const opened = opensStageKey(storeOf('sealed'), { unseal });
    await (expected === false
      ? expect(opened).resolves.toBe(false)
      : expect(opened).rejects.toMatchObject({ problem: { code: 'unavailable' } }));
  });
});
