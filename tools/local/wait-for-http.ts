// Whether something answers HTTP at an address, now or soon.
import { setTimeout as pause } from 'node:timers/promises';

/** How these questions introduce themselves; a log of requests leaves them out. */
export const asker = 'gatehouse-start';

/** True when anything at all answers at this URL within a second. */
async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, {
      signal: AbortSignal.timeout(1000),
      headers: { 'user-agent': asker },
    });
    await response.body?.cancel();
    return true;
  } catch {
    return false;
  }
}

/** Waits until something answers at this URL. @throws Error after `seconds`, or when `gaveUp` says so */
export async function untilAnswers(url: string, seconds: number, gaveUp?: AbortSignal): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await answers(url))) {
    gaveUp?.throwIfAborted();
    if (Date.now() > deadline) throw new Error(`${url} did not answer within ${seconds} s.`);
    await pause(20);
  }
}
