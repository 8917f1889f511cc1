import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { sealingWith, secretDataKeys } from './sealing.ts';
import { ensureStageKey, type StageKeyStore, stageKey } from './stage-key.ts';

const sealing = sealingWith(secretDataKeys(randomBytes(32)));

function memory(): StageKeyStore & { sealed: string | undefined; reads: number } {
  return {
    sealed: undefined,
    reads: 0,
    async sealedStageKey() {
      this.reads += 1;
      return this.sealed;
    },
    async addStageKey(sealed) {
      this.sealed ??= sealed;
    },
  };
}

test('each purpose has a key of its own, the same one in every function', async () => {
  const store = memory();
  await ensureStageKey(store, sealing);
  const purposes = ['totp', 'codes', 'challenges'] as const;
  const keysOf = () => {
    const stage = stageKey(store, sealing);
    return Promise.all(
      purposes.map(async (purpose) => (await stage.derived(purpose)).export().toString('hex')),
    );
  };
  const keys = await keysOf();
  expect(new Set(keys).size).toBe(3);
  for (const key of keys) expect(key).toMatch(/^[0-9a-f]{64}$/);
  expect(await keysOf()).toEqual(keys);
});

test('a stage key is never replaced', async () => {
  const store = memory();
  await ensureStageKey(store, sealing);
  const first = store.sealed;
  await ensureStageKey(store, sealing);
  expect(store.sealed).toBe(first);
  expect(first).toBeDefined();
});

test('several that make the first one at once end up with the same', async () => {
  const store = memory();
  await Promise.all([1, 2, 3].map(() => ensureStageKey(store, sealing)));
  const [one, other] = await Promise.all([
    stageKey(store, sealing).derived('totp'),
    stageKey(store, sealing).derived('totp'),
  ]);
  expect(one.equals(other)).toBe(true);
});

test('it is unsealed once in the life of a function', async () => {
  const store = memory();
  await ensureStageKey(store, sealing);
  const before = store.reads;
  const stage = stageKey(store, sealing);
  await Promise.all([stage.derived('totp'), stage.derived('codes')]);
  await stage.derived('totp');
  expect(store.reads - before).toBe(1);
});

test('without one the answer is "unavailable", and the next call looks again', async () => {
  const store = memory();
  const stage = stageKey(store, sealing);
  await expect(stage.derived('totp')).rejects.toMatchObject({ problem: { code: 'unavailable' } });
  await ensureStageKey(store, sealing);
  expect((await stage.derived('totp')).symmetricKeySize).toBe(32);
});

test('the stored text does not hold the key', async () => {
  const store = memory();
  await ensureStageKey(store, sealing);
  const plaintext = await sealing.unseal(store.sealed as string, '#stage');
  expect(Buffer.from(plaintext, 'base64url')).toHaveLength(32);
  expect(store.sealed).not.toContain(plaintext);
});
