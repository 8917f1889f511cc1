import { describe, expect, test } from 'vitest';
import { frozenClock, NOON } from '../../test/harness/memory/clock.ts';
import { memoryKeyStore } from '../../test/harness/memory/key-store.ts';
import type { PublicKey } from './key-store.ts';
import { LOOK_AGAIN_MS, verificationKeys } from './verification-keys.ts';

const MINUTE = 60_000;

function cached(...keys: (Pick<PublicKey, 'kid'> & Partial<PublicKey>)[]) {
  const clock = frozenClock();
  const store = memoryKeyStore();
  const put = (key: Pick<PublicKey, 'kid'> & Partial<PublicKey>) =>
    store.rows.set(key.kid, { key: { publicJwk: {}, signsFrom: NOON, ...key }, sealed: '' });
  keys.forEach(put);
  return { clock, store, put, keys: verificationKeys(store, clock) };
}

describe('the keys', () => {
  test('are read once a minute, or up to a tenth of it sooner', async () => {
    const { keys, clock, store, put } = cached({ kid: 'a' });
    expect(await keys.all()).toEqual([{ kid: 'a', publicJwk: {}, signsFrom: NOON }]);
    put({ kid: 'b' });
    clock.pass(0.9 * MINUTE);
    expect(await keys.all()).toHaveLength(1);
    expect(store.lists()).toBe(1);
    clock.pass(0.1 * MINUTE);
    expect(await keys.all()).toHaveLength(2);
    expect(store.lists()).toBe(2);
  });

  test('are read by containers that began together at other moments', async () => {
    const looks = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const { keys, clock, store } = cached({ kid: 'a' });
        await keys.all();
        clock.pass(0.95 * MINUTE);
        await keys.all();
        return store.lists();
      }),
    );
    expect(new Set(looks)).toEqual(new Set([1, 2]));
  });

  test('are read once for all who ask at once', async () => {
    const { keys, store } = cached({ kid: 'a' });
    await Promise.all([keys.all(), keys.all(), keys.find('a')]);
    expect(store.lists()).toBe(1);
  });

  test('are those that are published now, by the minute-old copy too', async () => {
    const { keys, clock } = cached(
      { kid: 'replaced', verifiesUntil: NOON + 1 },
      { kid: 'gone', verifiesUntil: NOON },
      { kid: 'next', signsFrom: NOON + MINUTE },
    );
    expect((await keys.all()).map(({ kid }) => kid)).toEqual(['replaced', 'next']);
    clock.pass(1);
    expect((await keys.all()).map(({ kid }) => kid)).toEqual(['next']);
    expect(await keys.find('replaced')).toBeUndefined();
  });

  test('that could not be read are read again for the next request', async () => {
    const { keys, store } = cached({ kid: 'a' });
    const failure = new Error('the table is down');
    const { list } = store;
    store.list = () => Promise.reject(failure);
    await expect(keys.all()).rejects.toBe(failure);
    await expect(keys.find('a')).rejects.toBe(failure);
    store.list = list;
    expect(await keys.all()).toHaveLength(1);
  });
});

describe('a key that is looked for', () => {
  test('is found in memory', async () => {
    const { keys, store } = cached({ kid: 'a' }, { kid: 'b' });
    expect((await keys.find('b'))?.kid).toBe('b');
    expect((await keys.find('a'))?.kid).toBe('a');
    expect(store.lists()).toBe(1);
  });

  test('and is newer than the copy in memory is found by a second look', async () => {
    const { keys, store, put } = cached({ kid: 'a' });
    await keys.all();
    put({ kid: 'b' });
    expect((await keys.find('b'))?.kid).toBe('b');
    expect(store.lists()).toBe(2);
    expect(await keys.all()).toHaveLength(2);
    expect(store.lists()).toBe(2);
  });

  test('and is none is said to be none only after a second look', async () => {
    const { keys, store } = cached({ kid: 'a' });
    await keys.all();
    expect(await keys.find('z')).toBeUndefined();
    expect(store.lists()).toBe(2);
  });

  test('and is forged costs one look in three seconds, however often it comes', async () => {
    const { keys, store, clock } = cached({ kid: 'a' });
    await keys.all();
    for (let forged = 0; forged < 100; forged += 1) expect(await keys.find(`z${forged}`)).toBeUndefined();
    expect(store.lists()).toBe(2);
    clock.pass(LOOK_AGAIN_MS - 1);
    await keys.find('z');
    expect(store.lists()).toBe(2);
    clock.pass(1);
    await keys.find('z');
    expect(store.lists()).toBe(3);
    expect((await keys.find('a'))?.kid).toBe('a');
  });

  test('and is known stays known while a look for another fails', async () => {
    const { keys, store } = cached({ kid: 'a' });
    await keys.all();
    store.list = () => Promise.reject(new Error('the table is down'));
    await expect(keys.find('z')).rejects.toThrow('the table is down');
    expect((await keys.find('a'))?.kid).toBe('a');
  });

  test('and is newer than the copy in memory is found by all who ask at once', async () => {
    const { keys, store, put } = cached({ kid: 'a' });
    await keys.all();
    put({ kid: 'b' });
    const found = await Promise.all([1, 2, 3].map(() => keys.find('b')));
    expect(found.map((key) => key?.kid)).toEqual(['b', 'b', 'b']);
    expect(store.lists()).toBe(2);
  });

  test('and is newer than the copy in memory is found as soon as the table is back', async () => {
    const { keys, store, put } = cached({ kid: 'a' });
    await keys.all();
    put({ kid: 'b' });
    const { list } = store;
    store.list = () => Promise.reject(new Error('the table is down'));
    await expect(keys.find('b')).rejects.toThrow('the table is down');
    store.list = list;
    expect((await keys.find('b'))?.kid).toBe('b');
  });
});
