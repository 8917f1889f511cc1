// Where the processor's time goes in one operation: the functions that take the most of it, by package.
//   node bench/profile.ts refresh [runs]
import { readFileSync } from 'node:fs';
import { type Profiler, Session } from 'node:inspector/promises';
import { bundleForRunning } from '../tools/build/bundle.ts';
import { buildFolder } from '../tools/folders.ts';
import { operations, variants } from './operations.ts';
import { startStack } from './stack.ts';

const [name = 'refresh', runs = '1000'] = process.argv.slice(2);
const operation = [...operations, ...variants].find((each) => each.name === name);
if (operation === undefined) {
  console.error(
    `There is no operation ${name}: take one of ${operations.map((each) => each.name).join(', ')}.`,
  );
  process.exit(1);
}

const FOLDER = `${buildFolder}profile/`;
const stack = await startStack({ bundle: bundleForRunning, folder: FOLDER });
const functions = await stack.functions({ BCRYPT_COST: '4' });
const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.setSamplingInterval', { interval: 100 });

const profiles: Profiler.Profile[] = [];
for (let run = 0; run < 200; run += 1) await functions.send(await operation.prepare(functions)); // compiled by now
const BATCH = 50;
let processor = 0;
for (let done = 0; done < Number(runs); done += BATCH) {
  const calls = [];
  for (let call = 0; call < BATCH; call += 1) calls.push(await operation.prepare(functions));
  await session.post('Profiler.start');
  const before = process.cpuUsage();
  for (const call of calls) await functions.send(call);
  const { user, system } = process.cpuUsage(before);
  processor += user + system;
  profiles.push((await session.post('Profiler.stop')).profile);
}
await stack.stop();
session.disconnect();

const sources = new Map<string, string[]>();
const byPackage = new Map<string, number>();
const byFunction = new Map<string, number>();
for (const { nodes, samples = [], timeDeltas = [] } of profiles) {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  for (const [index, id] of samples.entries()) {
    const frame = frames.get(id);
    if (frame === undefined || frame.functionName === '(idle)') continue;
    if (frame.url === 'node:inspector') continue; // the profiler itself
    const owner = ownerOf(frame);
    const label = `${frame.functionName || '(anonymous)'} in ${owner}`;
    const spent = (timeDeltas[index] ?? 0) / 1000 / Number(runs);
    byPackage.set(owner, (byPackage.get(owner) ?? 0) + spent);
    byFunction.set(label, (byFunction.get(label) ?? 0) + spent);
  }
}

const perRun = processor / 1000 / Number(runs);
console.log(
  `${name}: ${perRun.toFixed(2)} ms of the processor a run, in all threads, under the profiler; ${runs} runs`,
);
console.log('\nSelf time on the main thread by package, ms a run');
for (const [owner, spent] of ranked(byPackage).slice(0, 20))
  console.log(`${spent.toFixed(3).padStart(8)}  ${owner}`);
console.log('\nSelf time by function');
for (const [label, spent] of ranked(byFunction).slice(0, 40))
  console.log(`${spent.toFixed(3).padStart(8)}  ${label}`);

function ranked(times: Map<string, number>): [string, number][] {
  return [...times].sort(([, one], [, other]) => other - one);
}

/** esbuild writes a line with the source's path above what it took from it. */
function ownerOf({
  url,
  lineNumber,
  functionName,
}: {
  url: string;
  lineNumber: number;
  functionName: string;
}): string {
  if (url.startsWith('node:')) return url;
  if (!url.includes(FOLDER)) return url === '' ? `V8 ${functionName}` : 'bench';
  const lines = linesOf(new URL(url).pathname);
  for (let line = lineNumber; line >= 0; line -= 1) {
    const source = /^\/\/ ((?:lib|functions|node_modules)\/\S+)$/.exec(lines[line] ?? '')?.[1];
    if (source === undefined) continue;
    const inPackage = /node_modules\/((?:@[^/]+\/)?[^/]+)(?!.*node_modules)/.exec(source)?.[1];
    return inPackage ?? `Gatehouse ${source}`;
  }
  return 'bundle';
}

function linesOf(file: string): string[] {
  const known = sources.get(file) ?? readFileSync(file, 'utf8').split('\n');
  sources.set(file, known);
  return known;
}
