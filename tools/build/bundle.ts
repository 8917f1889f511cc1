// Turns functions/<name>.ts into one ES module with everything it imports, the AWS SDK included: a bundled
// client starts faster than the runtime's own copy, and its version is ours.
import { basename, join, relative } from 'node:path';
import type { BuildOptions, BuildResult, Metafile, OutputFile } from 'esbuild';
import { build, formatMessages } from 'esbuild';
import { project, root } from '../folders.ts';
import { writeFile } from '../write-file.ts';
import { builtModules, fileModules, fileOf, forLambda, partsOf, versionOf } from './built-modules.ts';
import { ownFileOf, ownModules } from './own-modules.ts';
import { sdkStandIns } from './sdk-stand-ins.ts';
import { unusedHooks } from './unused-hooks.ts';

/** One written bundle. `version` changes if and only if its content does. */
export interface Bundle {
  readonly name: string;
  readonly file: string;
  readonly bytes: number;
  /** Files that it reads at run time, next to it. */
  readonly files: readonly string[];
  readonly version: string;
  /** Our own files in it. */
  readonly sources: readonly string[];
  /** What it is made of: bytes by npm package; our own code is `gatehouse`. */
  readonly packages: Readonly<Record<string, number>>;
}

type BundleResult = BuildResult & { readonly outputFiles: OutputFile[]; readonly metafile: Metafile };

/** How `names` are bundled into `<outdir>functions/`. Nothing is written by esbuild itself: see {@link writeBundles}. */
function bundling(names: readonly string[], outdir: string, minify: boolean) {
  return {
    ...forLambda,
    entryPoints: Object.fromEntries(
      names.map((name) => [`functions/${name}`, `${root}functions/${name}.ts`]),
    ),
    outdir,
    mainFields: ['module', 'main'],
    plugins: [unusedHooks(), ownModules(), builtModules(), fileModules(`${outdir}functions/`), sdkStandIns()],
    legalComments: 'none',
    minify,
    sourcemap: minify ? false : 'inline',
    sourcesContent: false,
  } satisfies BuildOptions;
}

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
    writeFile(path, text);
    const { inputs = {} } = metafile.outputs[relative(root, path)] ?? {};
    return {
      name: basename(path, '.js'),
      file: path,
      bytes: Buffer.byteLength(text),
      files: Object.keys(inputs)
        .map(fileOf)
        .filter((name) => name !== undefined)
        .map((name) => `${outdir}functions/${name}`),
      version: versionOf(text),
      sources: Object.keys(inputs)
        .flatMap(partsOf)
        .filter((input) => packageOf(input) === 'gatehouse')
        .flatMap((input) => [join(root, input), ownFileOf(input) ?? []].flat()),
      packages: bytesByPackage(inputs),
    };
  });
}

function bytesByPackage(inputs: Metafile['outputs'][string]['inputs']): Record<string, number> {
  const bytes: Record<string, number> = {};
  for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
    if (bytesInOutput === 0) continue;
    const name = packageOf(input);
    bytes[name] = (bytes[name] ?? 0) + bytesInOutput;
  }
  return bytes;
}

/** The npm package of a file, `gatehouse` for ours, which may lie in a node_modules folder itself. @param input relative to the root */
function packageOf(input: string): string {
  const path = join(root, input);
  const isOurs = path.startsWith(root) && !path.slice(root.length).includes('node_modules/');
  if (isOurs || (path.startsWith(project) && !path.includes('node_modules/'))) return 'gatehouse';
  const folders = path.split('node_modules/').at(-1)?.split('/') ?? [];
  return folders.slice(0, folders[0]?.startsWith('@') ? 2 : 1).join('/');
}

async function readable(error: unknown): Promise<Error> {
  if (!(error instanceof Error && 'errors' in error && Array.isArray(error.errors))) {
    return new Error(String(error));
  }
  const report = await formatMessages(error.errors, { kind: 'error', color: false });
  return new Error(`the code does not build\n${report.join('').trimEnd()}`);
}
