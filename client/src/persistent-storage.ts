import type { TokenStorage } from './storage.ts';

type Method = 'get' | 'put' | 'delete';
type Store = Record<Method, (...values: unknown[]) => IDBRequest>;
/** A request, or a transaction. */
type Work = { error: unknown } & { [event in 'onsuccess' | 'oncomplete' | 'onerror' | 'onabort']?: unknown };

/**
 * Keeps tokens until they expire, whether or not a tab is open. Whoever runs a script on the origin at any time in
 * these days can read them; see docs/client.md.
 *
 * In IndexedDB: what one tab has written to `localStorage` reaches the next some milliseconds after the lock does.
 */
export function persistentStorage(name: string): TokenStorage {
  /** On a connection of its own: one that is kept can break, and keeps other tabs from deleting the database. */
  async function request(method: Method, ...values: unknown[]) {
    const opening = indexedDB.open(name);
    opening.onupgradeneeded = () => opening.result.createObjectStore('tokens');
    await done(opening);
    try {
      // Reads wait for no other read: a tab that the machine has no time for must not hold the others up.
      const transaction = opening.result.transaction('tokens', method === 'get' ? 'readonly' : 'readwrite');
      const asked = (transaction.objectStore('tokens') as unknown as Store)[method](...values);
      await done(transaction);
      return asked.result;
    } finally {
      opening.result.close();
    }
  }

  /** Many faults pass. */
  const twice = (method: Method, ...values: unknown[]) =>
    request(method, ...values).catch(() => request(method, ...values));

  return {
    name,
    get: () => twice('get', 0),
    set: (secret) => twice('put', secret, 0),
    remove: () => twice('delete', 0),
  };
}

/** Waits until it is done; rejects with what went wrong. */
function done(work: Work): Promise<unknown> {
  return new Promise((resolve, reject) => {
    work.onsuccess = work.oncomplete = resolve;
    work.onerror = work.onabort = () => reject(work.error);
  });
}
