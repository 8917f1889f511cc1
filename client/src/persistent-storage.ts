import { within } from './patience.ts';
import type { TokenStorage } from './storage.ts';

const STORE = 'tokens';

/** Milliseconds for IndexedDB to answer. A browser may leave a request open for ever. */
const PATIENCE = 1_500;

/**
 * Keeps tokens until they expire, whether or not a tab is open. Whoever runs a script on the origin at any time in
 * these days can read them; see docs/client.md.
 *
 * In IndexedDB: what one tab has written to `localStorage` reaches the next some milliseconds after the lock does.
 */
export function persistentStorage(name: string): TokenStorage {
  type Act = (store: IDBObjectStore) => IDBRequest;

  /** On a connection of its own: one that is kept can break, and keeps other tabs from deleting the database. */
  async function transact(act: Act, mode: IDBTransactionMode, signal: AbortSignal) {
    const opening = indexedDB.open(name);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
    await done(opening, 'success', 'error');
    try {
      const transaction = opening.result.transaction(STORE, mode);
      signal.throwIfAborted(); // given up: it must not write late
      signal.onabort = () => transaction.abort();
      const request = act(transaction.objectStore(STORE));
      await done(transaction, 'complete', 'abort');
      return request.result;
    } finally {
      signal.onabort = null;
      opening.result.close();
    }
  }

  const once = (act: Act, mode: IDBTransactionMode) =>
    within(PATIENCE, (signal) => transact(act, mode, signal));
  const twice = (act: Act, mode: IDBTransactionMode = 'readwrite') =>
    once(act, mode).catch(() => once(act, mode)); // many faults pass

  return {
    name,
    // Reads wait for no other read: a tab that the machine has no time for must not hold the others up.
    get: () => twice((store) => store.get(0), 'readonly'),
    set: (secret) => twice((store) => store.put(secret, 0)),
    remove: () => twice((store) => store.delete(0)),
  };
}

/** Waits for the event `good`; rejects with what went wrong at the event `bad`. */
function done(work: IDBOpenDBRequest | IDBTransaction, good: string, bad: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    Object.assign(work, { [`on${good}`]: resolve, [`on${bad}`]: () => reject(work.error) });
  });
}
