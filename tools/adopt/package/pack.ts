// `npm run package`: the npm package, as a tarball in .build/. What is published is built in .build/npm/, since Node
// strips no types in an installed package, and since the repository's own dependencies are not its.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { build } from 'esbuild';
import { readService } from '../../deploy/service.ts';
import { buildFolder, root } from '../../folders.ts';
import { zipFunctions } from '../code.ts';
import { buildConstruct } from './construct.ts';
import { declareTypes } from './declare-types.ts';
import { manifestFor } from './manifest.ts';
import { packagedTemplate } from './template.ts';

const folder = `${buildFolder}npm/`;

/** What the commands need of the repository. */
const SHIPPED = [
  'CHANGELOG.md',
  'LICENSE',
  'bench/cost',
  'bench/document.ts',
  'bench/results-file.ts',
  'bench/results.json',
  'docs/configuration.md',
  'docs/openapi.yaml',
  'functions',
  'infrastructure',
  'lib',
  'serverless.yml',
  'tools/admin',
  'tools/adopt',
  'tools/build',
  'tools/deploy',
  'tools/folders.ts',
  'tools/local',
  'tools/write-file.ts',
];

rmSync(folder, { recursive: true, force: true });
const files = SHIPPED.flatMap(filesOf).filter((file) => !isLeftOut(file));
for (const file of files) {
  mkdirSync(dirname(folder + file), { recursive: true });
  cpSync(root + file, folder + file);
}
cpSync(`${root}docs/adopting.md`, `${folder}README.md`);
write('deploy/service.json', JSON.stringify(await readService()));
const template = await packagedTemplate();
write('deploy/template.json', JSON.stringify(template));
await zipFunctions(`${folder}deploy/code/`);
await buildClientForPages();
declareTypes(`${root}lib/core/hooks.ts`, `${folder}types`, root);
await buildConstruct(folder, template);
cpSync(`${root}terraform`, `${folder}terraform`, { recursive: true });
write('package.json', `${JSON.stringify(manifestFor(files), undefined, 2)}\n`);

const [{ filename, size, entryCount }] = JSON.parse(
  execFileSync('npm', ['pack', '--json', '--pack-destination', buildFolder], {
    cwd: folder,
    encoding: 'utf8',
  }),
) as [{ filename: string; size: number; entryCount: number }];
console.log(`${buildFolder}${basename(filename)}: ${entryCount} files, ${Math.round(size / 1024)} kB`);

function filesOf(path: string): string[] {
  if (statSync(root + path).isFile()) return [path];
  return readdirSync(root + path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(root.length));
}

/** Tests, and files that are only useful in the repository. */
function isLeftOut(file: string): boolean {
  return /\.test\.ts$|^tools\/adopt\/package\/|^tools\/deploy\/plugin\.ts$|^tools\/admin\/openapi\.ts$/.test(
    file,
  );
}

function write(file: string, text: string): void {
  mkdirSync(dirname(folder + file), { recursive: true });
  writeFileSync(folder + file, text);
}

/** One file for pages that nobody bundles. */
async function buildClientForPages(): Promise<void> {
  await build({
    entryPoints: [`${root}client/src/index.ts`],
    outfile: `${folder}page/gatehouse-client.js`,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    banner: { js: `// gatehouse-client ${versionOfClient()}` },
  });
}

function versionOfClient(): string {
  return (JSON.parse(readFileSync(`${root}client/package.json`, 'utf8')) as { version: string }).version;
}
