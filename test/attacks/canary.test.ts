import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { afterAll, afterEach, describe, expect, inject, test } from 'vitest';
import { startFaultyDynamodb } from '../faults/faulty-dynamodb.ts';
import { startFaultySes } from '../faults/faulty-ses.ts';
import {
  coldHandler,
  context,
  deliveryOf,
  type Handler,
  ownWorld,
  sendToSpoilt,
} from '../faults/own-world.ts';
import { askedFor, oneDialectEach } from '../faults/scenarios.ts';
import { callsOf, failuresOf, startCold, tryWith } from '../faults/try-faults.ts';
import { captureOutput } from '../harness/captured-output.ts';
import { type Call, toEvent } from '../harness/client.ts';
import { loggedIn, signedUp, somebody } from '../harness/people.ts';
import { signed } from '../harness/signed.ts';
import { isMetricLine, metricsIn, SERVICE } from '../operations/emitted.ts';
import { notification, sesReports } from '../operations/ses-reports.ts';

/** A word that stands nowhere but where we put it. */
const newCanary = () => `canary${randomBytes(8).toString('hex')}`;

const output = captureOutput();
const ses = await startFaultySes(inject('stack').inboxUrl);
Object.assign(process.env, {
  LOG_LEVEL: 'DEBUG',
  AWS_ENDPOINT_URL_SES: ses.url,
  METRICS_SERVICE: SERVICE,
});
const world = await ownWorld();
const handlers: Record<string, Handler> = {};
for (const name of new Set([...Object.values(inject('stack').routes), 'send-mail', 'mail-events'])) {
  handlers[name] = await coldHandler(name, {});
}
/** Those that log; `docs`, which is the same for everybody, and `preflight` have nothing to say. */
const routes = Object.entries(inject('stack').routes)
  .filter(([, name]) => name !== 'docs' && name !== 'preflight')
  .map(([route]) => route);

afterEach(() => {
  ses.fault = undefined;
  process.env.AWS_ENDPOINT_URL_DYNAMODB = inject('stack').dynamodbUrl; // some tests start functions elsewhere
});
afterAll(async () => {
  output.restore();
  await ses.stop();
});

/** What no line may have in it, whoever's it is. */
const SECRETS = [
  /canary[0-9a-f]{4}/i,
  /@example\.com/i,
  /\$2[abxy]\$/,
  /eyJ[\w-]{8}/,
  /correct horse|new battery/i,
  /Lovelace/,
  /[\w-]{60,}/,
];

/**
 * Takes the lines written so far: each is one JSON object that the logger made, or holds metrics and nothing else, and
 * none holds a secret.
 *
 * @returns those of the logger
 */
function expectCleanLines(): Record<string, unknown>[] {
  const lines = output.lines();
  for (const line of lines.filter(isMetricLine)) metricsIn(line);
  const entries = lines
    .filter((line) => !isMetricLine(line))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const shape = {
    level: expect.stringMatching(/^(DEBUG|INFO|WARN|ERROR)$/),
    message: expect.stringMatching(/^(request|mail|mail-event|keys|password|activity|events|row)$/),
  };
  for (const entry of entries) expect(entry).toMatchObject(shape);
  for (const text of lines) for (const secret of SECRETS) expect(text).not.toMatch(secret);
  return entries;
}

const send = (route: string, call: Omit<Call, 'path' | 'method'> & { query?: string }) => {
  const [method, path] = route.split(' ') as ['GET' | 'POST', string];
  const handler = handlers[inject('stack').routes[route] as string] as Handler;
  return sendToSpoilt(handler, { ...call, method, path: path + (call.query ?? '') });
};

/** Every header that a client may think of, with canaries, some of which try to begin a line of their own. */
function canaryHeaders(): Record<string, string> {
  const forged = `${newCanary()}\r\n{"level":"INFO","message":"${newCanary()}"}`;
  return {
    authorization: `Bearer ${newCanary()}`,
    token: newCanary(),
    cookie: `session=${newCanary()}`,
    'x-forwarded-for': `${newCanary()}, 192.0.2.7`,
    'x-forwarded-host': newCanary(),
    'user-agent': forged,
    origin: `https://${newCanary()}.example.com`,
    referer: `https://example.com/?${newCanary()}`,
    'x-amzn-trace-id': `Root=${newCanary()}`,
    'x-request-id': forged,
    'accept-language': newCanary(),
    [newCanary()]: newCanary(),
  };
}

const FIELDS = ['name', 'bio', 'email', 'username', 'password', 'confirm', 'refreshToken'];
const asJson = { 'content-type': 'application/json' };

const query = () => `?tag=${newCanary()}&token=${newCanary()}&${newCanary()}=${newCanary()}`;

