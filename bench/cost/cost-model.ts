// What a month costs: measured units, milliseconds and bytes times a price list. Pure; `npm run cost` reads the files.

import { OPERATIONS, type Operation, type Results } from '../results-file.ts';
import type { LogBytes } from './log-bytes.ts';
import { FREE_TIER, type RegionPrices, type Tiers } from './prices.ts';

/** How people use the service: how often each of them does what in a month. */
export type Usage = { readonly users: number } & Readonly<Record<Operation, number>>;

/** What is paid for whether anybody comes or not, counted from serverless.yml. */
export type Fixed = {
  readonly alarmMetrics: number;
  readonly dashboards: number;
  readonly kmsKeys: number;
};

export type Settings = {
  readonly prices: RegionPrices;
  readonly freeTier: boolean;
  /** What stands before the functions. Ours is a REST API; the others are there to compare. */
  readonly api: 'rest' | 'http' | 'load balancer';
  /** MB of every function, and of those that compute no hash. */
  readonly memoryMb: number;
  readonly lightMemoryMb: number;
  readonly accessLog: boolean;
  /** Whether Lambda writes START, END and REPORT. */
  readonly lambdaLog: boolean;
  /** Whether what happens to accounts is published: EVENTS=on. */
  readonly events: boolean;
  /** PASSWORD_HASH=argon2id in place of bcrypt. */
  readonly argon2id: boolean;
};

/** What cannot be measured on this machine. Each is printed with the bill. */
export const ASSUMED = {
  /** Milliseconds of a round trip to DynamoDB from a Lambda in the same region. */
  storeTripMs: 4,
  /** Milliseconds that Lambda's runtime adds to each call. */
  runtimeMs: 1,
  /** How long a full core of Lambda on arm64 takes for what this machine's core does in one. */
  coreFactor: 1,
  /** The share of calls that begin a container, and how long its start is paid for, in milliseconds. */
  coldShare: 0.01,
  initMs: 300,
  /** MB that make one full core. @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
  fullCoreMb: 1769,
  /** Distinct metrics of ours in a busy service: docs/decisions/0011-metrics-are-lines-in-the-log.md. */
  metrics: 30,
  /** Bytes of a user's rows in `users` and `emails`, and of one session, with what DynamoDB adds to each row. */
  userBytes: 1_500,
  sessionBytes: 1_500,
  /** Days a session's row stays: its 30 days at most, and TTL's delay. */
  sessionDays: 32,
  logRetentionMonths: 3,
  /** How much smaller CloudWatch stores a log than it was sent. */
  logCompression: 0.15,
  /** How many times the average the busiest hour is: decides how many containers stay warm. */
  peakFactor: 4,
  /** Units of a look at the table of keys: five rows of 4 KB, strongly consistent. */
  keysReadUnits: 5,
  /** Mails of a reset: the link, and the word that the password was changed. From the code of send-mail. */
  mails: { perReset: 2, readUnits: 2, writeUnits: 2, ms: 60 },
  /** What happens to an account: each is noted, by a call of its own as long as few come, in a row that stays 400 days. */
  happenings: { writeUnits: 1, ms: 10, bytes: 400, days: 400 },
} as const;

export type Line = { readonly service: string; readonly what: string; readonly dollars: number };

const MILLION = 1e6;
const GIB = 1024 ** 3;
const SECONDS_A_MONTH = 730 * 3600;
const HASHING: ReadonlySet<Operation> = new Set(['register', 'log-in', 'reset']);
/** These functions open the signing key once in a container's life. */
const SIGNING: ReadonlySet<Operation> = new Set(['register', 'log-in', 'refresh']);
/** These functions read the table of keys once a minute in each container. */
const READING_KEYS: ReadonlySet<Operation> = new Set(['register', 'log-in', 'refresh', 'welcome', 'log-out']);

/** How much happens to an account by one call. */
const HAPPENINGS: Partial<Record<Operation, number>> = { register: 1, 'log-in': 1, 'log-out': 1, reset: 2 };

