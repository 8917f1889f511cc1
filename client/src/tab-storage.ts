import { openChannel } from './channel.ts';
import { persistentStorage } from './persistent-storage.ts';
import { memoryStorage, type TokenStorage } from './storage.ts';

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
  let given = (_key: string): unknown => undefined;
  let asking: Promise<void> | undefined;
  let unreadable: string | undefined;
  const channel = openChannel<string | 0>(`${name} key`, (news) => {
    if (typeof news === 'string') return given(news);
    const key = sessionStorage.getItem(name);
    if (key) channel.post(key);
  });

  /** Asks the other tabs for the key that opens this box, and makes it ours, however late it comes. */
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
        if (box === unreadable) storage.onReadable?.();
      };
      channel.post(0);
    }).finally(() => {
      asking = undefined;
    });

  const open = async () => {
    const box = await boxes.get();
    const key = sessionStorage.getItem(name);
    return { box, secret: key && box ? await unseal(key, box) : undefined };
  };

  const storage: TokenStorage = {
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
    async remove() {
      await boxes.remove();
      sessionStorage.removeItem(name);
    },
    close: channel.close,
  };
  return storage;
}

/** The initialization vector and what is encrypted, byte by byte. */
async function seal(key: string, secret: string): Promise<string> {
  const iv = random(12);
  const bytes = new TextEncoder().encode(secret);
  const encrypted = await crypto.subtle.encrypt({ name, iv }, await imported(key), bytes);
  return `${iv},${new Uint8Array(encrypted)}`;
}

/** `undefined` when it is not a box, or another key's. */
async function unseal(key: string, box: string): Promise<string | undefined> {
  try {
    const bytes = bytesOf(box);
    const iv = bytes.slice(0, 12);
    return new TextDecoder().decode(
      await crypto.subtle.decrypt({ name, iv }, await imported(key), bytes.slice(12)),
    );
  } catch {
    return undefined;
  }
}

const name = 'AES-GCM';
const imported = (key: string) =>
  crypto.subtle.importKey('raw', bytesOf(key), name, false, ['encrypt', 'decrypt']);
const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
const bytesOf = (list: string) => Uint8Array.from(list.split(',').map(Number));

/** What a client uses that was given no storage: pages keep tokens while a tab is open, everything else in memory. */
export function defaultStorage(name: string): TokenStorage {
  const page = 'window' in globalThis && globalThis.crypto?.subtle && 'BroadcastChannel' in globalThis;
  return page ? tabStorage(name) : memoryStorage();
}
