// The classes of a client's errors repeat one constructor: 49 times in KMS's, for 20 kB. A bundle gets the constructor once
// and a line for each class, made from what the SDK's own module exports, so that an update of the SDK needs no change here.
import { root } from '../folders.ts';
import { run } from './built-modules.ts';

type ErrorClass = { new (options: object): Error & { $fault: string }; shapeId: string };

/** @returns the source of a module with the same exports as this one of the SDK: `client-<service>/dist-es/models/errors.js` */
export async function errorClassesOf(path: string): Promise<string> {
  const classes = Object.entries((await run(path)) as Record<string, ErrorClass>);
  const [, first] = classes[0] ?? [];
  if (first === undefined) throw new Error(`${path} exports no class of an error`);
  const [namespace] = first.shapeId.split('#');
  const [, base] = (Object.getPrototypeOf(first) as ErrorClass).shapeId.split('#');
  const lines = classes.map(([name, Class]) => {
    const fault = new Class({}).$fault === 'server' ? `, 'server'` : '';
    return `export const ${name} = /* @__PURE__ */ error('${name}'${fault});`;
  });
  return `import { ${base} } from './${base}.js';
import { errorClasses } from '${root}lib/sdk/error-class.ts';
const error = /* @__PURE__ */ errorClasses(${base}, '${namespace}');
${lines.join('\n')}`;
}
