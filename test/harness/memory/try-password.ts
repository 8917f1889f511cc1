import { newMailRequest } from '../../../lib/core/mail-request.ts';
import { openAttempt, type Throttle } from '../../../lib/core/throttle.ts';

/** The client's address of `tryPassword`. */
export const CLIENT = '192.0.2.1';

/** A log-in reduced to its limits and the check. @returns whether the failure locked the account, or the check's result */
export async function tryPassword<T>(
  throttle: Throttle,
  email: string,
  check: () => Promise<T | undefined>,
): Promise<T | { locked: boolean }> {
  const attempt = openAttempt(throttle, { email, client: CLIENT });
  try {
    await attempt.countAddress();
    await attempt.reserve();
    const right = await check();
    if (right === undefined) {
      const owner = { userId: 'the owner', language: 'en', purpose: 'locked' } as const;
      return { locked: await attempt.failed(newMailRequest(owner, throttle.clock(), 60_000)) };
    }
    await attempt.succeeded();
    return right;
  } finally {
    await attempt.release();
  }
}
