import { beforeAll, describe, expect, test } from 'vitest';
import { frozenClock, NOON } from '../../test/harness/memory/clock.ts';
import { algorithmOf } from './algorithms.ts';
import { type KeyCommand, runKeyCommand } from './key-commands.ts';
import type { KeyStore, PublicKey } from './key-store.ts';
import { isPublished, signingKeyAt } from './key-store.ts';
import {
  PUBLISHED_AT_LEAST_MS,
  PUBLISHED_BEFORE_MS,
  type RotationDeps,
  rotateKeys,
  rotateKeysNow,
  withdrawKey,
} from './rotation.ts';
import { makeKey } from './signing-keys.ts';
import { LOOK_AGAIN_MS } from './verification-keys.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MARGIN = 6 * 60_000;

const sealing = { seal: async (text: string) => text, unseal: async (text: string) => text };
let publicJwk: PublicKey['publicJwk'];

beforeAll(async () => {
  publicJwk = (await makeKey(sealing, NOON, 'RS256')).key.publicJwk;
});

type Rows = Map<string, PublicKey>;

/** The table of keys in memory, with the conditions that the port asks for. */
function memoryKeys(...keys: PublicKey[]): KeyStore & { rows: Rows } {
  const rows: Rows = new Map(keys.map((key) => [key.kid, key]));
  let newest = keys.at(-1)?.kid;
  const retire = ({ kid, verifiesUntil }: { kid: string; verifiesUntil: number }) => {
    const key = rows.get(kid);
    if (key) rows.set(kid, { ...key, verifiesUntil });
    return key !== undefined;
  };
  return {
    rows,
    list: async () => [...rows.values()],
    sealedPrivateKey: async () => undefined,
    newest: async () => newest,
    async add(key, _sealed, seen, { retired = [], forgotten = [] } = {}) {
      if (seen !== newest || retired.some(({ kid }) => !rows.has(kid))) return false;
      newest = key.kid;
      rows.set(key.kid, key);
      for (const retirement of retired) retire(retirement);
      for (const kid of forgotten) rows.delete(kid);
      return true;
    },
    retire: async (retirement) => retire(retirement),
  };
}

function world(...keys: PublicKey[]) {
  const store = memoryKeys(...keys);
  const clock = frozenClock();
  const deps: RotationDeps = {
    store,
    sealing,
    clock,
    algorithm: 'RS256',
    keyLifetime: 30 * DAY,
    tokenLifetime: HOUR,
  };
  return { store, clock, deps };
}

const keyOf = (kid: string, signsFrom: number, verifiesUntil?: number): PublicKey => ({
  kid,
  publicJwk,
  signsFrom,
  ...(verifiesUntil !== undefined && { verifiesUntil }),
});

