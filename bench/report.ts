// Turns the measurements into bench/results.md and the charts.
import { mkdirSync, writeFileSync } from 'node:fs';
import { barChart } from './charts.ts';

/** One operation: one call of it, by one client, warm, against the local store. */
export type OperationResult = Counts & {
  /** Without the hash and without waiting for the store. Milliseconds. */
  ownMs: { median: number; p99: number };
  /** Processor time without the hash and without the store. Milliseconds. */
  processorMs: number;
  /** The time of a hash of the deployed cost; 0 if the operation computes none. */
  hashMs: number;
  /** Waiting for the local store. */
  storeMs: number;
};

/** A function as it is deployed. Bytes and milliseconds, medians. */
type FunctionResult = {
  zip: number;
  bundle: number;
  packages: Record<string, number>;
  /** In a bare process, and in one that has loaded what Lambda's runtime loads first. */
  importMs?: number;
  importOnLambdaMs?: number;
  firstRequestMs?: number;
  /** Resident, after 1,000 requests. */
  memory?: number;
};

type Counts = {
  calls: number;
  trips: number;
  readUnits: number;
  writeUnits: number;
  units: number;
  /** The bodies of the request and the response, as the client of the API sees them. */
  bytesIn: number;
  bytesOut: number;
  /** The bodies to and from DynamoDB. */
  storeBytesIn: number;
  storeBytesOut: number;
};

export type Timed = { runs: number; medianMs: number; p99Ms: number; ownMs: number; processorMs: number };

type Delay = { median: number; slowest: number; runs: number };

export type Results = {
  /** ISO 8601. */
  measuredAt: string;
  machine: string;
  /** Load of the machine in the last minute before the run. */
  loadAverage: number;
  versions: Record<string, string>;
  rounds: number;
  operations: Record<string, OperationResult>;
  variants: Record<string, Counts>;
  openAuth: Record<string, { calls: number; trips: number; units: number }>;
  contest: Record<string, Timed>;
  starvation: { alone: Delay; duringALogIn: Delay };
  functions: Record<string, FunctionResult>;
  /** The import times that no function with DynamoDB's client can beat. */
  coldFloors: Record<string, { importMs: number; importOnLambdaMs: number }>;
  /** Peers that were not installed, each with how to get it. */
  skipped: string[];
};

/** Writes the tables and the charts. */
export function writeReport(results: Results): void {
  const charts = new URL('charts/', import.meta.url);
  mkdirSync(charts, { recursive: true });
  writeFileSync(new URL('results.md', import.meta.url), reportOf(results));
  writeFileSync(new URL('round-trips.svg', charts), tripsChart(results));
  writeFileSync(new URL('cold-start.svg', charts), packagesChart(results));
  writeFileSync(new URL('processor-time.svg', charts), processorChart(results));
}

