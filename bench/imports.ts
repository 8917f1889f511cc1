// What the import of each function takes of the processor, as a multiple of the slim client's: a client of DynamoDB with four
// commands and credentials of the environment. Fresh processes, in turns, so that a noisy moment hits all of them alike.
//   node bench/imports.ts [runs] [function …]
import { readdirSync } from 'node:fs';
import { loadavg } from 'node:os';
import { bundleForDeployment } from '../tools/build/bundle.ts';
import { buildFolder, root } from '../tools/folders.ts';
import { localEnvironment } from '../tools/local/environment.ts';
import { coldFloors, imports } from './cold-start.ts';
import { machine } from './machine.ts';
import { quantile } from './timing.ts';

const BUDGET = 1.15;
const [runs = '25', ...given] = process.argv.slice(2);
const names =
  given.length > 0 ? given : readdirSync(`${root}functions`).map((file) => file.replace('.ts', ''));
Object.assign(process.env, localEnvironment({}), { AWS_REGION: 'eu-central-1', TABLE_PREFIX: 'bench' });

const bundles = await bundleForDeployment(names, `${buildFolder}imports/`);
const floors = (await coldFloors()).filter(({ name }) => name.startsWith('floor: the slim client'));
const load = loadavg()[0] ?? 0;
const took = await imports([...floors, ...bundles], Number(runs));

const floor = took.get('floor: the slim client') ?? [];
console.log(`${machine()}; load ${load.toFixed(1)} before, ${loadavg()[0]?.toFixed(1)} after`);
console.log(
  `ms of the processor for an import, of ${runs} fresh processes: median, fastest tenth; and each by the floor's`,
);
for (const [name, all] of took) {
  const shares = [0.5, 0.1].map((share) => [quantile(all, share), quantile(floor, share)] as const);
  const times = shares.map(([own]) => own.toFixed(1).padStart(8));
  const ratios = shares.map(([own, its]) => (own / its).toFixed(2).padStart(8));
  const over = shares.every(([own, its]) => own / its > BUDGET) ? `  over ${BUDGET}` : '';
  console.log(`${name.padEnd(42)}${[...times, ...ratios].join('')}${over}`);
}