describe.each(routes)('%s logs nothing of', (route) => {
  test('what stands in headers and query', async () => {
    await send(route, { headers: canaryHeaders(), query: query() });
    expect(expectCleanLines().length).toBeGreaterThan(0);
  });
});

describe.each(routes.filter((route) => route.startsWith('POST')))('%s logs nothing of', (route) => {
  test('what stands in fields, right, wrong or unreadable', async () => {
    const text = Object.fromEntries(FIELDS.map((field) => [field, newCanary()]));
    const address = { ...text, email: `${newCanary()}@example.com`, username: `${newCanary()}@example.com` };
    const nested = Object.fromEntries(FIELDS.map((field) => [field, { [newCanary()]: [newCanary()] }]));
    const lines = Object.fromEntries(
      FIELDS.map((field) => [field, `${newCanary()}\r\n{"a":"${newCanary()}"}`]),
    );
    const form = new URLSearchParams(address).toString();
    const part = `--b\r\ncontent-disposition: form-data; name="email"\r\n\r\n${newCanary()}@example.com\r\n`;
    const calls: { headers: Record<string, string>; body: string | Buffer }[] = [
      ...[text, address, nested, lines, [newCanary()], newCanary()].map((body) => ({
        headers: asJson,
        body: JSON.stringify(body),
      })),
      { headers: asJson, body: `{"password":"${newCanary()}", ${newCanary()}` },
      { headers: asJson, body: `\n    at ${newCanary()} (file:///x.ts:1:1)` },
      { headers: asJson, body: `${newCanary()}` },
      {
        headers: asJson,
        body: Buffer.concat([Buffer.from(`{"password":"${newCanary()}`), Buffer.from([0xff])]),
      },
      { headers: asJson, body: `"${newCanary().repeat(2_000)}"` },
      { headers: { 'content-type': `text/${newCanary()}` }, body: newCanary() },
      { headers: { 'content-type': `${newCanary()}\r\nx: y` }, body: newCanary() },
      { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: form },
      {
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: `password=${newCanary()}%ff`,
      },
      { headers: { 'content-type': 'multipart/form-data; boundary=b' }, body: `${part}--b--\r\n` },
      { headers: { 'content-type': 'multipart/form-data; boundary=b' }, body: part },
      { headers: { 'content-type': `multipart/form-data; boundary=${newCanary()}` }, body: part },
    ];
    for (const { headers, body } of calls) {
      await send(route, { headers: { ...canaryHeaders(), ...headers }, query: query(), body });
    }
    expect(expectCleanLines()).toHaveLength(calls.length);
  });
});

test('a whole flow logs nothing of the person, the tokens and the mailed tag', async () => {
  const client = {
    name: 'at debug',
    send: (call: Call) =>
      send(`${call.method ?? 'POST'} ${call.path.replace(/\/?(\?.*)?$/, '')}`, {
        ...call,
        query: /\?.*/.exec(call.path)?.[0] ?? '',
      }),
  };
  const person = { ...somebody(), name: newCanary(), bio: newCanary() as never, password: newCanary() };
  await signedUp(client, person);
  const { accessToken, refreshToken } = await loggedIn(client, person);
  await client.send({ path: '/auth', headers: { authorization: `Bearer ${accessToken}` } });
  await client.send({ path: '/auth/refresh-tokens', body: { refreshToken } });
  const tagId = await askedFor({ ...world, client }, person.email, false);
  await handlers['send-mail']?.(deliveryOf(tagId) as never, context);
  await client.send({ path: '/auth/logout', body: { refreshToken } });
  const entries = expectCleanLines();

  expect(entries.length).toBeGreaterThanOrEqual(7);
  expect(JSON.stringify(entries)).not.toContain(person.email.split('@')[0]);
});

test.each(['rejects', 'throttles', 'refuses the address', 'is down'] as const)(
  'while SES %s, whose errors repeat the recipient, no line does',
  async (fault) => {
    const person = await signedUp(world.client);
    const tagId = await askedFor(world, person.email, false);
    ses.fault = fault;
    await handlers['send-mail']?.(deliveryOf(tagId) as never, context);
    const entries = expectCleanLines();

    expect(entries.filter(({ level }) => level === 'ERROR')).toHaveLength(1);
    expect(JSON.stringify(entries)).not.toContain(person.email.split('@')[0]);
  },
);

test.each(oneDialectEach(inject('stack').routes).filter((scenario) => scenario.of !== 'rotate-keys'))(
  'a DynamoDB that refuses $name of $of in its own words puts none of them into a line',
  { timeout: 60_000 },
  async (scenario) => {
    const calls = await callsOf(world, scenario);
    const troubles = calls.map(
      (call) => ({ call, fault: 'refused in its own words', lasts: 'as long as the call is tried' }) as const,
    );
    expectCleanLines();

    expect(await failuresOf(troubles, (trouble) => tryWith(world, scenario, trouble))).toEqual([]);
    const failed = expectCleanLines().filter(({ level }) => level === 'ERROR');
    // `publish-events` also says from where it goes on later; the line before says why.
    const reasons = failed.filter(({ outcome }) => outcome !== 'delayed');
    expect(reasons.length).toBeGreaterThanOrEqual(troubles.length);
    for (const { failure } of reasons) expect(JSON.stringify(failure)).toContain('"ValidationException"');
  },
);

