import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Call, inProcess, type Reply } from '../harness/client.ts';
import { somebody } from '../harness/people.ts';
import { type Answer, coded, expectAnswer, problem, sentences } from './answers.ts';

// What is configured, in process alone: over HTTP every client has one address, and the limits are those of all tests.

const WINDOW_MS = 5 * 60 * 1000;

beforeAll(() => {
  // A second into the next window, and there it stays: no test can straddle two, and every key already signs.
  vi.useFakeTimers({ toFake: ['Date'], now: Math.ceil(Date.now() / WINDOW_MS) * WINDOW_MS + 1_000 });
  vi.resetModules(); // functions read their configuration when they are imported
  for (const limit of ['LOGIN_FAILURES', 'SIGNUPS', 'FORGETS', 'REFRESHES'])
    vi.stubEnv(`LIMIT_${limit}`, '2');
  vi.stubEnv('PASSWORD_MIN_LENGTH', '10');
});
afterAll(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.resetModules();
});

const words = 'Too many requests; try again in 299 seconds.';
const headers = { 'retry-after': '299' };
const inAccounts = { ...sentences(429, words), headers };
const inOthers = problem(429, 'Too Many Requests', words, { headers });
const inAuth = coded('throttled', inOthers);

/** An address of a network that no other test is in. */
const newAddress = () => `2001:db8:${randomUUID().slice(0, 4)}:${randomUUID().slice(0, 4)}::1`;
const newPerson = () => {
  const person = somebody();
  return { ...person, username: person.email, confirm: person.password, refreshToken: 'x' };
};

describe.each<[path: string, throttled: Answer]>([
  ['/accounts/auth/', inAccounts],
  ['/api/user/login', inOthers],
  ['/auth/login', inAuth],
  ['/api/user/signup', inOthers],
  ['/auth/register', inAuth],
  ['/accounts/forgetpassword/', inAccounts],
  ['/auth/forget-password', inAuth],
  ['/auth/refresh-tokens', inAuth],
])('POST %s, allowed twice in five minutes', (path, throttled) => {
  const send = (sourceIp: string, call: Partial<Call> = {}): Promise<Reply> =>
    inProcess.send({ path, body: newPerson(), sourceIp, ...call });

  test('is throttled the third time, with when to try again', async () => {
    const sourceIp = newAddress();
    for (let turn = 0; turn < 2; turn += 1) expect((await send(sourceIp)).status).not.toBe(429);
    expectAnswer(await send(sourceIp), throttled);
    expect((await send(newAddress())).status).not.toBe(429);
  });

  test('counts by the address that API Gateway saw, whatever the client says', async () => {
    const sourceIp = newAddress();
    for (const said of ['batch', '203.0.113.7', newAddress()]) {
      const call = { headers: { 'x-forwarded-for': said, forwarded: `for=${said}`, 'x-real-ip': said } };
      const reply = await send(sourceIp, call);
      if (said.startsWith('2001:')) expectAnswer(reply, throttled);
      else expect(reply.status).not.toBe(429);
    }
  });
});

describe.each<[Partial<Call> & { path: string }, throttled: Answer]>([
  [{ path: '/auth', headers: { authorization: 'Bearer forged' } }, inAuth],
  [{ method: 'GET', path: '/accounts/logout/', headers: { token: 'forged' } }, inAccounts],
])('a refused access token at %j', (call, throttled) => {
  test('counts for the address, together with refused refreshes', async () => {
    const sourceIp = newAddress();
    expect((await inProcess.send({ ...call, sourceIp })).status).toBe(401);
    const refresh = { path: '/auth/refresh-tokens', body: newPerson(), sourceIp };
    expect((await inProcess.send(refresh)).status).toBe(401);
    expectAnswer(await inProcess.send({ ...call, sourceIp }), throttled);
    expect((await inProcess.send({ ...call, sourceIp: newAddress() })).status).toBe(401);
  });

  test('that is missing counts for nobody', async () => {
    const sourceIp = newAddress();
    for (let turn = 0; turn < 4; turn += 1)
      expect((await inProcess.send({ ...call, headers: {}, sourceIp })).status).toBe(401);
  });
});

