/**
 * Takes the place of what writes the SDK's `User-Agent` in the bundles. Our DynamoDB client has gone without for the time
 * that each request costs; the others needn't be different.
 */
export const userAgentMiddleware =
  () =>
  <Next>(next: Next): Next =>
    next;
export const getUserAgentMiddlewareOptions = {};
export const getUserAgentPlugin = () => ({ applyToStack() {} });
