// The bundles as they are deployed: minified, without the parts of the AWS SDK that tools/build/sdk-stand-ins.ts leaves out.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { pathToFileURL } from 'node:url';
import type { DynamoDBBatchResponse } from 'aws-lambda';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { bundleForDeployment } from '../../tools/build/bundle.ts';
import { startFaultyDynamodb, type Trouble } from '../faults/faulty-dynamodb.ts';
import { type SesFault, startFaultySes } from '../faults/faulty-ses.ts';
import {
  context,
  deliveryOf,
  functionOf,
  type Handler,
  newTables,
  ownWorld,
  sendTo,
} from '../faults/own-world.ts';
import { captureOutput } from '../harness/captured-output.ts';
import type { Client } from '../harness/client.ts';
import { startLocalKms } from '../harness/memory/kms.ts';
import { loggedIn, signedUp, somebody } from '../harness/people.ts';

const folder = `${mkdtempSync(`${tmpdir()}/gatehouse-bundles-`)}/`;
await bundleForDeployment(
  ['rotate-keys', 'signup', 'login', 'refresh-tokens', 'forget-password', 'send-mail'],
  folder,
);
const world = await ownWorld();
// As deployed: keys sealed by KMS.
const kms = await startLocalKms();
const ses = await startFaultySes(inject('stack').inboxUrl);
const prefix = await newTables('without a key');
const output = captureOutput();
const { dynamodbUrl } = inject('stack');
const asDeployed = {
  TABLE_PREFIX: prefix,
  SEALING_SECRET: '',
  SEALING_KMS_KEY: 'arn:aws:kms:eu-central-1:000000000000:key/bundles',
  AWS_ENDPOINT_URL_DYNAMODB: dynamodbUrl,
  AWS_ENDPOINT_URL_SES: ses.url,
  AWS_REGION: 'eu-central-1',
  AWS_RETRY_MODE: '',
  LOG_LEVEL: 'INFO',
};

beforeAll(async () => {
  Object.assign(process.env, asDeployed);
  const rotateKeys = await cold('rotate-keys'); // as a deployment does
  await rotateKeys({ command: 'rotate' } as never, context);
});
beforeEach(() => {
  Object.assign(process.env, asDeployed);
  output.lines(); // what came before is not of this test
});
afterEach(() => {
  ses.fault = undefined;
  kms.instead.length = 0;
});
afterAll(async () => {
  output.restore();
  kms.stop();
  await ses.stop();
  rmSync(folder, { recursive: true });
});

/** A deployed function that has just started. */
let started = 0;
async function cold(name: string): Promise<Handler> {
  started += 1;
  const url = `${pathToFileURL(`${folder}functions/${name}.js`)}?${started}`;
  return ((await import(/* @vite-ignore */ url)) as { handler: Handler }).handler;
}

/** Every request to a function that has just started. */
const client: Client = {
  name: 'bundled',
  send: async (call) => sendTo(await cold(functionOf(call)), call),
};

const logged = () => output.lines().map((line) => JSON.parse(line) as Record<string, unknown>);

/** The client, with this trouble in DynamoDB. @returns what `act` does, and how often trouble struck */
async function inTrouble<T>(trouble: Trouble, act: () => Promise<T>): Promise<[T, number]> {
  const dynamodb = await startFaultyDynamodb(dynamodbUrl, trouble);
  process.env.AWS_ENDPOINT_URL_DYNAMODB = dynamodb.url;
  try {
    return [await act(), dynamodb.struck()];
  } finally {
    process.env.AWS_ENDPOINT_URL_DYNAMODB = dynamodbUrl;
    await dynamodb.stop();
  }
}

const login = ({ email, password }: { email: string; password: string }) =>
  client.send({ path: '/auth/login', body: { email, password } });
const refresh = (refreshToken: string) =>
  client.send({ path: '/auth/refresh-tokens', body: { refreshToken } });

test('sign-up, log-in and refresh answer, their keys sealed by KMS', async () => {
  const tokens = await loggedIn(client, await signedUp(client));
  expect(kms.requests.map(({ operation }) => operation)).toContain('Decrypt');
  const { status, json } = await refresh(tokens.refreshToken);
  expect(status).toBe(200);
  expect(json).toMatchObject({ accessToken: expect.any(String), refreshToken: expect.any(String) });
});

