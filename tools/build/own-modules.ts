// A project's own modules: hooks.ts replaces lib/hooks.ts, and messages/<language>.ts replaces single texts of
// lib/messages/<language>.ts.
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Plugin } from 'esbuild';
import { installed, project, root } from '../folders.ts';

/** The suffix of the path of an original module, whose texts are used where the project replaces none. */
const SHIPPED = '?shipped';

const { GATEHOUSE_HOOKS: hooks = `${project}hooks.ts`, GATEHOUSE_MESSAGES: messages = `${project}messages` } =
  process.env;

/** The project's file that replaces this one or a part of it, if it exists. @param input relative to the root */
export function ownFileOf(input: string): string | undefined {
  if (!installed) return undefined;
  if (input === 'lib/hooks.ts') return hooks;
  const [, language] = /^lib\/messages\/([a-z]{2}\.ts)$/.exec(input) ?? [];
  return language === undefined ? undefined : join(messages, language);
}

export function ownModules(): Plugin {
  return {
    name: 'own-modules',
    setup({ onResolve, onLoad }) {
      const ownOf = (path: string) => {
        const own = ownFileOf(relative(root, path).replaceAll('\\', '/'));
        return own !== undefined && existsSync(own) ? own : undefined;
      };
      onLoad({ filter: /[\\/]lib[\\/]hooks\.ts$/ }, ({ path }) => {
        const own = ownOf(path);
        return own === undefined
          ? own
          : { contents: `export * from ${JSON.stringify(own)};`, resolveDir: project };
      });
      onResolve({ filter: /\?shipped$/ }, ({ path }) => ({
        path: path.slice(0, -SHIPPED.length),
        suffix: SHIPPED,
      }));
      onLoad({ filter: /[\\/]lib[\\/]messages[\\/][a-z]{2}\.ts$/ }, ({ path, suffix }) => {
        const own = suffix === SHIPPED ? undefined : ownOf(path);
        return own === undefined ? own : { contents: merged(path, own), resolveDir: project, loader: 'ts' };
      });
    },
  };
}

/** The texts of both: the project's over ours, section by section. */
function merged(shipped: string, own: string): string {
  return `import * as shipped from ${JSON.stringify(shipped + SHIPPED)};
import * as own from ${JSON.stringify(own)};
const over = (usual, texts) => Object.fromEntries(Object.entries(usual).map(([name, value]) =>
  [name, typeof value === 'object' ? over(value, texts?.[name] ?? {}) : texts?.[name] ?? value]));
export const pages = /* @__PURE__ */ over(shipped.pages, own.pages);
export const mails = /* @__PURE__ */ over(shipped.mails, own.mails);
`;
}
