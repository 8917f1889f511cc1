import { again } from './again.ts';
import { openChannel } from './channel.ts';
import { type GatehouseError, noSession } from './gatehouse-error.ts';
import { locker } from './lock.ts';
import { abortAfter, orAborted } from './patience.ts';
import type { Call } from './post.ts';
import type { TokenStorage } from './storage.ts';
import { type Answer, STORED, TOKENS, type Tokens } from './tokens.ts';

/** Why a session is over: somebody logged out, the service refused to refresh it, or it was found gone or replaced. */
export type SessionEnd = 'logged-out' | 'refused' | 'gone';

/** Tells the application. */
export type Tell = (event: 'onSessionStart' | 'onSessionEnd' | 'onStorageError', detail?: unknown) => void;

/**
 * What tabs tell each other: a session has begun, or ended for this reason. It carries no tokens: whoever needs them
 * reads the storage.
 */
type News = [id?: string, ended?: SessionEnd];

/**
 * One session as all its clients share it: the storage is the truth, the lock makes changes take turns, and one refresh
 * serves all that ask.
 */
export function openStore(storage: TokenStorage, tell: Tell, call: Call) {
  /** What we hold ourselves, as it is stored or should be: the session that the application knows of. */
  let own: Partial<Tokens> = {};
  /** Whether it could not be stored: then it is newer than what is. */
  let unsaved = false;
  /** The session that ended last: what is still stored of it counts no more. */
  let over: string | undefined;
  /** A storage that took long to fail is left alone until then. */
  let quietUntil = 0;
  /** Of the last refresh: aborted when the session ends. */
  let ending: AbortController | undefined;
  /** The service, which could not refresh for this reason, is left alone until then. */
  let restUntil = 0;
  let reason: unknown;

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

  /**
   * Asks the storage.
   *
   * @returns its answer; nothing when it fails or never answers (quota, private window, forbidden), which is told
   */
  async function ask(method: 'get' | 'set' | 'remove', secret?: string): Promise<[unknown] | undefined> {
    const begin = performance.now();
    if (begin < quietUntil) return undefined;
    try {
      return [await orAborted(Promise.resolve(storage[method](secret as string)), abortAfter(5_000))];
    } catch (error) {
      // One that throws at once may be asked again at once; one that hangs would delay every request.
      quietUntil = begin + 10 * (performance.now() - begin - 1_000);
      onRefusal(error);
      return undefined;
    }
  }

  /** What is stored; what we hold ourselves where that fails. */
  async function stored(): Promise<Partial<Tokens>> {
    const answer = await ask('get');
    try {
      return answer ? Object(JSON.parse((answer[0] ?? null) as string)) : own;
    } catch {
      return own;
    }
  }

  /** The tokens that count now: what is stored, unless our own are newer. */
  async function read(): Promise<Tokens | undefined> {
    const before = own.accessToken;
    const found = await stored();
    if (before !== own.accessToken) return read(); // what came back is from before
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
    const saved = await ask('set', JSON.stringify(tokens, STORED));
    if (unsaved && saved) channel.post([id]);
    own = tokens;
    unsaved = !saved;
    restUntil = 0;
    if (saved) return;
    // Another tab must not find the token that this one has just replaced: to present it would end the session.
    channel.post([id, 'gone']);
    await ask('remove');
  }

  /** Stops using a session and tells of it, once; not when its own user has just replaced it here. */
  function forget(id: string, reason?: SessionEnd): void {
    over = id;
    if (own.id !== id) return;
    own = {};
    unsaved = false;
    ending?.abort(noSession());
    if (reason) tell('onSessionEnd', reason);
  }

  /** The same, here and in every tab. */
  function end(id: string, reason: SessionEnd): void {
    forget(id, reason);
    channel.post([id, reason]);
  }

  /** With the lock: removes what is stored of a session, and nothing of one that has begun since. */
  async function discard(id: string): Promise<void> {
    if ((await stored()).id === id) await ask('remove');
  }

  /** The tokens after these, unless it was refused just now; a refusal for good ends the session. */
  async function successorOf({ refreshToken, id }: Tokens): Promise<Tokens> {
    if (performance.now() < restUntil) throw reason;
    ending = new AbortController();
    const { signal } = ending;
    try {
      return await again(async (left) => {
        if (signal.aborted) throw noSession();
        const since = Date.now();
        // Another try has to fit into the grace; the last one may wait for as long as API Gateway does.
        const patience = abortAfter(left > 4_000 ? 4_000 : 30_000, signal);
        const answer = await call<Answer>('/refresh-tokens', { refreshToken }, TOKENS, { signal: patience });
        return { ...answer, id, since };
      });
    } catch (error) {
      const { status, retryAfter = 1 } = error as GatehouseError;
      if (status !== 400 && status !== 401) {
        // At most a minute: whoever stands in between may say any number.
        restUntil = performance.now() + Math.min(retryAfter, 60) * 1000;
        reason = error;
      } else if (!signal.aborted) {
        end(id, 'refused');
        await discard(id);
      }
      throw error;
    }
  }

  /**
   * Tokens whose access token can be used now, refreshed when it is about to expire or is the one that was refused. One
   * refresh serves all that ask: each of them looks, with the lock, whether another has just made it.
   *
   * @param refused tokens that a server answered with 401
   * @throws GatehouseError 401 when there is no session or another, else why it cannot be refreshed
   */
  async function tokens(refused?: Tokens): Promise<Tokens> {
    /**
     * Whether an access token can be used for so many seconds yet: half a minute, for clocks that are set and requests that
     * are slow, or a fifth of a short life.
     */
    const isGood = ({ accessToken, expiresIn, since }: Tokens, margin = Math.min(30, expiresIn / 5)) => {
      const age = (Date.now() - since) / 1000;
      // A negative age: the clock was set back, and nobody knows how old the token is.
      return accessToken !== refused?.accessToken && age >= -margin && age <= expiresIn - margin;
    };
    const now = await held(refused?.id);
    if (isGood(now) && !unsaved) return now;
    try {
      return await locked(async () => {
        const before = await held(now.id);
        if (isGood(before)) {
          if (unsaved) await write(before);
          return before;
        }
        const next = await successorOf(before);
        // Where there are no locks, or a log-out did not wait for this one: an old answer replaces nothing newer.
        const newest = await held(now.id);
        if (newest.refreshToken !== before.refreshToken) return newest;
        await write(next);
        return next;
      });
    } catch (error) {
      // While the service cannot refresh, what it issued before goes on being good.
      if ((error as GatehouseError).status !== 401 && isGood(now, 0)) return now;
      throw error;
    }
  }

  return {
    locked,
    read,
    write,
    tokens,

    /** Stores the tokens of a log-in, unless `overtaken` by then. @param since when it was asked for */
    begin: (answer: Answer, since: number, overtaken: () => boolean): Promise<boolean> =>
      locked(async () => {
        if (overtaken()) return false;
        if (own.id) forget(own.id);
        const id = `${Math.random()}`;
        await write({ ...answer, id, since });
        channel.post([id]);
        return true;
      }),

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
