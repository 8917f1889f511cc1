import { GatehouseError, noSession } from './gatehouse-error.ts';
import { exclusively } from './lock.ts';
import { type Fields, membersOf } from './post.ts';
import type { TokenStorage } from './storage.ts';

/** Why a session is over: somebody logged out, the service refused to refresh it, or it was found gone or replaced. */
export type SessionEnd = 'logged-out' | 'refused' | 'gone';

/** What is stored. Times are of this machine's clock alone: the service's may differ by hours. */
export type Tokens = {
  /** A label of ours, the same for all tokens of a session, so that an end or an answer is never taken for another's. */
  id: string;
  accessToken: string;
  refreshToken: string;
  /** Milliseconds. */
  lifetime: number;
  /** When the request was sent that was answered with these tokens: never later than they were issued. */
  since: number;
};

export type SessionParts = {
  storage: TokenStorage;
  /** Exchanges a refresh token, once. @throws GatehouseError */
  exchange(refreshToken: string, signal: AbortSignal): Promise<Fields>;
  onStart(): void;
  onEnd(reason: SessionEnd): void;
  onStorageError(error: unknown): void;
};

/**
 * Milliseconds from the first try in which a refresh token may be presented again. The service answers with the same
 * successor for 10 s from the first; later it takes the token for stolen, and ends the session.
 */
const GRACE = 9_000;
/** Milliseconds for an answer, as long as another try fits into the grace. */
const ATTEMPT = 4_000;
/** Milliseconds for an answer when none does. API Gateway gives up after 29 s. */
const LAST_ATTEMPT = 30_000;