describe('the scheduled rotation', () => {
  test('does nothing while the signing key has more than a day to go', async () => {
    const { deps, store } = world(keyOf('old', NOON - 29 * DAY + 1));
    expect(await rotateKeys(deps)).toEqual({ outcome: 'not due' });
    expect(store.rows.size).toBe(1);
  });

  test('publishes the next key a day before it signs, and no less than the two hours that a JWKS is cached', async () => {
    const { deps, store } = world(keyOf('old', NOON - 29 * DAY));
    const result = await rotateKeys(deps);
    const next = store.rows.get((result as { kid: string }).kid);
    expect(result.outcome).toBe('rotated');
    expect(next).toMatchObject({ signsFrom: NOON + DAY });
    expect(next).not.toHaveProperty('verifiesUntil');
    expect(PUBLISHED_BEFORE_MS).toBeGreaterThanOrEqual(2 * HOUR);
  });

  test('lets the old key sign until then, and keeps it until its last token has expired', async () => {
    const { deps, store, clock } = world(keyOf('old', NOON - 29 * DAY));
    const { kid } = (await rotateKeys(deps)) as { kid: string };
    const keys = await store.list();
    expect(signingKeyAt(keys, NOON + DAY - 1)?.kid).toBe('old');
    expect(signingKeyAt(keys, NOON + DAY)?.kid).toBe(kid);
    // The last token is signed at NOON + DAY by a function that has not looked for a minute, and lives an hour.
    const lastExpiry = NOON + DAY + 60_000 + HOUR;
    const old = store.rows.get('old') as PublicKey;
    expect(isPublished(old, lastExpiry)).toBe(true);
    expect(old.verifiesUntil).toBe(NOON + DAY + HOUR + MARGIN);
    clock.set(NOON + DAY + HOUR + MARGIN);
    expect(isPublished(old, clock())).toBe(false);
  });

  test('does nothing while the next key waits for its turn', async () => {
    const { deps } = world(keyOf('old', NOON - 29 * DAY));
    await rotateKeys(deps);
    expect(await rotateKeys(deps)).toEqual({ outcome: 'not due' });
  });

  test('makes up for a schedule that did not run for a year', async () => {
    const { deps, store } = world(keyOf('old', NOON - 365 * DAY));
    expect((await rotateKeys(deps)).outcome).toBe('rotated');
    expect(signingKeyAt(await store.list(), NOON)?.kid).toBe('old');
  });

  test('makes the first key, which signs at once', async () => {
    const { deps, store } = world();
    expect((await rotateKeys(deps)).outcome).toBe('rotated');
    expect([...store.rows.values()]).toMatchObject([{ signsFrom: NOON }]);
  });

  test('makes a key that signs at once where every other is retired', async () => {
    const { deps, store } = world(keyOf('old', NOON - 40 * DAY, NOON - DAY));
    const { kid } = (await rotateKeys(deps)) as { kid: string };
    expect(signingKeyAt(await store.list(), NOON)?.kid).toBe(kid);
    expect(store.rows.get('old')?.verifiesUntil).toBe(NOON - DAY);
  });

  test('publishes a key of another algorithm as soon as the setting names one; it signs a day later', async () => {
    const { deps, store } = world(keyOf('old', NOON - DAY));
    for (const algorithm of ['ES256', 'EdDSA', 'RS256'] as const) {
      const { kid } = (await rotateKeys({ ...deps, algorithm })) as { kid: string };
      const key = store.rows.get(kid) as PublicKey;
      expect(algorithmOf(key.publicJwk)).toBe(algorithm);
      expect(key.signsFrom).toBe(NOON + DAY);
      expect(await rotateKeys({ ...deps, algorithm })).toEqual({ outcome: 'not due' });
    }
    expect(signingKeyAt(await store.list(), NOON)?.kid).toBe('old');
  });

  test('forgets keys whose last token expired more than 90 days ago', async () => {
    const { deps, store } = world(
      keyOf('oldest', NOON - 200 * DAY, NOON - 90 * DAY - 1),
      keyOf('older', NOON - 199 * DAY, NOON - 90 * DAY),
      keyOf('old', NOON - 29 * DAY),
    );
    await rotateKeys(deps);
    expect([...store.rows.keys()].slice(0, 2)).toEqual(['older', 'old']);
    expect(store.rows.size).toBe(3);
  });

  test('puts off no retirement that is under way', async () => {
    const retiring = keyOf('older', NOON - 60 * DAY, NOON + 5);
    const { deps, store } = world(retiring, keyOf('old', NOON - 29 * DAY));
    await rotateKeys(deps);
    expect(store.rows.get('older')).toEqual(retiring);
  });

  test('two at once add one key', async () => {
    const { deps, store } = world(keyOf('old', NOON - 29 * DAY));
    const results = await Promise.all([rotateKeys(deps), rotateKeys(deps)]);
    expect(results.map(({ outcome }) => outcome).sort()).toEqual(['beaten', 'rotated']);
    expect(store.rows.size).toBe(2);
  });
});

describe('the rotation in an emergency', () => {
  test('makes a key that signs as soon as every warm function can know it, and keeps the old one for its tokens', async () => {
    const { deps, store } = world(keyOf('old', NOON - DAY));
    const { kid } = (await rotateKeysNow(deps)) as { kid: string };
    expect(PUBLISHED_AT_LEAST_MS).toBeGreaterThan(LOOK_AGAIN_MS);
    expect(signingKeyAt(await store.list(), NOON + PUBLISHED_AT_LEAST_MS - 1)?.kid).toBe('old');
    expect(signingKeyAt(await store.list(), NOON + PUBLISHED_AT_LEAST_MS)?.kid).toBe(kid);
    expect(store.rows.get('old')?.verifiesUntil).toBe(NOON + PUBLISHED_AT_LEAST_MS + HOUR + MARGIN);
  });

  test('makes a key that signs at once where none does', async () => {
    const { deps, store } = world(keyOf('old', NOON - 40 * DAY, NOON - DAY));
    const { kid } = (await rotateKeysNow(deps)) as { kid: string };
    expect(signingKeyAt(await store.list(), NOON)?.kid).toBe(kid);
  });

  test('withdraws the key that was to sign next, which may be as compromised', async () => {
    const { deps, store } = world(keyOf('old', NOON - 29 * DAY));
    const { kid: next } = (await rotateKeys(deps)) as { kid: string };
    const { kid } = (await rotateKeysNow(deps)) as { kid: string };
    expect(isPublished(store.rows.get(next) as PublicKey, NOON)).toBe(false);
    expect(signingKeyAt(await store.list(), NOON + 2 * DAY)?.kid).toBe(kid);
  });

  test('leaves retired keys as they are', async () => {
    const retired = keyOf('older', NOON - 60 * DAY, NOON - DAY);
    const neverSigned = keyOf('never', NOON + DAY, NOON - 1);
    const { deps, store } = world(retired, neverSigned, keyOf('old', NOON - DAY));
    await rotateKeysNow(deps);
    expect(store.rows.get('older')).toEqual(retired);
    expect(store.rows.get('never')).toEqual(neverSigned);
  });

  test('keeps a key for its tokens that began to sign in this very millisecond', async () => {
    const { deps, store } = world(keyOf('old', NOON));
    await rotateKeysNow(deps);
    expect(store.rows.get('old')?.verifiesUntil).toBe(NOON + PUBLISHED_AT_LEAST_MS + HOUR + MARGIN);
  });
});

