import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Claims, FindLegacy, Hooks } from '../../lib/core/hooks.ts';
import { accountCounter } from '../../lib/core/throttle.ts';
import { coldHandler, ownWorld, sendTo } from '../faults/own-world.ts';
import { scenarios } from '../faults/scenarios.ts';
import type { Call, Reply } from '../harness/client.ts';
import { startFakeCognito } from '../harness/fake-cognito.ts';
import { compileIn } from '../harness/hooks.ts';
import { awaitMails, digitsIn, mailsTo, tagIn } from '../harness/inbox.ts';
import { loggedIn, signedUp, somebody, type Tokens } from '../harness/people.ts';

// lib/hooks.ts as a team writes it, compiled into every function: docs/hooks.md.

const FLOOR_MS = 1_000;

/** What the hooks do in the test that runs. */
const does: { -readonly [name in keyof Hooks]: Hooks[name] } = {};
const onError: Record<string, 'refuse' | 'continue'> = {};
/** With what findLegacy was asked. */
let asked: unknown[] = [];

compileIn({
  beforeSignUp: (...given) => does.beforeSignUp?.(...given),
  claims: (...given) => does.claims?.(...given),
  findLegacy: (who, limits) => {
    asked.push(who);
    return does.findLegacy?.(who, limits);
  },
  onError,
});
process.env.MIGRATION_FLOOR = String(FLOOR_MS / 1000);
const world = await ownWorld();
const { client } = world;

beforeEach(() => {
  for (const hooks of [does, onError])
    for (const name of Object.keys(hooks)) Reflect.deleteProperty(hooks, name);
  asked = [];
});

const throws = () => Promise.reject(new Error('a table of ours does not answer'));
const post = (path: string, body: object) => client.send({ path, body });
const codeOf = ({ status, json }: Reply) => [status, (json as { code?: string }).code];
const FAILED = {
  status: 503,
  headers: expect.objectContaining({ 'retry-after': '2' }),
  json: expect.objectContaining({ code: 'hook-failed' }),
};

/** Every row that is not a count of requests. */
async function rows(): Promise<string[]> {
  const tables = ['users', 'emails', 'sessions', 'factors', 'reset-tags'];
  const all = await Promise.all(tables.map((table) => world.rowsOf(table)));
  const attempts = (await world.rowsOf('throttles')).map(({ version: _, ...attempt }) => attempt);
  const remembered = attempts.filter(({ failures, pending }) => failures || (pending as [])?.length);
  return [...all, remembered].flatMap((some) => some.map(canonical)).sort();
}

/** The same text for rows that are alike, in whatever order their attributes come. */
function canonical(value: unknown): string {
  if (value instanceof Set) return canonical([...value].sort());
  if (Array.isArray(value)) return `[${value.map(canonical)}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${entries.map(([name, member]) => `${name}: ${canonical(member)}`)}}`;
}

describe('beforeSignUp', () => {
  const signUps = (person = somebody()): [path: string, body: object][] => [
    ['/auth/register', { ...person, confirm: person.password }],
    ['/api/user/signup', person],
  ];

  test.each([0, 1])('refuses by its sentence, whether or not the address is taken (%i)', async (index) => {
    const taken = await signedUp(client);
    const seen: unknown[] = [];
    does.beforeSignUp = (given) => {
      seen.push(given);
      return 'Not with us.';
    };
    const before = await rows();
    for (const email of [` ${somebody().email.toUpperCase()} `, taken.email]) {
      const [path, body] = signUps({ ...somebody(), email })[index] as [string, object];
      const reply = await client.send({ path, body, headers: { 'user-agent': 'curl/8.5' } });
      expect(reply).toMatchObject({
        status: 403,
        json: { code: 'sign-up-refused', message: 'Not with us.', detail: 'Not with us.' },
      });
      expect(seen.pop()).toEqual({
        email: email.trim().toLowerCase(),
        name: 'Ada Lovelace',
        client: { userAgent: 'curl/8.5' },
      });
    }
    expect(await rows()).toEqual(before);
  });

  test.each([0, 1])('that fails refuses and writes nothing, or is passed over (%i)', async (index) => {
    const [path, body] = signUps()[index] as [string, object];
    does.beforeSignUp = throws;
    const before = await rows();
    expect(await post(path, body)).toMatchObject(FAILED);
    expect(await rows()).toEqual(before);
    onError.beforeSignUp = 'continue';
    expect((await post(path, body)).status).toBeLessThan(300);
  });

  test('is not asked about fields that are refused', async () => {
    does.beforeSignUp = () => 'Not with us.';
    expect((await post('/auth/register', { ...somebody(), confirm: 'different' })).status).toBe(400);
  });
});

