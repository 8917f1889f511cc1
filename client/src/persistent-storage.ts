import { abortAfter, orAborted } from './patience.ts';
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
  let connection: Promise<IDBDatabase> | undefined;

  const connect = () =>
    new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(name);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE);
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        // Closed by the browser, or asked to let another tab delete the database, as when site data are cleared.
        request.result.onclose = request.result.onversionchange = () => {
          request.result.close();
          connection = undefined;
        };
        resolve(request.result);
      };
    });

  type Act<T> = (store: IDBObjectStore) => IDBRequest<T>;

  const transact = async <T>(mode: IDBTransactionMode, act: Act<T>, signal: AbortSignal): Promise<T> => {
    connection ??= connect();
    const database = await connection;
    return new Promise((resolve, reject) => {
      if (signal.aborted) return; // given up: it must not write late
      const transaction = database.transaction(STORE, mode);
      const request = act(transaction.objectStore(STORE));
      signal.onabort = () => transaction.abort();
      transaction.oncomplete = transaction.onabort = ({ type }) => {
        signal.onabort = null;
        if (type === 'abort') reject(transaction.error);
        else resolve(request.result);
      };
    });
  };

  const within = async <T>(mode: IDBTransactionMode, act: Act<T>, again = true): Promise<T> => {
    const signal = abortAfter(PATIENCE);
    try {
      return await orAborted(transact(mode, act, signal), signal);
    } catch (error) {
      connection = undefined;
      if (!again) throw error;
      return within(mode, act, false); // many faults are of the connection alone
    }
  };

  return {
    name,
    get: () => within<string | undefined>('readonly', (store) => store.get(0)),
    set: (secret) => within('readwrite', (store) => store.put(secret, 0)).then(() => undefined),
    remove: () => within('readwrite', (store) => store.delete(0)),
  };
}
