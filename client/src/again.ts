import { type GatehouseError, noSession } from './gatehouse-error.ts';

/**
 * Milliseconds from the first try in which a refresh token may be presented again. The service answers with the same
 * successor for 10 s from the first; later it takes the token for stolen, and ends the session.
 */
const GRACE = 9_000;

/**
 * Asks the service again while an answer may have been lost, and while the service cannot answer for now.
 *
 * @param ask gets the milliseconds that are left after the next wait
 * @param stop aborts when nobody wants the answer any more
 * @throws GatehouseError of the last try; 401 when it was stopped
 */
export async function again<Answer>(
  ask: (left: number) => Promise<Answer>,
  tries: number,
  stop?: AbortSignal,
): Promise<Answer> {
  const end = performance.now() + GRACE;
  for (let wait = 200; !stop?.aborted; wait *= 2) {
    try {
      return await ask(end - performance.now() - wait);
    } catch (error) {
      if (stop?.aborted) break;
      const { status, retryAfter = 0 } = error as GatehouseError;
      const delay = Math.max(wait * (0.5 + Math.random()), retryAfter * 1000);
      const passes = status === 0 || status === 429 || status > 499;
      if (!passes || !--tries || performance.now() + delay > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, delay));
    }
  }
  throw noSession();
}
