import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { METRICS, type MetricName } from '../../lib/metrics.ts';
import { sealingWith, secretDataKeys } from '../../lib/tokens/sealing.ts';
import { makeKey } from '../../lib/tokens/signing-keys.ts';
import { journalOf } from '../faults/event-scenarios.ts';
import { startFaultyDynamodb } from '../faults/faulty-dynamodb.ts';
import { startFaultySes } from '../faults/faulty-ses.ts';
import {
  coldHandler,
  context,
  deliveryOf,
  functionOf,
  type Handler,
  ownWorld,
  sendTo,
} from '../faults/own-world.ts';
import { askedFor, reset } from '../faults/scenarios.ts';
import { startCold } from '../faults/try-faults.ts';
import { challenged, protectedPerson } from '../harness/authenticator.ts';
import { callThatReads, routeReads } from '../harness/call-that-reads.ts';
import { captureOutput } from '../harness/captured-output.ts';
import type { Call } from '../harness/client.ts';
import { startTestBus } from '../harness/event-bus.ts';
import { compileIn, leaveOutHooks } from '../harness/hooks.ts';
import { mailsTo, tagIn } from '../harness/inbox.ts';
import { device, holder, requestOptions } from '../harness/passkeys.ts';
import { loggedIn, type Person, signedUp, somebody } from '../harness/people.ts';
import { isMetricLine, metricsIn, SERVICE, seen } from './emitted.ts';
import { sesReports } from './ses-reports.ts';

const { dynamodbUrl, inboxUrl, routes } = inject('stack');
const output = captureOutput();
const ses = await startFaultySes(inboxUrl);
Object.assign(process.env, { METRICS_SERVICE: SERVICE, AWS_ENDPOINT_URL_SES: ses.url });
const world = await ownWorld();
const { client } = world;
const [mailEvents, rotateKeys, sendMail] = [
  await coldHandler('mail-events', {}),
  await coldHandler('rotate-keys', {}),
  await coldHandler('send-mail', {}),
];

beforeEach(() => {
  process.env.AWS_ENDPOINT_URL_DYNAMODB = dynamodbUrl; // some tests start functions elsewhere
  ses.fault = undefined;
  output.lines();
});
afterAll(async () => {
  output.restore();
  await ses.stop();
});

/** What was counted since the last time, with every line checked. */
function counted(): string[] {
  return output.lines().filter(isMetricLine).flatMap(metricsIn);
}

/** What was counted while this ran. */
async function countedBy(act: () => Promise<unknown>): Promise<string[]> {
  output.lines();
  await act();
  return counted();
}

const logIn = ({ email }: Pick<Person, 'email'>, password: string, path = '/auth/login') =>
  client.send({ path, body: { email, username: email, password } });
const refresh = (refreshToken: string) =>
  client.send({ path: '/auth/refresh-tokens', body: { refreshToken } });
const refreshed = async (token: string) =>
  ((await refresh(token)).json as { refreshToken: string }).refreshToken;

test('a whole life of an account is counted step by step, each once', async () => {
  const person = somebody();
  expect(await countedBy(() => signedUp(client, person))).toEqual(['HashMilliseconds', 'SignUps success']);
  expect(
    await countedBy(() =>
      client.send({ path: '/auth/register', body: { ...person, confirm: person.password } }),
    ),
  ).toEqual(['HashMilliseconds', 'SignUps email-taken']);
  const { accessToken, refreshToken } = await loggedIn(client, person);
  expect(counted()).toEqual(['HashMilliseconds', 'LogIns success']);

  const authorization = `Bearer ${accessToken}`;
  expect(await countedBy(() => client.send({ path: '/auth', headers: { authorization } }))).toEqual([
    'TokenChecks',
  ]);
  expect(await countedBy(() => client.send({ path: '/auth' }))).toEqual(['TokenChecks']);
  expect(await countedBy(() => refresh(refreshToken))).toEqual(['Refreshes success']);

  let tag = '';
  expect(
    await countedBy(async () => {
      tag = await askedFor(world, person.email, false);
    }),
  ).toEqual(['MailsDue', 'ResetRequests']);
  const deliver = () => sendMail(deliveryOf(tag) as never, context);
  expect(await countedBy(deliver)).toEqual(['Mails sent']);
  expect(await countedBy(deliver)).toEqual(['Mails skipped']); // nothing is due any more
  const mailed = tagIn((await mailsTo(person.email))[0]);
  expect(await countedBy(() => reset(world, mailed))).toEqual([
    'HashMilliseconds',
    'MailsDue',
    'PasswordResets',
  ]);
  expect(await countedBy(() => reset(world, mailed))).toEqual(['PasswordResets']);
  expect(await countedBy(() => client.send({ path: '/auth/logout', body: { refreshToken } }))).toEqual([
    'LogOuts',
  ]);
  const keys = () => client.send({ method: 'GET', path: '/.well-known/jwks.json' });
  expect(await countedBy(keys)).toEqual(['KeySets']);
});

