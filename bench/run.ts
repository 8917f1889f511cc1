// Measures Gatehouse and writes bench/results.md, bench/results.json and the charts.
//   npm run bench              in a quarter of an hour
//   npm run bench -- --all     and growth, load, hot keys and an hour's soak, each with a page of its own
//   npm run bench -- --quick   with a tenth of the counted rounds: whether it runs, not what it measures
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildFolder } from '../tools/folders.ts';
import { createTables } from '../tools/local/tables.ts';
import { coldFloors, coldFunctions, coldStarts, memoryAfter } from './cold-start.ts';
import { bareArgon2id, bareBcrypt, bareCalls, bareSignatures, bareUpdate } from './floors.ts';
import { machine, versions } from './machine.ts';
import type { Metered } from './metering-dynamodb.ts';
import { type Operation, operations, variants } from './operations.ts';
import { installPeers, meteredOpenAuth, openPeers, peerContestants } from './peers.ts';
import { openHttpPeers } from './peers-http.ts';
import { type OperationResult, type Results, writeReport } from './report.ts';
import { type Served, serve } from './served.ts';
import { bundleSizes } from './sizes.ts';
import { type Functions, logIn, type Person, signUp, somebody, startStack } from './stack.ts';
import { type Contestant, inTurns, median, quantile, type Sample, timed } from './timing.ts';

const COST = 12;
/** So that the time of the hash does not hide that of the rest. */
const LOW_COST = 4;
const { values: given } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, all: { type: 'boolean', default: false } },
});
const ROUNDS = given.quick ? 4 : 40;
/** At which its passwords are compared with ours, over HTTP. */
const POCKETBASE_COST = 10;
/** A contest with a hash of full cost in it takes part in one of so many rounds. */
const EVERY = 2;

const loadAverage = loadavg()[0] ?? Number.NaN;
installPeers();
const stack = await startStack();
const withArgon2id = await stack.functions({ PASSWORD_HASH: 'argon2id' });
const withES256 = await onTablesOfItsOwn({ SIGNING_ALGORITHM: 'ES256' }, 'bench-es256');
const cheap = await stack.functions({ BCRYPT_COST: String(LOW_COST) });
const full = await stack.functions({ BCRYPT_COST: String(COST) });

console.log('Counting calls, trips and units …');
const meter = await stack.meter({ delay: 60 });
const meteredFunctions = await stack.functions({
  BCRYPT_COST: String(LOW_COST),
  AWS_ENDPOINT_URL_DYNAMODB: meter.url,
});
const counted = new Map<string, Counted>();
for (const operation of [...operations, ...variants])
  counted.set(operation.name, await count(operation, meteredFunctions));
const peers = await openPeers(stack.dynamodbUrl, COST);
const openAuthTrips = new Map<string, Metered>();
for (const [name, run] of Object.entries(await meteredOpenAuth(await peers.meteredOpenAuth(meter.url)))) {
  meter.begin();
  await run();
  openAuthTrips.set(name, await meter.end());
}

const servers = await openHttpPeers(EVERY);
for (const line of servers.skipped) console.warn(`SKIPPED ${line}`);
const served = await serve({
  folder: `${buildFolder}bench/`,
  dynamodbUrl: stack.dynamodbUrl,
  inboxUrl: stack.inboxUrl,
  variables: { BCRYPT_COST: String(POCKETBASE_COST) },
});

console.log(`Timing ${ROUNDS} rounds …`);
const logInAtFullCost = await loggingInAgain('Gatehouse log-in, cost 12', full);
const samples = await inTurns(
  [
    ...operations.map((operation) => contestantOf(operation, cheap)),
    ...operations.map(({ name }) =>
      bareCalls(`floor of ${name}`, stack, counted.get(name)?.metered.calls ?? []),
    ),
    logInAtFullCost,
    await loggingInAgain('Gatehouse log-in, argon2id', withArgon2id),
    refreshing('Gatehouse refresh, ES256', withES256),
    ...(await peerContestants(peers, EVERY)),
    ...(await bareBcrypt(COST, EVERY)),
    ...(await bareBcrypt(LOW_COST)),
    bareArgon2id(EVERY),
    ...(await bareSignatures()),
    bareUpdate('bare UpdateItem', stack),
    ...(servers.contestants.length > 0 ? await servedContestants(served) : []),
    ...servers.contestants,
  ],
  ROUNDS,
);

