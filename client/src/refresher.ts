import { type GatehouseError, noSession } from './gatehouse-error.ts';
import { abortAfter, pause } from './patience.ts';
import type { Fields } from './post.ts';
import type { SessionStore } from './session-store.ts';
import { isDue, type Tokens, tokensOf } from './tokens.ts';

/** Exchanges a refresh token, once. @throws GatehouseError */
export type Exchange = (refreshToken: string, signal: AbortSignal) => Promise<Fields>;

/**
 * Milliseconds from the first try in which a refresh token may be presented again. The service answers with the same
 * successor for 10 s from the first; later it takes the token for stolen, and ends the session.
 */
const GRACE = 9_000;
/** Milliseconds for an answer, as long as another try fits into the grace. */
const ATTEMPT = 4_000;
/** Milliseconds for an answer when none does. API Gateway gives up after 29 s. */
const LAST_ATTEMPT = 30_000;
/** Seconds for which a refusal for now is believed at most: whoever stands in between may say any number. */
const LONGEST_REST = 60;

/** Half a minute before expiry, for clocks that are set and requests that are slow; a fifth of a short life. */
const isDueSoon = (tokens: Tokens) => isDue(tokens, Math.min(30_000, tokens.lifetime / 5));

/**
 * A function that gives tokens whose access token can be used now, refreshed when it is about to expire or is the one
 * that was refused. One refresh serves all that ask.
 */
export function refresher(store: SessionStore, exchange: Exchange) {
  const state = {
    renewing: undefined as Promise<Tokens> | undefined,
    /** The refresh token that the service could not exchange for now, and why. */
    resting: undefined as { refreshToken: string; until: number; error: unknown } | undefined,
  };

  /**
   * Exchanges a refresh token, and asks again while its answer may have been lost and the service still has it.
   * @throws GatehouseError of the last try
   */
  async function present({ refreshToken, id }: Tokens, stop: AbortSignal): Promise<Tokens> {
    const begin = performance.now();
    for (let wait = 200; ; wait *= 2) {
      const since = Date.now();
      const left = GRACE - (performance.now() - begin);
      const patience = abortAfter(left > ATTEMPT + wait ? ATTEMPT : LAST_ATTEMPT, stop);
      try {
        return tokensOf(await exchange(refreshToken, patience), id, since);
      } catch (error) {
        requireGoingOn(stop);
        const { status, retryAfter = 0 } = error as GatehouseError;
        const delay = Math.max(wait * (0.5 + Math.random()), retryAfter * 1000);
        if (!passes(status) || performance.now() - begin + delay > GRACE) throw error;
        await pause(delay);
      }
      requireGoingOn(stop);
    }
  }

  /** The same, unless it was refused just now; a refusal for good ends the session. */
  async function successorOf(held: Tokens, stop: AbortSignal): Promise<Tokens> {
    const { refreshToken } = held;
    const { resting } = state;
    if (resting?.refreshToken === refreshToken && performance.now() < resting.until) throw resting.error;
    try {
      return await present(held, stop);
    } catch (error) {
      if (stop.aborted) throw error;
      const { status, retryAfter = 1 } = error as GatehouseError;
      const until = performance.now() + Math.min(retryAfter, LONGEST_REST) * 1000;
      if (status === 400 || status === 401) await store.refused(held.id);
      else state.resting = { refreshToken, until, error };
      throw error;
    }
  }

  /** With the lock: exchanges the stored refresh token, unless another client just has. */
  async function rotate(refused: string | undefined): Promise<Tokens> {
    const stop = store.state.ending.signal;
    const held = await store.read();
    requireGoingOn(stop);
    if (held === undefined) throw noSession();
    if (held.accessToken !== refused && !isDueSoon(held)) {
      if (store.state.unsaved) await store.write(held);
      return held;
    }
    const next = await successorOf(held, stop);
    // Where there are no locks, or a log-out did not wait for this one: an old answer replaces nothing newer.
    const now = await store.read();
    if (now?.id !== held.id) throw noSession();
    if (stop.aborted || now.refreshToken !== held.refreshToken) return now;
    await store.write(next);
    return next;
  }

  const heldNow = async (refused: Tokens | undefined) => {
    const held = await store.read();
    if (held === undefined || (refused && refused.id !== held.id)) throw noSession();
    return held;
  };

  const isGoodStill = (held: Tokens, { status }: GatehouseError) =>
    status !== 401 && !isDue(held, 0) && store.state.endedId !== held.id;

  const renewed = (refused: Tokens | undefined) => {
    state.renewing ??= store
      .locked(() => rotate(refused?.accessToken))
      .finally(() => {
        state.renewing = undefined;
      });
    return state.renewing;
  };

  /**
   * @param refused tokens that a server answered with 401
   * @throws GatehouseError 401 when there is no session or another, else why it cannot be refreshed
   */
  return async function tokens(refused?: Tokens): Promise<Tokens> {
    const held = await heldNow(refused);
    const usable = held.accessToken !== refused?.accessToken;
    if (usable && !isDueSoon(held) && !store.state.unsaved) return held;
    let next: Tokens;
    try {
      next = await renewed(refused);
    } catch (error) {
      // While the service cannot refresh, what it issued before goes on being good.
      if (usable && isGoodStill(held, error as GatehouseError)) return held;
      throw error;
    }
    if (next.id !== held.id) throw noSession();
    return next.accessToken === refused?.accessToken ? tokens(refused) : next;
  };
}

function requireGoingOn(stop: AbortSignal): void {
  if (stop.aborted) throw noSession();
}

/** Whether the same request may get another answer. */
export const passes = (status: number) => status === 0 || status === 429 || status >= 500;
