/**
 * Takes the place of `runtimeExtensions.js` of each client in the bundles. With extensions, which none of our clients has,
 * the SDK takes a configuration apart and puts it together again; without, the same comes out of it.
 *
 * @throws Error when there are extensions
 */
export function resolveRuntimeExtensions<Config>(config: Config, extensions?: readonly unknown[]): Config {
  if (extensions?.length) throw new Error('lib/sdk/no-extensions.ts leaves the extensions of clients out.');
  return config;
}
