// What each function weighs: the zip that `serverless package` made of it, its bundle, and what the bundle is made of.
//   npm run build
//   node bench/sizes.ts --add   adds functions that bench/results.json doesn't know yet, and writes results.md
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';
import { type Bundle, bundleForDeployment } from '../tools/build/bundle.ts';
import { buildFolder, root } from '../tools/folders.ts';
import { type Results, writeReport } from './report.ts';
import { RESULTS_FILE } from './results-file.ts';

/** Bytes. */
export type Size = { name: string; zip: number; bundle: number; packages: Bundle['packages'] };

/** Builds every function as it is deployed, into this folder. */
export async function bundleSizes(folder: string): Promise<Size[]> {
  const names = readdirSync(`${root}functions`).map((file) => file.replace('.ts', ''));
  const bundles = await bundleForDeployment(names, folder);
  return bundles.map((bundle) => ({
    name: bundle.name,
    zip: zipSize(bundle),
    bundle: bundle.bytes,
    packages: bundle.packages,
  }));
}

/** What a zip of the framework has besides the deflated bundle: names, sums, and a package.json of 18 bytes. */
const ZIP_FRAME = 304;
/** The same for one more file, with its name. */
const FILE_FRAME = 154;

/** The files that a bundle reads at run time are in its zip, too. */
function zipSize({ file, files }: Bundle): number {
  const deflated = (path: string) => deflateRawSync(readFileSync(path)).length;
  return files.reduce((sum, path) => sum + deflated(path) + FILE_FRAME, deflated(file) + ZIP_FRAME);
}

/** The packages that most of a bundle is made of, the biggest first: `jose 35.0 kB`. */
export function biggestOf({ packages }: Pick<Size, 'packages'>, count: number): string {
  return Object.entries(packages)
    .sort(([, a], [, b]) => b - a)
    .slice(0, count)
    .map(([name, bytes]) => `${name} ${kB(bytes)}`)
    .join(', ');
}

function kB(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}

/** Adds the functions that the latest run of the benchmark didn't know: sizes are the same on every machine, times aren't. */
async function addToResults(): Promise<void> {
  const results = JSON.parse(readFileSync(RESULTS_FILE, 'utf8')) as Results;
  for (const { name, zip, bundle, packages } of await bundleSizes(`${buildFolder}bench/`))
    results.functions[name] ??= { zip, bundle, packages: { ...packages } };
  writeFileSync(RESULTS_FILE, `${JSON.stringify(results, undefined, 2)}\n`);
  writeReport(results);
}

if (process.argv.includes('--add') && import.meta.main) await addToResults();
else if (import.meta.main) await listPackaged();

/** Settings leave functions out of a package: the framework's state says which it has. */
async function listPackaged(): Promise<void> {
  const state = JSON.parse(readFileSync(`${root}.serverless/serverless-state.json`, 'utf8'));
  const packaged = Object.keys(state.service.functions);
  console.log(`${'function'.padEnd(18)}${'zip'.padStart(10)}${'bundle'.padStart(12)}   most of it`);
  const sizes = await bundleSizes(buildFolder);
  for (const size of sizes.filter(({ name }) => packaged.includes(name))) {
    const zip = statSync(`${root}.serverless/${size.name}.zip`, { throwIfNoEntry: false })?.size;
    if (zip === undefined)
      throw new Error(`There is no ${size.name}.zip in .serverless: run \`npm run build\`.`);
    console.log(
      `${size.name.padEnd(18)}${kB(zip).padStart(10)}${kB(size.bundle).padStart(12)}   ${biggestOf(size, 4)}`,
    );
  }
  const left = sizes.map(({ name }) => name).filter((name) => !packaged.includes(name));
  if (left.length > 0) console.log(`Left out by their settings: ${left.join(', ')}.`);
}
