import { ProblemError } from './problem.ts';

/** Says that what was read is no longer so, and that nothing was written. */
export const CONFLICT = Symbol('conflict');

/** Enough for twenty requests at once that change the same row: they take about a second, a lone loser a few milliseconds. */
const TRIES = 24;
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 250;

/**
 * Reads and writes on condition, until nobody else's write comes in between. After each conflict it waits for a random
 * time, longer each time: writers that try again at once keep meeting each other.
 *
 * @param others what keeps coming in between, for the log: `changes of the account`
 * @param attempt reads, judges and writes; once more after each `CONFLICT`
 * @throws ProblemError `unavailable` when each of the tries met another write (after 3 s or so), and what `attempt` throws
 */
export async function retryOnConflict<T>(
  others: string,
  attempt: () => Promise<T | typeof CONFLICT>,
): Promise<T> {
  for (let tried = 1; tried <= TRIES; tried += 1) {
    const outcome = await attempt();
    if (outcome !== CONFLICT) return outcome;
    await pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tried) * Math.random());
  }
  throw new ProblemError({ code: 'unavailable', retryAfter: 1 }, `other ${others} keep coming first`);
}

function pause(ms: number): Promise<void> {
  return new Promise((resume) => {
    setTimeout(resume, ms);
  });
}
