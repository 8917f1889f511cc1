// A rush of log-ins, tick by tick: arrivals by chance, how long each request holds its container, and what containers
// and requests ask of everything that has a quota. The same seed gives the same rush.
import { ASSUMED } from '../cost/cost-model.ts';
import { OPERATIONS, type Operation, type Results } from '../results-file.ts';

/** Seconds. Shorter than any request but the very shortest, so that what a request holds is counted as it is. */
const TICK = 0.005;
const TICKS_A_SECOND = Math.round(1 / TICK);
/** How long a warm container trusts the keys that it read: `CACHE_MS` in lib/tokens/verification-keys.ts. */
const KEYS_CACHE_SECONDS = 60;
/** How long a tenth of the load has come when the rush begins. */
const WARM_UP_SECONDS = 10;
/** Draws of a request's time that its distribution is made of. */
const DRAWS = 4_000;

/** What people do for each log-in while everybody comes at once. docs/scale.md says why so much. */
export const MIX: Readonly<Record<Operation, number>> = {
  register: 0.01,
  'log-in': 1,
  refresh: 0.56,
  welcome: 0.4,
  'log-out': 0.1,
  forget: 0.01,
  reset: 0.006,
};

export const TABLES = ['users', 'emails', 'sessions', 'reset-tags', 'throttles'] as const;
export type Table = (typeof TABLES)[number];
type Units = { readonly reads?: number; readonly writes?: number };

/** Where each operation's units go, from the code; together they are what the measurements say of the operation. */
export const UNITS: Readonly<Record<Operation, Readonly<Partial<Record<Table, Units>>>>> = {
  register: {
    throttles: { writes: 1 },
    emails: { writes: 2 },
    users: { writes: 2 },
    sessions: { writes: 2 },
  },
  'log-in': {
    throttles: { writes: 4 },
    emails: { reads: 1 },
    users: { reads: 1 },
    sessions: { writes: 1 },
  },
  refresh: { users: { reads: 1 }, sessions: { writes: 1 } },
  welcome: { users: { reads: 1 }, sessions: { reads: 1 } },
  'log-out': { sessions: { writes: 1 }, users: { reads: 0.5 } },
  forget: { throttles: { writes: 1 }, emails: { reads: 1 }, 'reset-tags': { writes: 1 } },
  reset: {
    'reset-tags': { reads: 1, writes: 2 },
    users: { reads: 1, writes: 2 },
    throttles: { writes: 2 },
    sessions: { writes: 2 },
  },
};
/** What an operation may also cost: a log-out by refresh token alone. */
const OTHER_FORMS: Readonly<Partial<Record<Operation, { readonly reads: number; readonly writes: number }>>> =
  {
    'log-out': { reads: 0, writes: 1 },
  };

/** Whether an operation's units by table add up to what was measured of it; otherwise one of the two has changed. */
export function addsUp(operation: Operation, results: Results): boolean {
  const parts = Object.values(UNITS[operation]);
  const sum = (kind: keyof Units) => sumOf(parts.map((units) => units[kind] ?? 0));
  const { readUnits, writeUnits } = results.operations[operation];
  return [{ reads: sum('reads'), writes: sum('writes') }, OTHER_FORMS[operation]].some(
    (form) => form?.reads === readUnits && form.writes === writeUnits,
  );
}

/** Of one mail, by send-mail: the row read and twice written, the user, and the quota of mails. */
const MAIL_UNITS: Readonly<Partial<Record<Table, Units>>> = {
  'reset-tags': { reads: 1, writes: 2 },
  users: { reads: 1 },
  throttles: { writes: 1 },
};
const READS_KEYS: ReadonlySet<Operation> = new Set(['register', 'log-in', 'refresh', 'welcome', 'log-out']);
const SIGNS: ReadonlySet<Operation> = new Set(['register', 'log-in', 'refresh']);
const MAILS: ReadonlySet<Operation> = new Set(['forget', 'reset']);

/** Settings `REQUESTS_PER_SECOND` and `HASHES_PER_SECOND`. */
export type Rates = { readonly requestsPerSecond: number; readonly hashesPerSecond: number };

