// Loads our TypeScript where the package is installed: Node strips no types below node_modules.
import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';

const registered = Symbol.for('gatehouse.strip-types');

if (!globalThis[registered]) {
  globalThis[registered] = true;
  registerHooks({
    load(url, context, next) {
      if (!/^file:.*\.ts(?:\?.*)?$/.test(url)) return next(url, context);
      const source = readFileSync(fileURLToPath(url.replace(/\?.*$/, '')), 'utf8');
      return { format: 'module', shortCircuit: true, source: stripTypeScriptTypes(source) };
    },
  });
}
