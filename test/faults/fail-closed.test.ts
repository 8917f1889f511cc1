import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { captureOutput } from '../harness/captured-output.ts';
import { loggedIn, signedUp, somebody } from '../harness/people.ts';
import { coldHandler, newTables, ownWorld, sendTo } from './own-world.ts';

type World = Awaited<ReturnType<typeof ownWorld>>;
const WARN = { LOG_LEVEL: 'WARN' };
let world: World;
let output: ReturnType<typeof captureOutput>;

beforeAll(async () => {
  output = captureOutput();
  Object.assign(process.env, WARN);
  world = await ownWorld();
});
beforeEach(() => {
  output.lines(); // what came before is not of this test
});
afterAll(() => output.restore());

const logged = () => output.lines().map((line) => JSON.parse(line) as Record<string, unknown>);

test('a disabled user gets in nowhere, by nothing', async () => {
  const person = await signedUp(world.client);
  const tokens = await loggedIn(world.client, person);
  const [user = {}] = await world.rowsOf('users', { email: person.email });
  await world.putRow('users', { ...user, status: 'disabled' });

  const { email, password } = person;
  const { accessToken, refreshToken } = tokens;
  const answers = await Promise.all([
    world.client.send({ path: '/auth/login', body: { email, password } }),
    world.client.send({ path: '/api/user/login', body: { email, password } }),
    world.client.send({ path: '/auth/refresh-tokens', body: { refreshToken } }),
    world.client.send({ path: '/auth', headers: { authorization: `Bearer ${accessToken}` } }),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
});

test('a corrupt password hash is a wrong password, and the log says whose it is and what to do', async () => {
  const person = await signedUp(world.client);
  const [user = {}] = await world.rowsOf('users', { email: person.email });
  await world.putRow('users', { ...user, passwordHash: person.password });
  output.lines();

  const { status } = await world.client.send({ path: '/auth/login', body: person });
  expect(status).toBe(401);
  expect(logged()).toEqual([
    expect.objectContaining({
      level: 'ERROR',
      message: 'password',
      userId: user.userId,
      problem: expect.stringMatching(
        /^the stored hash can't be verified, so the owner can get in only by a reset: (?!.*leave it out)/,
      ),
    }),
  ]);
});

test.each([
  ['is garbage', () => 'garbage'],
  ['was cut off', (sealed: string) => sealed.slice(0, -10)],
  [
    'was changed by one character',
    (sealed: string) => sealed.replace(/.(?=.{30}$)/, (c) => (c === 'A' ? 'B' : 'A')),
  ],
  ['is empty', () => ''],
])('a signing key that %s signs nothing: 503, and the log says which part failed', async (_, corrupt) => {
  const prefix = await newTables();
  const signUp = await coldHandler('signup', { TABLE_PREFIX: prefix, ...WARN });
  const body = () => ({ ...somebody(), confirm: somebody().password });
  expect((await sendTo(signUp, { path: '/api/user/signup', body: body() })).status).toBe(200);
  for (const key of await world.rowsOf('keys', {}, prefix)) {
    if (key.sealed) await world.putRow('keys', { ...key, sealed: corrupt(key.sealed as string) }, prefix);
  }
  output.lines();

  const cold = await coldHandler('signup', { TABLE_PREFIX: prefix, ...WARN });
  const reply = await sendTo(cold, { path: '/api/user/signup', body: body() });
  expect(reply.status).toBe(503);
  expect(reply.text).not.toContain('token');
  expect(await world.rowsOf('users', {}, prefix)).toHaveLength(1);
  expect(JSON.stringify(logged())).toContain('the sealed signing key did not answer');
});

test('another sealing secret opens no key', async () => {
  const prefix = await newTables();
  const jwks = await coldHandler('jwks', { TABLE_PREFIX: prefix, ...WARN });
  expect((await sendTo(jwks, { method: 'GET', path: '/.well-known/jwks.json' })).status).toBe(200);
  const SEALING_SECRET = Buffer.alloc(32, 7).toString('base64url');
  const cold = await coldHandler('signup', { TABLE_PREFIX: prefix, SEALING_SECRET, ...WARN });
  const reply = await sendTo(cold, { path: '/api/user/signup', body: somebody() });
  expect(reply.status).toBe(503);
});

test('a wrong configuration stops every function before it answers, and one error names all that is wrong', async () => {
  for (const name of [
    'signup',
    'login',
    'welcome',
    'refresh-tokens',
    'logout',
    'forget-password',
    'reset-password',
    'pages',
  ]) {
    const start = coldHandler(name, {
      ISSUER: 'ftp://x',
      BRAND_COLOR: 'red',
      BCRYPT_COST: 'many',
      SEALING_SECRET: randomUUID(),
    });
    const message = await start.then(
      () => 'it started',
      (error: Error) => error.message,
    );
    for (const variable of ['ISSUER', 'BRAND_COLOR', 'BCRYPT_COST', 'SEALING_SECRET'])
      expect(message, name).toContain(variable);
  }
});
