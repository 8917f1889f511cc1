// What refresh and welcome take of the processor next to their floors: the same calls of DynamoDB by the bare client, and the
// bare cryptography. All in one process and in turns, so that a noisy moment of the machine hits all of them alike; each turn
// is a block of runs, since a container of Lambda runs one function again and again.
//   node bench/own-time.ts [turns]
import { loadavg } from 'node:os';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { bareCalls, bareSignatures } from './floors.ts';
import { machine } from './machine.ts';
import { eventOf, type Functions, logIn, signUp, startStack } from './stack.ts';
import { type Contestant, median, quantile, timed } from './timing.ts';

const TURNS = Number(process.argv[2] ?? 80);
const BLOCK = 25;
/** Runs of a block that count for nothing: the one before it was another's. */
const FIRST = 3;
/** Turns before the first that counts, in which Node compiles what runs often. */
const WARM_UP = 10;

const load = loadavg()[0] ?? 0;
const stack = await startStack();
const meter = await stack.meter({ delay: 60 });
const metered = await stack.functions({ BCRYPT_COST: '4', AWS_ENDPOINT_URL_DYNAMODB: meter.url });
const functions = await stack.functions({ BCRYPT_COST: '4' });
const signatures = await bareSignatures();
const took = await inBlocks([
  await refreshing(functions),
  await floorOf(await refreshing(metered)),
  await welcoming(functions),
  await floorOf(await welcoming(metered)),
  ...signatures,
]);
await stack.stop();

console.log(`${machine()}; load ${load.toFixed(1)} before, ${loadavg()[0]?.toFixed(1)} after`);
console.log(`ms of the processor, median (tenth – quartile) of ${TURNS * (BLOCK - FIRST)} runs each`);
for (const [name, all] of took) {
  const [tenth, quartile] = [0.1, 0.25].map((share) => quantile(all, share).toFixed(2));
  console.log(`${name.padEnd(36)}${median(all).toFixed(2)} (${tenth} – ${quartile})`);
}
for (const [name, share] of [
  ['medians', 0.5],
  ['tenths', 0.1],
] as const) {
  const of = (contestant: string) => quantile(took.get(contestant) ?? [], share);
  const refresh = (of('refresh') - of(signatures[0]?.name ?? '')) / of('floor of refresh');
  const welcome = of('welcome') / of('floor of welcome');
  console.log(
    `by ${name}: refresh less the signature ${refresh.toFixed(2)} of its floor, welcome ${welcome.toFixed(2)} of its floor`,
  );
}

/** @returns milliseconds of the processor by name */
async function inBlocks(contestants: readonly Contestant[]): Promise<Map<string, number[]>> {
  const all = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
  for (let turn = -WARM_UP; turn < TURNS; turn += 1) {
    for (const { name, prepare } of contestants) {
      for (let run = 0; run < BLOCK; run += 1) {
        const { processor } = await timed(await prepare());
        if (turn >= 0 && run >= FIRST) all.get(name)?.push(processor);
      }
    }
  }
  return all;
}

async function refreshing(of: Functions): Promise<Contestant> {
  let { refreshToken } = await logIn(of, await signUp(of));
  return answering('refresh', of, {
    event: () => eventOf({ path: '/auth/refresh-tokens', body: { refreshToken } }),
    answered: (body) => {
      refreshToken = String(body.refreshToken);
    },
  });
}

async function welcoming(of: Functions): Promise<Contestant> {
  const { accessToken } = await logIn(of, await signUp(of));
  const headers = { authorization: `Bearer ${accessToken}` };
  return answering('welcome', of, { event: () => eventOf({ path: '/auth', headers }) });
}

/** The handler alone is timed: neither the making of the event nor the reading of the answer. */
function answering(
  name: string,
  of: Functions,
  exchange: { event(): APIGatewayProxyEvent; answered?(body: Record<string, unknown>): void },
): Contestant {
  let body: string | undefined;
  return {
    name,
    async prepare() {
      if (body !== undefined) exchange.answered?.(JSON.parse(body));
      const event = exchange.event();
      return async () => {
        const answer = await of.answer(event);
        if (answer?.statusCode !== 200) throw new Error(`${name} answered ${answer?.statusCode}`);
        body = answer.body;
      };
    },
  };
}

/** The same calls as an operation makes, by the bare client. */
async function floorOf(contestant: Contestant): Promise<Contestant> {
  await (await contestant.prepare())(); // what is done but once
  const run = await contestant.prepare();
  meter.begin();
  await run();
  return bareCalls(`floor of ${contestant.name}`, stack, (await meter.end()).calls);
}
