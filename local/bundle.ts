// Turns functions/<name>.ts into one ES module with everything it imports, the AWS SDK included: a bundled
// client starts faster than the runtime's own copy, and its version is ours.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BuildOptions, BuildResult, Metafile, OutputFile, Plugin } from 'esbuild';
import { build, formatMessages } from 'esbuild';
import { buildFolder, root } from './folders.ts';

/** One written bundle. `version` changes if and only if its content does. */
export interface Bundle {
  readonly name: string;
  readonly file: string;
  readonly bytes: number;
  readonly version: string;
  /** Our own files in it. */
  readonly sources: readonly string[];
}

type BundleResult = BuildResult & { readonly outputFiles: OutputFile[]; readonly metafile: Metafile };

/** How `names` are bundled into `<outdir>functions/`. Nothing is written by esbuild itself: see {@link writeBundles}. */
function bundling(names: readonly string[], outdir: string, minify: boolean) {
  return {
    absWorkingDir: root,
    entryPoints: Object.fromEntries(
      names.map((name) => [`functions/${name}`, `${root}functions/${name}.ts`]),
    ),
    outdir,
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    plugins: [builtModules],
    alias: { '@aws-sdk/credential-provider-node': `${root}lib/environment-credentials.ts` },
    legalComments: 'none',
    logLevel: 'silent',
    minify,
    sourcemap: minify ? false : 'inline',
    sourcesContent: false,
  } satisfies BuildOptions;
}

/** What each module that was run for a bundle was made of, by its path from the root. */
const partsOfBuilt = new Map<string, string[]>();

/**
 * Runs `*.built.ts` now: the bundle holds what such a module exports, which JSON has to be able to express, in place of
 * its code and of all that it imports.
 */
const builtModules: Plugin = {
  name: 'built-modules',
  setup({ onLoad }) {
    onLoad({ filter: /\.built\.ts$/ }, async ({ path }) => {
      const { outputFiles, metafile } = await build({
        absWorkingDir: root,
        entryPoints: [path],
        bundle: true,
        write: false,
        metafile: true,
        format: 'esm',
        platform: 'node',
        target: 'node24',
        packages: 'external',
        define: { 'import.meta.url': JSON.stringify(pathToFileURL(path).href) },
        logLevel: 'silent',
      });
      partsOfBuilt.set(relative(root, path), Object.keys(metafile.inputs));
      const source = outputFiles[0]?.text ?? '';
      // By its content, since Node runs a module of a name once.
      const file = `${buildFolder}built/${basename(path, '.ts')}.${versionOf(source)}.js`;
      writeFile(file, source);
      const made = Object.entries((await import(pathToFileURL(file).href)) as object);
      return {
        contents: made.map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};`).join('\n'),
      };
    });
  },
};

/**
 * Bundles the functions of these names, minified as they are deployed.
 * @throws Error with esbuild's report when the sources do not build
 */
export async function bundleForDeployment(names: readonly string[], outdir: string): Promise<Bundle[]> {
  return buildAndWrite(names, outdir, true);
}

/**
 * The same for running here: readable, with a source map, never packaged.
 * @throws Error with esbuild's report when the sources do not build
 */
export async function bundleForRunning(names: readonly string[], outdir: string): Promise<Bundle[]> {
  return buildAndWrite(names, outdir, false);
}

async function buildAndWrite(names: readonly string[], outdir: string, minify: boolean): Promise<Bundle[]> {
  const result = await build(bundling(names, outdir, minify)).catch(async (error) => {
    throw await readable(error);
  });
  if (minify) writeFile(`${outdir}meta.json`, JSON.stringify(result.metafile));
  return writeBundles(result, outdir);
}

/** Writes what changed, each file in one step, so that a reader never sees half a bundle. */
function writeBundles({ outputFiles, metafile }: BundleResult, outdir: string): Bundle[] {
  writeFile(`${outdir}package.json`, '{"type":"module"}\n');
  return outputFiles.map(({ path, text }) => {
    const source = withRequire(text);
    writeFile(path, source);
    const inputs = Object.keys(metafile.outputs[relative(root, path)]?.inputs ?? {}).flatMap(
      (input) => partsOfBuilt.get(input) ?? [input],
    );
    return {
      name: basename(path, '.js'),
      file: path,
      bytes: Buffer.byteLength(source),
      version: versionOf(source),
      sources: inputs.filter((input) => !input.includes('node_modules/')).map((input) => `${root}${input}`),
    };
  });
}

function versionOf(source: string): string {
  return createHash('sha256').update(source).digest('base64url').slice(0, 12);
}

// A CommonJS dependency asks for Node's own modules by `require`, which ES modules lack. On the first
// line, so that the source map stays right; only where needed, since it costs a little at every cold start.
function withRequire(source: string): string {
  if (!source.includes('Dynamic require of')) return source;
  return `import{createRequire as __cr}from"node:module";const require=__cr(import.meta.url);${source}`;
}

/** Writes a file and its folders, unless it already has this content. */
export function writeFile(path: string, content: string): void {
  try {
    if (readFileSync(path, 'utf8') === content) return;
  } catch {
    mkdirSync(dirname(path), { recursive: true });
  }
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, content);
  renameSync(draft, path);
}

async function readable(error: unknown): Promise<Error> {
  if (!(error instanceof Error && 'errors' in error && Array.isArray(error.errors))) {
    return new Error(String(error));
  }
  const report = await formatMessages(error.errors, { kind: 'error', color: false });
  return new Error(`the code does not build\n${report.join('').trimEnd()}`);
}
