// Which key a skewed load heats, and how far that goes on AWS: writes bench/scale/hot-keys.md.
//   node bench/scale/hot-keys.ts
import { writeFileSync } from 'node:fs';
import type { MeteredCall } from '../metering-dynamodb.ts';
import { table } from '../report.ts';
import { type Functions, logIn, type Person, signUp, startStack } from '../stack.ts';

/** What one partition of a table takes in a second; an item never lies in more than one. */
const PARTITION = { write: 1000, read: 3000 };
const REQUESTS = 60;
const AT_ONCE = 4;

const stack = await startStack();
const meter = await stack.meter();
const functions = await stack.functions({ BCRYPT_COST: '4', AWS_ENDPOINT_URL_DYNAMODB: meter.url });

type Skew = { name: string; requests(functions: Functions): Promise<(() => Promise<unknown>)[]> };

const times = <T>(make: () => Promise<T>) => inSequence(Array.from({ length: REQUESTS }, () => make));
const logInFrom = (person: Person, sourceIp: string) => () =>
  functions.send({ path: '/auth/login', sourceIp, body: { email: person.email, password: person.password } });
const anyAddress = () => `198.51.${Math.floor(Math.random() * 256)}.${Math.floor(Math.random() * 256)}`;

const skews: Skew[] = [
  {
    name: 'log-ins to one account, from everywhere',
    async requests() {
      const person = await signUp(functions);
      return times(async () => logInFrom(person, anyAddress()));
    },
  },
  {
    name: 'log-ins to many accounts, from one address',
    requests: async () => times(async () => logInFrom(await signUp(functions), '203.0.113.1')),
  },
  {
    name: 'refreshes of many sessions, from one address',
    requests: async () =>
      times(async () => {
        const { refreshToken } = await logIn(functions, await signUp(functions));
        return () =>
          functions.send({ path: '/auth/refresh-tokens', sourceIp: '203.0.113.2', body: { refreshToken } });
      }),
  },
  {
    name: 'refreshes of many sessions, from everywhere',
    requests: async () =>
      times(async () => {
        const { refreshToken } = await logIn(functions, await signUp(functions));
        return () =>
          functions.send({ path: '/auth/refresh-tokens', sourceIp: anyAddress(), body: { refreshToken } });
      }),
  },
  {
    name: 'welcomes of one session',
    async requests() {
      const { accessToken } = await logIn(functions, await signUp(functions));
      const headers = { authorization: `Bearer ${accessToken}` };
      return times(async () => () => functions.send({ path: '/auth', headers }));
    },
  },
];

const rows: (string | number)[][] = [];
for (const { name, requests } of skews) {
  const all = await requests(functions);
  meter.begin();
  await inParallel(all);
  const { calls, units } = await meter.end();
  const [hottest, second] = heatOf(calls);
  const perRequest = (value: number) => (value / REQUESTS).toFixed(2);
  const shared = [hottest, second].filter((each) => each !== undefined && each[1].calls >= REQUESTS / 2);
  if (shared.length === 0) rows.push([name, 'none is shared', '–', '–', '–', 'no limit by key']);
  for (const [key, heat] of shared as [string, Heat][]) {
    const limit = Math.min(
      PARTITION.write / (heat.write / REQUESTS || Number.NaN) || Number.POSITIVE_INFINITY,
      PARTITION.read / (heat.read / REQUESTS || Number.NaN) || Number.POSITIVE_INFINITY,
    );
    const share = (100 * (heat.read + heat.write)) / units;
    rows.push([
      name,
      kindOf(key),
      perRequest(heat.write),
      perRequest(heat.read),
      `${share.toFixed(0)} %`,
      `${Math.floor(limit)}`,
    ]);
  }
  console.log(`${name}: measured`);
}
await stack.stop();

writeFileSync(
  new URL('hot-keys.md', import.meta.url),
  `# Heat by key

Made by \`node bench/scale/hot-keys.ts\` on ${new Date().toISOString().slice(0, 10)}. ${REQUESTS} requests a case, ${AT_ONCE} at once, through the metering proxy; units are an
even share of each call's among the items that it names. A partition takes ${PARTITION.write} write units and ${PARTITION.read} read units a second, and an item lies in one
partition alone, so that the last column holds at any size of the table. Of each case the hottest keys that at least half of its requests name, two at most.

${table(['load', 'key', 'write units a request', 'read units a request', 'of all units', 'requests a second it takes'], rows)}

Beyond that DynamoDB throttles the calls that name the key, and the SDK tries them again; a request that finds no room is answered 503 with \`Retry-After\`.
The limits of an account (five failures) and of a client address (\`LIMIT_…\`, in 5 minutes) stop an attacker far below. Units above the budget of a log-in come
from log-ins to one account at once, which try their conditional write again.
`,
);
console.log('Written: bench/scale/hot-keys.md');

type Heat = { calls: number; read: number; write: number };

/** Units by key, the hottest first. */
function heatOf(all: readonly MeteredCall[]): [string, Heat][] {
  const heat = new Map<string, Heat>();
  for (const { keys, readUnits, writeUnits } of all) {
    for (const key of keys) {
      const { calls, read, write } = heat.get(key) ?? { calls: 0, read: 0, write: 0 };
      const [readShare, writeShare] = [readUnits / keys.length, writeUnits / keys.length];
      heat.set(key, { calls: calls + 1, read: read + readShare, write: write + writeShare });
    }
  }
  return [...heat].sort(([, one], [, other]) => weightOf(other) - weightOf(one));
}

/** How much of what a partition takes. */
function weightOf({ read, write }: Heat): number {
  return read / PARTITION.read + write / PARTITION.write;
}

/** The table, and what the key is of, without whose. */
function kindOf(key: string): string {
  const [name = '', id = ''] = key.split(' ');
  const counter = id.includes('#') ? `${id.split('#')[0]}#…` : '…';
  return `${name.replace(/^bench-/, '')} ${counter}`;
}

async function inSequence<T>(makes: (() => Promise<T>)[]): Promise<T[]> {
  const made: T[] = [];
  for (const make of makes) made.push(await make());
  return made;
}

async function inParallel(all: (() => Promise<unknown>)[]): Promise<void> {
  const left = [...all];
  const work = async () => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) await next();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
