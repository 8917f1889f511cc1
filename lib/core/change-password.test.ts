import { describe, expect, test } from 'vitest';
import { NOON } from '../../test/harness/memory/clock.ts';
import { loggedIn } from '../../test/harness/memory/logged-in.ts';
import { problemOf } from '../../test/harness/memory/problem-of.ts';
import { ADA } from '../../test/harness/memory/users.ts';
import { type World, world } from '../../test/harness/memory/world.ts';
import { authenticate } from './authenticate.ts';
import { changePassword } from './change-password.ts';
import { endSessionsOf } from './end-sessions.ts';
import { logIn } from './log-in.ts';
import { refreshSession } from './refresh-session.ts';

const CLIENT = '192.0.2.7';
const RIGHT = { password: 'correct horse', newPassword: 'another one entirely' };

function change(it: World, accessToken: string, fields: object = RIGHT) {
  return changePassword(it.deps, { accessToken, client: CLIENT, language: 'de', body: () => fields });
}

async function session(it: World) {
  const { accessToken, refreshToken } = await loggedIn(it);
  return { accessToken: accessToken.token, refreshToken };
}

const isLive = (it: World, accessToken: string) =>
  authenticate(it.deps, { accessToken, client: CLIENT }).then(
    () => true,
    () => false,
  );

/** Does something else the first time that a store is asked to do this. */
function before<T extends object>(store: T, name: keyof T, happens: () => Promise<unknown>): T {
  let happened = false;
  return new Proxy(store, {
    get(target, key) {
      const member = Reflect.get(target, key);
      if (key !== name) return member;
      return async (...given: unknown[]) => {
        if (!happened) {
          happened = true;
          await happens();
        }
        return Reflect.apply(member as () => unknown, target, given);
      };
    },
  });
}

test('the others end, this one stays, and the owner gets a mail', async () => {
  const it = world();
  const [mine, other] = [await session(it), await session(it)];
  it.clock.pass(1_000);
  const { token } = await change(it, mine.accessToken);
  expect(
    await Promise.all([mine.accessToken, token, other.accessToken].map((one) => isLive(it, one))),
  ).toEqual([true, true, false]);
  expect(it.users.rows.get(ADA.userId)).toMatchObject({
    passwordHash: 'hash of another one entirely',
    credentialVersion: 4,
    passwordChangedAt: NOON + 1_000,
  });
  expect([...it.mailRequests.rows.values()]).toMatchObject([
    { purpose: 'new-password', userId: ADA.userId, language: 'de', kind: 'known' },
  ]);
});

test('a log-in that began with the old password and ends later opens nothing that lives', async () => {
  const it = world();
  const mine = await session(it);
  const deps = {
    ...it.deps,
    sessions: before(it.deps.sessions, 'open', () => change(it, mine.accessToken)),
  };
  const fields = { email: ADA.email, password: 'correct horse' };
  const late = await logIn(deps, { fields, refreshes: true, client: CLIENT, language: 'en' });
  expect(await isLive(it, late.accessToken.token)).toBe(false);
  const refreshing = refreshSession(it.deps, {
    fields: { refreshToken: late.refreshToken },
    client: CLIENT,
  });
  expect((await problemOf(refreshing)).problem.code).toBe('invalid-refresh-token');
  expect(await isLive(it, mine.accessToken)).toBe(true);
});

describe('when something else comes between', () => {
  const interrupted = (it: World, happens: () => Promise<unknown>): World => ({
    ...it,
    deps: { ...it.deps, accounts: before(it.deps.accounts, 'changePassword', happens) },
  });

  test('another change, the password that was typed is the old one', async () => {
    const it = world();
    const mine = await session(it);
    const second = interrupted(it, () =>
      change(it, mine.accessToken, { ...RIGHT, newPassword: 'the first of two' }),
    );
    expect((await problemOf(change(second, mine.accessToken))).problem).toEqual({
      code: 'wrong-credentials',
    });
    expect(it.users.rows.get(ADA.userId)?.passwordHash).toBe('hash of the first of two');
    expect(await isLive(it, mine.accessToken)).toBe(true);
  });

  test('the end of all other sessions, it is done anew', async () => {
    const it = world();
    const mine = await session(it);
    const ending = { accessToken: mine.accessToken, client: CLIENT, body: () => ({ others: true }) };
    await change(
      interrupted(it, () => endSessionsOf(it.deps, ending)),
      mine.accessToken,
    );
    expect(it.users.rows.get(ADA.userId)).toMatchObject({
      passwordHash: 'hash of another one entirely',
      credentialVersion: 5,
    });
    expect(await isLive(it, mine.accessToken)).toBe(true);
  });

  test.each<[string, (it: World) => unknown]>([
    ['a log-out', (it) => it.sessions.end(it.sessions.only(), it.clock())],
    ['a reset', (it) => it.users.rows.set(ADA.userId, { ...ADA, credentialVersion: 4 })],
    ['a lock of the account', (it) => it.users.rows.set(ADA.userId, { ...ADA, status: 'disabled' })],
    ['a deletion', (it) => it.users.rows.delete(ADA.userId)],
  ])('%s, nothing is changed', async (_, happens) => {
    const it = world();
    const mine = await session(it);
    const late = interrupted(it, async () => happens(it));
    expect((await problemOf(change(late, mine.accessToken))).problem).toEqual({
      code: 'invalid-access-token',
    });
    expect(it.users.rows.get(ADA.userId)?.passwordHash ?? ADA.passwordHash).toBe(ADA.passwordHash);
    expect(it.mailRequests.rows.size).toBe(0);
  });
});