await servers.stop();
await served.stop();
console.log('Welcoming while a log-in is hashed …');
const starvation = await starve(full);
await stack.stop();

console.log('Starting every function cold …');
const functions = await measureFunctions();

const results: Results = {
  measuredAt: new Date().toISOString(),
  machine: machine(),
  loadAverage,
  versions: versions(),
  rounds: ROUNDS,
  operations: Object.fromEntries(operations.map(({ name, hashes }) => [name, resultOf(name, hashes)])),
  variants: Object.fromEntries(variants.map(({ name }) => [name, countsOf(name)])),
  openAuth: Object.fromEntries(
    [...openAuthTrips].map(([name, { calls, sequentialTrips, units }]) => [
      name,
      { calls: calls.length, trips: sequentialTrips, units },
    ]),
  ),
  contest: Object.fromEntries([...samples].map(([name, all]) => [name, summaryOf(all)])),
  functions: functions.ours,
  coldFloors: functions.floors,
  starvation,
  skipped: servers.skipped,
};
writeFileSync(new URL('results.json', import.meta.url), `${JSON.stringify(results, undefined, 2)}\n`);
writeReport(results);
console.log('Written: bench/results.md, bench/results.json, bench/charts/');
if (given.all) {
  for (const page of ['scale/growth', 'load', 'scale/hot-keys', 'soak']) {
    const { status } = spawnSync(process.execPath, [fileURLToPath(new URL(`${page}.ts`, import.meta.url))], {
      stdio: 'inherit',
    });
    if (status !== 0) throw new Error(`bench/${page}.ts failed`);
  }
}
process.exit(); // the KMS of the cold starts still listens

type Counted = { metered: Metered; bytesIn: number; bytesOut: number };

async function count(operation: Operation, functions: Functions): Promise<Counted> {
  await functions.send(await operation.prepare(functions)); // keys cached, as in a warm function
  const call = await operation.prepare(functions);
  meter.begin();
  const { bytesIn, bytesOut } = await functions.send(call);
  return { metered: await meter.end(), bytesIn, bytesOut };
}

function contestantOf(operation: Operation, functions: Functions): Contestant {
  return {
    name: `Gatehouse ${operation.name}`,
    async prepare() {
      const call = await operation.prepare(functions);
      return () => functions.send(call);
    },
  };
}

async function loggingInAgain(name: string, functions: Functions): Promise<Contestant> {
  const person = await signUp(functions);
  return { name, every: EVERY, prepare: async () => () => logIn(functions, person) };
}

/** Functions whose first key is of the algorithm that they sign with. */
async function onTablesOfItsOwn(variables: Record<string, string>, prefix: string): Promise<Functions> {
  await createTables({ endpoint: stack.dynamodbUrl, prefix, streams: false });
  return stack.functions({ ...variables, TABLE_PREFIX: prefix });
}

function refreshing(name: string, functions: Functions): Contestant {
  const [refresh] = operations.filter((operation) => operation.name === 'refresh') as [Operation];
  return { ...contestantOf(refresh, functions), name };
}

/** Size, cold start and memory of each function; last of all, since it leaves a KMS and its settings behind. */
async function measureFunctions(): Promise<{ ours: Results['functions']; floors: Results['coldFloors'] }> {
  const cold = await startStack();
  const files = await coldFunctions(cold);
  const starts = await coldStarts([...(await coldFloors()), ...files], given.quick ? 3 : 20);
  const sizes = await bundleSizes(`${buildFolder}bench/`);
  const ours: Results['functions'] = {};
  for (const file of files) {
    const size = sizes.find(({ name }) => name === file.name);
    const start = starts.find(({ name }) => name === file.name);
    if (size === undefined || start === undefined) throw new Error(`${file.name} was not measured`);
    ours[file.name] = {
      zip: size.zip,
      bundle: size.bundle,
      packages: { ...size.packages },
      importMs: start.import.median,
      importOnLambdaMs: start.importOnLambda.median,
      firstRequestMs: start.firstRequest?.median ?? Number.NaN,
      memory: await memoryAfter(file),
    };
  }
  await cold.stop();
  const floors = starts
    .filter(({ name }) => name.startsWith('floor'))
    .map(({ name, import: { median }, importOnLambda }) => [
      name.replace('floor: ', ''),
      { importMs: median, importOnLambdaMs: importOnLambda.median },
    ]);
  return { ours, floors: Object.fromEntries(floors) };
}

