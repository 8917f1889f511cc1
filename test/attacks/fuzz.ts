import fc from 'fast-check';
import { endpoints, faultOf } from './endpoints.ts';
import { events } from './events.ts';

const CASES_A_WORLD = 1_000;

/**
 * Sends any number of events to the endpoints.
 *
 * @returns how many were answered with each status
 * @throws Error of fast-check, with the smallest event that is answered wrongly and the seed that finds it again
 */
export async function fuzz(cases: number, seed: number): Promise<Map<number, number>> {
  const statuses = new Map<number, number>();
  for (let done = 0; done < cases; done += CASES_A_WORLD) {
    const all = endpoints(); // stores in memory grow
    const property = fc.asyncProperty(events(all.keys()), async ({ route, event }) => {
      const handler = all.get(route);
      if (handler === undefined) throw new Error(`no handler of ${route}`);
      const fault = await faultOf(handler, event, (status) =>
        statuses.set(status, (statuses.get(status) ?? 0) + 1),
      );
      if (fault !== undefined) throw new Error(`${route} ${fault}`);
    });
    await fc.assert(property, { numRuns: Math.min(CASES_A_WORLD, cases - done), seed: seed + done });
  }
  return statuses;
}