describe('an address that is counted', () => {
  const signUp = (sourceIp: string) =>
    inProcess.send({ path: '/api/user/signup', body: newPerson(), sourceIp });
  const byte = () => Number.parseInt(randomUUID().slice(0, 2), 16);
  const [a, b, c] = [byte(), byte(), byte()];
  const hex = (high: number, low: number) => ((high << 8) | low).toString(16);

  test.each<[rule: string, first: string, second: string, status: number]>([
    ['of IPv6 is the same for the whole /64', `2001:db8:${a}:1::1`, `2001:db8:${a}:1:ffff::2`, 429],
    ['of IPv6 is another for another /64', `2001:db8:${a}:2::1`, `2001:db8:${a}:3::1`, 200],
    ['of IPv6 is the same in another spelling', `2001:db8:${a}:4::1`, `2001:0DB8:${a}:0004:0:0:0:1`, 429],
    ['of IPv4 is whole', `10.${a}.${b}.${c}`, `10.${a}.${b}.${c ^ 1}`, 200],
    [
      'of IPv4 is the same when it is written as IPv6',
      `11.${a}.${b}.${c}`,
      `::ffff:${hex(11, a)}:${hex(b, c)}`,
      429,
    ],
    ['of IPv4 is the same in the dotted form of IPv6', `12.${a}.${b}.${c}`, `::ffff:12.${a}.${b}.${c}`, 429],
    ['of IPv6 has no zone', `fe80:${a}::1`, `fe80:${a}::1%eth0`, 429],
  ])('%s', async (_, first, second, status) => {
    for (let turn = 0; turn < 2; turn += 1) expect((await signUp(first)).status).toBe(200);
    expect((await signUp(second)).status).toBe(status);
  });

  test('is counted for both dialects together', async () => {
    const sourceIp = newAddress();
    expect((await signUp(sourceIp)).status).toBe(200);
    const register = { path: '/auth/register', body: newPerson(), sourceIp };
    expect((await inProcess.send(register)).status).toBe(201);
    expectAnswer(await signUp(sourceIp), inOthers);
  });
});

test('right log-ins never count', async () => {
  const body = newPerson();
  await inProcess.send({ path: '/auth/register', body, sourceIp: newAddress() });
  const call = { path: '/auth/login', body, sourceIp: newAddress() };
  for (let turn = 0; turn < 5; turn += 1) expect((await inProcess.send(call)).status).toBe(200);
});

test('requests that are refused for their fields do not count as sign-ups', async () => {
  const sourceIp = newAddress();
  const refused = { path: '/auth/register', body: {}, sourceIp };
  for (let turn = 0; turn < 3; turn += 1) expect((await inProcess.send(refused)).status).toBe(400);
  expect((await inProcess.send({ ...refused, body: newPerson() })).status).toBe(201);
});

describe('a longer minimum of passwords', () => {
  const message = 'Enter a password of at least 10 characters.';

  test('is told by /api/user', async () => {
    const body = { ...newPerson(), password: 'nine nine' };
    const call = { path: '/api/user/signup', body, sourceIp: newAddress() };
    expectAnswer(await inProcess.send(call), problem(400, 'Bad Request', `password: ${message}`));
  });

  test('is told by /auth', async () => {
    const body = { ...newPerson(), password: 'nine nine', confirm: 'nine nine' };
    const call = { path: '/auth/register', body, sourceIp: newAddress() };
    expectAnswer(
      await inProcess.send(call),
      coded(
        'invalid-fields',
        problem(400, 'Bad Request', 'Some fields are missing or invalid; see errors.', {
          errors: [{ field: 'password', code: 'password-too-short', message }],
        }),
      ),
    );
  });
});
