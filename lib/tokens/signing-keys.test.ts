import { CompactSign, calculateJwkThumbprint, compactVerify, importJWK } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { frozenClock, NOON } from '../../test/harness/memory/clock.ts';
import { type MemoryKeyStore, memoryKeyStore } from '../../test/harness/memory/key-store.ts';
import { problemOf } from '../../test/harness/memory/problem-of.ts';
import type { PublicKey } from './key-store.ts';
import type { Sealing } from './sealing.ts';
import { makeKey, signingKeys } from './signing-keys.ts';
import { verificationKeys } from './verification-keys.ts';

/** Seals nothing, but says for which kid. */
const sealing: Sealing = {
  seal: async (plaintext, kid) => `${kid} ${plaintext}`,
  async unseal(sealed, kid) {
    if (!sealed.startsWith(`${kid} `)) throw new Error('sealed for another kid');
    return sealed.slice(kid.length + 1);
  },
};

/** One warm function; `store` is the table that it shares with others. */
function warmFunction(store: MemoryKeyStore, its: { sealing?: Sealing; clock?: () => number } = {}) {
  const clock = its.clock ?? frozenClock();
  return signingKeys(store, verificationKeys(store, clock), its.sealing ?? sealing, clock);
}

/** A table that holds the key of the file, of which there is only one, since it takes so long to make. */
function storeWithKey(changes: Partial<PublicKey> = {}): MemoryKeyStore {
  const store = memoryKeyStore();
  store.rows.set(made.key.kid, { ...made, key: { ...made.key, ...changes } });
  return store;
}

let made: { key: PublicKey; sealed: string };
beforeAll(async () => {
  made = await makeKey(sealing, NOON, 'RS256');
});

describe('a key that is made', () => {
  test('is RSA of 2048 bits, named by its RFC 7638 thumbprint', async () => {
    const { kid, publicJwk } = made.key;
    expect(made.key).toEqual({ kid, publicJwk, signsFrom: NOON });
    expect(publicJwk).toEqual({ kty: 'RSA', e: 'AQAB', n: expect.any(String) });
    expect(Buffer.from(publicJwk.n ?? '', 'base64url')).toHaveLength(256);
    expect(kid).toBe(await calculateJwkThumbprint(publicJwk));
  });

  test('has its private part only as the sealing gave it, for its kid', async () => {
    expect(made.key.publicJwk).not.toHaveProperty('d');
    expect(JSON.parse(await sealing.unseal(made.sealed, made.key.kid))).toMatchObject({
      ...made.key.publicJwk,
      d: expect.any(String),
    });
  });

  test('cannot be made while its private part cannot be sealed', async () => {
    const cause = new Error('KMS is down');
    const closed: Sealing = { ...sealing, seal: () => Promise.reject(cause) };
    await expect(makeKey(closed, NOON, 'RS256')).rejects.toMatchObject({
      problem: { code: 'unavailable', retryAfter: 2 },
      message: 'the sealing of keys did not answer',
      cause,
    });
  });
});

test('the key that is given signs what the published key verifies, with RS256', async () => {
  const { kid, privateKey } = await warmFunction(storeWithKey()).current();
  const signed = await new CompactSign(Buffer.from('text'))
    .setProtectedHeader({ alg: 'RS256' })
    .sign(privateKey);
  const { payload } = await compactVerify(signed, await importJWK(made.key.publicJwk, 'RS256'));
  expect([kid, Buffer.from(payload).toString()]).toEqual([made.key.kid, 'text']);
});

test('a warm function unseals a key once, and reads the table once a minute', async () => {
  const store = storeWithKey();
  const clock = frozenClock();
  let unsealed = 0;
  const counting: Sealing = {
    ...sealing,
    unseal(...given) {
      unsealed += 1;
      return sealing.unseal(...given);
    },
  };
  const keys = warmFunction(store, { sealing: counting, clock });
  const [{ privateKey }] = await Promise.all([keys.current(), keys.current()]);
  clock.pass(54_000);
  expect((await keys.current()).privateKey).toBe(privateKey);
  expect([unsealed, store.lists()]).toEqual([1, 1]);
  clock.pass(6_000);
  await keys.current();
  expect([unsealed, store.lists()]).toEqual([1, 2]);
});

test('the key that signs changes when the next one begins to', async () => {
  const store = storeWithKey();
  const clock = frozenClock();
  const keys = warmFunction(store, { clock });
  const next = { ...made.key, kid: 'next', signsFrom: NOON + 1_000 };
  const [, privateJwk = ''] = made.sealed.split(/ (.*)/);
  store.rows.set('next', { key: next, sealed: await sealing.seal(privateJwk, 'next') });
  expect((await keys.current()).kid).toBe(made.key.kid);
  clock.pass(1_000);
  expect((await keys.current()).kid).toBe('next');
});

describe('signing is unavailable', () => {
  const problem = { code: 'unavailable', retryAfter: 2 };

  test('while the private key is missing, and no longer', async () => {
    const store = storeWithKey();
    store.rows.set(made.key.kid, { ...made, sealed: 'another ' });
    const { sealedPrivateKey } = store;
    store.sealedPrivateKey = async () => undefined;
    const keys = warmFunction(store);
    const refused = await keys.current().catch((error: unknown) => error);
    expect(refused).toMatchObject({
      problem,
      message: 'the sealed signing key did not answer',
      cause: { message: 'the private key is missing' },
    });
    store.sealedPrivateKey = sealedPrivateKey;
    expect((await problemOf(keys.current())).problem).toEqual(problem);
    store.rows.set(made.key.kid, made);
    expect((await keys.current()).kid).toBe(made.key.kid);
  });

  test('while the seal cannot be opened', async () => {
    const cause = new Error('KMS is down');
    const closed: Sealing = { ...sealing, unseal: () => Promise.reject(cause) };
    const refused = warmFunction(storeWithKey(), { sealing: closed }).current();
    await expect(refused).rejects.toMatchObject({
      problem,
      message: 'the sealed signing key did not answer',
      cause,
    });
  });

  test('while no key may sign, and makes none', async () => {
    const store = memoryKeyStore();
    await expect(warmFunction(store).current()).rejects.toMatchObject({
      problem,
      message: 'the table of keys did not answer',
      cause: { message: 'it holds no key that may sign now: run `npm run keys -- rotate`' },
    });
    expect(store.rows.size).toBe(0);
  });
});
