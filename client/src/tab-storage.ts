import { openChannel } from './channel.ts';
import { persistentStorage } from './persistent-storage.ts';
import type { TokenStorage } from './storage.ts';

/**
 * Keeps tokens for as long as a tab of the origin is open, and across reloads: encrypted in IndexedDB, where every tab
 * finds the newest, under a key that only `sessionStorage` holds. A new tab asks the others for the key.
 *
 * Tokens of their own in each tab's `sessionStorage` would be simpler, but a tab that was asleep would then present an
 * outdated refresh token, which ends the session of all.
 */
export function tabStorage(name: string): TokenStorage {
  const boxes = persistentStorage(name);
  /** The box whose key the other tabs were asked for, and when they had the time to answer. */
  let asked: unknown;
  let answered: Promise<void>;
  /** Called when another tab has handed the key over: by whoever waits for it, else the client is to look again. */
  let goOn: (() => void) | undefined;

  const key = () => sessionStorage.getItem(name);
  const keep = (key: string) => sessionStorage.setItem(name, key);

  /** What is in a box, an initialization vector and what is encrypted, if this key opens it. */
  function open(box: unknown, by = key()) {
    const bytes = bytesOf(`${box}`);
    return crypted('decrypt', `${by}`, bytes.slice(0, 12), bytes.slice(12)).then(
      (text) => new TextDecoder().decode(text),
      () => undefined,
    );
  }

  const channel = openChannel<string | null>(`${name} key`, async (news) => {
    const own = key();
    // A tab asks for the key, or hands one over, which may be of a session before this one.
    if (!news) own && channel.post(own);
    else if (news !== own && (await open(await boxes.get(), news))) {
      keep(news);
      (goOn ?? storage.onReadable)?.();
    }
  });

  const storage: TokenStorage = {
    name,
    async get() {
      const box = await boxes.get();
      const secret = await open(box);
      if (secret || !box) return secret;
      // What tabs left behind that are closed is asked for once: again would only delay every request.
      if (box !== asked) {
        asked = box;
        answered = new Promise<void>((resolve) => {
          goOn = resolve;
          setTimeout(resolve, 300);
          channel.post(null);
        }).then(() => {
          goOn = undefined;
        });
      }
      await answered;
      return open(await boxes.get());
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

type Bytes = Uint8Array<ArrayBuffer>;

/** @param key 32 bytes @throws when this isn't the key of these bytes */
async function crypted(how: 'encrypt' | 'decrypt', key: string, iv: Bytes, bytes: Bytes): Promise<Bytes> {
  const imported = await crypto.subtle.importKey('raw', bytesOf(key), 'AES-GCM', false, [how]);
  return new Uint8Array(await crypto.subtle[how]({ name: 'AES-GCM', iv }, imported, bytes));
}

const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));

/** Bytes are kept and sent as a list of numbers: `1,22,255`. */
const bytesOf = (list: string): Bytes => Uint8Array.from(list.split(',').map(Number));
