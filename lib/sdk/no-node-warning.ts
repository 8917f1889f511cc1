/** Takes the place of the SDK's warning of an old Node, with which a new SDK won't run: the template names the runtime. */
export const state = {};
export const emitWarningIfUnsupportedVersion = () => undefined;
