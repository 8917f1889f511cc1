/**
 * Takes the place of the SDK's middleware that logs each command: nobody gives a client of ours a logger. A failed command
 * throws, and whoever called it logs that.
 */
export const loggerMiddleware =
  () =>
  <Next>(next: Next): Next =>
    next;
export const loggerMiddlewareOptions = {};
export const getLoggerPlugin = () => ({ applyToStack() {} });
