import { openChannel } from './channel.ts';
import { exclusively } from './lock.ts';
import { abortAfter, orAborted } from './patience.ts';
import { type Fields, membersOf } from './post.ts';
import type { TokenStorage } from './storage.ts';
import { type Tokens, tokensOf } from './tokens.ts';

/** Why a session is over: somebody logged out, the service refused to refresh it, or it was found gone or replaced. */
export type SessionEnd = 'logged-out' | 'refused' | 'gone';

export type StoreParts = {
  storage: TokenStorage;
  onStart(): void;
  onEnd(reason: SessionEnd): void;
  onStorageError(error: unknown): void;
};

/** What tabs tell each other. It carries no tokens: whoever needs them reads the storage. */
type News = { began?: string; ended?: string; reason?: SessionEnd };

/** Milliseconds for an answer of the storage, which may ask other tabs. Our own give up sooner. */
const PATIENCE = 5_000;

export type SessionStore = ReturnType<typeof openStore>;

/** One session as all its clients share it: the storage is the truth, the lock makes changes take turns. */
export function openStore({ storage, onStart, onEnd, onStorageError }: StoreParts) {
  const lockName = storage.name ?? `gatehouse ${Math.random()}`;
  const state = {
    /** What we hold ourselves, as it is stored or should be. */
    ownCopy: undefined as string | undefined,
    /** Whether it could not be stored: then it is newer than what is. */
    unsaved: false,
    /** The session that the application knows of. */
    announcedId: undefined as string | undefined,
    /** The last that ended: what is still stored of it counts no more. */
    endedId: undefined as string | undefined,
    writes: 0,
    /** A storage that took long to fail is left alone until then. */
    quietUntil: 0,
    /** Aborted when the session ends. */
    ending: new AbortController(),
  };

  const hear = async ({ began, ended, reason = 'gone' }: News) => {
    if (ended !== undefined) return forget(ended, reason);
    const before = state.announcedId;
    if (began === state.endedId) state.endedId = undefined;
    const tokens = await read();
    if (tokens && tokens.id !== before) onStart();
  };
  const channel = storage.name === undefined ? undefined : openChannel(storage.name, hear, onStorageError);
  storage.onReadable = () => hear({});

  const locked = <T>(work: () => Promise<T>) => exclusively(lockName, work, onStorageError);

  /** Asks the storage. @throws when it fails or never answers (quota, private window, forbidden), which is told */
  async function ask<T>(work: () => Promise<T>): Promise<T> {
    const begin = performance.now();
    if (begin < state.quietUntil) throw undefined;
    try {
      return await orAborted(work(), abortAfter(PATIENCE));
    } catch (error) {
      // One that throws at once may be asked again at once; one that hangs would delay every request.
      const took = performance.now() - begin;
      if (took > 1_000) state.quietUntil = begin + 10 * took;
      onStorageError(error);
      throw error;
    }
  }

  /** What is stored, unless our own copy is newer or the storage fails. */
  async function newest(): Promise<string | null | undefined> {
    try {
      const stored = await ask(async () => storage.get());
      const { id } = membersOf(stored ?? '') ?? {};
      if (!state.unsaved || (id && id !== state.announcedId && id !== state.endedId)) {
        state.unsaved = false;
        return stored;
      }
    } catch {}
    return state.ownCopy;
  }

  /** The tokens that count now. */
  async function read(): Promise<Tokens | undefined> {
    const before = state.writes;
    const secret = await newest();
    if (before !== state.writes) return read(); // what came back is from before
    const tokens = membersOf(secret ?? '') as Tokens | undefined;
    const id = tokens?.id === state.endedId ? undefined : tokens?.id;
    if (state.announcedId !== undefined && state.announcedId !== id) forget(state.announcedId, 'gone');
    state.announcedId = id;
    state.ownCopy = (id && secret) || undefined;
    return id === undefined ? undefined : tokens;
  }

  /** With the lock: stores tokens in place of those before. */
  async function write(tokens: Tokens): Promise<void> {
    const { id } = tokens;
    const secret = JSON.stringify(tokens);
    let unsaved = false;
    try {
      await ask(async () => storage.set(secret));
      if (state.unsaved) channel?.post({ began: id });
    } catch {
      unsaved = true;
      // Another tab must not find the token that this one has just replaced: to present it would end the session.
      channel?.post({ ended: id });
      await drop();
    }
    state.unsaved = unsaved;
    state.ownCopy = secret;
    state.writes += 1;
    state.announcedId = id;
  }

  const drop = () => ask(async () => storage.remove()).catch(() => undefined);

  /** Stops using a session and tells of it, once; not when its own user has just replaced it here. */
  function forget(id: string, reason?: SessionEnd): void {
    state.endedId = id;
    if (state.announcedId !== id) return;
    state.announcedId = state.ownCopy = undefined;
    state.unsaved = false;
    state.ending.abort();
    state.ending = new AbortController();
    if (reason) onEnd(reason);
  }

  /** The same, here and in every tab. */
  function end(id: string, reason: SessionEnd): void {
    forget(id, reason);
    channel?.post({ ended: id, reason });
  }

  /** With the lock: removes what is stored of a session, and nothing of one that has begun since. */
  async function discard(id: string): Promise<void> {
    const secret = await ask(async () => storage.get()).catch(() => undefined);
    if (membersOf(secret ?? '')?.id === id) await drop();
  }

  return {
    state,
    locked,
    read,
    write,

    /** Stores the tokens of a log-in, unless `overtaken` by then. @param since when it was asked for */
    async begin(answer: Fields, since: number, overtaken: () => boolean): Promise<boolean> {
      const tokens = tokensOf(answer, `${since}${Math.random()}`, since);
      return locked(async () => {
        if (overtaken()) return false;
        if (state.announcedId !== undefined) forget(state.announcedId);
        await write(tokens);
        channel?.post({ began: tokens.id });
        return true;
      });
    },

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
      channel?.close();
      storage.close?.();
    },
  };
}
