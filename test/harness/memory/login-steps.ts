import type { LoginSteps } from '../../../lib/core/throttle.ts';

/** The sessions that log-ins of these steps have opened. */
const opened = new Set<string>();

/** The steps of a log-in of which only the check matters. */
export function onlyCheck<T>(check: () => Promise<T | undefined>): LoginSteps<void, void, T, T> {
  return {
    find: async () => {},
    load: async () => {},
    hasOpened: async (_, sessionId) => opened.has(sessionId),
    check,
    async admit(right, sessionId) {
      opened.add(sessionId);
      return right;
    },
  };
}
