import type { LoginSteps } from '../../../lib/core/throttle.ts';

/** The steps of a log-in of which only the check matters. */
export function onlyCheck<T>(check: () => Promise<T | undefined>): LoginSteps<void, void, T, T> {
  return {
    find: async () => {},
    load: async () => {},
    hasOpened: async () => false,
    check,
    admit: async (right) => right,
  };
}