describe('claims', () => {
  const ISSUING = [
    'POST /accounts/auth',
    'POST /api/user/login',
    'POST /api/user/signup',
    'POST /auth/change-password',
    'POST /auth/login',
    'POST /auth/login/passkey',
    'POST /auth/login/second-factor',
    'POST /auth/refresh-tokens',
    'POST /auth/step-up',
    'POST /auth/totp/confirm',
    'POST /auth/verify-email',
  ];
  // A wrong password gets no token, and waits for the floor.
  const issuing = scenarios.filter(({ of, name }) => ISSUING.includes(of) && !/wrong/.test(name));

  test('of each route that issues an access token something is tried below', () => {
    expect([...new Set(issuing.map(({ of }) => of))].sort()).toEqual(ISSUING);
  });

  test.each(issuing)(
    'that fail at $of ($name) write nothing, and the same request succeeds later',
    async (scenario) => {
      does.claims = () => ({ plan: 'pro' });
      const { call, success } = await scenario.prepare(world);
      const before = await rows();
      does.claims = throws;
      const reply = await client.send(call as Call);
      does.claims = () => ({ plan: 'pro' });
      if (reply.status !== 503)
        return expect([reply.status, reply.text]).toEqual([success, expect.not.stringContaining('eyJ')]);
      expect(reply).toMatchObject(
        scenario.of.includes('/accounts/') ? { ...FAILED, json: expect.any(Array) } : FAILED,
      );
      expect(await rows()).toEqual(before);
      const again = await client.send(call as Call);
      expect(again.status).toBe(success);
      const { token, accessToken = token } = again.json as { token?: string; accessToken?: string };
      expect(decodeJwt(accessToken as string)).toMatchObject({ plan: 'pro' });
    },
  );

  test('are asked anew with what the account and the session are by then', async () => {
    const person = await signedUp(client);
    const seen: Parameters<Claims>[0][] = [];
    does.claims = (about) => {
      seen.push(about);
      return { asked: seen.length };
    };
    const tokens = await loggedIn(client, person);
    const { sid, sub } = decodeJwt(tokens.accessToken);
    const [row] = await world.rowsOf('users', { userId: sub });
    await world.putRow('users', { ...row, roles: ['admin'], emailVerified: true });
    const { json } = await post('/auth/refresh-tokens', { refreshToken: tokens.refreshToken });
    const { accessToken } = json as Tokens;
    expect(decodeJwt(accessToken)).toMatchObject({
      asked: 2,
      sub,
      sid,
      roles: ['admin'],
      email_verified: true,
    });
    const user = { userId: sub, name: person.name, email: person.email };
    const session = { sessionId: sid, acr: 'aal1', amr: ['pwd'] };
    expect(seen).toEqual([
      { user: { ...user, emailVerified: false, roles: [] }, session },
      { user: { ...user, emailVerified: true, roles: ['admin'] }, session },
    ]);
  });

  test('are not asked for a wrong password, a replaced refresh token or a token of nobody', async () => {
    const person = await signedUp(client);
    const { refreshToken } = await loggedIn(client, person);
    const { json } = await post('/auth/refresh-tokens', { refreshToken });
    does.claims = throws;
    const refused = await Promise.all([
      post('/auth/login', { ...person, password: 'not the password' }),
      post('/auth/refresh-tokens', { refreshToken: 'A'.repeat(128) }),
    ]);
    expect(refused.map(codeOf)).toEqual([
      [401, 'wrong-credentials'],
      [401, 'invalid-refresh-token'],
    ]);
    // The replaced one is still within its grace, and the newest one lives.
    expect(await post('/auth/refresh-tokens', { refreshToken })).toMatchObject(FAILED);
    onError.claims = 'continue';
    expect((await post('/auth/refresh-tokens', { refreshToken: (json as Tokens).refreshToken })).status).toBe(
      200,
    );
  });

  test('of 2,049 bytes or with a name of ours are refused', async () => {
    const person = await signedUp(client);
    for (const claims of [{ a: 'x'.repeat(2_042) }, { sub: 'x' }, ['x']]) {
      does.claims = () => claims as never;
      expect(await post('/auth/login', person)).toMatchObject(FAILED);
    }
    does.claims = () => ({ a: 'x'.repeat(2_040) });
    const { accessToken } = await loggedIn(client, person);
    expect(
      (await client.send({ path: '/auth', headers: { authorization: `Bearer ${accessToken}` } })).status,
    ).toBe(200);
  });
});