describe('a condition that fails', () => {
  test('brings the item as it is: a refresh that came twice is answered the same', async () => {
    const { refreshToken } = await loggedIn(client, await signedUp(client));
    const [first, again] = [await refresh(refreshToken), await refresh(refreshToken)];
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(again.json).toMatchObject({ refreshToken: (first.json as { refreshToken: string }).refreshToken });
  });

  test('brings the reasons of a transaction: the address is taken', async () => {
    const person = await signedUp(client);
    const { status, json } = await client.send({
      path: '/auth/register',
      body: { ...person, confirm: person.password },
    });
    expect(status).toBe(400);
    expect(json).toMatchObject({ errors: [{ field: 'email' }] });
  });
});

describe('what DynamoDB refuses for the moment is tried again:', () => {
  test.each(['failed', 'throttled', 'lost before its commit', 'left without an answer'] as const)(
    'a log-in that %s',
    async (fault) => {
      const person = await signedUp(client);
      const trouble: Trouble = { call: 'PutItem sessions 1', fault, lasts: 'once' };
      const [{ status }, struck] = await inTrouble(trouble, () => login(person));
      expect([status, struck]).toEqual([200, 1]);
    },
  );

  test('a refresh whose answer was lost', async () => {
    const { refreshToken } = await loggedIn(client, await signedUp(client));
    const trouble: Trouble = { call: 'UpdateItem sessions 1', fault: 'lost after its commit', lasts: 'once' };
    const [{ status }, struck] = await inTrouble(trouble, () => refresh(refreshToken));
    expect([status, struck]).toEqual([200, 1]);
  });

  test('a sign-up whose transaction is under way', async () => {
    const trouble: Trouble = {
      call: 'TransactWriteItems emails+users+sessions 1',
      fault: 'in progress already',
      lasts: 'once',
    };
    const [, struck] = await inTrouble(trouble, () => signedUp(client));
    expect(struck).toBe(1);
  });
});

test('an outage is a 503, and the log has the name of an error whose class is left out', async () => {
  const person = await signedUp(client);
  const trouble: Trouble = { call: 'PutItem sessions 1', fault: 'throttled', lasts: 'from that call on' };
  const [{ status, headers }, struck] = await inTrouble(trouble, () => login(person));
  expect([status, struck]).toEqual([503, 3]);
  expect(headers).toHaveProperty('retry-after');
  expect(JSON.stringify(logged().at(-1))).toContain('"ProvisionedThroughputExceededException"');
});

test('what KMS refuses is a 503, and the log has the name of an error whose class is left out', async () => {
  const person = await signedUp(client);
  kms.instead.push({ status: 400, answer: { __type: 'DisabledException', message: 'the key is disabled' } });
  expect((await login(person)).status).toBe(503);
  expect(JSON.stringify(logged().at(-1))).toContain('"DisabledException"');
});

describe('a mail', () => {
  async function mailed(fault?: SesFault): Promise<DynamoDBBatchResponse> {
    const { email } = await signedUp(client);
    await client.send({ path: '/auth/forget-password', body: { email } });
    const [user] = await world.rowsOf('users', { email }, prefix);
    const [request] = await world.rowsOf('reset-tags', { userId: user?.userId }, prefix);
    ses.fault = fault;
    const send = await cold('send-mail');
    return (await send(deliveryOf(String(request?.tagId)) as never, context)) as DynamoDBBatchResponse;
  }

  test('is sent', async () => {
    expect(await mailed()).toEqual({ batchItemFailures: [] });
    expect(logged().at(-1)).toMatchObject({ message: 'mail', outcome: 'sent' });
  });

  test('that SES refuses for an address, which may be the sender’s, is tried again later', async () => {
    expect((await mailed('refuses the address')).batchItemFailures).toHaveLength(1);
    expect(logged().at(-1)).toMatchObject({ message: 'mail', outcome: 'failed' });
  });

  test('that SES rejects is tried again later, and the log has the name of an error whose class is left out', async () => {
    expect((await mailed('rejects')).batchItemFailures).toHaveLength(1);
    expect(JSON.stringify(logged().at(-1))).toContain('"MessageRejected"');
  });
});

describe('a part that is left out and reached after all is an error that says so:', () => {
  test.each([
    ['AWS_RETRY_MODE', 'adaptive', 'AdaptiveRetryStrategy'],
    ['AWS_REGION', undefined, 'getInstanceMetadataRegion'],
  ])('%s is %s', async (variable, value, part) => {
    if (value === undefined) delete process.env[variable];
    else process.env[variable] = value;
    expect((await login(somebody())).status).toBe(503);
    expect(JSON.stringify(logged().at(-1))).toMatch(new RegExp(`LeftOutError.*${part} was reached`));
  });
});