export type Limits = {
  /** Of all requests to API Gateway, with the bucket that evens out bursts: requests a second, requests. */
  readonly api: { readonly rate: number; readonly burst: number };
  /** Requests a second of each operation's route, which may burst as high. */
  readonly routes: Readonly<Record<Operation, number>>;
  /** Concurrent executions of the account; it also takes ten times as many requests a second. */
  readonly concurrency: number;
  /** Containers that one function may gain in ten seconds. */
  readonly containersIn10s: number;
};

/** What the routes take with these settings, as infrastructure/routes.ts shares them out. */
export function routesOf({ requestsPerSecond, hashesPerSecond }: Rates): Limits['routes'] {
  return {
    register: hashesPerSecond,
    'log-in': hashesPerSecond,
    refresh: requestsPerSecond,
    welcome: requestsPerSecond,
    'log-out': requestsPerSecond / 10,
    forget: hashesPerSecond / 10,
    reset: hashesPerSecond / 10,
  };
}

/** Nothing is refused: what the load asks for. */
export const NO_LIMITS: Limits = {
  api: { rate: Number.POSITIVE_INFINITY, burst: Number.POSITIVE_INFINITY },
  routes: recordOf(() => Number.POSITIVE_INFINITY),
  concurrency: Number.POSITIVE_INFINITY,
  containersIn10s: Number.POSITIVE_INFINITY,
};

export type Rush = {
  readonly seed: number;
  /** Log-ins a second at the peak. */
  readonly logIns: number;
  /** Seconds in which the load climbs from a tenth of the peak to the peak, and for which it then stays there. */
  readonly climb: number;
  readonly hold: number;
  readonly mix: Readonly<Record<Operation, number>>;
};

/** Means of the time at the peak; `most…` is the highest second of the whole rush. */
export type Outcome = {
  readonly requestsPerSecond: number;
  readonly busy: Readonly<Record<Operation, number>>;
  readonly busyTogether: number;
  readonly mostBusy: number;
  readonly containers: Readonly<Record<Operation, number>>;
  readonly mostContainersIn10s: number;
  /** Looks at the table of keys and openings of the sealed key, in a second. */
  readonly keyLooksPerSecond: number;
  readonly mostKeyLooks: number;
  readonly mostUnseals: number;
  readonly tables: Readonly<Record<Table, { readonly reads: number; readonly writes: number }>>;
  readonly mailsPerSecond: number;
  /** Of all requests of the rush. */
  readonly arrived: number;
  readonly refusedByApi: number;
  readonly refusedByLambda: number;
  /** Seconds from the beginning until the last one in which more than one request in a thousand was refused. */
  readonly settledAfter: number;
};