test('a replayed refresh token counts as one refusal and one reuse; after that the ended session counts no more', async () => {
  const { refreshToken } = await loggedIn(client, await signedUp(client));
  const second = await refreshed(refreshToken);
  expect(await countedBy(() => refresh(refreshToken))).toEqual(['Refreshes success']); // within the grace
  await refreshed(second);
  const replay = () => refresh(refreshToken);
  expect(await countedBy(replay)).toEqual(['Refreshes invalid-refresh-token', 'ReuseDetected']);
  expect(await countedBy(replay)).toEqual(['Refreshes invalid-refresh-token']);
  expect(await countedBy(() => refresh('A'.repeat(128)))).toEqual(['Refreshes invalid-refresh-token']);
});

test.each(['/accounts/auth', '/api/user/login', '/auth/login'])(
  'the fifth wrong password in a row at %s is one lockout; who is locked out is none',
  async (path) => {
    const person = await signedUp(client);
    const wrong = ['HashMilliseconds', 'LogIns wrong-credentials'];
    for (let nth = 1; nth < 5; nth += 1)
      expect(await countedBy(() => logIn(person, 'wrong', path))).toEqual(wrong);
    expect(await countedBy(() => logIn(person, 'wrong', path))).toEqual([...wrong, 'Lockouts']);
    expect(await countedBy(() => logIn(person, person.password, path))).toEqual(['LogIns throttled']);
  },
);

test('a wrong code is counted wherever it is sent, and a text that cannot be a code is not', async () => {
  const { person, app, tokens } = await protectedPerson(client);
  const challenge = await challenged(client, person);
  const second = (code: string) =>
    client.send({ path: '/auth/login/second-factor', body: { challenge, code } });
  expect(await countedBy(() => second('12345'))).toEqual(['LogIns wrong-code']);
  expect(await countedBy(() => second(app.wrong()))).toEqual(['LogIns wrong-code', 'WrongCodes']);
  const { email, password } = person;
  const older = { path: '/api/user/login', body: { email, password, otp: app.wrong() } };
  expect(await countedBy(() => client.send(older))).toEqual([
    ...['HashMilliseconds', 'LogIns wrong-credentials', 'WrongCodes'],
  ]);
  const headers = { authorization: `Bearer ${tokens.accessToken}` };
  const stepUp = { path: '/auth/step-up', headers, body: { code: app.wrong() } };
  expect(await countedBy(() => client.send(stepUp))).toEqual(['StepUps', 'WrongCodes']);
});

test('a refused passkey is counted at log-in and at step-up', async () => {
  const { device: made, byPassword } = await holder(client);
  const evil = { clientData: { origin: 'https://evil.example' } };
  const logIn = async (response: unknown) => client.send({ path: '/auth/login/passkey', body: { response } });
  const wrong = made.logIn(await requestOptions(client), evil);
  expect(await countedBy(() => logIn(wrong))).toEqual(['LogIns wrong-credentials', 'RefusedPasskeys']);
  const stranger = device();
  stranger.register({ challenge: '', user: { id: Buffer.alloc(16).toString('base64url') } });
  const unknown = stranger.logIn(await requestOptions(client));
  expect(await countedBy(() => logIn(unknown))).toEqual(['LogIns unknown-credential', 'RefusedPasskeys']);
  const headers = { authorization: `Bearer ${byPassword.accessToken}` };
  for (const passkey of [wrong, unknown]) {
    const stepUp = { path: '/auth/step-up', headers, body: { passkey } };
    expect(await countedBy(() => client.send(stepUp))).toEqual(['StepUps', 'RefusedPasskeys']);
  }
  const good = made.logIn(await requestOptions(client));
  expect(await countedBy(() => logIn(good))).toEqual(['LogIns success']);
});

test('the answer to a failure that locks is the answer to one that does not', async () => {
  const person = await signedUp(client);
  const answers = [];
  for (let nth = 0; nth < 5; nth += 1) answers.push(await logIn(person, 'wrong'));
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
});

