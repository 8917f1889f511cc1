import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { NOON } from '../../test/harness/memory/clock.ts';
import { loggedIn } from '../../test/harness/memory/logged-in.ts';
import { problemOf } from '../../test/harness/memory/problem-of.ts';
import { ADA } from '../../test/harness/memory/users.ts';
import { type World, world } from '../../test/harness/memory/world.ts';
import { authenticate } from './authenticate.ts';
import { hashSecret, newSecret, readRefreshToken, writeRefreshToken } from './opaque-token.ts';
import { ProblemError } from './problem.ts';
import { refreshSession } from './refresh-session.ts';

const GRACE = 10_000;
const DAY = 86_400_000;
const EVIDENCE = { authTime: NOON, acr: 'aal1', amr: ['pwd'] };
const REFUSED = { code: 'invalid-refresh-token' };
const REPLAYED = 'a replaced token was used again; the session was ended';

/** A refresh from an address of its own, unless one is named. */
function refresh(it: World, refreshToken: unknown, client: string = randomUUID()) {
  return refreshSession(it.deps, { fields: { refreshToken }, client });
}

function partsOf(refreshToken: string) {
  const token = readRefreshToken(refreshToken);
  if (token === undefined) throw new Error('not a refresh token');
  return token;
}

/** A refresh token of the same session, with other secrets. */
function forged(refreshToken: string, secrets: { family?: Buffer; secret?: Buffer }): string {
  return writeRefreshToken({ ...partsOf(refreshToken), ...secrets });
}

describe('a refresh', () => {
  test('replaces the token: the successor names the same session and has a new secret', async () => {
    const it = world();
    const { refreshToken } = await loggedIn(it);
    it.clock.pass(DAY);
    const answer = await refresh(it, refreshToken);
    const [old, successor] = [partsOf(refreshToken), partsOf(answer.refreshToken)];
    expect(successor).toEqual({ ...old, secret: expect.any(Buffer) });
    expect(successor.secret).not.toEqual(old.secret);
    expect(it.sessions.only()).toMatchObject({
      idleExpiresAt: NOON + 8 * DAY,
      absoluteExpiresAt: NOON + 30 * DAY,
      refresh: {
        familyHash: hashSecret(old.family),
        currentHash: hashSecret(successor.secret),
        previous: { hash: hashSecret(old.secret), rotatedAt: NOON + DAY },
      },
    });
    expect(it.sessions.only().endedAt).toBeUndefined();
  });

  test('gives an access token of the same session, signed now', async () => {
    const it = world();
    const { refreshToken } = await loggedIn(it);
    it.clock.pass(DAY);
    const { accessToken } = await refresh(it, refreshToken);
    const session = it.sessions.only();
    expect(JSON.parse(accessToken.token)).toEqual({
      userId: ADA.userId,
      name: ADA.name,
      email: ADA.email,
      sessionId: session.sessionId,
      ...EVIDENCE,
      now: NOON + DAY,
    });
    const bearer = { accessToken: accessToken.token, client: '192.0.2.7' };
    expect((await authenticate(it.deps, bearer)).user).toEqual(ADA);
  });

  test('can be followed by the next, as long as one likes within the life of the session', async () => {
    const it = world();
    let { refreshToken } = await loggedIn(it);
    for (let day = 0; day < 29; day += 1) {
      it.clock.pass(DAY);
      ({ refreshToken } = await refresh(it, refreshToken));
    }
    it.clock.pass(DAY - 1);
    ({ refreshToken } = await refresh(it, refreshToken));
    it.clock.pass(1);
    expect(await problemOf(refresh(it, refreshToken))).toEqual({
      problem: REFUSED,
      message: 'the session is over',
    });
  });

  test('has the key before it rotates, so that a key that cannot be had costs the client nothing', async () => {
    const it = world();
    const { refreshToken } = await loggedIn(it);
    const before = it.sessions.only();
    const failure = new Error('no key');
    const deps = { ...it.deps, signer: { ready: () => Promise.reject(failure) } };
    const failed = refreshSession(deps, { fields: { refreshToken }, client: 'c' });
    await expect(failed).rejects.toBe(failure);
    expect(it.sessions.only()).toEqual(before);
    it.calls.length = 0;
    await refresh(it, refreshToken);
    expect(it.calls).toEqual(['signer.ready', 'users.get', 'sessions.rotate', 'sign']);
  });

  test('is never counted when it is granted', async () => {
    const it = world();
    let { refreshToken } = await loggedIn(it);
    for (let nth = 0; nth < 9; nth += 1) ({ refreshToken } = await refresh(it, refreshToken, '192.0.2.1'));
    expect(it.throttleStore.requests.size).toBe(1); // of the log-in
  });

  test('that is refused counts for the address, which has so many in five minutes', async () => {
    const it = world();
    const { refreshToken } = await loggedIn(it);
    for (let nth = 0; nth < 3; nth += 1)
      expect((await problemOf(refresh(it, 'x', '192.0.2.1'))).problem).toEqual(REFUSED);
    expect((await problemOf(refresh(it, 'x', '192.0.2.1'))).problem).toEqual({
      code: 'throttled',
      retryAfter: 300,
    });
    await refresh(it, refreshToken, '192.0.2.1');
  });

  test('that replays a token ends its session although the address is over its limit', async () => {
    const it = world();
    const { refreshToken } = await loggedIn(it);
    await refresh(it, refreshToken);
    for (let nth = 0; nth < 4; nth += 1) await problemOf(refresh(it, 'x', '192.0.2.1'));
    it.clock.pass(GRACE + 1);
    expect((await problemOf(refresh(it, refreshToken, '192.0.2.1'))).message).toBe(REPLAYED);
    expect(it.sessions.only().endedAt).toBe(NOON + GRACE + 1);
  });

  test.each([
    [undefined, 'required'],
    [null, 'not-text'],
  ])('with %j for a token is told so, and counts nowhere', async (refreshToken, reason) => {
    const it = world();
    expect((await problemOf(refresh(it, refreshToken))).problem).toEqual({
      code: 'invalid-fields',
      fields: [{ field: 'refreshToken', reason }],
    });
    expect(it.calls).toEqual([]);
  });

  test('with what cannot be a token counts for the address and looks at no account', async () => {
    const it = world();
    expect(await problemOf(refresh(it, 'not a token'))).toEqual({
      problem: REFUSED,
      message: 'not a refresh token',
    });
    expect(it.calls).toEqual(['throttle.increment']);
  });
});