/** Runs a rush. */
export function simulate(rush: Rush, results: Results, limits: Limits): Outcome {
  const random = generator(rush.seed);
  const functions = OPERATIONS.map((operation) =>
    openFunction(operation, rush.mix[operation] * rush.logIns, results, limits, random),
  );
  const api = bucket(limits.api.rate, limits.api.burst);
  const calls = bucket(limits.concurrency * 10, limits.concurrency * 10);
  const second = emptySecond();
  const peak = { busy: 0, seconds: 0, keyLooks: 0 };
  const most = { busy: 0, keyLooks: 0, unseals: 0, containersIn10s: 0 };
  const sums = { arrived: 0, refusedByApi: 0, refusedByLambda: 0, settledAfter: 0 };
  const seconds = WARM_UP_SECONDS + Math.ceil(rush.climb + rush.hold);

  for (let now = 0; now < seconds * TICKS_A_SECOND; now += 1) {
    // Before the rush everything had the time to fit itself to a tenth of it, whatever the limits are.
    const warmingUp = now < WARM_UP_SECONDS * TICKS_A_SECOND;
    const load = loadAt(now * TICK - WARM_UP_SECONDS, rush.climb);
    api.refill();
    calls.refill();
    for (const each of functions) release(each, now);
    for (const each of functions) {
      each.route.refill();
      each.growth.refill();
      const arrivals = poisson(random, each.rate * load * TICK);
      const admitted = warmingUp ? arrivals : api.take(each.route.take(arrivals));
      const busy = sumOf(functions.map((one) => one.busy));
      const served = warmingUp
        ? admitted
        : calls.take(Math.min(admitted, Math.max(0, limits.concurrency - busy)));
      const warm = Math.min(served, each.alive - each.busy);
      const begun = warmingUp ? served - warm : each.growth.take(served - warm);
      begin(each, now, warm, begun, warmingUp ? 0 : ASSUMED.initMs, random);
      second.arrived += arrivals;
      second.refusedByApi += arrivals - admitted;
      second.refusedByLambda += admitted - warm - begun;
      second.unseals += SIGNS.has(each.operation) ? begun : 0;
      second.keyLooks += READS_KEYS.has(each.operation)
        ? looksAt(each, now, begun, warmingUp ? random : undefined)
        : 0;
      second.busy += each.busy;
      each.second.served += warm + begun;
      each.second.begun += begun;
      each.second.busy += each.busy;
    }
    if ((now + 1) % TICKS_A_SECOND === 0) endSecond((now + 1) / TICKS_A_SECOND - WARM_UP_SECONDS);
  }

  function endSecond(at: number): void {
    const atPeak = at > rush.climb + rush.hold / 2; // what the climb began has ended by then
    if (at > 0) {
      const refused = second.refusedByApi + second.refusedByLambda;
      sums.arrived += second.arrived;
      sums.refusedByApi += second.refusedByApi;
      sums.refusedByLambda += second.refusedByLambda;
      if (refused * 1000 > second.arrived) sums.settledAfter = at;
      most.busy = Math.max(most.busy, second.busy / TICKS_A_SECOND);
      most.keyLooks = Math.max(most.keyLooks, second.keyLooks);
      most.unseals = Math.max(most.unseals, second.unseals);
    }
    if (atPeak) {
      peak.seconds += 1;
      peak.busy += second.busy / TICKS_A_SECOND;
      peak.keyLooks += second.keyLooks;
    }
    for (const each of functions) {
      each.begunIn10s.push(at > 0 ? each.second.begun : 0);
      if (each.begunIn10s.length > 10) each.begunIn10s.shift();
      most.containersIn10s = Math.max(most.containersIn10s, sumOf(each.begunIn10s));
      if (atPeak) {
        each.served += each.second.served;
        each.busyAtPeak += each.second.busy / TICKS_A_SECOND;
      }
      each.second = { served: 0, begun: 0, busy: 0 };
    }
    Object.assign(second, emptySecond());
  }

  const functionOf = (operation: Operation) => functions[OPERATIONS.indexOf(operation)] as SimulatedFunction;
  const served = recordOf((operation) => functionOf(operation).served / peak.seconds);
  return {
    requestsPerSecond: sumOf(Object.values(served)),
    busy: recordOf((operation) => functionOf(operation).busyAtPeak / peak.seconds),
    busyTogether: peak.busy / peak.seconds,
    mostBusy: most.busy,
    containers: recordOf((operation) => functionOf(operation).alive),
    mostContainersIn10s: most.containersIn10s,
    keyLooksPerSecond: peak.keyLooks / peak.seconds,
    mostKeyLooks: most.keyLooks,
    mostUnseals: most.unseals,
    tables: tableLoads(served),
    mailsPerSecond: mailsOf(served),
    ...sums,
  };
}

/** Units a second of each table when so many requests a second are served. */
export function tableLoads(served: Readonly<Record<Operation, number>>): Outcome['tables'] {
  const mails = mailsOf(served);
  const load = (table: Table, kind: keyof Units) =>
    sumOf(OPERATIONS.map((operation) => served[operation] * (UNITS[operation][table]?.[kind] ?? 0))) +
    mails * (MAIL_UNITS[table]?.[kind] ?? 0);
  return Object.fromEntries(
    TABLES.map((table) => [table, { reads: load(table, 'reads'), writes: load(table, 'writes') }]),
  ) as Outcome['tables'];
}

/** Every request for a reset is mailed, as if every address had an account, and every reset is told. */
function mailsOf(served: Readonly<Record<Operation, number>>): number {
  return sumOf([...MAILS].map((operation) => served[operation]));
}

export type AddressOutcome = {
  readonly logIns: number;
  readonly refused: number;
  /** Seconds into the window of five minutes at which the first log-in was refused; `undefined`: none was. */
  readonly firstRefusal: number | undefined;
  /** Writes a second of the address's one counter, in its busiest second. */
  readonly mostWrites: number;
};

/**
 * Everybody behind one client address, for one window of the address's counter: a log-in takes a place of the counter,
 * and gives it back when the password was right (`withinLoginLimits` in lib/core/throttle.ts).
 *
 * @param rate log-ins a second from this address
 * @param failing the share of log-ins with a wrong password
 * @param limit places: `LIMIT_LOGIN_FAILURES`
 * @param holds seconds that a log-in takes
 */