const METRIC_OF: Record<string, string> = {
  signup: 'SignUps',
  login: 'LogIns',
  welcome: 'TokenChecks',
  'refresh-tokens': 'Refreshes',
  logout: 'LogOuts',
  'forget-password': 'ResetRequests',
  'reset-password': 'PasswordResets',
  account: 'AccountRequests',
  'step-up': 'StepUps',
  'change-password': 'PasswordChanges',
  'delete-account': 'AccountDeletions',
  'verify-email': 'Verifications',
  'change-email': 'AddressChanges',
  undo: 'Undos',
  admin: 'AdminRequests',
  jwks: 'KeySets',
  passkeys: 'AccountRequests',
  'login-passkey': 'LogIns',
  'second-factor': 'LogIns',
  totp: 'FactorChanges',
};
const METRIC_OF_ROUTE: Record<string, string> = {
  'POST /auth/login/passkey/options': 'AccountRequests',
  'POST /auth/undo': 'Undos',
  'GET /.well-known/webauthn': 'KeySets',
  'GET /.well-known/passkey-endpoints': 'KeySets',
};
/** A page that is looked at is counted as one; a form that is sent, as what it asks for. */
const metricOf = (route: string, name: string) =>
  METRIC_OF_ROUTE[route] ??
  (route.startsWith('GET') && name === 'pages'
    ? 'Pages'
    : METRIC_OF[name === 'pages' ? route.replace(/^POST .forgot/, 'forget').replace(/^POST ./, '') : name]);
/** What is the same for everybody is not counted: API Gateway does. */
const endpoints = Object.entries(routes).filter(
  ([route, name]) => !route.startsWith('OPTIONS') && name !== 'docs',
);

test.each(endpoints)('%s counts each answer once, whatever it is asked', async (route, name) => {
  const [method, path = ''] = route.split(' ') as ['GET' | 'POST', string];
  const bodies: Call['body'][] = ['', '{', '[]', {}, { email: 5 }, Buffer.from([0xff]), 'x'.repeat(40_000)];
  const types = [{ 'content-type': 'application/json' }, { 'content-type': 'text/plain' }, {}];
  for (const body of bodies) {
    for (const headers of types) {
      const lines = await countedBy(() => client.send({ method, path, headers, body }));
      expect(lines.map((line) => line.split(' ')[0])).toEqual([metricOf(route, name)]);
    }
  }
});

const reading = endpoints.filter(([route]) => routeReads(route));

test.each(reading)('%s counts an outage of DynamoDB as unavailable', async (route, name) => {
  const dynamodb = await startFaultyDynamodb(dynamodbUrl);
  await dynamodb.stop(); // nobody answers there
  const call = callThatReads(route);
  expect(functionOf(call)).toBe(name);
  const { first } = await startCold({ name, prefix: world.prefix, dynamodb }, (cold) => sendTo(cold, call));
  expect((await first).status).toBe(503);
  const lines = counted().filter((line) => !/^(ColdStarts|HashMilliseconds)/.test(line));
  const metric = metricOf(route, name) as MetricName;
  expect(lines).toEqual(['by' in METRICS[metric] ? `${metric} unavailable` : metric]);
});

test('a defect of ours is counted as internal', async () => {
  const person = await signedUp(client);
  const [row] = await world.rowsOf('users', { email: person.email });
  await world.putRow('users', { ...row, name: 5 });
  const lines = await countedBy(() => logIn(person, person.password, '/accounts/auth'));
  expect(lines).toEqual(['HashMilliseconds', 'LogIns internal']);
});

test('an attempt to mail is counted by what became of it', async () => {
  const person = await signedUp(client);
  const tag = await askedFor(world, person.email, false);
  const deliver = () => sendMail(deliveryOf(tag) as never, context);
  ses.fault = 'is down';
  expect(await countedBy(deliver)).toEqual(['Mails failed']);
  ses.fault = 'refuses the address';
  expect(await countedBy(deliver)).toEqual(['Mails failed']);
  ses.fault = undefined;
  await mailEvents(sesReports.bounced(person.email) as never, context);
  expect(await countedBy(deliver)).toEqual(['Mails suppressed']);
});

test('what SES reports is counted by what it led to', async () => {
  const [one, two] = [await signedUp(client), await signedUp(client)];
  const report = (event: object) => countedBy(() => mailEvents(event as never, context));
  expect(await report(sesReports.bounced(one.email))).toEqual(['MailEvents bounced']);
  expect(await report(sesReports.complained(two.email))).toEqual(['MailEvents complained']);
  expect(await report(sesReports.bounced(one.email, 'Transient'))).toEqual(['MailEvents ignored']);
  expect(await report(sesReports.bounced(`${randomUUID()}@example.com`))).toEqual(['MailEvents ignored']);
});

test('a look at the keys is counted when it was the schedule’s and went well', async () => {
  const run = (command: string) => countedBy(() => rotateKeys({ command } as never, context));
  await client.send({ method: 'GET', path: '/.well-known/jwks.json' });
  expect(await run('rotate')).toEqual(['RotationChecks']);
  expect(await run('list')).toEqual([]);
  output.lines();
  await expect(run('nonsense')).rejects.toThrow();
  expect(counted()).toEqual([]);
});

