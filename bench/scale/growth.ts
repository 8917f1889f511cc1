// What each operation costs with 10^3 to 10^6 users in the store: writes bench/scale/growth.md and a chart.
//   node bench/scale/growth.ts [--most 1000000] [--rounds 40]
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { lineChart } from '../charts.ts';
import { fill } from '../fill.ts';
import { machine } from '../machine.ts';
import { operations } from '../operations.ts';
import { ms, table } from '../report.ts';
import { startStack } from '../stack.ts';
import { inTurns, median } from '../timing.ts';

const { values: given } = parseArgs({
  options: { most: { type: 'string', default: '1000000' }, rounds: { type: 'string', default: '40' } },
});
const sizes = [1e3, 1e4, 1e5, 1e6].filter((size) => size <= Number(given.most));

const loadAverage = loadavg()[0] ?? Number.NaN;
const stack = await startStack();
const functions = await stack.functions({ BCRYPT_COST: '4' });
const meter = await stack.meter({ delay: 60 });
const metered = await stack.functions({ BCRYPT_COST: '4', AWS_ENDPOINT_URL_DYNAMODB: meter.url });

type Cost = { units: number; trips: number; bytes: number; medianMs: number; storeMs: number };
const costs = new Map<string, Map<number, Cost>>(operations.map(({ name }) => [name, new Map()]));
let users = 0;
const filling: string[] = [];
for (const size of sizes) {
  const begin = performance.now();
  await fill(stack, size - users);
  const seconds = (performance.now() - begin) / 1000;
  filling.push(`${(size - users).toLocaleString('en')} in ${seconds.toFixed(1)} s`);
  users = size;
  const samples = await inTurns(
    operations.map((operation) => ({
      name: operation.name,
      async prepare() {
        const call = await operation.prepare(functions);
        return () => functions.send(call);
      },
    })),
    Number(given.rounds),
  );
  for (const operation of operations) {
    await metered.send(await operation.prepare(metered));
    const call = await operation.prepare(metered);
    meter.begin();
    await metered.send(call);
    const { units, sequentialTrips, bytesIn, bytesOut } = await meter.end();
    const all = samples.get(operation.name) ?? [];
    costs.get(operation.name)?.set(size, {
      units,
      trips: sequentialTrips,
      bytes: bytesIn + bytesOut,
      medianMs: median(all.map(({ elapsed }) => elapsed)),
      storeMs: median(all.map(({ waited }) => waited)),
    });
  }
  console.log(`${size.toLocaleString('en')} users measured`);
}
await stack.stop();

const of = (name: string, size: number) => costs.get(name)?.get(size) as Cost;
const number = (size: number) => size.toLocaleString('en');
writeFileSync(
  new URL('growth.md', import.meta.url),
  `# Growth

Made by \`node bench/scale/growth.ts --most ${given.most}\` on ${new Date().toISOString().slice(0, 10)}. ${machine()}; load average before the run: ${loadAverage.toFixed(1)}.

Each user in the store is an account, the claim on its address and a session: rows of the stores' own making, written by BatchWriteItem with one shared
hash of cost 4 (${filling.join('; ')}). Then each operation runs ${given.rounds} times on fresh accounts among them, with hashes of cost 4.
Dynoxide keeps the tables in memory; on AWS a read or write by key takes the same time at any size. Units and trips are what a size could change here:
no operation scans or queries, so none does.

${table(
  ['operation', ...sizes.map((size) => `units, trips at ${number(size)}`)],
  operations.map(({ name }) => [
    name,
    ...sizes.map((size) => `${of(name, size).units}, ${of(name, size).trips}`),
  ]),
)}

${table(
  ['operation', ...sizes.map((size) => `median at ${number(size)}`), 'of it the store, at the largest'],
  operations.map(({ name }) => [
    name,
    ...sizes.map((size) => ms(of(name, size).medianMs)),
    ms(of(name, sizes.at(-1) ?? 0).storeMs),
  ]),
)}
`,
);
writeFileSync(
  new URL('../charts/growth.svg', import.meta.url),
  lineChart(
    'Time of an operation by users in the store',
    'Median, with hashes of cost 4, against a local store.',
    { x: 'users', y: 'milliseconds' },
    ['log-in', 'refresh', 'welcome', 'register', 'log-out'].map((name) => ({
      name,
      points: sizes.map((size) => ({ x: size, y: of(name, size).medianMs })),
    })),
  ),
);
console.log('Written: bench/scale/growth.md, bench/charts/growth.svg');