/** The bill of a month, line by line, in dollars. */
export function bill(
  usage: Usage,
  results: Results,
  logs: LogBytes,
  fixed: Fixed,
  settings: Settings,
): Line[] {
  const { prices, freeTier } = settings;
  const beyond = (amount: number, free: number) => Math.max(0, amount - (freeTier ? free : 0));
  const calls = (operation: Operation) => usage.users * usage[operation];
  const sum = (of: (operation: Operation) => number) =>
    OPERATIONS.reduce((total, operation) => total + calls(operation) * of(operation), 0);

  const requests = sum(() => 1);
  const mails = calls('reset') * ASSUMED.mails.perReset;
  const happenings = sum((operation) => HAPPENINGS[operation] ?? 0);
  const streamed = happenings * (settings.events ? 2 : 1); // noted, and published
  const gbSecondsOf = (operation: Operation) =>
    (billedMs(operation, results, settings) / 1000) * (memoryOf(operation, settings) / 1024);
  const background = mails * ASSUMED.mails.ms + streamed * ASSUMED.happenings.ms;
  const gbSeconds = sum(gbSecondsOf) + (background / 1000) * (settings.lightMemoryMb / 1024);
  const keysReads = keyLooks(usage, results, settings) * ASSUMED.keysReadUnits;
  const writes =
    sum((operation) => results.operations[operation].writeUnits) +
    mails * ASSUMED.mails.writeUnits +
    happenings * ASSUMED.happenings.writeUnits;
  const reads =
    sum((operation) => results.operations[operation].readUnits) + mails * ASSUMED.mails.readUnits + keysReads;
  const userGib = (usage.users * ASSUMED.userBytes) / GIB;
  const sessions = calls('log-in') * (ASSUMED.sessionDays / 30);
  const noted = happenings * (ASSUMED.happenings.days / 30) * ASSUMED.happenings.bytes;
  const tableGib = userGib + (sessions * ASSUMED.sessionBytes + noted) / GIB;
  const logGib =
    sum(
      (operation) =>
        logs.ours[operation] +
        (settings.lambdaLog ? logs.lambda : 0) +
        (settings.accessLog ? logs.access : 0),
    ) / GIB;
  const unseals = [...SIGNING].reduce((total, operation) => total + calls(operation) * ASSUMED.coldShare, 0);
  const outGib = sum((operation) => results.operations[operation].bytesOut) / GIB;
  const storedLogGib = logGib * ASSUMED.logRetentionMonths * ASSUMED.logCompression;

  return [
    entrance(requests, outGib, settings),
    {
      service: 'Lambda, requests',
      what: `${millions(requests + mails + streamed)} calls`,
      dollars:
        (beyond(requests + mails + streamed, FREE_TIER.lambdaRequests) / MILLION) *
        prices.lambdaRequests.dollars,
    },
    {
      service: 'Lambda, time',
      what: `${millions(gbSeconds)} GB-s`,
      dollars: tiered(beyond(gbSeconds, FREE_TIER.lambdaGbSeconds), prices.lambdaGbSeconds),
    },
    {
      service: 'DynamoDB, writes',
      what: `${millions(writes)} units`,
      dollars: (writes / MILLION) * prices.writeUnits.dollars,
    },
    {
      service: 'DynamoDB, reads',
      what: `${millions(reads)} units, ${millions(keysReads)} of them looks at the keys`,
      dollars: (reads / MILLION) * prices.readUnits.dollars,
    },
    {
      service: 'DynamoDB, storage and recovery',
      what: `${tableGib.toFixed(2)} GiB`,
      dollars:
        beyond(tableGib, FREE_TIER.tableGib) * prices.tableStorage.dollars +
        userGib * prices.pointInTimeRecovery.dollars,
    },
    {
      service: 'CloudWatch, logs',
      what: `${logGib.toFixed(2)} GiB`,
      dollars:
        beyond(logGib, FREE_TIER.logGib) * prices.logIngestion.dollars +
        beyond(storedLogGib, 0) * prices.logStorage.dollars,
    },
    {
      service: 'CloudWatch, metrics',
      what: `${ASSUMED.metrics} metrics`,
      dollars: beyond(ASSUMED.metrics, FREE_TIER.metrics) * prices.metric.dollars,
    },
    {
      service: 'CloudWatch, alarms and dashboard',
      what: `${fixed.alarmMetrics} metrics watched, ${fixed.dashboards} dashboard`,
      dollars:
        beyond(fixed.alarmMetrics, FREE_TIER.alarmMetrics) * prices.alarmMetric.dollars +
        beyond(fixed.dashboards, FREE_TIER.dashboards) * prices.dashboard.dollars,
    },
    {
      service: 'KMS',
      what: `${fixed.kmsKeys} key, ${millions(unseals)} calls`,
      dollars:
        fixed.kmsKeys * prices.kmsKey.dollars +
        (beyond(unseals, FREE_TIER.kmsRequests) / 10_000) * prices.kmsRequests.dollars,
    },
    { service: 'SES', what: `${Math.round(mails)} mails`, dollars: (mails / 1000) * prices.mails.dollars },
    ...(settings.events
      ? [
          {
            service: 'EventBridge',
            what: `${millions(happenings)} events`,
            dollars: (happenings / MILLION) * prices.customEvents.dollars,
          },
        ]
      : []),
    {
      service: 'Data transfer',
      what: `${outGib.toFixed(2)} GiB out`,
      dollars: beyond(outGib, FREE_TIER.transferGib) * prices.transferOut.dollars,
    },
  ];
}