test('a request is logged with what became of it, where, in which dialect, and how long it took', async () => {
  const lambda = { functionName: 'gatehouse-test-login', getRemainingTimeInMillis: () => 30_000 } as never;
  const body = { username: `${newCanary()}@example.com`, password: newCanary() };
  const event = toEvent({ path: '/accounts/auth', body });
  await handlers.login?.(event as never, lambda);
  const [entry] = expectCleanLines();
  expect(entry).toMatchObject({
    message: 'request',
    route: 'POST /accounts/auth',
    function: 'gatehouse-test-login',
    dialect: 'accounts',
    outcome: 'wrong-credentials',
    status: 406,
    milliseconds: expect.any(Number),
    requestId: event.requestContext.requestId,
  });
  await send('GET /.well-known/jwks.json', {});
  expect(expectCleanLines()).toMatchObject([{ dialect: 'well-known', outcome: 'success', status: 200 }]);
});

test('what SES reports puts no word of it into a line, nor does a DynamoDB that refuses to store it', async () => {
  const report = (event: object) => handlers['mail-events']?.(event as never, context);
  const person = await signedUp(world.client);
  const address = `${newCanary()}@example.com`;
  await report(sesReports.bounced(person.email));
  await report(sesReports.complained(address));
  await report(sesReports.bounced(`${newCanary()} <${address}>`));
  await report(
    notification(newCanary(), `{"eventType":"${newCanary()}","mail":{"destination":["${address}"]}}`),
  );
  const entries = expectCleanLines().filter(({ message }) => message === 'mail-event');

  expect(entries).toHaveLength(5);
  expect(JSON.stringify(entries)).not.toContain(person.email.split('@')[0]);
  const dynamodb = await startFaultyDynamodb(inject('stack').dynamodbUrl, {
    call: 'GetItem emails 1',
    fault: 'refused in its own words',
    lasts: 'as long as the call is tried',
  });
  const cold = { name: 'mail-events', prefix: world.prefix, dynamodb };
  const { first } = await startCold(cold, (handler) =>
    handler(sesReports.bounced(address) as never, context).then(
      () => 'handled',
      (error: unknown) => inspect(error, { showHidden: true, depth: 9 }),
    ),
  );
  const thrown = await first;
  expect(thrown).toContain('a mail event was not handled');
  for (const secret of SECRETS) expect(thrown).not.toMatch(secret);
  expect(expectCleanLines().filter(({ level }) => level === 'ERROR')).toHaveLength(1);
  await dynamodb.stop();
});

test('rows that make no sense fail without a word of them', async () => {
  const person = await signedUp(world.client);
  const { refreshToken, accessToken } = await loggedIn(world.client, person);
  const { userId } = (await world.rowOf('emails', { email: person.email })) as { userId: string };
  const user = await world.rowOf('users', { userId });
  const session = (await world.rowsOf('sessions', { userId })).find(({ currentHash }) => currentHash);
  const hurt = [
    () => world.putRow('users', { ...user, passwordHash: newCanary() }),
    () => world.putRow('users', { ...user, email: { no: newCanary() } }),
    () =>
      world.putRow('sessions', {
        ...session,
        sealedSuccessor: newCanary(),
        previousHash: session?.currentHash,
        currentHash: newCanary(),
      }),
    () => world.putRow('users', { userId, status: 'active', credentialVersion: 1, name: [newCanary()] }),
  ];
  expectCleanLines();
  for (const put of hurt) {
    await put();
    await send('POST /auth/login', { body: { email: person.email, password: person.password } });
    await send('POST /auth', { headers: { authorization: `Bearer ${accessToken}` } });
    await send('POST /auth/refresh-tokens', { body: { refreshToken } });
    await send('GET /admin/users', { headers: signed, query: `?email=${person.email}` });
  }
  expect(expectCleanLines().filter(({ message }) => message === 'row')).not.toEqual([]);
});

test('a secret in a line of metrics would be noticed', async () => {
  const { measure } = await import('../../lib/metrics.ts');
  measure({ LogIns: 1 }, { Outcome: newCanary() as never });
  expect(() => expectCleanLines()).toThrow();
});

test('a secret in a line would be noticed', () => {
  console.log(JSON.stringify({ level: 'INFO', message: 'request', detail: newCanary() }));
  expect(() => expectCleanLines()).toThrow();
});