describe('the token that was just replaced', () => {
  test('is answered with the same successor for ten seconds, and the session goes on', async () => {
    const it = world();
    const { refreshToken } = await loggedIn(it);
    const first = await refresh(it, refreshToken);
    it.clock.pass(GRACE);
    const again = await refresh(it, refreshToken);
    expect(again.refreshToken).toBe(first.refreshToken);
    expect(
      (await authenticate(it.deps, { accessToken: again.accessToken.token, client: '192.0.2.7' })).user,
    ).toEqual(ADA);
    await refresh(it, again.refreshToken);
  });

  test('is answered so although the session does not move by it', async () => {
    const it = world();
    const { refreshToken } = await loggedIn(it);
    await refresh(it, refreshToken);
    const before = it.sessions.only();
    for (const ms of [0, 1, GRACE - 1]) {
      it.clock.pass(ms);
      await refresh(it, refreshToken);
      expect(it.sessions.only()).toEqual(before);
    }
  });

  test('used by ten tabs at once gives all of them one successor', async () => {
    const it = world();
    const { refreshToken } = await loggedIn(it);
    const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(it, refreshToken)));
    expect(new Set(answers.map((answer) => answer.refreshToken)).size).toBe(1);
  });

  test('ends the session a millisecond later', async () => {
    const it = world();
    const { refreshToken } = await loggedIn(it);
    const { refreshToken: successor } = await refresh(it, refreshToken);
    it.clock.pass(GRACE + 1);
    expect(await problemOf(refresh(it, refreshToken))).toEqual({ problem: REFUSED, message: REPLAYED });
    expect(it.sessions.only().endedAt).toBe(NOON + GRACE + 1);
    expect((await problemOf(refresh(it, successor))).problem).toEqual(REFUSED);
  });

  test('is not answered any more once the session was ended', async () => {
    const it = world();
    const { refreshToken } = await loggedIn(it);
    await refresh(it, refreshToken);
    await it.sessions.end(it.sessions.only(), NOON);
    expect(await problemOf(refresh(it, refreshToken))).toEqual({
      problem: REFUSED,
      message: 'the session is over',
    });
  });

  test('is not answered when the stored successor was tampered with', async () => {
    const it = world();
    const { refreshToken } = await loggedIn(it);
    await refresh(it, refreshToken);
    const session = it.sessions.only();
    const previous = session.refresh?.previous;
    if (previous === undefined || session.refresh === undefined) throw new Error('nothing was replaced');
    const refreshed = { ...session.refresh, previous: { ...previous, sealedSuccessor: 'eyJ.x.x.x.x' } };
    await it.sessions.open({ ...session, refresh: refreshed });
    await expect(refresh(it, refreshToken)).rejects.toThrow();
  });
});