/** Connections a second, and GiB an hour of Lambda targets, that one capacity unit of a load balancer covers. */
const UNIT_CONNECTIONS = 25;
const UNIT_GIB = 0.4;

function entrance(requests: number, outGib: number, { api, prices }: Settings): Line {
  const what = `${millions(requests)} requests`;
  if (api === 'load balancer') {
    // As if each request came on a connection of its own. The dearest of the dimensions is paid.
    const unitHours = Math.max(requests / 3600 / UNIT_CONNECTIONS, outGib / UNIT_GIB);
    const hours = SECONDS_A_MONTH / 3600;
    const dollars = hours * prices.loadBalancer.dollars + unitHours * prices.loadBalancerUnits.dollars;
    return { service: 'Application Load Balancer', what, dollars };
  }
  const [service, tiers] =
    api === 'rest'
      ? (['API Gateway (REST)', prices.restApi] as const)
      : (['API Gateway (HTTP)', prices.httpApi] as const);
  return { service, what, dollars: tiered(requests, tiers) / MILLION };
}

export function total(lines: readonly Line[]): number {
  return lines.reduce((sum, { dollars }) => sum + dollars, 0);
}

/**
 * From how many users on we cost no more than somebody else, within one user in a thousand.
 *
 * @returns `undefined` when that is so for nobody up to ten million
 */
export function breakEven(
  ours: (users: number) => number,
  theirs: (users: number) => number,
): number | undefined {
  let [low, high] = [1, 1e7];
  if (ours(high) > theirs(high)) return undefined;
  while (high / low > 1.001) {
    const middle = Math.sqrt(low * high);
    if (ours(middle) <= theirs(middle)) high = middle;
    else low = middle;
  }
  return Math.ceil(high);
}

/** Milliseconds that Lambda bills for one call, on average: a cold start's share is in it. */
export function billedMs(operation: Operation, results: Results, settings: Settings): number {
  const { ownMs, hashMs: bcryptMs, trips } = results.operations[operation];
  const hashes = bcryptMs > 0;
  const hashMs = settings.argon2id && hashes ? results.contest['bare argon2id'].medianMs : bcryptMs;
  // A function with less than a full core gets that share of its time.
  const share = Math.min(1, memoryOf(operation, settings) / ASSUMED.fullCoreMb);
  const busy = ((ownMs.median + hashMs) * ASSUMED.coreFactor) / share;
  return (
    Math.ceil(busy + trips * ASSUMED.storeTripMs + ASSUMED.runtimeMs) + ASSUMED.coldShare * ASSUMED.initMs
  );
}

function memoryOf(operation: Operation, { memoryMb, lightMemoryMb }: Settings): number {
  return HASHING.has(operation) ? memoryMb : lightMemoryMb;
}

/** Each warm container looks once a minute while it is asked anything at all, and never more often than it is asked. */
function keyLooks(usage: Usage, results: Results, settings: Settings): number {
  const minutes = SECONDS_A_MONTH / 60;
  return [...READING_KEYS].reduce((looks, operation) => {
    const calls = usage.users * usage[operation];
    const busy =
      (calls / SECONDS_A_MONTH) * ASSUMED.peakFactor * (billedMs(operation, results, settings) / 1000);
    return looks + Math.min(calls, minutes * Math.max(1, Math.ceil(busy)));
  }, 0);
}

/** The price of an amount, each part of it at the price of its tier; in units of the tiers' prices. */
function tiered(amount: number, tiers: Tiers): number {
  let from = 0;
  let sum = 0;
  for (const { upTo, dollars } of tiers) {
    sum += Math.max(0, Math.min(amount, upTo) - from) * dollars;
    from = upTo;
  }
  return sum;
}

function millions(amount: number): string {
  return `${(amount / MILLION).toFixed(amount < 100_000 ? 3 : 2)} M`;
}