export function simulateAddress(
  {
    seed,
    rate,
    failing,
    limit,
    holds,
  }: { seed: number; rate: number; failing: number; limit: number; holds: number },
  windowSeconds = 300,
): AddressOutcome {
  const random = generator(seed);
  const writes = new Map<number, number>();
  const write = (at: number) => writes.set(Math.floor(at), (writes.get(Math.floor(at)) ?? 0) + 1);
  /** When each place comes back; log-ins take equally long, so that they come back in order. */
  const returning: number[] = [];
  let [taken, returned, logIns, refused] = [0, 0, 0, 0];
  let firstRefusal: number | undefined;
  for (let now = exponential(random, rate); now < windowSeconds; now += exponential(random, rate)) {
    while ((returning[returned] ?? Number.POSITIVE_INFINITY) <= now) {
      write(returning[returned] ?? 0);
      returned += 1;
      taken -= 1;
    }
    logIns += 1;
    write(now); // refused conditions are charged, and heat the partition, as those that hold
    if (taken >= limit) {
      refused += 1;
      firstRefusal ??= now;
    } else {
      taken += 1;
      if (random() >= failing) returning.push(now + holds);
    }
  }
  return { logIns, refused, firstRefusal, mostWrites: Math.max(0, ...writes.values()) };
}

/** How long one request of an operation holds a container, in seconds, on average. */
export function meanSeconds(operation: Operation, results: Results): number {
  const times = drawTimes(operation, results, generator(1));
  return sumOf(times) / times.length;
}

type SimulatedFunction = {
  readonly operation: Operation;
  /** Requests a second at the peak. */
  readonly rate: number;
  /** How likely a request takes so many ticks: index and share. */
  readonly ticks: ReadonlyArray<{ readonly ticks: number; readonly share: number }>;
  /** Containers that end their request at a tick, in a ring. */
  readonly ending: Float64Array;
  /** Containers by the tick, modulo the cache's life, at which they look at the keys again. */
  readonly looking: Float64Array;
  /** What the API lets through of the route, and Lambda's containers to begin. */
  readonly route: Bucket;
  readonly growth: Bucket;
  /** Containers begun in each of the last ten seconds. */
  readonly begunIn10s: number[];
  /** Of this second. */
  second: { served: number; begun: number; busy: number };
  alive: number;
  busy: number;
  /** Since the peak began: requests, and the sum of each second's mean. */
  served: number;
  busyAtPeak: number;
};

const RING = 4_096;

function openFunction(
  operation: Operation,
  rate: number,
  results: Results,
  limits: Limits,
  random: () => number,
): SimulatedFunction {
  const counts = new Map<number, number>();
  for (const seconds of drawTimes(operation, results, random)) {
    // Rounded up as often as it takes for the mean to stay what it was.
    const ticks = Math.min(RING - 200, Math.floor(seconds / TICK + random()));
    counts.set(ticks, (counts.get(ticks) ?? 0) + 1);
  }
  return {
    operation,
    rate,
    ticks: [...counts].map(([ticks, count]) => ({ ticks, share: count / DRAWS })),
    ending: new Float64Array(RING),
    looking: new Float64Array(KEYS_CACHE_SECONDS * TICKS_A_SECOND),
    route: bucket(limits.routes[operation], limits.routes[operation]),
    growth: bucket(limits.containersIn10s / 10, limits.containersIn10s),
    begunIn10s: [],
    second: { served: 0, begun: 0, busy: 0 },
    alive: 0,
    busy: 0,
    served: 0,
    busyAtPeak: 0,
  };
}

/** Own time as measured, its median and p99 on a log-normal curve; the hash within five per cent; trips around four ms. */
function drawTimes(operation: Operation, results: Results, random: () => number): number[] {
  const { ownMs, hashMs, trips } = results.operations[operation];
  const ownSpread = ownMs.median > 0 ? Math.max(0, Math.log(ownMs.p99 / ownMs.median) / 2.326) : 0;
  return Array.from({ length: DRAWS }, () => {
    const own = ownMs.median * Math.exp(ownSpread * normal(random));
    const hash = hashMs * Math.exp(0.05 * normal(random));
    let store = 0;
    for (let trip = 0; trip < Math.round(trips); trip += 1)
      store += ASSUMED.storeTripMs * Math.exp(0.4 * normal(random) - 0.08);
    return (own + hash + store + ASSUMED.runtimeMs) / 1000;
  });
}

