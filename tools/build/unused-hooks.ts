// Leaves out the code that runs a hook which lib/hooks.ts doesn't export, so that unused hooks cost no bytes.
import { build, type Plugin } from 'esbuild';
import { root } from '../folders.ts';
import { forLambda } from './built-modules.ts';
import { ownModules } from './own-modules.ts';

/** The modules that run hooks: which hook, and what they export. Without the hook each of them returns nothing. */
const RUNS: Readonly<Record<string, { hook: string; exports: readonly string[] }>> = {
  'lib/run-hooks/claims.ts': { hook: 'claims', exports: ['openClaims'] },
  'lib/run-hooks/before-sign-up.ts': { hook: 'beforeSignUp', exports: ['openBeforeSignUp'] },
  'lib/migration.ts': { hook: 'findLegacy', exports: ['migrationAtLogIn', 'migrationByMail'] },
};

export function unusedHooks(): Plugin {
  return {
    name: 'unused-hooks',
    setup({ onLoad, onStart }) {
      let exported: readonly string[] = [];
      onStart(async () => {
        // Code that doesn't build is reported by the build of the function.
        exported = await exportedHooks().catch(() => []);
      });
      onLoad({ filter: /\/lib\/(run-hooks\/[\w-]+|migration)\.ts$/ }, ({ path }) => {
        const run = RUNS[path.slice(root.length)];
        if (run === undefined || exported.includes(run.hook)) return undefined;
        return { contents: run.exports.map((name) => `export const ${name} = () => undefined;`).join('\n') };
      });
    },
  };
}

/**
 * The names that lib/hooks.ts exports.
 *
 * @throws Error with esbuild's report when it doesn't build
 */
export async function exportedHooks(): Promise<readonly string[]> {
  const { metafile } = await build({
    ...forLambda,
    entryPoints: [`${root}lib/hooks.ts`],
    packages: 'external',
    plugins: [ownModules()],
  });
  return Object.values(metafile.outputs).flatMap(({ exports }) => exports);
}