function reportOf(results: Results): string {
  const { operations, variants, openAuth, contest, starvation } = results;
  const versions = Object.entries(results.versions).map(([name, version]) => `${name} ${version}`);
  return `# Measurements

Made by \`npm run bench\` on ${results.measuredAt.slice(0, 10)}. Every run rewrites this page.

- Machine: ${results.machine}; load average when the run began: ${results.loadAverage.toFixed(1)}. If it is above a few tenths, the machine was
  also busy with other work. Whole times are then longer than on a quiet machine. Counts stay exact. Processor times rise as well, because the caches are shared
- Packages: ${versions.join(', ')}
- ${results.rounds} rounds after ten that don't count. All contestants run in turns in one process, one at a time, so a noisy moment affects all of them equally. In
  a round each has 25 runs, one after the other, as a container of Lambda runs one function again and again; the first three don't count. A contestant that
  computes a hash of full cost has one run in every second round. The tables have no streams here, because Dynoxide's slow down each write the longer they are.

## Operations

The functions are the minified bundles that are deployed. They are warm: keys are cached and connections are open. Each operation uses an account of
its own and goes through \`/auth/*\`. Log lines and metrics are written as on Lambda. A metering proxy (\`bench/metering-dynamodb.ts\`) counts
calls and units; \`test/budgets/metering.test.ts\` checks it against AWS's published arithmetic. Writes whose condition fails are counted, because AWS charges for them.

${table(
  [
    'operation',
    'DynamoDB calls',
    'trips in a row',
    'read units',
    'write units',
    'request',
    'answer',
    'to and from DynamoDB',
  ],
  Object.entries({ ...operations, ...variants }).map(([name, each]) => [
    name,
    each.calls,
    each.trips,
    each.readUnits,
    each.writeUnits,
    `${each.bytesIn} B`,
    `${each.bytesOut} B`,
    `${each.storeBytesIn} + ${each.storeBytesOut} B`,
  ]),
)}

Own time is the time of the whole handler, minus the time during which a call to DynamoDB was in progress, minus a bare hash. It is measured with
hashes of cost 4, because a longer hash would hide it. Processor time is that of the whole process (all its threads), minus a bare hash. It excludes the
store and other programs on the machine. It includes work that the process does while it waits for the store.

${table(
  ['operation', 'own time, median', 'p99', 'processor time, median', 'hash of cost 12', 'local store'],
  Object.entries(operations).map(([name, each]) => [
    name,
    ms(each.ownMs.median),
    ms(each.ownMs.p99),
    ms(each.processorMs),
    each.hashMs === 0 ? '–' : ms(each.hashMs),
    ms(each.storeMs),
  ]),
)}

## Functions

Zip and bundle are as deployed. Import and first request are each measured in a fresh process (\`node bench/cold-start.ts\` shows their spread). Memory is
resident memory after 1,000 requests. The floors are the import of an empty module and of DynamoDB's client alone. A function that was added after this run
has its size from \`node bench/sizes.ts --add\` and no times yet.

${table(
  ['function', 'zip', 'bundle', 'import', 'import on Lambda', 'first request', 'memory'],
  [
    ...Object.entries(results.functions).map(([name, each]) => [
      name,
      kB(each.zip),
      kB(each.bundle),
      ms(each.importMs),
      ms(each.importOnLambdaMs),
      ms(each.firstRequestMs),
      each.memory === undefined ? 'not measured' : `${Math.round(each.memory / 1e6)} MB`,
    ]),
    ...Object.entries(results.coldFloors).map(([name, each]) => [
      `floor: ${name}`,
      '',
      '',
      ms(each.importMs),
      ms(each.importOnLambdaMs),
      '',
      '',
    ]),
  ],
)}

This table shows what the bundles contain, in kB minified. It lists the ten packages that take the most space in all bundles together:

${packagesTable(results.functions)}

## Compared with alternatives

OpenAuth runs with its DynamoDB storage on the same Dynoxide. better-auth runs on its memory adapter, which has no store to wait for, so compare it by
processor time. Both are driven in process by requests, as Gatehouse is by events. OpenAuth's refresh is its token endpoint, and its log-in is the shortest of
its flows. Its welcome is its client's \`verify\`: that asks no store, so it still accepts a session that was ended. better-auth's refresh is a new
JWT from its jwt plugin, and its welcome is \`get-session\` with a bearer token. OpenAuth signs with ES256, better-auth with EdDSA, and Gatehouse by default with RS256 of
2,048 bits (docs/decisions/0001), and with the others by \`SIGNING_ALGORITHM\`. Gatehouse checks limits for log-ins, sign-ups and requests for emails; the others have no such limits here.

${table(
  [
    '',
    'whole time, median',
    'p99',
    'a second',
    'without the store',
    'processor time',
    'processor time of ours',
  ],
  comparisons.flatMap(({ of, ours, theirs }) =>
    [ours, ...theirs].map((name) => {
      const each = contest[name];
      const own = contest[ours];
      if (each === undefined || own === undefined) return [name, 'not measured', '', '', '', '', ''];
      return [
        name,
        ms(each.medianMs),
        ms(each.p99Ms),
        Math.round(1000 / each.medianMs),
        ms(each.ownMs),
        ms(each.processorMs),
        name === ours ? `(${of})` : `${(own.processorMs / each.processorMs).toFixed(2)} ×`,
      ];
    }),
  ),
)}

The same meter counted the round trips and units of OpenAuth:

${table(
  ['operation', 'Gatehouse trips', 'units', 'OpenAuth trips', 'units'],
  Object.entries(openAuth).map(([name, each]) => [
    name,
    operations[name]?.trips ?? '',
    operations[name]?.units ?? '',
    each.trips,
    each.units,
  ]),
)}

${overHttp(results)}

## Floors

A floor is a time that no implementation can beat. For each operation it is a handler that makes the same number of calls to DynamoDB, in the same number of
trips, with the bare client, and does nothing else. The bare rows are the cryptography alone.

${table(
  ['', 'whole time, median', 'processor time'],
  Object.entries(contest)
    .filter(([name]) => /^(floor|bare)/.test(name))
    .map(([name, each]) => [name, ms(each.medianMs), ms(each.processorMs)]),
)}

${table(['', 'ours', 'floor', 'ratio of processor time'], floorRatios(results))}

## Does a hash delay other requests?

Not on Lambda: an instance serves one request at a time. Under \`npm start\` each function has its own thread. In one process with a log-in of cost 12, a
welcome takes ${ms(starvation.alone.median)} alone (slowest ${ms(starvation.alone.slowest)}, ${starvation.alone.runs} runs). It takes
${ms(starvation.duringALogIn.median)} while the log-in computes its hash (slowest ${ms(starvation.duringALogIn.slowest)}, ${starvation.duringALogIn.runs} runs),
because bcryptjs yields to other work only every 100 ms.
`;
}