const isDue = ({ lifetime, since }: Tokens, margin: number) => {
  const age = Date.now() - since;
  // A negative age: the clock was set back, and nobody knows how old the token is.
  return age < -margin || age > lifetime - margin;
};
/** Half a minute before expiry, for clocks that are set and requests that are slow; a fifth of a short life. */
const marginOf = ({ lifetime }: Tokens) => Math.min(30_000, lifetime / 5);
export const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** One session as its clients share it: the storage is the truth, the lock makes changes take turns. */
export function openSession({ storage, exchange, onStart, onEnd, onStorageError }: SessionParts) {
  const lockName = storage.name ?? `gatehouse ${Math.random()}`;
  let own: string | undefined; // what we hold ourselves
  let known: string | undefined; // the session that this client has told of
  let over: string | undefined; // the last that ended: what is still stored of it counts no more
  let distrusted = false; // whether what is stored may be older than what we hold ourselves
  let writes = 0;
  let renewing: Promise<Tokens> | undefined;
  let abort = new AbortController();
  let blocked: { until: number; error: unknown } | undefined;

  const channel =
    storage.name !== undefined && 'BroadcastChannel' in globalThis
      ? new BroadcastChannel(storage.name)
      : undefined;
  (channel as { unref?(): void } | undefined)?.unref?.(); // in Node it must not keep the process
  if (channel) {
    channel.onmessage = async ({ data }: MessageEvent<{ ended?: string; reason?: SessionEnd }>) => {
      if (data.ended !== undefined) return ended(data.ended, data.reason ?? 'gone');
      const before = known;
      distrusted = false;
      const tokens = await read();
      if (tokens && tokens.id !== before) onStart();
    };
  }

  /** What the storage does, or `otherwise` when it throws: quota, a private window, cookies that are forbidden. */
  async function trying<T>(work: () => T | Promise<T>, otherwise: () => T | Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      onStorageError(error);
      return otherwise();
    }
  }

  /** The tokens that count now. A storage that fails is stood in for by our own memory. */
  async function read(): Promise<Tokens | undefined> {
    const before = writes;
    const secret = distrusted
      ? own
      : await trying(
          () => storage.get(),
          () => own,
        );
    if (before !== writes) return read(); // what came back is from before
    const tokens = membersOf(secret ?? '') as Tokens | undefined;
    const id = tokens?.id === over ? undefined : tokens?.id;
    if (known !== undefined && known !== id) ended(known, 'gone');
    known = id;
    own = (id && secret) || undefined;
    return id === undefined ? undefined : tokens;
  }

  async function write(tokens: Tokens): Promise<void> {
    const secret = JSON.stringify(tokens);
    distrusted = await trying(
      async () => {
        await storage.set(secret);
        return false;
      },
      async () => {
        // Another tab must not find the token that this one has just replaced: to present it would end the session.
        await drop();
        return true;
      },
    );
    own = secret;
    writes += 1;
    known = tokens.id;
  }

  const drop = () =>
    trying(
      () => storage.remove(),
      () => undefined,
    );

  /** Stops using a session and tells of it, once; not when its own user has just replaced it here. */
  function ended(id: string, reason?: SessionEnd): void {
    over = id;
    if (known !== id) return;
    known = own = undefined;
    abort.abort();
    abort = new AbortController();
    if (reason) onEnd(reason);
  }

  /** The same, here and in every tab. */
  function end(id: string, reason: SessionEnd): void {
    ended(id, reason);
    channel?.postMessage({ ended: id, reason });
  }

  /** With the lock: removes what is stored of a session, and nothing of one that has begun since. */
  async function discard(id: string): Promise<void> {
    const secret = await trying(
      () => storage.get(),
      () => undefined,
    );
    if (membersOf(secret ?? '')?.id === id) await drop();
  }

  /** The tokens of an answer, or the error that it is none of Gatehouse's. */
  function tokensOf({ accessToken, refreshToken, expiresIn }: Fields, id: string, since: number): Tokens {
    if (typeof accessToken !== 'string' || typeof refreshToken !== 'string')
      throw new GatehouseError(0, 'The answer has no tokens; check baseUrl.');
    return { id, accessToken, refreshToken, lifetime: (Number(expiresIn) || 60) * 1000, since };
  }

  /**
   * Exchanges a refresh token, and asks again while its answer may have been lost and the service still has it.
   * @throws GatehouseError of the last try
   */
  async function present({ refreshToken, id }: Tokens, stop: AbortSignal): Promise<Tokens> {
    const begin = performance.now();
    for (let wait = 200; ; wait *= 2) {
      const since = Date.now();
      const left = GRACE - (performance.now() - begin);
      const patience = AbortSignal.timeout(left > ATTEMPT + wait ? ATTEMPT : LAST_ATTEMPT);
      try {
        return tokensOf(await exchange(refreshToken, AbortSignal.any([stop, patience])), id, since);
      } catch (error) {
        if (stop.aborted) throw noSession();
        const { status, retryAfter = 0 } = error as GatehouseError;
        const delay = Math.max(wait * (0.5 + Math.random()), retryAfter * 1000);
        const passes = status === 0 || status === 429 || status >= 500;
        if (!passes || performance.now() - begin + delay > GRACE) throw error;
        await pause(delay);
      }
      if (stop.aborted) throw noSession();
    }
  }

  /** With the lock: exchanges the stored refresh token, unless another client just has. */
  async function rotate(refused: string | undefined): Promise<Tokens> {
    const stop = abort.signal;
    const held = await read();
    if (held === undefined || stop.aborted) throw noSession();
    if (held.accessToken !== refused && !isDue(held, marginOf(held))) return held;
    if (blocked && performance.now() < blocked.until) throw blocked.error;
    let next: Tokens;
    try {
      next = await present(held, stop);
    } catch (error) {
      const { status, retryAfter = 1 } = error as GatehouseError;
      if (stop.aborted) throw error;
      if (status === 400 || status === 401) {
        end(held.id, 'refused');
        await discard(held.id);
      } else blocked = { until: performance.now() + retryAfter * 1000, error };
      throw error;
    }
    // Where there are no locks, or a log-out did not wait for this one: an old answer replaces nothing newer.
    const now = await read();
    if (stop.aborted || now?.refreshToken !== held.refreshToken) {
      if (now?.id !== held.id) throw noSession();
      return now;
    }
    await write(next);
    return next;
  }

  return {
    read,

    /**
     * Tokens whose access token can be used now; refreshed when it is about to expire, or is the one that was refused.
     *
     * @param refused tokens that a server answered with 401
     * @throws GatehouseError 401 when there is no session or another, else why it cannot be refreshed
     */
    async tokens(refused?: Tokens): Promise<Tokens> {
      const held = await read();
      if (held === undefined || (refused && refused.id !== held.id)) throw noSession();
      const usable = held.accessToken !== refused?.accessToken;
      if (usable && !isDue(held, marginOf(held))) return held;
      renewing ??= exclusively(lockName, () => rotate(refused?.accessToken)).finally(() => {
        renewing = undefined;
      });
      try {
        const next = await renewing;
        if (next.id !== held.id) throw noSession();
        return next.accessToken === refused?.accessToken ? this.tokens(refused) : next;
      } catch (error) {
        // While the service cannot refresh, what it issued before goes on being good.
        if (usable && (error as GatehouseError).status !== 401 && !isDue(held, 0) && over !== held.id)
          return held;
        throw error;
      }
    },

    /** Stores the tokens of a log-in, unless `overtaken` by then. @param since when it was asked for */
    async begin(answer: Fields, since: number, overtaken: () => boolean): Promise<boolean> {
      const tokens = tokensOf(answer, `${since}${Math.random()}`, since);
      return exclusively(lockName, async () => {
        if (overtaken()) return false;
        if (known !== undefined) ended(known);
        blocked = undefined;
        await write(tokens);
        channel?.postMessage({});
        return true;
      });
    },

    /**
     * Ends the session here and in every tab at once, without waiting for a refresh that is under way, and removes what
     * is stored of it as soon as that has given up.
     */
    async end({ id }: Tokens): Promise<void> {
      end(id, 'logged-out');
      await exclusively(lockName, () => discard(id));
    },

    close(): void {
      channel?.close();
      storage.close?.();
    },
  };
}
