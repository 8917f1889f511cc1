/**
 * Takes the place of the SDK's reader of `~/.aws/config` and `~/.aws/credentials` in the bundles (see tools/build/sdk-stand-ins.ts).
 * Lambda has neither, yet the SDK would load their parser and look for both at each cold start. This answers what the
 * SDK's own answers where there are no such files: the next source of the setting is asked, which is its default.
 */
export const fromSharedConfigFiles = () => async (): Promise<never> => {
  const error = new Error(
    'It is not in the environment, and tools/build/sdk-stand-ins.ts leaves configuration files out of the bundle',
  );
  throw Object.assign(error, { tryNextLink: true });
};
