import { abortAfter, orAborted } from './patience.ts';

/**
 * Milliseconds to wait for another tab. A tab that the browser has frozen keeps the lock for ever; if it was frozen in
 * the middle of a refresh, the service still has the answer for 10 s.
 */
const PATIENCE = 6_000;

/** The last work by the name of its lock, where there is no lock. */
const queues: Record<string, Promise<unknown> | undefined> = {};

/**
 * Runs `work` while no other client of this name does, in this tab or another.
 *
 * Where there are no Web Locks (Node before 24, pages that are not served securely), where the browser refuses them,
 * and where another tab keeps the lock for too long, only the clients of this page take turns. Two tabs may then
 * refresh at once with the same token, and the service gives both the same successor.
 */
export function exclusively<T>(
  name: string,
  work: () => Promise<T>,
  onRefusal: (error: unknown) => void,
): Promise<T> {
  return new Promise((resolve) => {
    let begun: Promise<T> | undefined;
    const begin = () => {
      begun ??= inTurn(name, work);
      resolve(begun);
      return begun;
    };
    const request = async (options: LockOptions) => {
      const locks = globalThis.navigator?.locks;
      return locks ? locks.request(name, options, begin) : begin();
    };
    const signal = abortAfter(PATIENCE);
    orAborted(request({ signal }), signal).catch((error) => {
      if (begun) return;
      onRefusal(error);
      begin();
      // So that those who wait behind us do not all lose their patience, too.
      if (signal.aborted) request({ steal: true }).catch(() => undefined);
    });
  });
}

function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
  const mine = (queues[name] ?? Promise.resolve()).then(work);
  const settled = mine
    .catch(() => undefined)
    .then(() => {
      if (queues[name] === settled) delete queues[name];
    });
  queues[name] = settled;
  return mine;
}