describe('a rotation whose user could not be read', () => {
  /** Two calls at once, of which only the rotation succeeds. */
  async function rotatedInVain(it: World, refreshToken: string) {
    const failure = new Error('the table of users is down');
    const deps = { ...it.deps, users: { get: () => Promise.reject(failure) } };
    await expect(refreshSession(deps, { fields: { refreshToken }, client: 'c' })).rejects.toBe(failure);
  }

  test('is answered however long the outage lasts, and then has its ten seconds', async () => {
    const it = world();
    const { refreshToken } = await loggedIn(it);
    await rotatedInVain(it, refreshToken);
    it.clock.pass(3_600_000);
    await rotatedInVain(it, refreshToken);
    it.clock.pass(3_600_000);
    const answer = await refresh(it, refreshToken);
    it.clock.pass(GRACE);
    expect((await refresh(it, refreshToken)).refreshToken).toBe(answer.refreshToken);
    it.clock.pass(1);
    expect((await problemOf(refresh(it, refreshToken))).message).toBe(REPLAYED);
  });

  test('of a parallel request that had its answer lives on by that answer', async () => {
    const it = world();
    const { refreshToken } = await loggedIn(it);
    await rotatedInVain(it, refreshToken);
    const { refreshToken: successor } = await refresh(it, refreshToken);
    const { refreshToken: next } = await refresh(it, successor);
    await refresh(it, next);
  });

  test('with an old token that did not rotate gets no grace', async () => {
    const it = world();
    const { refreshToken } = await loggedIn(it);
    await refresh(it, refreshToken);
    it.clock.pass(GRACE + 1);
    const before = it.sessions.only();
    await rotatedInVain(it, refreshToken);
    expect(it.sessions.only()).toEqual(before);
    expect((await problemOf(refresh(it, refreshToken))).message).toBe(REPLAYED);
  });

  test('does not move the grace of a later rotation', async () => {
    const it = world();
    const { refreshToken } = await loggedIn(it);
    const { refreshToken: second } = await refresh(it, refreshToken);
    const first = it.sessions.only();
    await refresh(it, second);
    const before = it.sessions.only();
    await it.sessions.moveGrace(first, first.refresh?.currentHash ?? '', NOON + DAY);
    expect(it.sessions.only()).toEqual(before);
  });

  test('keeps its grace when the table of sessions is down as well: the session is as it was rotated', async () => {
    const it = world();
    const { refreshToken } = await loggedIn(it);
    const failure = new Error('down');
    const fail = () => Promise.reject(failure);
    const sessions = { ...it.sessions, moveGrace: fail };
    const deps = { ...it.deps, users: { get: fail }, sessions };
    await expect(refreshSession(deps, { fields: { refreshToken }, client: 'c' })).rejects.toBe(failure);
    await refresh(it, refreshToken);
  });
});

