/**
 * Takes the place of `@aws/lambda-invoke-store` in the bundles: of each call of a function, the SDK asks for the trace.
 * The runtime's own store has it where one process serves several calls at once; else it is in the environment, where the
 * SDK looks by itself. Of the package we would only have a second, empty store.
 */
export const InvokeStore = {
  getInstanceAsync: async () =>
    (globalThis as { awslambda?: { InvokeStore?: object } }).awslambda?.InvokeStore,
};
