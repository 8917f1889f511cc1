// A hundred million users, fifty thousand log-ins a second: what breaks first, and at which load.
//   node bench/scale/simulate.ts
//   node bench/scale/simulate.ts --log-ins 10000 --climb 300 --seed 7
// --results FILE takes other measurements than bench/results.json; --write puts the tables into docs/scale.md.
import { parseArgs } from 'node:util';
import { readService } from '../../tools/deploy/service.ts';
import { ASSUMED } from '../cost/cost-model.ts';
import { type LogBytes, measureLogBytes } from '../cost/log-bytes.ts';
import { REGIONS } from '../cost/prices.ts';
import { fillIn, table } from '../document.ts';
import { OPERATIONS, RESULTS_FILE, type Results, readResults } from '../results-file.ts';
import {
  addsUp,
  type Limits,
  MIX,
  meanSeconds,
  NO_LIMITS,
  type Outcome,
  type Rush,
  routesOf,
  simulate,
  simulateAddress,
  TABLES,
} from './simulation.ts';

const USERS = 100e6;
const { values: given } = parseArgs({
  options: {
    'log-ins': { type: 'string', default: '50000' },
    climb: { type: 'string', default: '60' },
    hold: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    results: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});

/** Log-ins a second at which the demands are measured; between two of them they are taken to grow evenly. */
const LOADS = [10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000];
/** The share of all users who come from the busiest address, and of log-ins with a wrong password. */
const ADDRESS = { share: 0.001, failing: 0.05 };
/** As serverless.yml has them. */
const DEPLOYED = { requestsPerSecond: 500, hashesPerSecond: 500 };
const DOCUMENT = new URL('../../docs/scale.md', import.meta.url);

type Limit = {
  readonly what: string;
  readonly limit: number;
  readonly unit: string;
  /** What a load asks for, in the limit's unit. */
  readonly demand: (outcome: Outcome, rush: Rush) => number;
  readonly moves: string;
};

/** Every limit that a load meets: ours from serverless.yml, AWS's as an account gets them. docs/scale.md has the sources. */
function limitsOf(results: Results): Limit[] {
  const holds = meanSeconds('log-in', results);
  const ofTable = (name: (typeof TABLES)[number], kind: 'reads' | 'writes'): Limit[] => {
    const demand = (outcome: Outcome) => outcome.tables[name][kind];
    const unit = `${kind} a second`;
    return [
      {
        what: `\`${name}\`, ${kind}: a new table`,
        limit: kind === 'writes' ? 4_000 : 12_000,
        unit,
        demand,
        moves: '`WarmThroughput` of the table, hours ahead; by itself DynamoDB doubles every half hour',
      },
      {
        what: `\`${name}\`, ${kind}: quota of a table`,
        limit: 40_000,
        unit,
        demand,
        moves: 'Service Quotas: table-level throughput; nothing in the code, keys are spread evenly',
      },
    ];
  };
  return [
    {
      what: 'our limit of log-ins in one dialect',
      limit: DEPLOYED.hashesPerSecond,
      unit: 'requests a second',
      demand: (_, { logIns }) => logIns,
      moves: '`HASHES_PER_SECOND`',
    },
    {
      what: 'our limit of refreshes',
      limit: DEPLOYED.requestsPerSecond,
      unit: 'requests a second',
      demand: (_, { logIns, mix }) => logIns * mix.refresh,
      moves: '`REQUESTS_PER_SECOND`',
    },
    {
      what: 'our limit of log-outs in one dialect, a tenth of that',
      limit: DEPLOYED.requestsPerSecond / 10,
      unit: 'requests a second',
      demand: (_, { logIns, mix }) => logIns * mix['log-out'],
      moves: '`REQUESTS_PER_SECOND`',
    },
    {
      what: 'SES, as it leaves the sandbox',
      limit: 14,
      unit: 'mails a second',
      demand: ({ mailsPerSecond }) => mailsPerSecond,
      moves: 'SES sending quotas; until then the stream keeps the mails, and they are late',
    },
    {
      what: 'Lambda, concurrent executions of the account',
      limit: 1_000,
      unit: 'executions',
      demand: ({ mostBusy }) => mostBusy,
      moves: 'Service Quotas: concurrent executions',
    },
    {
      what: 'Lambda, requests of the account',
      limit: 10_000,
      unit: 'requests a second',
      demand: ({ requestsPerSecond }) => requestsPerSecond,
      moves: 'ten times the quota of concurrent executions, and grows with it',
    },
    {
      what: 'API Gateway, the account',
      limit: 10_000,
      unit: 'requests a second',
      demand: ({ requestsPerSecond }) => requestsPerSecond,
      moves: 'Service Quotas: throttle rate; some regions begin with 2,500',
    },
    {
      what: `Lambda, new containers of one function (load grows tenfold in ${given.climb} s)`,
      limit: 1_000,
      unit: 'in 10 s',
      demand: ({ mostContainersIn10s }) => mostContainersIn10s,
      moves: '`PROVISIONED_CONCURRENCY` before the rush; the rate itself is fixed',
    },
    ...ofTable('throttles', 'writes'),
    ...ofTable('sessions', 'writes'),
    ...ofTable('users', 'reads'),
    ...ofTable('emails', 'reads'),
    {
      what: '`keys`: its rows on one partition',
      limit: 3_000,
      unit: 'reads a second',
      demand: ({ mostKeyLooks }) => mostKeyLooks * ASSUMED.keysReadUnits,
      moves:
        '`CACHE_MS` in lib/tokens/verification-keys.ts; adaptive capacity moves rows apart by itself, which gives five times as much',
    },
    {
      what: 'KMS, `Decrypt` (eu-central-1)',
      limit: 20_000,
      unit: 'calls a second',
      demand: ({ mostUnseals }) => mostUnseals,
      moves: 'Service Quotas; in us-east-1 100,000 from the start',
    },
    {
      what: '`send-mail` on the four shards of a new table',
      limit: (4 * 10 * 1000) / ASSUMED.mails.ms,
      unit: 'mails a second',
      demand: ({ mailsPerSecond }) => mailsPerSecond,
      moves:
        'shards come with the partitions of `reset-tags`: `WarmThroughput`; `parallelizationFactor` is at its most, 10',
    },
    {
      what: `\`LIMIT_LOGIN_FAILURES\` of an address with ${percent(ADDRESS.share)} of all users, ${percent(ADDRESS.failing)} of log-ins failing`,
      limit: 100,
      unit: 'failures in 5 minutes',
      demand: (_, { logIns }) => logIns * ADDRESS.share * (ADDRESS.failing * 300 + holds),
      moves: '`LIMIT_LOGIN_FAILURES`',
    },
    {
      what: 'the counter of that address, one item',
      limit: 1_000,
      unit: 'writes a second',
      demand: (_, { logIns }) => logIns * ADDRESS.share * 2,
      moves: 'nothing: an item is on one partition. The limit above refuses first',
    },
  ];
}

const rush: Rush = {
  seed: number('seed'),
  logIns: number('log-ins'),
  climb: number('climb'),
  hold: number('hold'),
  mix: MIX,
};

try {
  await main(readResults(given.results ?? RESULTS_FILE));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function main(results: Results): Promise<void> {
  const atPeak = simulate(rush, results, NO_LIMITS);
  const texts = {
    measured: `Measured on ${results.measuredAt} on ${results.machine}; simulated with seed ${rush.seed}.`,
    load: loadTable(atPeak, results),
    limits: limitTable(results),
    tables: partitionTable(atPeak),
    rushes: rushTable(results),
    addresses: addressTable(results),
    logs: logSentence(await measureLogBytes(await readService())),
  };
  console.log(
    `${rush.logIns.toLocaleString('en')} log-ins a second, ${(rush.logIns / USERS) * 3600 * 100} % of ${USERS.toLocaleString('en')} users an hour; climbs for ${rush.climb} s, stays for ${rush.hold} s\n`,
  );
  for (const text of Object.values(texts)) console.log(`${text}\n`);
  for (const operation of OPERATIONS.filter((each) => !addsUp(each, results)))
    console.log(`The units of ${operation} in bench/scale/simulation.ts are not those that were measured.`);
  if (given.write) fillIn(DOCUMENT, texts);
}

function loadTable(outcome: Outcome, results: Results): string {
  const rows = OPERATIONS.map((operation) => [
    operation,
    count(MIX[operation] * rush.logIns),
    (meanSeconds(operation, results) * 1000).toFixed(0),
    count(outcome.busy[operation]),
    count(MIX[operation] * rush.logIns * meanSeconds(operation, results)),
    count(outcome.containers[operation]),
  ]);
  const sum = ['together', count(outcome.requestsPerSecond), '', count(outcome.busyTogether), '', ''];
  const head = ['operation', 'a second', 'ms', 'busy at the peak', 'by Little’s law', 'containers begun'];
  return table(head, [...rows, sum]);
}

function limitTable(results: Results): string {
  const measured = LOADS.map((logIns) => {
    const its = { ...rush, logIns };
    return { its, outcome: simulate(its, results, NO_LIMITS) };
  });
  const ranked = limitsOf(results)
    .map((limit) => {
      const demands = measured.map(({ its, outcome }) => ({
        load: its.logIns,
        demand: limit.demand(outcome, its),
      }));
      return { ...limit, breaksAt: crossing(demands, limit.limit), atPeak: demandAt(demands, rush.logIns) };
    })
    .sort((a, b) => (a.breaksAt ?? Number.POSITIVE_INFINITY) - (b.breaksAt ?? Number.POSITIVE_INFINITY));
  return table(
    ['', 'breaks at log-ins a second', 'what', 'limit', `asked at ${count(rush.logIns)}`, 'what moves it'],
    ranked.map(({ what, limit, unit, breaksAt, atPeak, moves }, index) => [
      String(index + 1),
      breaksAt === undefined ? `beyond ${count(LOADS.at(-1) ?? 0)}` : count(breaksAt),
      what,
      `${count(limit)} ${unit}`,
      count(atPeak),
      moves,
    ]),
    ['what', 'what moves it'],
  );
}

/** The load at which a demand reaches its limit, on a straight line between the two loads around it. */
function crossing(demands: readonly { load: number; demand: number }[], limit: number): number | undefined {
  const after = demands.findIndex(({ demand }) => demand > limit);
  if (after < 0) return undefined;
  const [low, high] = [
    demands[after - 1] ?? { load: 0, demand: 0 },
    demands[after] ?? { load: 0, demand: 0 },
  ];
  return low.load + ((limit - low.demand) / (high.demand - low.demand)) * (high.load - low.load);
}

function demandAt(demands: readonly { load: number; demand: number }[], load: number): number {
  const exact = demands.find((each) => each.load === load) ?? demands.at(-1);
  return ((exact?.demand ?? 0) * load) / (exact?.load ?? 1);
}

function partitionTable({ tables }: Outcome): string {
  return table(
    ['table', 'writes a second', 'reads a second', 'partitions at least'],
    TABLES.map((name) => {
      const { reads, writes } = tables[name];
      return [`\`${name}\``, count(writes), count(reads), count(Math.ceil(writes / 1000 + reads / 3000))];
    }),
  );
}

/** The same peak, reached at different speeds, with quotas that would suffice for it once it is reached. */
function rushTable(results: Results): string {
  const raised: Limits = {
    api: { rate: 150_000, burst: 75_000 },
    routes: routesOf({ hashesPerSecond: 75_000, requestsPerSecond: 75_000 }),
    concurrency: 30_000,
    containersIn10s: 1_000,
  };
  const asDeployed: Limits = {
    api: { rate: 10_000, burst: 5_000 },
    routes: routesOf(DEPLOYED),
    concurrency: 1_000,
    containersIn10s: 1_000,
  };
  const row = (name: string, climb: number, limits: Limits) => {
    const its = { ...rush, climb, hold: 300 };
    const { arrived, refusedByApi, refusedByLambda, settledAfter } = simulate(its, results, limits);
    const settled = settledAfter >= climb + its.hold ? 'never' : `${settledAfter} s`;
    return [
      name,
      climb === 0 ? 'at once' : `${climb} s`,
      percent(refusedByApi / arrived),
      percent(refusedByLambda / arrived),
      settled,
    ];
  };
  return table(
    ['limits', 'tenfold load within', 'refused by API Gateway', 'refused by Lambda', 'nobody refused after'],
    [
      row('as deployed, in a new account', 60, asDeployed),
      row('quotas raised', 0, raised),
      row('quotas raised', 60, raised),
      row('quotas raised', 180, raised),
      row('quotas raised', 600, raised),
    ],
  );
}

function addressTable(results: Results): string {
  const holds = meanSeconds('log-in', results);
  return table(
    [
      'people behind one address',
      'log-ins a second',
      'failing',
      'refused',
      'first refusal',
      'most writes a second to its counter',
    ],
    [1_000, 10_000, 100_000, 1_000_000].flatMap((people) =>
      [0.01, 0.05].map((failing) => {
        const rate = (rush.logIns * people) / USERS;
        const { logIns, refused, firstRefusal, mostWrites } = simulateAddress({
          seed: rush.seed,
          rate,
          failing,
          limit: 100,
          holds,
        });
        const first = firstRefusal === undefined ? 'none' : `after ${firstRefusal.toFixed(1)} s`;
        return [
          count(people),
          rate.toFixed(1),
          percent(failing),
          percent(refused / Math.max(1, logIns)),
          first,
          count(mostWrites),
        ];
      }),
    ),
  );
}

/** What the load writes to the logs, with the lines of Lambda and of API Gateway. */
function logSentence({ ours, lambda, access }: LogBytes): string {
  const bytes = OPERATIONS.reduce(
    (sum, operation) => sum + MIX[operation] * rush.logIns * (ours[operation] + lambda + access),
    0,
  );
  const price = REGIONS['us-east-1']?.logIngestion.dollars ?? 0;
  return `- **Logs**: at the peak ${count(bytes / 1e6)} MB a second, $${((bytes / 1024 ** 3) * price).toFixed(2)} a second. Lambda delivers them by itself; AWS names no quota for that†.`;
}

function number(name: 'log-ins' | 'climb' | 'hold' | 'seed'): number {
  const value = Number(given[name]);
  if (!Number.isFinite(value) || value < 0)
    throw new Error(`--${name} must be a number, not "${given[name]}".`);
  return value;
}

function count(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 });
}

function percent(share: number): string {
  return `${(100 * share).toLocaleString('en', { maximumFractionDigits: 1 })} %`;
}