function release(each: SimulatedFunction, now: number): void {
  const slot = now % RING;
  each.busy -= each.ending[slot] ?? 0;
  each.ending[slot] = 0;
}

/** Requests of a tick begin together: those in warm containers, and those that wait for a new one's start. */
function begin(
  each: SimulatedFunction,
  now: number,
  warm: number,
  begun: number,
  initMs: number,
  random: () => number,
): void {
  each.alive += begun;
  spread(each, now, warm, 0, random);
  spread(each, now, begun, Math.round(initMs / 1000 / TICK), random);
}

/** Draws for all of them at once how many take how many ticks: exact, and as fast for a million as for one. */
function spread(
  each: SimulatedFunction,
  now: number,
  count: number,
  later: number,
  random: () => number,
): void {
  let [left, share] = [count, 1];
  for (const { ticks, share: its } of each.ticks) {
    if (left === 0) return;
    const here = its >= share ? left : binomial(random, left, its / share);
    // One that takes less than a tick may be over before it is looked at; its mean is right all the same.
    if (ticks + later > 0) {
      const slot = (now + ticks + later) % RING;
      each.busy += here;
      each.ending[slot] = (each.ending[slot] ?? 0) + here;
    }
    left -= here;
    share -= its;
  }
}

/**
 * New containers look at once, all others when their minute is over: in a rush there is always a next request. Those
 * from before the rush were begun at any time.
 */
function looksAt(
  { looking }: SimulatedFunction,
  now: number,
  begun: number,
  anyTime: (() => number) | undefined,
): number {
  const slot = now % looking.length;
  const due = looking[slot] ?? 0;
  for (let each = 0; each < begun; each += 1) {
    const at = anyTime ? Math.floor(anyTime() * looking.length) : slot;
    looking[at] = (looking[at] ?? 0) + 1;
  }
  return due + begun;
}

function loadAt(seconds: number, climb: number): number {
  if (seconds < 0) return 0.1;
  return climb === 0 ? 1 : Math.min(1, 0.1 + (0.9 * seconds) / climb);
}

function emptySecond() {
  return { arrived: 0, refusedByApi: 0, refusedByLambda: 0, keyLooks: 0, unseals: 0, busy: 0 };
}

type Bucket = {
  refill(): void;
  /** @returns how many of them there were */
  take(wanted: number): number;
};

/** A token bucket, refilled once a tick. @see https://en.wikipedia.org/wiki/Token_bucket */
function bucket(rate: number, burst: number): Bucket {
  if (rate === Number.POSITIVE_INFINITY) return { refill: () => undefined, take: (wanted) => wanted };
  let tokens = burst;
  return {
    refill() {
      tokens = Math.min(burst, tokens + rate * TICK);
    },
    take(wanted: number): number {
      const taken = Math.min(wanted, Math.floor(tokens));
      tokens -= taken;
      return taken;
    },
  };
}

/** Numbers from 0 to 1, the same for the same seed. @see https://github.com/bryc/code/blob/master/jshash/PRNGs.md mulberry32 */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function exponential(random: () => number, rate: number): number {
  return -Math.log(1 - random()) / rate;
}

/** Exact for small means; from 30 on by the normal curve, which is then as good. */
function poisson(random: () => number, mean: number): number {
  if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  const floor = Math.exp(-mean);
  let [count, product] = [0, random()];
  while (product > floor) {
    count += 1;
    product *= random();
  }
  return count;
}

function binomial(random: () => number, count: number, chance: number): number {
  const variance = count * chance * (1 - chance);
  if (variance > 30)
    return Math.min(count, Math.max(0, Math.round(count * chance + Math.sqrt(variance) * normal(random))));
  let hits = 0;
  for (let draw = 0; draw < count; draw += 1) if (random() < chance) hits += 1;
  return hits;
}

function recordOf(of: (operation: Operation) => number): Record<Operation, number> {
  return Object.fromEntries(OPERATIONS.map((operation) => [operation, of(operation)])) as Record<
    Operation,
    number
  >;
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
