import { describe, expect, test } from 'vitest';
import { NOON } from '../../test/harness/memory/clock.ts';
import { loggedIn } from '../../test/harness/memory/logged-in.ts';
import { problemOf } from '../../test/harness/memory/problem-of.ts';
import { ADA } from '../../test/harness/memory/users.ts';
import { type World, world } from '../../test/harness/memory/world.ts';
import { logOut } from './log-out.ts';
import { newSecret, readRefreshToken, writeRefreshToken } from './opaque-token.ts';
import { refreshSession } from './refresh-session.ts';

const DAY = 86_400_000;

const byRefreshToken = (it: World, refreshToken: unknown) =>
  logOut(it.deps, { by: 'refresh-token', fields: { refreshToken } });
const byAccessToken = (it: World, accessToken: string | undefined) =>
  logOut(it.deps, { by: 'access-token', accessToken, client: '192.0.2.7' });

describe('a log-out by access token', () => {
  test('ends the session at once, for both of its tokens', async () => {
    const it = world();
    const { accessToken, refreshToken } = await loggedIn(it);
    it.clock.pass(5_000);
    await byAccessToken(it, accessToken.token);
    expect(it.sessions.only().endedAt).toBe(NOON + 5_000);
    const again = refreshSession(it.deps, { fields: { refreshToken }, client: '192.0.2.1' });
    expect((await problemOf(again)).problem).toEqual({ code: 'invalid-refresh-token' });
  });

  test('is refused when the session is over already', async () => {
    const it = world();
    const { accessToken } = await loggedIn(it);
    await byAccessToken(it, accessToken.token);
    it.clock.pass(1); // within the same millisecond it would be the same log-out, tried again
    expect((await problemOf(byAccessToken(it, accessToken.token))).problem).toEqual({
      code: 'invalid-access-token',
    });
  });

  test('is one write in parallel with one read of the user', async () => {
    const it = world();
    const { accessToken } = await loggedIn(it);
    await byAccessToken(it, accessToken.token);
    expect(it.calls).toEqual(['verifier.verify', 'users.getEventually', 'sessions.end']);
  });

  test.each<[string, (it: World) => unknown]>([
    ['when the account was disabled', (it) => it.users.rows.set(ADA.userId, { ...ADA, status: 'disabled' })],
    ['after a reset', (it) => it.users.rows.set(ADA.userId, { ...ADA, credentialVersion: 4 })],
    ['when the session was idle for too long', (it) => it.clock.pass(7 * DAY)],
    ['when the session is gone', (it) => it.sessions.rows.clear()],
  ])('is refused %s', async (_, happens) => {
    const it = world();
    const { accessToken } = await loggedIn(it);
    happens(it);
    expect(await problemOf(byAccessToken(it, accessToken.token))).toEqual({
      problem: { code: 'invalid-access-token' },
      message: 'the session of the access token is over',
    });
  });

  test('needs one', async () => {
    expect((await problemOf(byAccessToken(world(), undefined))).problem).toEqual({
      code: 'missing-access-token',
    });
  });

  test('leaves the other sessions of the user alone', async () => {
    const it = world();
    const { accessToken } = await loggedIn(it);
    await loggedIn(it);
    await byAccessToken(it, accessToken.token);
    expect([...it.sessions.rows.values()].map(({ endedAt }) => endedAt)).toEqual([NOON, undefined]);
  });
});

describe('a log-out by refresh token', () => {
  test('ends the session at once, for both of its tokens', async () => {
    const it = world();
    const { accessToken, refreshToken } = await loggedIn(it);
    it.clock.pass(5_000);
    await byRefreshToken(it, refreshToken);
    expect(it.sessions.only().endedAt).toBe(NOON + 5_000);
    it.clock.pass(1);
    expect((await problemOf(byAccessToken(it, accessToken.token))).problem).toEqual({
      code: 'invalid-access-token',
    });
  });

  test('takes any token that the session ever had', async () => {
    const it = world();
    const { refreshToken } = await loggedIn(it);
    await refreshSession(it.deps, { fields: { refreshToken }, client: '192.0.2.1' });
    it.clock.pass(DAY);
    await byRefreshToken(it, refreshToken);
    expect(it.sessions.only().endedAt).toBe(NOON + DAY);
  });

  test.each<[string, (it: World) => unknown]>([
    ['was ended', (it) => it.sessions.end(it.sessions.only(), NOON)],
    ['has expired', (it) => it.clock.pass(60 * DAY)],
    ['belongs to a disabled account', (it) => it.users.rows.set(ADA.userId, { ...ADA, status: 'disabled' })],
    ['belongs to nobody any more', (it) => it.users.rows.clear()],
  ])('is what the client wants when the session %s', async (_, happened) => {
    const it = world();
    const { refreshToken } = await loggedIn(it);
    happened(it);
    await byRefreshToken(it, refreshToken);
    expect(it.sessions.only().endedAt).toBeDefined();
  });

  test('does not move the end of a session that was over', async () => {
    const it = world();
    const { refreshToken } = await loggedIn(it);
    await byRefreshToken(it, refreshToken);
    it.clock.pass(DAY);
    await byRefreshToken(it, refreshToken);
    expect(it.sessions.only().endedAt).toBe(NOON);
  });

  test('that never was one of the session leaves the session alone', async () => {
    const it = world();
    const { refreshToken } = await loggedIn(it);
    const ours = readRefreshToken(refreshToken);
    if (ours === undefined) throw new Error('not a refresh token');
    const guess = writeRefreshToken({ ...ours, family: newSecret() });
    expect((await problemOf(byRefreshToken(it, guess))).problem).toEqual({ code: 'foreign-refresh-token' });
    expect(it.sessions.only().endedAt).toBeUndefined();
  });

  test('of a session that there is not is foreign', async () => {
    const it = world();
    const { refreshToken } = await loggedIn(it);
    it.sessions.rows.clear();
    expect((await problemOf(byRefreshToken(it, refreshToken))).problem).toEqual({
      code: 'foreign-refresh-token',
    });
  });

  test('that cannot be one is foreign, without a look at any table', async () => {
    const it = world();
    expect((await problemOf(byRefreshToken(it, 'not a token'))).problem).toEqual({
      code: 'foreign-refresh-token',
    });
    expect(it.calls).toEqual([]);
  });

  test.each([
    [undefined, 'required'],
    [7, 'not-text'],
  ])('that is %j is a wrong field', async (refreshToken, reason) => {
    expect((await problemOf(byRefreshToken(world(), refreshToken))).problem).toEqual({
      code: 'invalid-fields',
      fields: [{ field: 'refreshToken', reason }],
    });
  });
});
