import { openChannel } from './channel.ts';
import { noSession } from './gatehouse-error.ts';
import { locker } from './lock.ts';
import { within } from './patience.ts';
import { type Fields, membersOf } from './post.ts';
import type { TokenStorage } from './storage.ts';
import { type Tokens, tokensOf } from './tokens.ts';

/** Why a session is over: somebody logged out, the service refused to refresh it, or it was found gone or replaced. */
export type SessionEnd = 'logged-out' | 'refused' | 'gone';

/** Tells the application. */
export type Tell = (event: 'onSessionStart' | 'onSessionEnd' | 'onStorageError', detail?: unknown) => void;

/**
 * What tabs tell each other: a session has begun, or ended for this reason. It carries no tokens: whoever needs them
 * reads the storage.
 */
type News = [id?: string, ended?: SessionEnd];

/** Milliseconds for an answer of the storage, which may ask other tabs. Our own give up sooner. */
const PATIENCE = 5_000;

export type SessionStore = ReturnType<typeof openStore>;

/** One session as all its clients share it: the storage is the truth, the lock makes changes take turns. */
export function openStore(storage: TokenStorage, tell: Tell) {
  /** What we hold ourselves, as it is stored or should be: the session that the application knows of. */
  let own: Partial<Tokens> = {};
  /** Whether it could not be stored: then it is newer than what is. */
  let unsaved = false;
  /** The session that ended last: what is still stored of it counts no more. */
  let over: string | undefined;
  let writes = 0;
  /** A storage that took long to fail is left alone until then. */
  let quietUntil = 0;
  /** Aborted when the session ends. */
  let ending = new AbortController();

  const onRefusal = (error: unknown) => tell('onStorageError', error);
  const hear = async ([id, ended]: News) => {
    if (id && ended) return forget(id, ended);
    const before = own.id;
    if (id === over) over = undefined;
    const tokens = await read();
    if (tokens && tokens.id !== before) tell('onSessionStart');
  };
  const channel = openChannel(storage.name, hear, onRefusal);
  const locked = locker(storage.name, onRefusal);
  storage.onReadable = () => hear([]);

  /** Asks the storage. @throws when it fails or never answers (quota, private window, forbidden), which is told */
  async function ask(method: 'get' | 'set' | 'remove', secret = ''): Promise<unknown> {
    const begin = performance.now();
    if (begin < quietUntil) throw undefined;
    try {
      return await within(PATIENCE, async () => storage[method](secret));
    } catch (error) {
      // One that throws at once may be asked again at once; one that hangs would delay every request.
      const took = performance.now() - begin;
      if (took > 1_000) quietUntil = begin + 10 * took;
      onRefusal(error);
      throw error;
    }
  }

  const stored = async (): Promise<Partial<Tokens>> => membersOf((await ask('get')) as string);
  const drop = () => ask('remove').catch(() => undefined);

  /** The tokens that count now: what is stored, unless our own are newer or the storage fails. */
  async function read(): Promise<Tokens | undefined> {
    const before = writes;
    const found = await stored().catch(() => own);
    if (before !== writes) return read(); // what came back is from before
    unsaved &&= [undefined, own.id, over].includes(found.id);
    const tokens = unsaved ? own : found;
    if (own.id && own.id !== tokens.id) forget(own.id, 'gone');
    own = tokens.id === over ? {} : tokens;
    return own.id ? (own as Tokens) : undefined;
  }

  /** The same. @throws GatehouseError 401 when there are none, or they are of another session than this */
  async function held(id?: string): Promise<Tokens> {
    const tokens = await read();
    if (!tokens || (id && id !== tokens.id)) throw noSession();
    return tokens;
  }

  /** With the lock: stores tokens in place of those before. */
  async function write(tokens: Tokens): Promise<void> {
    const { id } = tokens;
    try {
      await ask('set', JSON.stringify(tokens));
      if (unsaved) channel.post([id]);
      unsaved = false;
    } catch {
      unsaved = true;
    }
    own = tokens;
    writes += 1;
    if (!unsaved) return;
    // Another tab must not find the token that this one has just replaced: to present it would end the session.
    channel.post([id, 'gone']);
    await drop();
  }

  /** Stops using a session and tells of it, once; not when its own user has just replaced it here. */
  function forget(id: string, reason?: SessionEnd): void {
    over = id;
    if (own.id !== id) return;
    own = {};
    unsaved = false;
    ending.abort();
    ending = new AbortController();
    if (reason) tell('onSessionEnd', reason);
  }

  /** The same, here and in every tab. */
  function end(id: string, reason: SessionEnd): void {
    forget(id, reason);
    channel.post([id, reason]);
  }

  /** With the lock: removes what is stored of a session, and nothing of one that has begun since. */
  async function discard(id: string): Promise<void> {
    if ((await stored().catch(() => own)).id === id) await drop();
  }

  return {
    locked,
    read,
    held,
    write,
    isUnsaved: () => unsaved,
    ending: () => ending.signal,

    /** Stores the tokens of a log-in, unless `overtaken` by then. @param since when it was asked for */
    begin: (answer: Fields, since: number, overtaken: () => boolean): Promise<boolean> =>
      locked(async () => {
        if (overtaken()) return false;
        if (own.id) forget(own.id);
        const id = `${Math.random()}`;
        await write(tokensOf(answer, id, since));
        channel.post([id]);
        return true;
      }),

    /** With the lock: ends a session that the service refused. */
    refused(id: string): Promise<void> {
      end(id, 'refused');
      return discard(id);
    },

    /**
     * Ends the session here and in every tab at once, without waiting for a refresh that is under way, and removes what
     * is stored of it as soon as that has given up.
     */
    logOut(id: string): Promise<void> {
      end(id, 'logged-out');
      return locked(() => discard(id));
    },

    close(): void {
      channel.close();
      storage.close?.();
    },
  };
}
