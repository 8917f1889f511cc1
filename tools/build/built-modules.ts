// Modules that run when a bundle is built, and are replaced by their exported values.
import { createHash } from 'node:crypto';
import { basename, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { buildFolder, root } from '../folders.ts';
import { writeFile } from '../write-file.ts';

/** How everything is bundled: one ES module in memory for the Node that functions run on, with an account of what is in it. */
export const forLambda = {
  absWorkingDir: root,
  bundle: true,
  write: false,
  metafile: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  charset: 'utf8',
  logLevel: 'silent',
} as const;

/** What each module that was run for a bundle was made of, by its path from the root. */
const parts = new Map<string, string[]>();

/** The files behind an input of esbuild's metafile: itself, unless it is a module that was run. */
export function partsOf(input: string): readonly string[] {
  return parts.get(input) ?? [input];
}

/** Runs a module now. @returns what it exports */
export async function run(path: string): Promise<object> {
  const { outputFiles, metafile } = await build({
    ...forLambda,
    entryPoints: [path],
    packages: 'external',
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(path).href) },
  });
  parts.set(relative(root, path), Object.keys(metafile.inputs));
  const source = outputFiles[0]?.text ?? '';
  // Named by its content, since Node runs a module of one name only once.
  const file = `${buildFolder}built/${basename(path, '.ts')}.${versionOf(source)}.mjs`;
  writeFile(file, source);
  return (await import(pathToFileURL(file).href)) as object;
}

/**
 * Runs `*.built.ts` now: the bundle holds what such a module exports, which JSON has to be able to express, in place of
 * its code and of all that it imports.
 */
export function builtModules(): Plugin {
  return {
    name: 'built-modules',
    setup({ onLoad }) {
      onLoad({ filter: /\.built\.ts$/ }, async ({ path }) => {
        const made = Object.entries(await run(path));
        return {
          contents: made
            .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};`)
            .join('\n'),
        };
      });
    },
  };
}

/**
 * Runs `*.file.ts` now: what `load` of such a module returns becomes a file next to the bundle, and `load` reads that.
 *
 * @param folder of the bundles
 */
export function fileModules(folder: string): Plugin {
  return {
    name: 'file-modules',
    setup({ onLoad }) {
      onLoad({ filter: /\.file\.ts$/ }, async ({ path }) => {
        const { load } = (await run(path)) as { load: () => Uint8Array };
        const name = fileOf(path) as string;
        writeFile(`${folder}${name}`, load());
        return {
          contents: `import { readFileSync } from 'node:fs';
export const load = () => readFileSync(new URL('./${name}', import.meta.url));`,
        };
      });
    },
  };
}

/** The file that a module becomes, if it becomes one. */
export function fileOf(input: string): string | undefined {
  return input.endsWith('.file.ts') ? `${basename(input, '.file.ts')}.bin` : undefined;
}

/** A hash of the source. */
export function versionOf(source: string): string {
  return createHash('sha256').update(source).digest('base64url').slice(0, 12);
}