test('the error of a failed rotation is thrown, whether or not the user could be read', async () => {
  const it = world();
  const { refreshToken } = await loggedIn(it);
  const failure = new Error('the table of sessions is down');
  const sessions = { ...it.sessions, rotate: () => Promise.reject(failure) };
  const request = { fields: { refreshToken }, client: 'c' };
  await expect(refreshSession({ ...it.deps, sessions }, request)).rejects.toBe(failure);
});

describe('a session is ended', () => {
  test('by the last token but one, even within its ten seconds', async () => {
    const it = world();
    const { refreshToken } = await loggedIn(it);
    const { refreshToken: second } = await refresh(it, refreshToken);
    const { refreshToken: third } = await refresh(it, second);
    expect(await problemOf(refresh(it, refreshToken))).toEqual({ problem: REFUSED, message: REPLAYED });
    expect(it.sessions.only().endedAt).toBe(NOON);
    for (const token of [second, third])
      expect((await problemOf(refresh(it, token))).problem).toEqual(REFUSED);
  });

  test('with the right family secret and a secret that the session never had', async () => {
    const it = world();
    const { refreshToken } = await loggedIn(it);
    const guess = forged(refreshToken, { secret: newSecret() });
    expect(await problemOf(refresh(it, guess))).toEqual({ problem: REFUSED, message: REPLAYED });
    expect(it.sessions.only().endedAt).toBe(NOON);
  });

  test('alone: the other sessions of the user go on', async () => {
    const it = world();
    const { refreshToken: other } = await loggedIn(it);
    const { refreshToken } = await loggedIn(it);
    await problemOf(refresh(it, forged(refreshToken, { secret: newSecret() })));
    await refresh(it, other);
  });
});

describe('a session is left alone', () => {
  test.each([
    ['the secret of another family', { family: newSecret() }],
    ['two guessed secrets', { family: newSecret(), secret: newSecret() }],
  ])('by a token with %s', async (_, secrets) => {
    const it = world();
    const { refreshToken } = await loggedIn(it);
    const before = it.sessions.only();
    expect(await problemOf(refresh(it, forged(refreshToken, secrets)))).toEqual({
      problem: REFUSED,
      message: 'not a token of the session',
    });
    expect(it.sessions.only()).toEqual(before);
  });

  test('by the replaced secret with another family, within the ten seconds', async () => {
    const it = world();
    const { refreshToken } = await loggedIn(it);
    const { refreshToken: successor } = await refresh(it, refreshToken);
    const guess = forged(refreshToken, { family: newSecret() });
    expect((await problemOf(refresh(it, guess))).message).toBe('not a token of the session');
    await refresh(it, successor);
  });

  test('when it is one that cannot be refreshed', async () => {
    const it = world();
    const { refreshToken } = await loggedIn(it);
    const { refresh: _, ...session } = it.sessions.only();
    await it.sessions.open(session);
    expect((await problemOf(refresh(it, refreshToken))).message).toBe('not a token of the session');
    expect(it.sessions.only()).toEqual(session);
  });
});

describe('a refresh token is refused', () => {
  const other = '99999999-9999-4999-8999-999999999999';

  test.each<[string, string, (it: World) => unknown]>([
    ['after a log-out', 'the session is over', (it) => it.sessions.end(it.sessions.only(), NOON)],
    ['when the session was idle for too long', 'the session is over', (it) => it.clock.pass(7 * DAY)],
    ['when there is no session', 'the session is over', (it) => it.sessions.rows.clear()],
    [
      'after a reset',
      'the session is over',
      (it) => it.users.rows.set(ADA.userId, { ...ADA, credentialVersion: 4 }),
    ],
    [
      'when the account is disabled',
      'the session is over',
      (it) => it.users.rows.set(ADA.userId, { ...ADA, status: 'disabled' }),
    ],
    ['when the user is gone', 'the session is over', (it) => it.users.rows.clear()],
  ])('%s', async (_, message, happens) => {
    const it = world();
    const { refreshToken } = await loggedIn(it);
    happens(it);
    expect(await problemOf(refresh(it, refreshToken))).toEqual({ problem: REFUSED, message });
  });

  test('with the id of another session or user', async () => {
    const it = world(ADA, { ...ADA, userId: other, email: 'eve@example.com' });
    const { refreshToken } = await loggedIn(it);
    for (const ids of [{ sessionId: other }, { userId: other }]) {
      const token = writeRefreshToken({ ...partsOf(refreshToken), ...ids });
      expect((await problemOf(refresh(it, token))).problem).toEqual(REFUSED);
    }
    await refresh(it, refreshToken);
  });

  test('to the last millisecond of idleness it is not', async () => {
    const it = world();
    const { refreshToken } = await loggedIn(it);
    it.clock.pass(7 * DAY - 1);
    await refresh(it, refreshToken);
  });
});

