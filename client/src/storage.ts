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
 * Keeps tokens in `localStorage`, until they expire. Whoever runs a script on the origin at any time in these days
 * can read them; see docs/client.md.
 */
export function persistentStorage(name: string): TokenStorage {
  return {
    name,
    get: () => localStorage.getItem(name),
    set: (secret) => localStorage.setItem(name, secret),
    remove: () => localStorage.removeItem(name),
  };
}

/** Milliseconds that other tabs get to hand the key over. */
const ASKING = 300;

/**
 * Keeps tokens for as long as a tab of the origin is open, and across reloads: encrypted in `localStorage`, where
 * every tab finds the newest, under a key that only `sessionStorage` holds. A new tab asks the others for the key.
 *
 * Tokens of their own in each tab's `sessionStorage` would be simpler, but a tab that was asleep would then present an
 * outdated refresh token, which ends the session of all.
 */
export function tabStorage(name: string): TokenStorage {
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
    const box = localStorage.getItem(name);
    const key = sessionStorage.getItem(name);
    return { box, secret: key && box ? await unseal(key, box) : undefined };
  };

  return {
    name,
    async get() {
      const { box, secret } = await open();
      // What tabs left behind that are closed is asked for once: again would only delay every request.
      if (secret !== undefined || box === null || box === unreadable) return secret;
      asking ??= askFor(box);
      await asking;
      return (await open()).secret;
    },
    async set(secret) {
      const key = sessionStorage.getItem(name) ?? text(crypto.getRandomValues(new Uint8Array(32)));
      sessionStorage.setItem(name, key);
      localStorage.setItem(name, await seal(key, secret));
    },
    remove() {
      localStorage.removeItem(name);
      sessionStorage.removeItem(name);
    },
    close: () => channel.close(),
  };
}

async function seal(key: string, secret: string): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const encrypted = await crypto.subtle.encrypt(
    { name: 'AES-GCM', iv },
    await imported(key),
    new TextEncoder().encode(secret),
  );
  return `${text(iv)}.${text(new Uint8Array(encrypted))}`;
}

/** `undefined` when it is no box, or another key's. */
async function unseal(key: string, box: string): Promise<string | undefined> {
  try {
    const [iv = '', encrypted = ''] = box.split('.');
    const opened = await crypto.subtle.decrypt(
      { name: 'AES-GCM', iv: octets(iv) },
      await imported(key),
      octets(encrypted),
    );
    return new TextDecoder().decode(opened);
  } catch {
    return undefined;
  }
}

const imported = (key: string) =>
  crypto.subtle.importKey('raw', octets(key), 'AES-GCM', false, ['encrypt', 'decrypt']);
const text = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes));
const octets = (base64: string) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

/** What a client uses that was told nothing: pages keep tokens while a tab is open, everything else in memory. */
export function defaultStorage(name: string): TokenStorage {
  const page = 'window' in globalThis && globalThis.crypto?.subtle && 'BroadcastChannel' in globalThis;
  return page ? tabStorage(name) : memoryStorage();
}
