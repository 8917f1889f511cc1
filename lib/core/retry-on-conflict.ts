import { ProblemError } from './problem.ts';

/** Returned by an attempt that wrote nothing because another write came in between. */
export const CONFLICT = Symbol('conflict');

/** Enough for twenty requests at once that change the same row: they take about a second, a lone loser a few milliseconds. */
const TRIES = 24;
const FIRST_PAUSE_MS = 10;
const MAX_PAUSE_MS = 250;

/**
 * Repeats an optimistic update until no other write comes in between. After each conflict it waits for a random time, longer
 * each time: writers that tried again at once would keep colliding.
 *
 * @param others what comes in between, for the log: `changes of the account`
 * @param attempt reads, decides and writes; repeated after each `CONFLICT`
 * @throws ProblemError `unavailable` when each of the tries met another write (after 3 s or so), and what `attempt` throws
 */
export async function retryOnConflict<T>(
  others: string,
  attempt: () => Promise<T | typeof CONFLICT>,
): Promise<T> {
  for (let tried = 1; tried <= TRIES; tried += 1) {
    const outcome = await attempt();
    if (outcome !== CONFLICT) return outcome;
    await pause(Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tried) * Math.random());
  }
  throw new ProblemError({ code: 'unavailable', retryAfter: 1 }, `other ${others} keep coming first`);
}

function pause(ms: number): Promise<void> {
  return new Promise((resume) => {
    setTimeout(resume, ms);
  });
}
