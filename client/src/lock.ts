import { abortAfter, orAborted } from './patience.ts';

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
    // Once: a lock that is granted when we have given up waiting for it is free again as soon as that work is done.
    const begin = () => (begun ??= last = last.then(work, work));
    const request = async (steal: boolean) =>
      name && globalThis.navigator?.locks?.request(name, { steal }, begin);
    // A tab that the browser has frozen keeps the lock for ever; if it was frozen in the middle of a refresh, the service
    // still has the answer for 10 s.
    await orAborted(request(false), abortAfter(6_000)).catch((error) => {
      if (begun) return;
      onRefusal(error);
      // So that those who wait behind us do not all lose their patience, too.
      request(true).catch(() => undefined);
    });
    return begin();
  };
}
