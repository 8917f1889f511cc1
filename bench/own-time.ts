// What refresh and welcome take of the processor next to their floors: the same calls of DynamoDB by the bare client, and the
// bare cryptography. `npm run bench` has both ratios, too; this takes half a minute.
//   node bench/own-time.ts [rounds]
import { loadavg } from 'node:os';
import { bareCalls, bareSignatures } from './floors.ts';
import { machine } from './machine.ts';
import { type Operation, operations } from './operations.ts';
import { eventOf, startStack } from './stack.ts';
import { type Contestant, inTurns, quantile } from './timing.ts';

const ROUNDS = Number(process.argv[2] ?? 60);

const load = loadavg()[0] ?? 0;
const stack = await startStack();
const meter = await stack.meter({ delay: 60 });
const metered = await stack.functions({ BCRYPT_COST: '4', AWS_ENDPOINT_URL_DYNAMODB: meter.url });
const functions = await stack.functions({ BCRYPT_COST: '4' });
const measured = operations.filter(({ name }) => name === 'refresh' || name === 'welcome');
const signatures = await bareSignatures();
const contestants = [...measured.map(handlerOf), ...signatures];
for (const operation of measured) contestants.push(await floorOf(operation));
const samples = await inTurns(contestants, ROUNDS);
await stack.stop();

const quantileOf = (name: string, share: number) =>
  quantile(
    (samples.get(name) ?? []).map(({ processor }) => processor),
    share,
  );
console.log(`${machine()}; load ${load.toFixed(1)} before, ${loadavg()[0]?.toFixed(1)} after`);
console.log('ms of the processor, median (tenth – quartile)');
for (const [name, { length }] of samples) {
  const [half = '', tenth, quartile] = [0.5, 0.1, 0.25].map((share) => quantileOf(name, share).toFixed(2));
  console.log(`${name.padEnd(36)}${half} (${tenth} – ${quartile}) of ${length} runs`);
}
for (const [name, share] of [
  ['medians', 0.5],
  ['tenths', 0.1],
] as const) {
  const of = (contestant: string) => quantileOf(contestant, share);
  const refresh = (of('refresh') - of(signatures[0]?.name ?? '')) / of('floor of refresh');
  const welcome = of('welcome') / of('floor of welcome');
  console.log(
    `by ${name}: refresh less the signature ${refresh.toFixed(2)} of its floor, welcome ${welcome.toFixed(2)} of its floor`,
  );
}

/** The handler alone is timed: neither the making of the event nor the reading of the answer. */
function handlerOf({ name, prepare }: Operation): Contestant {
  return {
    name,
    async prepare() {
      const event = eventOf(await prepare(functions));
      return async () => {
        const answer = await functions.answer(event);
        if (answer?.statusCode !== 200) throw new Error(`${name} answered ${answer?.statusCode}`);
      };
    },
  };
}

/** The same calls as an operation makes, by the bare client. */
async function floorOf({ name, prepare }: Operation): Promise<Contestant> {
  await metered.send(await prepare(metered)); // what is done but once
  const call = await prepare(metered);
  meter.begin();
  await metered.send(call);
  return bareCalls(`floor of ${name}`, stack, (await meter.end()).calls);
}
