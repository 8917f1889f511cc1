import { within } from './patience.ts';

/**
 * Milliseconds to wait for another tab. A tab that the browser has frozen keeps the lock for ever; if it was frozen in
 * the middle of a refresh, the service still has the answer for 10 s.
 */
const PATIENCE = 6_000;

/**
 * A function that runs `work` while no other client of this name does, in this tab or another.
 *
 * Where there is no name, where there are no Web Locks (Node before 24, pages that are not served securely), where the
 * browser refuses them, and where another tab keeps the lock for too long, only the work of this client takes turns. Two
 * may then refresh at once with the same token, and the service gives both the same successor.
 */
export function locker(name: string | undefined, onRefusal: (error: unknown) => void) {
  let last: Promise<unknown> = Promise.resolve();

  return async function locked<T>(work: () => Promise<T>): Promise<T> {
    let begun: Promise<T> | undefined;
    const begin = () => {
      begun ??= last = last.then(work, work);
      return begun;
    };
    const request = async (options: LockOptions) =>
      name && globalThis.navigator?.locks?.request(name, options, begin);
    await within(PATIENCE, (signal) => request({ signal })).catch((error) => {
      if (begun) return;
      onRefusal(error);
      // So that those who wait behind us do not all lose their patience, too.
      request({ steal: true }).catch(() => undefined);
    });
    return begin();
  };
}
