import { afterAll, expect, inject, test, vi } from 'vitest';
import { readService, type Service } from '../../tools/deploy/service.ts';
import { busRequests } from '../faults/event-scenarios.ts';
import { startFaultyDynamodb } from '../faults/faulty-dynamodb.ts';
import { startFaultySes } from '../faults/faulty-ses.ts';
import { functionOf, ownWorld, sendTo } from '../faults/own-world.ts';
import { fourFailures, type Scenario } from '../faults/scenario.ts';
import { scenarios } from '../faults/scenarios.ts';
import { invoke, startCold } from '../faults/try-faults.ts';
import { startLocalKms } from '../harness/memory/kms.ts';

vi.mock('jose', async (original) => {
  const jose = await original<typeof import('jose')>();
  return { ...jose, generateKeyPair: () => jose.generateKeyPair('RS256', { extractable: true }) };
});

// As deployed: keys sealed by KMS.
const kms = await startLocalKms();
const ses = await startFaultySes(inject('stack').inboxUrl);
Object.assign(process.env, {
  SEALING_SECRET: '',
  SEALING_KMS_KEY: 'arn:aws:kms:eu-central-1:000000000000:key/roles',
  AWS_ENDPOINT_URL_SES: ses.url,
  MAIL_CONFIGURATION_SET: 'gatehouse-dev', // with it SES reports bounces, which pause mails
});
const world = await ownWorld();
const service = await readService();

afterAll(async () => {
  kms.stop();
  await ses.stop();
});

/** So many at once that they meet each other. */
const AT_ONCE = 8;

/** What a function did in AWS to serve a scenario, as IAM names it. */
async function actionsOf(scenario: Scenario): Promise<{ name: string; actions: Set<string> }> {
  const { call, prefix = world.prefix, emailVerification = 'off', attempts } = await scenario.prepare(world);
  if (attempts !== undefined) await fourFailures(world, attempts);
  const name = 'event' in call ? scenario.of : functionOf(call);
  const dynamodb = await startFaultyDynamodb(inject('stack').dynamodbUrl);
  const [kmsBefore, sesBefore, busBefore] = [kms.requests.length, ses.requests, busRequests()];
  const { first } = await startCold({ name, prefix, dynamodb, emailVerification }, (handler) =>
    Promise.all(
      Array.from({ length: AT_ONCE }, () =>
        'event' in call ? invoke(handler, call.event) : sendTo(handler, call),
      ),
    ),
  );
  await first;
  await dynamodb.stop();
  const actions = new Set(dynamodb.actions);
  for (const { operation } of kms.requests.slice(kmsBefore)) actions.add(`kms:${operation} SealingKey`);
  if (busRequests() > busBefore) actions.add('events:PutEvents identity');
  if (ses.requests > sesBefore) actions.add('ses:SendEmail identity');
  return { name, actions };
}

/** What the role of a function allows; the queue is for the stream that invokes `send-mail`, not for its code. */
function grantsOf({ functions, resources }: Service, name: string): Set<string> {
  const grants = new Set<string>();
  for (const { Action, Resource } of functions[name]?.iamRoleStatements ?? []) {
    for (const action of [Action].flat()) {
      if (action.startsWith('sqs:')) continue;
      for (const resource of [Resource].flat()) {
        const [id = ''] = resource['Fn::GetAtt'] ?? ['identity'];
        const { TableName } = (resources.Resources[id]?.Properties ?? {}) as { TableName?: string };
        grants.add(`${action} ${TableName?.replace(/^.*?-dev-/, '') ?? id}`);
      }
    }
  }
  return grants;
}

test('each role allows exactly what its function does', { timeout: 180_000 }, async () => {
  const made = new Map(Object.keys(service.functions).map((name) => [name, new Set<string>()]));
  for (const scenario of scenarios) {
    const { name, actions } = await actionsOf(scenario);
    for (const action of actions) made.get(name)?.add(action);
  }
  const names = [...made.keys()];
  const allowed = Object.fromEntries(names.map((name) => [name, [...grantsOf(service, name)].sort()]));
  const done = Object.fromEntries([...made].map(([name, actions]) => [name, [...actions].sort()]));
  const lessThan = (some: typeof allowed, all: typeof allowed) =>
    Object.fromEntries(
      names
        .map((name) => [name, all[name]?.filter((action) => !some[name]?.includes(action)) ?? []] as const)
        .filter(([, actions]) => actions.length > 0),
    );
  expect(lessThan(allowed, done), 'done without a permission').toEqual({});
  expect(lessThan(done, allowed), 'allowed and never done').toEqual({});
});

test('nobody but rotate-keys writes keys, and whoever only verifies reads the public ones alone', () => {
  const onKeys = Object.entries(service.functions).flatMap(([name, { iamRoleStatements = [] }]) =>
    iamRoleStatements
      .filter(({ Resource }) => JSON.stringify(Resource).includes('KeysTable'))
      .map(({ Action, Condition }) => ({ name, actions: [Action].flat(), Condition })),
  );
  const writes = onKeys.filter(({ actions }) => actions.some((action) => !/:(Get|Scan)/.test(action)));
  expect(writes.map(({ name }) => name)).toEqual(['rotate-keys']);
  for (const { name, Condition } of onKeys) {
    const unseals = JSON.stringify(service.functions[name]?.iamRoleStatements).includes('kms:Decrypt');
    if (unseals || name === 'rotate-keys') continue;
    expect(Condition).toEqual({ 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['#published'] } });
  }
});

test('no role allows anything on everything', () => {
  const statements = Object.values(service.functions).flatMap(
    ({ iamRoleStatements = [] }) => iamRoleStatements,
  );
  expect(statements.length).toBeGreaterThan(0);
  for (const { Action, Resource } of statements) {
    for (const action of [Action].flat()) expect(action).toMatch(/^[a-z]+:[A-Za-z]+$/);
    expect(JSON.stringify(Resource)).not.toMatch(/"\*"/);
  }
});
