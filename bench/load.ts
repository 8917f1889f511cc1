// Throughput and latency of one serving process with 1, 8, 64 and 512 clients: writes bench/load.md and a chart.
//   node bench/load.ts [--seconds 8]
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { buildFolder } from '../tools/folders.ts';
import { lineChart } from './charts.ts';
import { machine } from './machine.ts';
import { ms, table } from './report.ts';
import { type Served, serve } from './served.ts';
import { somebody, startStack } from './stack.ts';
import { quantile } from './timing.ts';

const { values: given } = parseArgs({ options: { seconds: { type: 'string', default: '8' } } });
const SECONDS = Number(given.seconds);
const CLIENTS = [1, 8, 64, 512];
/** A hash takes a third of a second of a core: more clients than this only wait for each other. */
const HASHING_CLIENTS = [1, 8];

const loadAverage = loadavg()[0] ?? Number.NaN;
const stack = await startStack();
const place = {
  folder: `${buildFolder}bench/`,
  dynamodbUrl: stack.dynamodbUrl,
  inboxUrl: stack.inboxUrl,
};
const cheap = await serve({ ...place, variables: { BCRYPT_COST: '4' } });
const full = await serve({ ...place, variables: { BCRYPT_COST: '12' } });

type Client = { email: string; password: string; accessToken: string; refreshToken: string };
type Run = {
  operation: string;
  clients: number;
  perSecond: number;
  p50: number;
  p99: number;
  failed: number;
};

const everybody = await peopleOf(cheap, Math.max(...CLIENTS));
const hashed = await peopleOf(full, Math.max(...HASHING_CLIENTS));
const runs: Run[] = [];
for (const clients of CLIENTS) {
  runs.push(await load('welcome', clients, everybody, (client) => welcome(cheap, client)));
  runs.push(await load('refresh', clients, everybody, (client) => refresh(cheap, client)));
  runs.push(await load('log-in, hash of cost 4', clients, everybody, (client) => logIn(cheap, client)));
}
for (const clients of HASHING_CLIENTS)
  runs.push(await load('log-in, hash of cost 12', clients, hashed, (client) => logIn(full, client)));
await cheap.stop();
await full.stop();
await stack.stop();

const note = `${machine()}; the serving process, Dynoxide and the clients share its cores, so that the processor is the limit. Load average before the run: ${loadAverage.toFixed(1)}.`;
writeFileSync(
  new URL('load.md', import.meta.url),
  `# Load

Made by \`node bench/load.ts --seconds ${SECONDS}\` on ${new Date().toISOString().slice(0, 10)}. ${note}

One process serves all clients, who send their next request as soon as the last is answered, each with an account of its own. On Lambda each
request would have an instance of its own: what is shown here is how one process degrades, not how many requests a deployment takes. A hash of
cost 12 takes a third of a second of a core, so that its log-ins are measured with up to ${Math.max(...HASHING_CLIENTS)} clients: more only wait for each other. What fails is answered 503 with \`Retry-After\` or found no time: in a process that has more to do than the processor takes, calls of
DynamoDB end by their own time limits.

${table(
  ['operation', 'clients', 'a second', 'median', 'p99', 'failed'],
  runs
    .toSorted((one, other) => one.operation.localeCompare(other.operation) || one.clients - other.clients)
    .map((run) => [
      run.operation,
      run.clients,
      run.perSecond.toFixed(run.perSecond < 10 ? 1 : 0),
      ms(run.p50),
      ms(run.p99),
      run.failed,
    ]),
)}
`,
);
writeFileSync(
  new URL('charts/latency-by-load.svg', import.meta.url),
  lineChart(
    'Latency by load, one process',
    'Each client sends its next request when the last is answered. Two cores for server, store and clients.',
    { x: 'clients', y: 'milliseconds' },
    ['welcome', 'refresh', 'log-in, hash of cost 4'].flatMap((operation) =>
      (['p50', 'p99'] as const).map((share) => ({
        name: `${operation.replace(/,.*/, '')} ${share === 'p50' ? 'median' : 'p99'}`,
        family: operation,
        points: runs
          .filter((run) => run.operation === operation)
          .map((run) => ({ x: run.clients, y: run[share] })),
      })),
    ),
  ),
);
console.log('Written: bench/load.md, bench/charts/latency-by-load.svg');

async function load(
  operation: string,
  clients: number,
  people: readonly Client[],
  act: (client: Client) => Promise<unknown>,
): Promise<Run> {
  const times: number[] = [];
  let failed = 0;
  const end = performance.now() + SECONDS * 1000;
  const begin = performance.now();
  await Promise.all(
    people.slice(0, clients).map(async (client) => {
      while (performance.now() < end) {
        const start = performance.now();
        await act(client).then(
          () => times.push(performance.now() - start),
          () => {
            failed += 1;
          },
        );
      }
    }),
  );
  const seconds = (performance.now() - begin) / 1000;
  const run = {
    operation,
    clients,
    perSecond: times.length / seconds,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    failed,
  };
  console.log(
    `${operation} × ${clients}: ${run.perSecond.toFixed(1)}/s, ${ms(run.p50)}, p99 ${ms(run.p99)}, ${failed} failed`,
  );
  return run;
}

async function peopleOf(served: Served, count: number): Promise<Client[]> {
  const people: Client[] = [];
  for (let person = 0; person < count; person += 1) {
    const { name, email, password } = somebody();
    await served.send({ path: '/auth/register', body: { name, email, password, confirm: password } });
    const client = { email, password, accessToken: '', refreshToken: '' };
    await logIn(served, client);
    people.push(client);
  }
  return people;
}

async function logIn(served: Served, client: Client): Promise<void> {
  const { email, password } = client;
  Object.assign(client, await served.send({ path: '/auth/login', body: { email, password } }));
}

async function refresh(served: Served, client: Client): Promise<void> {
  const { refreshToken } = client;
  Object.assign(client, await served.send({ path: '/auth/refresh-tokens', body: { refreshToken } }));
}

async function welcome(served: Served, { accessToken }: Client): Promise<void> {
  await served.send({ path: '/auth', headers: { authorization: `Bearer ${accessToken}` } });
}