/** The operations without a hash next to their floors; a refresh without its signature, too, which no floor has. */
function floorRatios({ operations, contest }: Results): string[][] {
  const time = (name: string) => contest[name]?.processorMs ?? Number.NaN;
  const row = (name: string, ours: number, floor: string) => [
    name,
    ms(ours),
    `${ms(time(floor))} (${floor})`,
    (ours / time(floor)).toFixed(2),
  ];
  const refresh = time('Gatehouse refresh') - time('bare RS256 signature, 2,048 bits');
  const logIn = 'Gatehouse log-in, cost 12';
  return [
    ...Object.keys(operations)
      .filter((name) => operations[name]?.hashMs === 0)
      .map((name) => row(`Gatehouse ${name}`, time(`Gatehouse ${name}`), `floor of ${name}`)),
    row('Gatehouse refresh less its signature', refresh, 'floor of refresh'),
    row(logIn, time(logIn), 'bare bcrypt compare, cost 12'),
  ];
}

/** Which contestants are compared. */
const comparisons = [
  {
    of: 'refresh',
    ours: 'Gatehouse refresh',
    theirs: ['Gatehouse refresh, ES256', 'OpenAuth refresh', 'better-auth refresh'],
  },
  { of: 'welcome', ours: 'Gatehouse welcome', theirs: ['OpenAuth welcome', 'better-auth welcome'] },
  {
    of: 'log-in',
    ours: 'Gatehouse log-in, cost 12',
    theirs: [
      'Gatehouse log-in, argon2id',
      'OpenAuth log-in, our bcrypt',
      'better-auth log-in, our bcrypt',
      'OpenAuth log-in, own scrypt',
      'better-auth log-in, own scrypt',
    ],
  },
] as const;