/** Gatehouse as the peers that are servers are run: one process, over HTTP. */
async function servedContestants(server: Served): Promise<Contestant[]> {
  const { name, email, password } = somebody();
  await server.send({ path: '/auth/register', body: { name, email, password, confirm: password } });
  const logIn = () => server.send({ path: '/auth/login', body: { email, password } });
  let current = await logIn();
  return [
    {
      name: 'Gatehouse refresh, over HTTP',
      prepare: async () => async () => {
        const { refreshToken } = current;
        const next = await server.send({ path: '/auth/refresh-tokens', body: { refreshToken } });
        current = { ...current, ...next };
      },
    },
    {
      name: 'Gatehouse welcome, over HTTP',
      prepare: async () => () =>
        server.send({ path: '/auth', headers: { authorization: `Bearer ${current.accessToken}` } }),
    },
    {
      name: 'Gatehouse log-in, bcrypt of cost 10, over HTTP',
      every: EVERY,
      prepare: async () => logIn,
    },
  ];
}

function countsOf(name: string) {
  const { metered, bytesIn, bytesOut } = counted.get(name) as Counted;
  return {
    calls: metered.calls.length,
    trips: metered.sequentialTrips,
    readUnits: metered.readUnits,
    writeUnits: metered.writeUnits,
    units: metered.units,
    bytesIn,
    bytesOut,
    storeBytesIn: metered.bytesIn,
    storeBytesOut: metered.bytesOut,
  };
}

function resultOf(name: string, hashes: boolean): OperationResult {
  const all = samples.get(`Gatehouse ${name}`) ?? [];
  // A log-in compares with a hash, a sign-up and a reset make one.
  const kind = name === 'log-in' ? 'compare' : 'hash';
  const hashMs = (cost: number) =>
    hashes
      ? median((samples.get(`bare bcrypt ${kind}, cost ${cost}`) ?? []).map(({ elapsed }) => elapsed))
      : 0;
  const own = all.map(({ elapsed, waited }) => elapsed - waited - hashMs(LOW_COST));
  return {
    ...countsOf(name),
    ownMs: { median: Math.max(0, median(own)), p99: Math.max(0, quantile(own, 0.99)) },
    processorMs: median(all.map(({ processor }) => processor)) - hashMs(LOW_COST),
    hashMs: hashMs(COST),
    storeMs: median(all.map(({ waited }) => waited)),
  };
}

function summaryOf(all: readonly Sample[]) {
  const own = all.map(({ elapsed, waited }) => elapsed - waited);
  return {
    runs: all.length,
    medianMs: median(all.map(({ elapsed }) => elapsed)),
    p99Ms: quantile(
      all.map(({ elapsed }) => elapsed),
      0.99,
    ),
    ownMs: median(own),
    processorMs: median(all.map(({ processor }) => processor)),
  };
}

/** How long a welcome takes alone, and while a log-in of full cost runs in the same process. */
async function starve(functions: Functions): Promise<Results['starvation']> {
  const person: Person = await signUp(functions);
  const { accessToken } = await logIn(functions, person);
  const welcome = async () => {
    const call = { path: '/auth', headers: { authorization: `Bearer ${accessToken}` } };
    return (await timed(() => functions.send(call))).elapsed;
  };
  const alone: number[] = [];
  for (let run = 0; run < 50; run += 1) alone.push(await welcome());
  const during: number[] = [];
  for (let run = 0; run < 5; run += 1) {
    let over = false;
    const hashing = logIn(functions, person).finally(() => {
      over = true;
    });
    while (!over) during.push(await welcome());
    await hashing;
  }
  const summary = (all: number[]) => ({ median: median(all), slowest: Math.max(...all), runs: all.length });
  return { alone: summary(alone), duringALogIn: summary(during) };
}
