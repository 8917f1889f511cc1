import { describe, expect, test } from 'vitest';
import { loggedIn } from '../../test/harness/memory/logged-in.ts';
import { problemOf } from '../../test/harness/memory/problem-of.ts';
import { ADA } from '../../test/harness/memory/users.ts';
import { type World, world } from '../../test/harness/memory/world.ts';
import { authenticate } from './authenticate.ts';
import { logOut } from './log-out.ts';
import { welcome } from './welcome.ts';

const DAY = 86_400_000;
const OVER = {
  problem: { code: 'invalid-access-token' },
  message: 'the session of the access token is over',
};

test('an access token of a live session speaks for its user', async () => {
  const it = world();
  const { accessToken } = await loggedIn(it);
  const session = it.sessions.only();
  const { sessionId, authTime, acr, amr } = session;
  expect(await authenticate(it.deps, { accessToken: accessToken.token, client: '192.0.2.7' })).toEqual({
    user: ADA,
    session,
    claims: { userId: ADA.userId, sessionId, authTime, acr, amr },
  });
});

test('a session is read until both reads are from after the same of several changes, and no longer', async () => {
  const it = world();
  const { accessToken } = await loggedIn(it);
  const session = it.sessions.only();
  const reading = (users: number[], sessions: number[]) => ({
    ...it.deps,
    users: { get: async () => ({ ...ADA, credentialVersion: Number(users.shift()) }) },
    sessions: { get: async () => ({ ...session, credentialVersion: Number(sessions.shift()) }) },
  });
  const bearer = { accessToken: accessToken.token, client: '192.0.2.7' };
  const found = await authenticate(reading([4, 5, 6], [5, 6, 6]), bearer);
  expect(found.session.credentialVersion).toBe(6);
  const left: [number[], number[]] = [
    [4, 4, 4],
    [3, 3, 3],
  ];
  expect(await problemOf(authenticate(reading(...left), bearer))).toEqual(OVER);
  expect(left).toEqual([[4], [3]]);
});

describe('a session that a change of the password left alive, while', () => {
  const changed = (it: World) => {
    const session = it.sessions.only();
    it.sessions.rows.set(`${ADA.userId}/${session.sessionId}`, { ...session, credentialVersion: 4 });
    it.users.rows.set(ADA.userId, { ...ADA, credentialVersion: 4 });
  };

  test.each(['users', 'sessions'] as const)('%s were read before the change, stays alive', async (first) => {
    const it = world();
    const { accessToken } = await loggedIn(it);
    const store = it.deps[first];
    const read = store.get.bind(store) as (key: never) => Promise<unknown>;
    let reads = 0;
    const slow = {
      async get(key: never) {
        const found = await read(key);
        if (reads++ === 0) changed(it);
        return found;
      },
    };
    // The other table is read only once the first has been, and so after the change.
    const other = first === 'users' ? 'sessions' : 'users';
    const late = {
      async get(key: never) {
        await new Promise(setImmediate);
        return (it.deps[other].get as (key: never) => Promise<unknown>)(key);
      },
    };
    const deps = { ...it.deps, [first]: slow, [other]: late };
    const { session } = await authenticate(deps, { accessToken: accessToken.token, client: '192.0.2.7' });
    expect(session.credentialVersion).toBe(4);
    expect(reads).toBe(2);
  });
});

test('no access token is a problem of its own, found without a look at any table', async () => {
  const it = world();
  expect(
    (await problemOf(authenticate(it.deps, { accessToken: undefined, client: '192.0.2.7' }))).problem,
  ).toEqual({
    code: 'missing-access-token',
  });
  expect(it.calls).toEqual([]);
});

test('a token that the verifier refuses costs no look at any table but the count for the address', async () => {
  const it = world();
  expect(
    (await problemOf(authenticate(it.deps, { accessToken: 'forged', client: '192.0.2.7' }))).message,
  ).toBe('not one of the test');
  expect((await problemOf(authenticate(it.deps, { accessToken: '', client: '192.0.2.7' }))).problem).toEqual({
    code: 'invalid-access-token',
  });
  expect(it.calls).toEqual([
    'verifier.verify',
    'throttle.increment',
    'verifier.verify',
    'throttle.increment',
  ]);
});