describe('findLegacy', () => {
  const knows =
    (
      password: string,
      user: object = { name: 'Ada of before', emailVerified: true, roles: ['editor'] },
    ): FindLegacy =>
    async (who) =>
      who.password === undefined || who.password === password ? (user as never) : undefined;
  const userOf = async (email: string) => (await world.rowsOf('users', { email }))[0];
  const logIn = (email: string, password: string, path = '/auth/login') =>
    post(path, { email, username: email, password });

  test.each(['/auth/login', '/api/user/login', '/accounts/auth'])(
    'lets an account move in at %s, once, with whatever password it had',
    async (path) => {
      const { email } = somebody();
      does.findLegacy = knows('password'); // which no policy of ours takes
      does.claims = ({ user }) => ({ seen: user.name });
      const reply = await logIn(email, 'password', path);
      expect(reply.status).toBe(200);
      const { token, accessToken = token } = reply.json as { token?: string; accessToken?: string };
      expect(decodeJwt(accessToken as string)).toMatchObject({
        ...{
          userName: 'Ada of before',
          email,
          email_verified: true,
          roles: ['editor'],
          seen: 'Ada of before',
        },
      });
      expect(asked).toEqual([{ email, password: 'password' }]);
      expect((await logIn(email, 'password', path)).status).toBe(200);
      expect(asked).toHaveLength(1);
      expect(await world.rowsOf('users', { email })).toHaveLength(1);
    },
  );

  test('is not asked about an address that somebody has, and counts a wrong password like any', async () => {
    const person = await signedUp(client);
    does.findLegacy = knows('password');
    expect(codeOf(await logIn(person.email, 'password'))).toEqual([401, 'wrong-credentials']);
    expect(asked).toEqual([]);
    const { email } = somebody();
    expect(codeOf(await logIn(email, 'another'))).toEqual([401, 'wrong-credentials']);
    expect(asked).toEqual([{ email, password: 'another' }]);
    const [row] = await world.rowsOf('throttles', { counter: accountCounter(email) });
    expect(row?.failures).toBe(1);
    expect(await userOf(email)).toBeUndefined();
  });

  test('is not called for a locked account, a password that the hash can’t hold, or a malformed address', async () => {
    const { email } = somebody();
    does.findLegacy = knows('x'.repeat(73));
    const refused = await Promise.all([
      logIn(somebody().email, 'x'.repeat(73)),
      logIn(somebody().email, ''),
      logIn('no address', 'x'),
    ]);
    expect(refused.map(({ status }) => status)).toEqual([401, 401, 401]);
    expect(asked).toEqual([]);
    const row = { failures: 5, consecutive: 5, pending: [], lockedUntil: Date.now() + 60_000, version: 'v' };
    await world.putRow('throttles', {
      ...{
        counter: accountCounter(email),
        quietAt: Date.now() + 60_000,
        rememberedUntil: Date.now() + 90_000,
      },
      ...{ expiresAt: Math.ceil(Date.now() / 1000) + 90, ...row },
    });
    expect((await logIn(email, 'x'.repeat(73))).status).toBe(429);
    expect(asked).toEqual([]);
  });

  test('of two log-ins at once one makes the account, and both are let in', async () => {
    const { email } = somebody();
    does.findLegacy = knows('old password');
    const replies = await Promise.all(Array.from({ length: 4 }, () => logIn(email, 'old password')));
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const users = await world.rowsOf('users', { email });
    expect(users).toHaveLength(1);
    expect(await world.rowsOf('sessions', { userId: users[0]?.userId })).toHaveLength(4);
  });

  test('that fails refuses and counts nothing, or the log-in fails as without it', async () => {
    const { email } = somebody();
    const before = await rows();
    for (const fails of [throws, () => new Promise<never>(() => undefined), () => ({ name: 5 }) as never]) {
      does.findLegacy = fails;
      expect(await logIn(email, 'old password')).toMatchObject(FAILED);
    }
    does.findLegacy = knows('old password');
    does.claims = throws;
    expect(await logIn(email, 'old password')).toMatchObject(FAILED);
    expect(await rows()).toEqual(before);
    onError.findLegacy = 'continue';
    does.findLegacy = throws;
    expect(codeOf(await logIn(email, 'old password'))).toEqual([401, 'wrong-credentials']);
  });

  test('lets no failed log-in answer before the floor, whatever is known of the address', async () => {
    const person = await signedUp(client);
    const other = await signedUp(client);
    const disabled = await userOf(other.email);
    await world.putRow('users', { ...disabled, status: 'disabled' });
    does.findLegacy = () => undefined;
    const timed = async (email: string) => {
      const startedAt = performance.now();
      expect((await logIn(email, 'not the password')).status).toBe(401);
      return performance.now() - startedAt;
    };
    const all = [person.email, other.email, somebody().email, 'no address'];
    for (const ms of await Promise.all(all.map(timed))) expect(ms).toBeGreaterThan(FLOOR_MS);
    const startedAt = performance.now();
    await loggedIn(client, person);
    expect(performance.now() - startedAt).toBeLessThan(FLOOR_MS);
  });

  test('brings back nobody who was deleted here', async () => {
    const { email } = somebody();
    does.findLegacy = knows('old password');
    const { accessToken } = (await logIn(email, 'old password')).json as Tokens;
    const headers = { authorization: `Bearer ${accessToken}` };
    expect((await client.send({ path: '/auth/delete-account', headers, body: {} })).status).toBe(200);
    asked = [];
    expect(codeOf(await logIn(email, 'old password'))).toEqual([401, 'wrong-credentials']);
    expect(asked).toEqual([]);
  });

  test.each(['after', 'before'])(
    'that says an address is not verified has its owner mailed (%s)',
    async (mode) => {
      const { email } = somebody();
      does.findLegacy = knows('old password', { name: 'Ada of before', emailVerified: false });
      const login = await coldHandler('login', { EMAIL_VERIFICATION: mode });
      Reflect.deleteProperty(process.env, 'EMAIL_VERIFICATION');
      const call = { path: '/auth/login', body: { email, password: 'old password' } };
      const { accessToken } = (await sendTo(login, call)).json as Tokens;
      expect(decodeJwt(accessToken)).toMatchObject({ email_verified: false });
      const { userId } = (await userOf(email)) as { userId: string };
      const [mail] = await world.rowsOf('reset-tags', { userId });
      await world.sendMail(mail?.tagId as string);
      const code = digitsIn((await awaitMails(email, 1))[0]);
      const headers = { authorization: `Bearer ${accessToken}` };
      expect((await client.send({ path: '/auth/verify-email', headers, body: { code } })).status).toBe(200);
      expect(await userOf(email)).toMatchObject({ emailVerified: true });
    },
  );

  test('lets a team leave Cognito: the old password opens an account with its name and the claims of a hook', async () => {
    const cognito = await startFakeCognito('client');
    Object.assign(process.env, { COGNITO_CLIENT_ID: 'client', COGNITO_ENDPOINT: cognito.url });
    does.findLegacy = (await import('../../lib/legacy/cognito.ts')).findLegacy;
    does.claims = async ({ user }) => ({ plan: 'pro', for: user.email });
    const { email } = somebody();
    const attributes = { name: 'Ada King', email, email_verified: true };
    cognito.users.set(email, { password: 'oldpass', attributes });

    expect(codeOf(await logIn(email, 'wrong'))).toEqual([401, 'wrong-credentials']);
    const tokens = (await logIn(email, 'oldpass')).json as Tokens;
    const claims = { userName: 'Ada King', email, email_verified: true, plan: 'pro', for: email };
    expect(decodeJwt(tokens.accessToken)).toMatchObject(claims);
    expect(await mailsTo(email)).toEqual([]);
    const headers = { authorization: `Bearer ${tokens.accessToken}` };
    const { json } = await client.send({ method: 'GET', path: '/auth/activity', headers });
    const { activity } = json as { activity: { type: string }[] };
    expect(activity.map(({ type }) => type)).toEqual(['session.opened', 'user.created']);

    const known = cognito.requests.length;
    await cognito.stop(); // nobody needs it any more
    const { accessToken } = (await logIn(email, 'oldpass')).json as Tokens;
    expect(decodeJwt(accessToken)).toMatchObject(claims);
    expect(cognito.requests).toHaveLength(known);
    expect((await post('/auth/refresh-tokens', { refreshToken: tokens.refreshToken })).status).toBe(200);
    // Somebody who hasn't moved in is refused for a while, and nothing is counted.
    expect(await logIn(somebody().email, 'oldpass')).toMatchObject(FAILED);
  });

  describe('at a forgotten password', () => {
    const forget = async (email: string) => {
      const before = await world.rowsOf('reset-tags');
      await post('/auth/forget-password', { email });
      const known = new Set(before.map(({ tagId }) => tagId));
      return (await world.rowsOf('reset-tags')).find(({ tagId }) => !known.has(tagId)) as { tagId: string };
    };

    test('is asked by send-mail alone, and the reset makes the account', async () => {
      const { email } = somebody();
      does.findLegacy = knows('old password');
      const { tagId } = await forget(email);
      expect(asked).toEqual([]);
      await world.sendMail(tagId);
      expect(asked).toEqual([{ email }]);
      const [mail] = await awaitMails(email, 1);
      expect(mail?.body.text).toContain('Ada of before');
      expect(await userOf(email)).toBeUndefined();

      const reset = () =>
        post(`/auth/reset-password?token=${tagIn(mail)}`, { password: 'a new battery staple' });
      expect((await reset()).status).toBe(200);
      expect((await reset()).status).toBe(401);
      expect(await userOf(email)).toMatchObject({
        name: 'Ada of before',
        emailVerified: true,
        roles: ['editor'],
      });
      expect((await logIn(email, 'a new battery staple')).status).toBe(200);
      await world.sendMail(tagId);
      expect((await awaitMails(email, 2)).at(-1)?.subject).toMatch(/changed/);
    });

    test('leaves the old password as it is until then', async () => {
      const { email } = somebody();
      does.findLegacy = knows('old password');
      const { tagId } = await forget(email);
      await world.sendMail(tagId);
      const [mail] = await awaitMails(email, 1);
      expect((await logIn(email, 'old password')).status).toBe(200);
      const late = await post(`/auth/reset-password?token=${tagIn(mail)}`, {
        password: 'a new battery staple',
      });
      expect(codeOf(late)).toEqual([401, 'wrong-tag']);
      expect((await logIn(email, 'old password')).status).toBe(200);
    });

    test('mails nobody whom it does not know, and tries again later when it failed', async () => {
      const { email } = somebody();
      const { tagId } = await forget(email);
      does.findLegacy = throws;
      expect(await world.sendMail(tagId)).toEqual({ batchItemFailures: [] });
      expect((await world.rowOf('reset-tags', { tagId }))?.state).toBe('waiting');
      does.findLegacy = () => undefined;
      await world.sendMail(tagId);
      expect(await mailsTo(email)).toEqual([]);
      does.findLegacy = knows('old password');
      await world.sendMail(tagId);
      expect(await awaitMails(email, 1)).toHaveLength(1);
    });
  });
});
