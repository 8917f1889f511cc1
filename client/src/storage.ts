type MaybePromise<T> = T | Promise<T>;

/** Where a session's tokens are kept: one string, which is a secret. */
export interface TokenStorage {
  /** Under which several clients share it, such as tabs. Without a name this client alone uses it. */
  readonly name?: string;
  get(): MaybePromise<string | null | undefined>;
  set(secret: string): MaybePromise<void>;
  remove(): MaybePromise<void>;
  /** Called by `close()` of the client. */
  close?(): void;
}

/** Keeps tokens in a variable: the default in Node, in workers and where there is no Web Crypto. */
export function memoryStorage(): TokenStorage {
  let held: string | undefined;
  return {
    get: () => held,
    set: (secret) => {
      held = secret;
    },
    remove: () => {
      held = undefined;
    },
  };
}

/**
 * Keeps tokens until they expire, whether or not a tab is open. Whoever runs a script on the origin at any time in
 * these days can read them; see docs/client.md.
 *
 * In IndexedDB: what one tab has written to `localStorage` reaches the next some milliseconds after the lock does.
 */
export function persistentStorage(name: string): TokenStorage {
  let opening: Promise<IDBDatabase> | undefined;

  const opened = () =>
    new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(name);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE);
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        // By the browser, as when site data are cleared.
        request.result.onclose = () => {
          opening = undefined;
        };
        resolve(request.result);
      };
    });

  const within = async <T>(
    mode: IDBTransactionMode,
    act: (store: IDBObjectStore) => IDBRequest<T>,
  ): Promise<T> => {
    opening ??= opened();
    const transaction = (await opening).transaction(STORE, mode);
    return new Promise((resolve, reject) => {
      const request = act(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  };

  return {
    name,
    get: () => within<string | undefined>('readonly', (store) => store.get(0)),
    set: (secret) => within('readwrite', (store) => store.put(secret, 0)).then(() => undefined),
    remove: () => within('readwrite', (store) => store.delete(0)),
  };
}

const STORE = 'tokens';

/** Milliseconds that other tabs get to hand the key over. */
const ASKING = 300;

/**
 * Keeps tokens for as long as a tab of the origin is open, and across reloads: encrypted in IndexedDB, where every tab
 * finds the newest, under a key that only `sessionStorage` holds. A new tab asks the others for the key.
 *
 * Tokens of their own in each tab's `sessionStorage` would be simpler, but a tab that was asleep would then present an
 * outdated refresh token, which ends the session of all.
 */
export function tabStorage(name: string): TokenStorage {
  const boxes = persistentStorage(name);
  let given = (_key: string): void => undefined;
  let asking: Promise<void> | undefined;
  let unreadable: string | undefined;
  const channel = new BroadcastChannel(`${name} key`);
  (channel as { unref?(): void }).unref?.(); // in Node it must not keep the process
  channel.onmessage = ({ data }: MessageEvent) => {
    const key = sessionStorage.getItem(name);
    if (typeof data === 'string') given(data);
    else if (key) channel.postMessage(key);
  };

  /** Asks the other tabs for the key that opens this box, and makes it ours. */
  const askFor = (box: string) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        unreadable = box;
        resolve();
      }, ASKING);
      given = async (key) => {
        if ((await unseal(key, box)) === undefined) return; // of a session before this one
        clearTimeout(timer);
        sessionStorage.setItem(name, key);
        resolve();
      };
      channel.postMessage(0);
    }).finally(() => {
      asking = undefined;
    });

  const open = async () => {
    const box = await boxes.get();
    const key = sessionStorage.getItem(name);
    return { box, secret: key && box ? await unseal(key, box) : undefined };
  };

  return {
    name,
    async get() {
      const { box, secret } = await open();
      // What tabs left behind that are closed is asked for once: again would only delay every request.
      if (secret !== undefined || !box || box === unreadable) return secret;
      asking ??= askFor(box);
      await asking;
      return (await open()).secret;
    },
    async set(secret) {
      const key = sessionStorage.getItem(name) ?? `${random(32)}`;
      sessionStorage.setItem(name, key);
      await boxes.set(await seal(key, secret));
    },
    remove() {
      sessionStorage.removeItem(name);
      return boxes.remove();
    },
    close: () => channel.close(),
  };
}

/** The initialization vector and what is encrypted, octet by octet. */
async function seal(key: string, secret: string): Promise<string> {
  const iv = random(12);
  const octets = new TextEncoder().encode(secret);
  const encrypted = await crypto.subtle.encrypt({ name, iv }, await imported(key), octets);
  return `${iv},${new Uint8Array(encrypted)}`;
}

/** `undefined` when it is no box, or another key's. */
async function unseal(key: string, box: string): Promise<string | undefined> {
  try {
    const octets = octetsOf(box);
    const [iv, encrypted] = [octets.slice(0, 12), octets.slice(12)];
    return new TextDecoder().decode(
      await crypto.subtle.decrypt({ name, iv }, await imported(key), encrypted),
    );
  } catch {
    return undefined;
  }
}

const name = 'AES-GCM';
const imported = (key: string) =>
  crypto.subtle.importKey('raw', octetsOf(key), name, false, ['encrypt', 'decrypt']);
const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
const octetsOf = (list: string) => Uint8Array.from(list.split(',').map(Number));

/** What a client uses that was told nothing: pages keep tokens while a tab is open, everything else in memory. */
export function defaultStorage(name: string): TokenStorage {
  const page = 'window' in globalThis && globalThis.crypto?.subtle && 'BroadcastChannel' in globalThis;
  return page ? tabStorage(name) : memoryStorage();
}
