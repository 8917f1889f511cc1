// Takes the place of two middlewares of the SDK. One logs each command: no client of ours has a logger, and whoever called
// a command that fails logs that. The other writes the `User-Agent`: it costs time at each request, and nobody reads it.

const passOn =
  () =>
  <Next>(next: Next): Next =>
    next;
const plugin = () => ({ applyToStack() {} });

export const loggerMiddleware = passOn;
export const loggerMiddlewareOptions = {};
export const getLoggerPlugin = plugin;

export const userAgentMiddleware = passOn;
export const getUserAgentMiddlewareOptions = {};
export const getUserAgentPlugin = plugin;
