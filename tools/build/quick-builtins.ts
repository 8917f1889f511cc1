// Node's own modules by `process.getBuiltinModule` instead of `import`. An import makes a namespace of the module and
// reads every property for it, and some of them load half of Node when they are read: `process.report`, `fs.promises`,
// `http.WebSocket`. Here only what is used is read.
import { isBuiltin } from 'node:module';
import type { Plugin } from 'esbuild';

const IMPORTED = 'node-import';
const REQUIRED = 'node-require';

/** @see https://nodejs.org/api/process.html#processgetbuiltinmoduleid */
export function quickBuiltins(): Plugin {
  return {
    name: 'quick-builtins',
    setup(build) {
      build.onResolve({ filter: /^[a-z0-9:_/]+$/ }, ({ path, kind }) => {
        if (!isBuiltin(path)) return undefined;
        return { path, namespace: kind === 'import-statement' ? IMPORTED : REQUIRED, sideEffects: false };
      });
      build.onLoad({ filter: /.*/, namespace: IMPORTED }, ({ path }) => ({ contents: moduleOf(path) }));
      // `import()` and CommonJS have the whole module.
      build.onLoad({ filter: /.*/, namespace: REQUIRED }, ({ path }) => ({
        contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
      }));
    },
  };
}

/** Whether an input of esbuild's metafile is a module of Node's own. */
export function isBuiltinInput(input: string): boolean {
  return input.startsWith(`${IMPORTED}:`) || input.startsWith(`${REQUIRED}:`);
}

/** The calls marked as pure are left out where nobody uses their result; a mere property would not be. */
function moduleOf(name: string): string {
  const builtin = process.getBuiltinModule(name) as object;
  const names = Object.getOwnPropertyNames(builtin).filter(
    (key) => /^[A-Za-z]\w*$/.test(key) && key !== 'default',
  );
  return [
    `const builtin = /* @__PURE__ */ process.getBuiltinModule(${JSON.stringify(name)});`,
    'export default builtin;',
    ...names.map(
      (key) =>
        `const own_${key} = /* @__PURE__ */ (() => builtin.${key})(); export { own_${key} as ${key} };`,
    ),
  ].join('\n');
}
