import type { DynamoDBBatchResponse } from 'aws-lambda';
import { expect, inject } from 'vitest';
import { coded, expectAnswer, problem, seconds, sentences } from '../contract/answers.ts';
import type { Call, Reply } from '../harness/client.ts';
import {
  canMeet,
  durations,
  type Fault,
  type FaultyDynamodb,
  startFaultyDynamodb,
  type Trouble,
} from './faulty-dynamodb.ts';
import { coldHandler, context, functionOf, type Handler, type ownWorld, sendTo } from './own-world.ts';
import type { EmailVerification, Scenario } from './scenario.ts';

type World = Awaited<ReturnType<typeof ownWorld>>;

/** One at a time: a function learns where DynamoDB is from the environment, when it first calls it. */
let turn: Promise<unknown> = Promise.resolve();

/** Starts the function cold in front of a DynamoDB, and runs it once. */
export function startCold<T>(
  {
    name,
    prefix,
    dynamodb,
    emailVerification = 'off',
  }: { name: string; prefix: string; dynamodb: FaultyDynamodb; emailVerification?: EmailVerification },
  run: (handler: Handler) => Promise<T>,
): Promise<{ handler: Handler; first: Promise<T> }> {
  const mine = turn.then(async () => {
    const handler = await coldHandler(name, {
      TABLE_PREFIX: prefix,
      AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url,
      EMAIL_VERIFICATION: emailVerification,
    });
    const first = run(handler);
    await Promise.race([dynamodb.reached, first.catch(() => undefined)]);
    return { handler, first };
  });
  turn = mine.catch(() => undefined);
  return mine;
}

/** Runs a scenario in front of a DynamoDB where nothing goes wrong. @returns the calls that it makes */
export async function callsOf(world: World, scenario: Scenario): Promise<string[]> {
  return tryWith(world, scenario, undefined);
}

/** How long serverless.yml lets a function run. */
const LAMBDA_MS = 10_000;

/** Runs a scenario with trouble, and again when the trouble is over. @throws when a guarantee does not hold */
export async function tryWith(
  world: World,
  scenario: Scenario,
  trouble: Trouble | undefined,
  lifetime = LAMBDA_MS,
): Promise<string[]> {
  const {
    call,
    prefix = world.prefix,
    emailVerification,
    success,
    done = success,
    holds,
    afterwards,
  } = await scenario.prepare(world);
  const dynamodb = await startFaultyDynamodb(inject('stack').dynamodbUrl, trouble);
  try {
    const name = 'event' in call ? scenario.of : functionOf(call);
    const send = (to: Handler) => ('event' in call ? invoke(to, call.event) : sendTo(to, call, lifetime));
    const { handler, first } = await startCold(
      { name, prefix, dynamodb, ...(emailVerification && { emailVerification }) },
      send,
    );
    const start = Date.now();
    const reply = await first;
    if (!('event' in call)) expect(Date.now() - start).toBeLessThan(lifetime);
    if (reply.status !== success && !('event' in call)) expectUnavailable(call, reply);
    if (trouble === undefined) expect(reply.status).toBe(success);
    else expect(dynamodb.struck()).toBeGreaterThan(0);
    // A collision with another writer is no outage: it is tried again.
    if (trouble?.fault === 'in conflict with a transaction' && trouble.lasts === 'once')
      expect(reply.status).toBe(success);
    await holds?.([reply]);

    const calls = [...dynamodb.calls];
    dynamodb.heal();
    let again = await send(handler);
    // A function that lives on may still be waiting for a call of the request that it had to abandon.
    const silent = trouble?.fault === 'left without an answer';
    for (let tries = 1; silent && again.status === 503 && tries < 6; tries += 1) again = await send(handler);
    expect([success, done]).toContain(again.status);
    await holds?.([reply, again]);
    await afterwards([reply, again]);
    return calls;
  } finally {
    await dynamodb.stop();
  }
}

/** Invokes a function that has no route, and says as a request would what became of it. */
export async function invoke(handler: Handler, event: object): Promise<Reply> {
  const answer = { headers: {}, text: '', json: undefined };
  try {
    const result = (await handler(event as never, context)) as DynamoDBBatchResponse | object;
    const failed = 'batchItemFailures' in result && result.batchItemFailures.length > 0;
    return { status: failed ? 503 : 200, ...answer };
  } catch (error) {
    expect(error).toMatchObject({ problem: { code: 'unavailable' } });
    return { status: 503, ...answer };
  }
}

/** A 503 in the dialect's own shape, with nothing in it but when to try again. */
function expectUnavailable({ path }: Call, reply: Reply): void {
  if (/^\/(reset-password|forgot-password|verify-email|undo)/.test(path)) {
    expect(reply).toMatchObject({ status: 503, headers: { 'retry-after': seconds } });
    expect(reply.text).toContain('The service cannot be reached at the moment. Try again in 2 seconds.');
    return;
  }
  const inWords = 'The service is unavailable; try again in 2 seconds.';
  const headers = { 'retry-after': seconds };
  expectAnswer(
    reply,
    path.startsWith('/accounts')
      ? { ...sentences(503, inWords), headers }
      : /^\/(auth|admin)/.test(path)
        ? coded('unavailable', problem(503, 'Service Unavailable', inWords, { headers }))
        : problem(503, 'Service Unavailable', inWords, { headers }),
  );
}

/** A scenario that knows the calls it makes and so can be tried with each fault of each of them. */
export function troublesOf(calls: readonly string[], faults: readonly Fault[]): Trouble[] {
  return calls.flatMap((call) =>
    faults
      .filter((fault) => canMeet(call, fault))
      .flatMap((fault) => durations.map((lasts) => ({ call, fault, lasts }))),
  );
}

/** Tries every trouble, several at a time since most of it is waiting. @returns what failed, in words */
export async function failuresOf<T>(
  all: readonly T[],
  attempt: (one: T) => Promise<unknown>,
): Promise<string[]> {
  const failures: string[] = [];
  const rest = all.values();
  const worker = async () => {
    for (const one of rest) {
      try {
        await attempt(one);
      } catch (error) {
        failures.push(`${JSON.stringify(one)}: ${(error as Error).message}`);
      }
    }
  };
  // Five scenarios run in parallel: with more of these the process is so busy that sound calls of DynamoDB time out.
  await Promise.all(Array.from({ length: 8 }, worker));
  return failures;
}