/** Peers that run as servers, and those that were not installed. */
function overHttp({ contest, skipped }: Results): string {
  const names = Object.keys(contest).filter((name) => name.endsWith(', over HTTP'));
  const ofKind = ['refresh', 'welcome', 'log-in'].flatMap((kind) =>
    names.filter((name) => name.includes(kind)),
  );
  const rows = ofKind.map((name) => {
    const each = contest[name] as Timed;
    return [
      name.replace(', over HTTP', ''),
      ms(each.medianMs),
      ms(each.p99Ms),
      Math.round(1000 / each.medianMs),
    ];
  });
  const missing = skipped.map((line) => `**Skipped: ${line}**`).join('\n\n');
  if (rows.length === 0) return missing;
  return `These run as servers, each in a process with its own store. One client calls them over HTTP. PocketBase uses SQLite, and Keycloak runs in development mode
with H2 in memory. Gatehouse runs by \`bench/server.ts\` with Dynoxide.

${table(['', 'whole time, median', 'p99', 'a second'], rows)}

${missing}`;
}

function packagesTable(functions: Results['functions']): string {
  const names = biggestPackages(Object.values(functions));
  return table(
    ['function', ...names],
    Object.entries(functions).map(([name, { packages }]) => [
      name,
      ...names.map((each) => (packages[each] === undefined ? '' : (packages[each] / 1000).toFixed(1))),
    ]),
  );
}

function biggestPackages(functions: readonly FunctionResult[], count = 10): string[] {
  const total = new Map<string, number>();
  for (const { packages } of functions) {
    for (const [name, bytes] of Object.entries(packages)) total.set(name, (total.get(name) ?? 0) + bytes);
  }
  return [...total]
    .sort(([, one], [, other]) => other - one)
    .slice(0, count)
    .map(([name]) => name);
}

/** What a cold start of the log-in has to load, by package. */
function packagesChart({ functions }: Results): string {
  const { packages = {}, bundle = 0, importMs } = functions.login ?? {};
  const all = Object.entries(packages).sort(([, one], [, other]) => other - one);
  const rest = all.slice(9).reduce((sum, [, bytes]) => sum + bytes, 0);
  return barChart(
    'What a cold start of the log-in loads, by package',
    `${kB(bundle)} minified; imported in ${ms(importMs)} by a fresh process.`,
    [
      {
        name: 'kB of the bundle',
        bars: [...all.slice(0, 9), ['the rest', rest] as const].map(([name, bytes]) => ({
          label: name,
          value: bytes,
          text: kB(bytes),
          ours: /gatehouse/i.test(name),
        })),
      },
    ],
  );
}

function tripsChart({ operations, openAuth }: Results): string {
  const groups = Object.entries(operations).map(([name, { trips }]) => ({
    name,
    bars: [
      { label: 'Gatehouse', value: trips, ours: true },
      ...(openAuth[name] ? [{ label: 'OpenAuth', value: openAuth[name].trips }] : []),
    ],
  }));
  return barChart(
    'Round trips to DynamoDB, one after the other',
    'In a warm function. OpenAuth’s welcome asks no store, so it cannot know that a session was ended.',
    groups,
  );
}

function processorChart({ contest }: Results): string {
  const groups = comparisons.slice(0, 2).map(({ of, ours, theirs }) => ({
    name: of,
    bars: [ours, ...theirs].map((name) => ({
      label: name.replace(` ${of}`, ''),
      value: contest[name]?.processorMs ?? 0,
      text: ms(contest[name]?.processorMs),
      ours: name === ours,
    })),
  }));
  return barChart(
    'Processor time of a request',
    'Median of the warm serving process, without the store’s own time. OpenAuth’s welcome asks no store.',
    groups,
  );
}

/** A table of Markdown; all columns but the first are flush right. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, column) => (column === 0 ? '---' : '---:'))), ...rows.map(line)].join(
    '\n',
  );
}

function kB(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}

/** Milliseconds for a reader. */
export function ms(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return 'not measured';
  return `${value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2)} ms`;
}