test.each([0, 1_000, 300_000])('the grace is as long as it is set to be: %i ms', async (grace) => {
  const it = world();
  const deps = { ...it.deps, grace };
  const first = await loggedIn(it);
  const ask = (refreshToken: string) =>
    refreshSession(deps, { fields: { refreshToken }, client: randomUUID() });
  const { refreshToken: successor } = await ask(first.refreshToken);
  it.clock.pass(grace);
  expect((await ask(first.refreshToken)).refreshToken).toBe(successor);
  it.clock.pass(1);
  expect((await problemOf(ask(first.refreshToken))).message).toBe(REPLAYED);
});

describe('a refresh where a hook adds claims', () => {
  const failing = async (): Promise<never> => {
    throw new ProblemError({ code: 'hook-failed', retryAfter: 2 });
  };

  test('asks before the rotation, so that one that fails leaves the token as it was', async () => {
    const it = world();
    const { refreshToken } = await loggedIn(it);
    const before = it.sessions.only();
    it.hook.claims = failing;
    expect((await problemOf(refresh(it, refreshToken))).problem.code).toBe('hook-failed');
    expect(it.sessions.only()).toEqual(before);
    it.hook.claims = async () => ({ plan: 'pro' });
    const { accessToken } = await refresh(it, refreshToken);
    expect(JSON.parse(accessToken.token)).toMatchObject({ plan: 'pro', sessionId: before.sessionId });
  });

  test('asks for the token that was just replaced, and for no other', async () => {
    const it = world();
    const { refreshToken } = await loggedIn(it);
    await refresh(it, refreshToken);
    it.hook.claims = failing;
    expect((await problemOf(refresh(it, refreshToken))).problem.code).toBe('hook-failed');
    for (const secrets of [{ family: newSecret() }, { secret: newSecret(), family: newSecret() }])
      expect((await problemOf(refresh(it, forged(refreshToken, secrets)))).problem).toEqual(REFUSED);
    it.clock.pass(GRACE + 1);
    expect((await problemOf(refresh(it, refreshToken))).message).toBe(REPLAYED);
    expect((await problemOf(refresh(it, refreshToken))).problem).toEqual(REFUSED); // it is over
  });

  test('looks again where the user and the session were read before and after a change of the password', async () => {
    const it = world();
    const { refreshToken } = await loggedIn(it);
    it.hook.claims = async () => ({ plan: 'pro' });
    let reads = 0;
    const get = it.deps.users.get;
    it.deps.users.get = async (userId) => {
      const user = await get(userId);
      reads += 1;
      return user && reads === 1 ? { ...user, credentialVersion: user.credentialVersion - 1 } : user;
    };
    const { accessToken } = await refreshSession(
      { ...it.deps, users: { get: it.deps.users.get } },
      { fields: { refreshToken }, client: randomUUID() },
    );
    expect(JSON.parse(accessToken.token)).toMatchObject({ plan: 'pro' });
  });

  test('asks nobody about a session that is not there', async () => {
    const it = world();
    const { refreshToken } = await loggedIn(it);
    it.sessions.rows.clear();
    it.hook.claims = failing;
    expect((await problemOf(refresh(it, refreshToken))).problem).toEqual(REFUSED);
  });
});