describe('the withdrawal of a key', () => {
  test('that signs makes another one first, and goes when that begins to sign', async () => {
    const { deps, store } = world(keyOf('old', NOON - DAY));
    expect(await withdrawKey(deps, 'old')).toEqual({ outcome: 'withdrawn' });
    const begin = NOON + PUBLISHED_AT_LEAST_MS;
    expect(signingKeyAt(await store.list(), begin - 1)?.kid).toBe('old');
    expect(isPublished(store.rows.get('old') as PublicKey, begin)).toBe(false);
    const signing = signingKeyAt(await store.list(), begin);
    expect(signing).toBeDefined();
    expect(signing?.kid).not.toBe('old');
  });

  test('that is to sign next makes another one first', async () => {
    const { deps, store } = world(keyOf('old', NOON - 29 * DAY));
    const { kid: next } = (await rotateKeys(deps)) as { kid: string };
    await withdrawKey(deps, next);
    expect(isPublished(store.rows.get(next) as PublicKey, NOON)).toBe(false);
    expect(signingKeyAt(await store.list(), NOON + 2 * DAY)).toBeDefined();
  });

  test('that no longer signs makes none', async () => {
    const { deps, store } = world(keyOf('older', NOON - 40 * DAY, NOON + HOUR), keyOf('old', NOON - DAY));
    expect(await withdrawKey(deps, 'older')).toEqual({ outcome: 'withdrawn' });
    expect(store.rows.size).toBe(2);
    expect(store.rows.get('older')?.verifiesUntil).toBe(NOON);
    expect(signingKeyAt(await store.list(), NOON)?.kid).toBe('old');
  });

  test('tries again when a scheduled rotation came first, whose key signs only tomorrow', async () => {
    const { deps, store } = world(keyOf('old', NOON - 29 * DAY));
    const list = store.list;
    let calls = 0;
    store.list = async () => {
      const keys = await list();
      calls += 1;
      // Between what the emergency's rotation reads and what it writes.
      if (calls === 2) {
        await store.add(keyOf('scheduled', NOON + DAY), '', 'old', {
          retired: [{ kid: 'old', verifiesUntil: NOON + 2 * DAY }],
        });
      }
      return keys;
    };
    expect(await withdrawKey(deps, 'old')).toEqual({ outcome: 'withdrawn' });
    expect(signingKeyAt(await list(), NOON + PUBLISHED_AT_LEAST_MS)?.kid).not.toBe('old');
    expect(signingKeyAt(await list(), NOON + PUBLISHED_AT_LEAST_MS)).toBeDefined();
    expect(calls).toBeGreaterThan(3);
  });

  test('that does not exist changes nothing', async () => {
    const { deps, store } = world(keyOf('old', NOON - DAY));
    expect(await withdrawKey(deps, 'nobody')).toEqual({ outcome: 'unknown kid' });
    expect([...store.rows.values()]).toEqual([keyOf('old', NOON - DAY)]);
  });
});

describe('the commands', () => {
  test('list the keys in the order in which they sign, each with its state', async () => {
    const { deps } = world(
      keyOf('next', NOON + 1),
      keyOf('signing', NOON),
      keyOf('verifying', NOON - DAY, NOON + 1),
      keyOf('retired', NOON - 2 * DAY, NOON),
    );
    expect(await runKeyCommand(deps, { command: 'list' })).toEqual([
      {
        kid: 'retired',
        state: 'retired',
        signsFrom: '2026-01-13T12:00:00.000Z',
        verifiesUntil: '2026-01-15T12:00:00.000Z',
      },
      {
        kid: 'verifying',
        state: 'verifying',
        signsFrom: '2026-01-14T12:00:00.000Z',
        verifiesUntil: '2026-01-15T12:00:00.001Z',
      },
      { kid: 'signing', state: 'signing', signsFrom: '2026-01-15T12:00:00.000Z' },
      { kid: 'next', state: 'next', signsFrom: '2026-01-15T12:00:00.001Z' },
    ]);
  });

  test.each<[KeyCommand, string]>([
    [{ command: 'rotate' }, 'not due'],
    [{ command: 'rotate-now' }, 'rotated'],
    [{ command: 'withdraw', kid: 'old' }, 'withdrawn'],
  ])('%j does what it says', async (command, outcome) => {
    const { deps } = world(keyOf('old', NOON));
    expect(await runKeyCommand(deps, command)).toMatchObject({ outcome });
  });

  test('that are none are refused with those that are', async () => {
    const { deps } = world();
    await expect(runKeyCommand(deps, { command: 'delete' } as never)).rejects.toThrow(
      'the command is none of list, rotate, rotate-now and withdraw',
    );
  });
});
