import { again } from './again.ts';
import type { GatehouseError } from './gatehouse-error.ts';
import { abortAfter } from './patience.ts';
import type { Fields } from './post.ts';
import type { SessionStore } from './session-store.ts';
import { isDue, type Tokens, tokensOf } from './tokens.ts';

/** Exchanges a refresh token, once. @throws GatehouseError */
export type Exchange = (refreshToken: string, signal: AbortSignal) => Promise<Fields>;

/** Milliseconds for an answer, as long as another try fits into the grace. */
const ATTEMPT = 4_000;
/** Milliseconds for an answer when none does. API Gateway gives up after 29 s. */
const LAST_ATTEMPT = 30_000;
/** More than fit into the grace, which ends them. */
const TRIES = 9;
/** Seconds for which a refusal for now is believed at most: whoever stands in between may say any number. */
const LONGEST_REST = 60;

/**
 * A function that gives tokens whose access token can be used now, refreshed when it is about to expire or is the one
 * that was refused. One refresh serves all that ask: each of them looks, with the lock, whether another has just made it.
 */
export function refresher(store: SessionStore, exchange: Exchange) {
  /** The refresh token that the service could not exchange for now, why, and what aborts when it may be asked again. */
  let resting: { refreshToken: string; error: unknown; rest: AbortSignal } | undefined;

  /** The tokens after these, unless it was refused just now; a refusal for good ends the session. */
  async function successorOf({ refreshToken, id }: Tokens, stop: AbortSignal): Promise<Tokens> {
    if (resting?.refreshToken === refreshToken && !resting.rest.aborted) throw resting.error;
    const present = async (left: number) => {
      const since = Date.now();
      const patience = abortAfter(left > ATTEMPT ? ATTEMPT : LAST_ATTEMPT, stop);
      return tokensOf(await exchange(refreshToken, patience), id, since);
    };
    try {
      return await again(present, TRIES, stop);
    } catch (error) {
      const { status, retryAfter = 1 } = error as GatehouseError;
      const rest = abortAfter(Math.min(retryAfter, LONGEST_REST) * 1000);
      if (![400, 401].includes(status)) resting = { refreshToken, error, rest };
      else if (!stop.aborted) await store.refused(id);
      throw error;
    }
  }

  /**
   * @param refused tokens that a server answered with 401
   * @throws GatehouseError 401 when there is no session or another, else why it cannot be refreshed
   */
  return async function tokens(refused?: Tokens): Promise<Tokens> {
    const isUsable = ({ accessToken }: Tokens) => accessToken !== refused?.accessToken;
    // Half a minute before expiry, for clocks that are set and requests that are slow; a fifth of a short life.
    const isGood = (held: Tokens) => isUsable(held) && !isDue(held, Math.min(30_000, held.lifetime / 5));
    const held = await store.held(refused?.id);
    if (isGood(held) && !store.isUnsaved()) return held;
    try {
      return await store.locked(async () => {
        const stop = store.ending();
        const before = await store.held(held.id);
        if (isGood(before) && !store.isUnsaved()) return before;
        const next = isGood(before) ? before : await successorOf(before, stop);
        // Where there are no locks, or a log-out did not wait for this one: an old answer replaces nothing newer.
        const now = await store.held(held.id);
        if (stop.aborted || now.refreshToken !== before.refreshToken) return now;
        await store.write(next);
        return next;
      });
    } catch (error) {
      // While the service cannot refresh, what it issued before goes on being good.
      if (isUsable(held) && (error as GatehouseError).status !== 401 && !isDue(held, 0)) return held;
      throw error;
    }
  };
}
