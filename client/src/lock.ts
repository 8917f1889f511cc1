import { GatehouseError } from './gatehouse-error.ts';

/** Milliseconds to wait for another tab: longer than any refresh takes with all its retries. */
const PATIENCE = 45_000;

const queues = new Map<string, Promise<unknown>>();

/**
 * Runs `work` while no other client of this name does, in this tab or another.
 *
 * Without Web Locks (Node before 24, pages that are not served securely) it is a queue of this process or page alone.
 * Two tabs may then refresh at once with the same token, and the service answers both with the same successor.
 *
 * @throws GatehouseError with status 0 when another tab keeps the lock, as one that the browser has frozen may
 */
export async function exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
  const locks = globalThis.navigator?.locks;
  if (locks === undefined) return inTurn(name, work);
  try {
    return await locks.request(name, { signal: AbortSignal.timeout(PATIENCE) }, work);
  } catch (error) {
    if ((error as Error).name !== 'TimeoutError') throw error;
    throw new GatehouseError(0, 'Another tab has been refreshing for too long; close it.');
  }
}

async function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
  const mine = (queues.get(name) ?? Promise.resolve()).then(work);
  const settled = mine.catch(() => undefined);
  queues.set(name, settled);
  try {
    return await mine;
  } finally {
    if (queues.get(name) === settled) queues.delete(name);
  }
}
