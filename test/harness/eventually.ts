import { vi } from 'vitest';

/**
 * Waits until an assertion holds. Half a minute is a bound against hanging, no claim about speed: Vitest's
 * own second is too short on a busy machine.
 */
export const eventually = <T>(assertion: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(assertion, { timeout: 30_000 });
