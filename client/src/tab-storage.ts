import { openChannel } from './channel.ts';
import { persistentStorage } from './persistent-storage.ts';
import { memoryStorage, type TokenStorage } from './storage.ts';

/** Milliseconds that other tabs get to hand the key over. */
const ASKING = 300;

const ALGORITHM = 'AES-GCM';

/**
 * Keeps tokens for as long as a tab of the origin is open, and across reloads: encrypted in IndexedDB, where every tab
 * finds the newest, under a key that only `sessionStorage` holds. A new tab asks the others for the key.
 *
 * Tokens of their own in each tab's `sessionStorage` would be simpler, but a tab that was asleep would then present an
 * outdated refresh token, which ends the session of all.
 */
export function tabStorage(name: string): TokenStorage {
  const boxes = persistentStorage(name);
  let asking: Promise<void> | undefined;
  let goOn: () => void;
  /** The box that no other tab had the key of, at least not in time. */
  let unreadable: string | undefined;

  const key = () => sessionStorage.getItem(name);
  const keep = (key: string) => sessionStorage.setItem(name, key);

  /** The box, and what is in it if this key opens it. */
  async function open(by = key()) {
    const box = await boxes.get();
    return { box, secret: await unsealed(`${by}`, `${box}`).catch(() => undefined) };
  }

  const channel = openChannel<string | null>(`${name} key`, async (news) => {
    const own = key();
    // A tab asks for the key, or hands one over, which may be of a session before this one.
    if (!news) own && channel.post(own);
    else if (news !== own && (await open(news)).secret) {
      keep(news);
      if (asking) goOn();
      else storage.onReadable?.();
    }
  });

  const storage: TokenStorage = {
    name,
    async get() {
      const { box, secret } = await open();
      // What tabs left behind that are closed is asked for once: again would only delay every request.
      if (secret || !box || box === unreadable) return secret;
      asking ??= new Promise<void>((resolve) => {
        goOn = resolve;
        setTimeout(resolve, ASKING);
        channel.post(null);
      }).then(() => {
        unreadable = box;
        asking = undefined;
      });
      await asking;
      return (await open()).secret;
    },
    async set(secret) {
      const own = key() ?? `${random(32)}`;
      keep(own);
      const iv = random(12);
      await boxes.set(`${iv},${await crypted('encrypt', own, iv, new TextEncoder().encode(secret))}`);
    },
    async remove() {
      await boxes.remove();
      sessionStorage.removeItem(name);
    },
    close: channel.close,
  };
  return storage;
}

/** What is in a box: an initialization vector and what is encrypted. @throws when this isn't its key, or isn't a box */
async function unsealed(key: string, box: string): Promise<string> {
  const bytes = bytesOf(box);
  return new TextDecoder().decode(await crypted('decrypt', key, bytes.slice(0, 12), bytes.slice(12)));
}

type Bytes = Uint8Array<ArrayBuffer>;

/** @param key 32 bytes */
async function crypted(how: 'encrypt' | 'decrypt', key: string, iv: Bytes, bytes: Bytes): Promise<Bytes> {
  const imported = await crypto.subtle.importKey('raw', bytesOf(key), ALGORITHM, false, [how]);
  return new Uint8Array(await crypto.subtle[how]({ name: ALGORITHM, iv }, imported, bytes));
}

const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));

/** Bytes are kept and sent as a list of numbers: `1,22,255`. */
const bytesOf = (list: string): Bytes => Uint8Array.from(list.split(',').map(Number));

/** What a client uses that was given no storage: pages keep tokens while a tab is open, everything else in memory. */
export function defaultStorage(name: string): TokenStorage {
  return 'window' in globalThis && globalThis.crypto?.subtle ? tabStorage(name) : memoryStorage();
}
