import { ProblemError } from './problem.ts';

/** Says that what was read is no longer so, and that nothing was written. */
export const CONFLICT = Symbol('conflict');

/**
 * Reads and writes on condition, until nobody else's write comes in between.
 *
 * @param tries how often at most
 * @param others what keeps coming in between, for the log: `changes of the account`
 * @param attempt reads, judges and writes; once more after each `CONFLICT`
 * @throws ProblemError `unavailable` when each of the tries met another write, and what `attempt` throws
 */
export async function retryOnConflict<T>(
  tries: number,
  others: string,
  attempt: () => Promise<T | typeof CONFLICT>,
): Promise<T> {
  for (let tried = 1; tried <= tries; tried += 1) {
    const outcome = await attempt();
    if (outcome !== CONFLICT) return outcome;
  }
  throw new ProblemError({ code: 'unavailable', retryAfter: 1 }, `other ${others} keep coming first`);
}
