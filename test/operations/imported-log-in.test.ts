import { randomUUID } from 'node:crypto';
import { hash } from 'bcryptjs';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { hashRenewals } from '../../lib/dynamodb/users.ts';
import { startFaultyDynamodb } from '../faults/faulty-dynamodb.ts';
import { coldHandler, ownWorld, sendTo } from '../faults/own-world.ts';
import { reset } from '../faults/scenarios.ts';
import { captureOutput } from '../harness/captured-output.ts';
import { awaitMails, mailsTo, tagIn } from '../harness/inbox.ts';
import { fileOf, imported, tablesUnder, userOf } from '../harness/own-tables.ts';

let world: Awaited<ReturnType<typeof ownWorld>>;
let tables: ReturnType<typeof tablesUnder>;
let output: ReturnType<typeof captureOutput>;
const PASSWORD = 'correct horse battery';

beforeAll(async () => {
  output = captureOutput();
  Object.assign(process.env, { LOG_LEVEL: 'WARN' });
  world = await ownWorld();
  tables = tablesUnder(world.prefix);
});
beforeEach(() => {
  output.lines();
});
afterAll(() => output.restore());

/** Imports somebody. @returns the address */
async function importedPerson(passwordHash?: string): Promise<string> {
  const email = `${randomUUID()}@example.com`;
  const file = fileOf(JSON.stringify({ email, name: 'Ada', passwordHash }), '.jsonl');
  expect(await imported(tables, file, { now: Date.now() })).toMatchObject({ imported: 1 });
  return email;
}

const logIn = async (email: string, password = PASSWORD) =>
  (await world.client.send({ path: '/auth/login', body: { email, password } })).status;

test('whoever was imported without a hash gets in by no password, without an alarm, until the mailed link is used', async () => {
  const email = await importedPerson();
  for (const password of ['', 'undefined', 'null', PASSWORD]) expect(await logIn(email, password)).toBe(401);
  expect(output.lines()).toEqual([]);

  const { userId } = await userOf(tables, email);
  const [request] = await world.rowsOf('reset-tags', { userId });
  expect(await world.sendMail(request?.tagId as string)).toEqual({ batchItemFailures: [] });
  expect(await reset(world, tagIn((await awaitMails(email, 1))[0]), PASSWORD)).toBe(200);
  expect(await logIn(email)).toBe(200);
  expect((await userOf(tables, email)).passwordHash).toMatch(/^\$2b\$04\$/);
});

test('whoever was imported without a hash and lost the first mail can request another, like anyone', async () => {
  const email = await importedPerson();
  const reply = await world.client.send({ path: '/accounts/forgetpassword', body: { email } });
  await world.sendMail((reply.json as { tag: string }).tag);
  expect(await reset(world, tagIn((await mailsTo(email)).at(-1)), PASSWORD)).toBe(200);
  expect(await logIn(email)).toBe(200);
});

test.each(['$2a$', '$2y$'])(
  'a hash that came as %s is replaced by the first right password',
  async (prefix) => {
    const old = (await hash(PASSWORD, 4)).replace('$2b$', prefix);
    const email = await importedPerson(old);
    const before = await userOf(tables, email);
    expect(await logIn(email, 'a wrong password')).toBe(401);
    expect(await userOf(tables, email)).toEqual(before);
    expect(await logIn(email)).toBe(200);
    const after = await userOf(tables, email);
    expect(after).toEqual({ ...before, passwordHash: expect.stringMatching(/^\$2b\$04\$/) });
    expect(await logIn(email)).toBe(200);
    expect(await userOf(tables, email)).toEqual(after);
  },
);

test('a hash of a lower cost is replaced by one of the cost that is configured', async () => {
  const email = await importedPerson(await hash(PASSWORD, 4));
  const handler = await coldHandler('login', { BCRYPT_COST: '5' });
  const reply = await sendTo(handler, { path: '/auth/login', body: { email, password: PASSWORD } });
  expect(reply.status).toBe(200);
  const { passwordHash } = await userOf(tables, email);
  expect(passwordHash).toMatch(/^\$2b\$05\$/);
  // A lower cost, as after a mistake in the configuration, weakens nothing that is stored.
  expect(await logIn(email)).toBe(200);
  expect((await userOf(tables, email)).passwordHash).toBe(passwordHash);
});

test('a hash is replaced only while it is the one that was read, and nobody is made by it', async () => {
  const user = await userOf(tables, await importedPerson(await hash(PASSWORD, 4)));
  const renewals = hashRenewals(tables);
  await renewals.store({ userId: user.userId, from: 'the hash before a reset', to: 'new' });
  expect(await userOf(tables, user.userId)).toEqual(user);
  const userId = randomUUID();
  await renewals.store({ userId, from: 'old', to: 'new' });
  expect(await world.rowOf('users', { userId })).toBeUndefined();
  await renewals.store({ userId: user.userId, from: user.passwordHash as string, to: 'new' });
  expect(await userOf(tables, user.userId)).toEqual({ ...user, passwordHash: 'new' });
});

test('a log-in goes on where the new hash cannot be stored, and the log says whose it is and why', async () => {
  const email = await importedPerson((await hash(PASSWORD, 4)).replace('$2b$', '$2y$'));
  const before = await userOf(tables, email);
  const always = { fault: 'failed', lasts: 'as long as the call is tried' } as const;
  const { dynamodbUrl } = inject('stack');
  const dynamodb = await startFaultyDynamodb(dynamodbUrl, { call: 'UpdateItem users 1', ...always });
  try {
    const handler = await coldHandler('login', { AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url });
    output.lines();
    const reply = await sendTo(handler, { path: '/auth/login', body: { email, password: PASSWORD } });
    expect(reply.status).toBe(200);
  } finally {
    process.env.AWS_ENDPOINT_URL_DYNAMODB = dynamodbUrl;
    await dynamodb.stop();
  }
  expect(dynamodb.struck()).toBeGreaterThan(1);
  expect(output.lines().map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({
      level: 'ERROR',
      message: 'password',
      userId: before.userId,
      problem: 'an outdated hash could not be replaced: the next log-in tries again',
      failure: expect.objectContaining({ cause: expect.objectContaining({ name: 'InternalServerError' }) }),
    }),
  ]);
  expect(await userOf(tables, email)).toEqual(before);
});