test('a look that finds a planted key is counted so, by any number of them', async () => {
  const { key } = await makeKey(sealingWith(secretDataKeys(randomBytes(32))), Date.now() + 1e6, 'ES256');
  const published = (await world.rowOf('keys', { kid: '#published' })) as { keys: object };
  await world.putRow('keys', { ...published, keys: { ...published.keys, [key.kid]: key } });
  const rotateOwn = await coldHandler('rotate-keys', { TABLE_PREFIX: world.prefix });
  const look = await countedBy(() => rotateOwn({ command: 'rotate' } as never, context));
  await world.putRow('keys', published);
  expect(look).toEqual(['RotationChecks', 'StrangeKeys']);
});

describe('a cold start', () => {
  test.each([...new Set(endpoints.map(([, name]) => name)), 'send-mail', 'mail-events', 'rotate-keys'])(
    'of %s is counted once, however many requests follow',
    async (name) => {
      process.env.AWS_LAMBDA_FUNCTION_NAME = `${SERVICE}-${name}`;
      output.lines();
      await coldHandler(name, {});
      expect(counted()).toEqual(['ColdStarts']);
      delete process.env.AWS_LAMBDA_FUNCTION_NAME;
    },
  );

  test('that nobody waits for is not counted', async () => {
    process.env.AWS_LAMBDA_INITIALIZATION_TYPE = 'provisioned-concurrency';
    output.lines();
    const handler: Handler = await coldHandler('jwks', {});
    await sendTo(handler, { method: 'GET', path: '/.well-known/jwks.json' });
    expect(counted()).toEqual(['KeySets']);
    delete process.env.AWS_LAMBDA_INITIALIZATION_TYPE;
  });
});

test('where no service is named, nothing is written', async () => {
  delete process.env.METRICS_SERVICE;
  await signedUp(client);
  expect(output.lines().filter(isMetricLine)).toEqual([]);
  process.env.METRICS_SERVICE = SERVICE;
});

test('metrics do not depend on the log level', () => {
  expect(process.env.LOG_LEVEL).toBe('SILENT');
});

test('a service of breached passwords that cannot be reached is counted, and the sign-up goes on', async () => {
  const environment = { BREACHED_PASSWORDS: 'check', BREACHED_PASSWORDS_API: 'http://localhost:1' };
  const signUp = await coldHandler('signup', environment);
  for (const name of Object.keys(environment)) delete process.env[name];
  output.lines();
  const person = somebody();
  const call = { path: '/auth/register', body: { ...person, confirm: person.password } };
  expect((await sendTo(signUp, call)).status).toBe(201);
  expect(counted()).toEqual(['BreachCheckFailures', 'HashMilliseconds', 'SignUps success']);
});

test('a hook that fails is counted', async () => {
  compileIn({ beforeSignUp: () => Promise.reject(new Error('the database of customers does not answer')) });
  const signUp = await coldHandler('signup', {});
  leaveOutHooks();
  output.lines();
  const person = somebody();
  const call = { path: '/auth/register', body: { ...person, confirm: person.password } };
  expect((await sendTo(signUp, call)).status).toBe(503);
  expect(counted()).toEqual(['HookFailures', 'SignUps hook-failed']);
});

test('what is published is counted, and a batch that has to wait once', async () => {
  const { email } = await signedUp(client);
  const { userId } = (await world.rowOf('emails', { email })) as { userId: string };
  const bus = await startTestBus();
  const event = await journalOf(world, userId);
  const publish = await coldHandler('publish-events', { AWS_ENDPOINT_URL_EVENTBRIDGE: bus.url });
  expect(await countedBy(() => publish(event as never, context))).toEqual(['Events published']);
  bus.fault = 'is down';
  expect(await countedBy(() => publish(event as never, context))).toEqual(['Events delayed']);
  await bus.stop();
});

test('every metric was seen', () => {
  expect([...seen].sort()).toEqual(Object.keys(METRICS).sort());
});

test('a dimension without bounds would be noticed', async () => {
  const { measure } = await import('../../lib/metrics.ts');
  measure({ LogIns: 1 }, { Outcome: 'ada@example.com' as never });
  const [line = ''] = output.lines();
  expect(() => metricsIn(line)).toThrow();
  measure({ LogIns: 1 }, { Outcome: 'success' });
  const [other = ''] = output.lines();
  expect(metricsIn(other)).toEqual(['LogIns success']);
  expect(() => metricsIn(JSON.stringify({ ...JSON.parse(other), Function: 'a stowaway' }))).toThrow();
});
