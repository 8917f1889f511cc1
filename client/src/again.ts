import type { GatehouseError } from './gatehouse-error.ts';

/**
 * Asks the service again while an answer may have been lost, and while the service cannot answer for now.
 *
 * @param ask gets the milliseconds that are left after the next wait
 * @throws GatehouseError of the last try
 */
export async function again<Answer>(
  ask: (left: number) => Promise<Answer>,
  tries = 9, // more than fit into the grace
): Promise<Answer> {
  // The service answers with the same successor for 10 s from the first try; later it takes the token for stolen.
  const end = performance.now() + 9_000;
  for (let wait = 200; ; wait *= 2) {
    try {
      return await ask(end - performance.now() - wait);
    } catch (error) {
      const { status, retryAfter = 0 } = error as GatehouseError;
      const delay = Math.max(wait * (0.5 + Math.random()), retryAfter * 1000);
      const passes = !status || status === 429 || status > 499;
      if (!passes || !--tries || performance.now() + delay > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, delay));
    }
  }
}