test('the token is verified at the time of the request', async () => {
  const it = world();
  it.clock.pass(1_234);
  const times: number[] = [];
  const verifier = {
    async verify(_: string, now: number) {
      times.push(now);
      return { userId: 'nobody', sessionId: 'none', authTime: 0, acr: 'aal1' as const, amr: [] };
    },
  };
  await problemOf(authenticate({ ...it.deps, verifier }, { accessToken: 'any', client: '192.0.2.7' }));
  expect(times).toEqual([it.clock()]);
});

describe('an access token is refused', () => {
  test.each<[string, (it: World) => unknown]>([
    ['after a log-out', (it) => it.sessions.end(it.sessions.only(), it.clock())],
    ['when its session is gone', (it) => it.sessions.rows.clear()],
    ['when its user is gone', (it) => it.users.rows.clear()],
    ['when the account was disabled', (it) => it.users.rows.set(ADA.userId, { ...ADA, status: 'disabled' })],
    ['after a reset', (it) => it.users.rows.set(ADA.userId, { ...ADA, credentialVersion: 4 })],
    ['when the session was idle for too long', (it) => it.clock.pass(7 * DAY)],
  ])('%s', async (_, happens) => {
    const it = world();
    const { accessToken } = await loggedIn(it);
    happens(it);
    expect(
      await problemOf(authenticate(it.deps, { accessToken: accessToken.token, client: '192.0.2.7' })),
    ).toEqual(OVER);
    expect(
      await problemOf(welcome(it.deps, { accessToken: accessToken.token, client: '192.0.2.7' })),
    ).toEqual(OVER);
  });
});

test('a welcome tells whom the token belongs to, and no more than a client may know', async () => {
  const it = world();
  const { accessToken } = await loggedIn(it);
  expect(await welcome(it.deps, { accessToken: accessToken.token, client: '192.0.2.7' })).toEqual({
    userId: ADA.userId,
    name: 'Ada Lovelace',
    email: 'ada@example.com',
    bio: null,
  });
});

test('a welcome needs an access token', async () => {
  expect(
    (await problemOf(welcome(world().deps, { accessToken: undefined, client: '192.0.2.7' }))).problem,
  ).toEqual({
    code: 'missing-access-token',
  });
});

describe('what an address is refused', () => {
  const bearer = (accessToken: string | undefined, client = '192.0.2.8') => ({ accessToken, client });

  test('is counted, and beyond the limit answered with when to try again', async () => {
    const it = world();
    for (let nth = 1; nth <= 3; nth += 1)
      expect((await problemOf(authenticate(it.deps, bearer('forged')))).problem.code).toBe(
        'invalid-access-token',
      );
    expect((await problemOf(authenticate(it.deps, bearer('forged')))).problem).toEqual({
      code: 'throttled',
      retryAfter: 300,
    });
    const logOutBy = logOut(it.deps, { by: 'access-token', ...bearer('forged') });
    expect((await problemOf(logOutBy)).problem.code).toBe('throttled');
    expect((await problemOf(authenticate(it.deps, bearer('forged', '192.0.2.9')))).problem.code).toBe(
      'invalid-access-token',
    );
  });

  test('is nothing when the token is good, or missing: neither costs a call', async () => {
    const it = world();
    const { accessToken } = await loggedIn(it);
    for (let nth = 1; nth <= 5; nth += 1) {
      await authenticate(it.deps, bearer(accessToken.token));
      await problemOf(authenticate(it.deps, bearer(undefined)));
    }
    expect(it.calls).not.toContain('throttle.increment');
  });

  test('does not keep out a good token beyond the limit', async () => {
    const it = world();
    const { accessToken } = await loggedIn(it);
    for (let nth = 1; nth <= 5; nth += 1) await problemOf(authenticate(it.deps, bearer('forged')));
    expect((await authenticate(it.deps, bearer(accessToken.token))).user).toEqual(ADA);
  });

  test('is counted when an access token is presented for a log-out as well', async () => {
    const it = world();
    for (let nth = 1; nth <= 3; nth += 1)
      await problemOf(logOut(it.deps, { by: 'access-token', ...bearer('forged') }));
    expect((await problemOf(authenticate(it.deps, bearer('forged')))).problem.code).toBe('throttled');
  });
});
