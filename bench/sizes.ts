// What each function weighs: the zip that `serverless package` made of it, its bundle, and what the bundle is made of.
//   npm run build
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';
import { type Bundle, bundleForDeployment } from '../tools/build/bundle.ts';
import { buildFolder, root } from '../tools/folders.ts';

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

function zipSize({ file }: Bundle): number {
  return deflateRawSync(readFileSync(file)).length + ZIP_FRAME;
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

if (import.meta.main) {
  console.log(`${'function'.padEnd(18)}${'zip'.padStart(10)}${'bundle'.padStart(12)}   most of it`);
  for (const size of await bundleSizes(buildFolder)) {
    const zip = statSync(`${root}.serverless/${size.name}.zip`, { throwIfNoEntry: false })?.size;
    if (zip === undefined)
      throw new Error(`There is no ${size.name}.zip in .serverless: run \`npm run build\`.`);
    console.log(
      `${size.name.padEnd(18)}${kB(zip).padStart(10)}${kB(size.bundle).padStart(12)}   ${biggestOf(size, 4)}`,
    );
  }
}
