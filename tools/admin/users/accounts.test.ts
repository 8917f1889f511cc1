import { randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  allowMail,
  deleteAccount,
  disableAccount,
  enableAccount,
  endEverybodysSessions,
  endSession,
  endSessions,
  RefusedRoles,
  RowsDisagree,
  setRoles,
} from '../../../lib/core/administer-account.ts';
import { removeAllFactors } from '../../../lib/core/remove-factors.ts';
import { factorRemoval } from '../../../lib/dynamodb/factor-removal.ts';
import { sessionStore } from '../../../lib/dynamodb/sessions.ts';
import { userStore } from '../../../lib/dynamodb/users.ts';
import { ownWorld } from '../../../test/faults/own-world.ts';
import { askedFor, reset } from '../../../test/faults/scenarios.ts';
import { challenged, protectedPerson } from '../../../test/harness/authenticator.ts';
import { mailsTo, tagIn } from '../../../test/harness/inbox.ts';
import { fileOf, imported, operatorOf, tablesUnder, userOf } from '../../../test/harness/own-tables.ts';
import { addedPasskey, holder, loggedInByPasskey, tryPasskey } from '../../../test/harness/passkeys.ts';
import { loggedIn, type Person, signedUp, type Tokens } from '../../../test/harness/people.ts';
import { exportedLines } from './export.ts';

let world: Awaited<ReturnType<typeof ownWorld>>;
let tables: ReturnType<typeof tablesUnder>;
let accounts: ReturnType<typeof operatorOf>['accounts'];

beforeAll(async () => {
  world = await ownWorld();
  tables = tablesUnder(world.prefix);
  accounts = operatorOf(tables).accounts;
});

async function logInStatus({ email, password }: Person): Promise<number> {
  return (await world.client.send({ path: '/auth/login', body: { email, password } })).status;
}

/** What the tokens of a session are answered: to the access token, and to the refresh token. */
async function answersTo({ accessToken, refreshToken }: Tokens): Promise<number[]> {
  const headers = { authorization: `Bearer ${accessToken}` };
  const welcome = await world.client.send({ path: '/auth', headers });
  const refresh = await world.client.send({ path: '/auth/refresh-tokens', body: { refreshToken } });
  return [welcome.status, refresh.status];
}

describe('a user', () => {
  test('is found by the address however it is written, and by the id', async () => {
    const { email } = await signedUp(world.client);
    const user = await userOf(tables, ` ${email.toUpperCase()}`);
    expect(user.email).toBe(email);
    expect(await userOf(tables, user.userId)).toEqual(user);
  });

  test.each(['nobody@example.com', '11111111-1111-4111-8111-000000000000', 'ada@', ''])(
    '%j is not found',
    async (given) => {
      await expect(userOf(tables, given)).rejects.toMatchObject({ problem: { code: 'unknown-user' } });
    },
  );

  test('that is disabled gets in nowhere, and enabled again only by a new log-in', async () => {
    const person = await signedUp(world.client);
    const tokens = await loggedIn(world.client, person);
    const user = await userOf(tables, person.email);
    expect(await answersTo(tokens)).toEqual([200, 200]);

    const other = await loggedIn(world.client, person);
    expect(await disableAccount(accounts, user.userId, 'operator')).toBe(true);
    expect(await disableAccount(accounts, user.userId, 'operator')).toBe(false);
    expect(await userOf(tables, user.userId)).toEqual({
      ...user,
      status: 'disabled',
      credentialVersion: 2,
    });
    expect(await logInStatus(person)).toBe(401);
    expect(await answersTo(other)).toEqual([401, 401]);

    expect(await enableAccount(accounts, user.userId, 'operator')).toBe(true);
    expect(await enableAccount(accounts, user.userId, 'operator')).toBe(false);
    expect(await userOf(tables, user.userId)).toEqual({ ...user, credentialVersion: 2 });
    expect(await answersTo(other)).toEqual([401, 401]);
    expect(await logInStatus(person)).toBe(200);
  });

  test('whose one session is ended keeps the others', async () => {
    const person = await signedUp(world.client);
    const [tokens, other] = [await loggedIn(world.client, person), await loggedIn(world.client, person)];
    const { userId } = await userOf(tables, person.email);
    const deps = { sessions: sessionStore(tables), clock: Date.now };
    const sessionId = decodeJwt(tokens.accessToken).sid as string;
    expect(await endSession(deps, { userId, sessionId }, 'operator')).toBe(true);
    expect(await endSession(deps, { userId, sessionId: randomUUID() }, 'operator')).toBe(false);
    expect(await endSession(deps, { userId: randomUUID(), sessionId }, 'operator')).toBe(false);
    expect(await answersTo(tokens)).toEqual([401, 401]);
    expect(await answersTo(other)).toEqual([200, 200]);
  });

  test('has exactly the roles that were set, which tokens tell from the next refresh on', async () => {
    const person = await signedUp(world.client);
    const { refreshToken } = await loggedIn(world.client, person);
    const { userId } = await userOf(tables, person.email);
    expect(await setRoles(accounts, userId, ['admin', 'admin', 'a.b:c-d_E'])).toBe(true);
    expect(await setRoles(accounts, userId, ['admin', 'a.b:c-d_E'])).toBe(false);
    const { json } = await world.client.send({ path: '/auth/refresh-tokens', body: { refreshToken } });
    expect(decodeJwt((json as Tokens).accessToken).roles).toEqual(['admin', 'a.b:c-d_E']);
    await expect(setRoles(accounts, userId, ['no role'])).rejects.toBeInstanceOf(RefusedRoles);
    await expect(setRoles(accounts, randomUUID(), ['admin'])).rejects.toMatchObject({
      problem: { code: 'unknown-user' },
    });
  });

  test('whose sessions are ended can log in again, and mailed links are dead with them', async () => {
    const person = await signedUp(world.client);
    const tokens = await loggedIn(world.client, person);
    await askedFor(world, person.email);
    const tag = tagIn((await mailsTo(person.email))[0]);
    await endSessions(accounts, (await userOf(tables, person.email)).userId);
    expect(await answersTo(tokens)).toEqual([401, 401]);
    expect(await reset(world, tag)).toBe(401);
    expect(await logInStatus(person)).toBe(200);
  });

  test('that lost every factor logs in by the password alone after an operator removed them', async () => {
    const { person, tokens, app } = await protectedPerson(world.client);
    const user = await userOf(tables, person.email);
    const deps = { users: userStore(tables), factors: factorRemoval(tables) };
    const remove = () =>
      removeAllFactors({ ...deps, clock: Date.now, tagLifetime: 60_000 }, user.userId, 'operator');
    const challenge = await challenged(world.client, person);
    expect(await remove()).toBe(true);
    expect(await answersTo(tokens)).toEqual([401, 401]);
    const body = { challenge, code: await app.fresh() };
    expect((await world.client.send({ path: '/auth/login/second-factor', body })).status).toBe(401);
    expect(await logInStatus(person)).toBe(200);
    expect(await world.rowsOf('factors', { userId: user.userId })).toEqual([]);
    const row = await userOf(tables, person.email);
    expect(row).toMatchObject({ factorsRemovedAt: expect.any(Number) });
    expect(row).not.toHaveProperty('totp');
    const [asked] = await world.rowsOf('reset-tags', { userId: user.userId, purpose: 'factors-removed' });
    await world.sendMail(asked?.tagId as string);
    expect((await mailsTo(person.email)).map(({ subject }) => subject)).toEqual([
      'Gatehouse: Your second factors were removed',
    ]);
    expect(await remove()).toBe(false);
  });

  test('whose passkeys an operator removed can add the same ones again', async () => {
    const { person, device: made } = await holder(world.client);
    const { userId } = await userOf(tables, person.email);
    const deps = { users: userStore(tables), factors: factorRemoval(tables) };
    expect(
      await removeAllFactors({ ...deps, clock: Date.now, tagLifetime: 60_000 }, userId, 'operator'),
    ).toBe(true);
    const claim = { owner: userId };
    expect(await world.rowsOf('factors', claim)).toEqual([]);
    expect((await tryPasskey(world.client, made)).json).toMatchObject({ code: 'unknown-credential' });
    await addedPasskey(world.client, await loggedIn(world.client, person), made);
    await loggedInByPasskey(world.client, made);
    expect(await world.rowsOf('factors', claim)).toHaveLength(1);
  });

  test('that is deleted takes sessions and links along and frees the address', async () => {
    const person = await signedUp(world.client);
    const tokens = await loggedIn(world.client, person);
    await askedFor(world, person.email);
    const tag = tagIn((await mailsTo(person.email))[0]);
    const user = await userOf(tables, person.email);
    await deleteAccount(operatorOf(tables), user, 'operator');
    expect(await answersTo(tokens)).toEqual([401, 401]);
    expect(await reset(world, tag)).toBe(401);
    expect(await logInStatus(person)).toBe(401);
    await signedUp(world.client, person);
    expect((await userOf(tables, person.email)).userId).not.toBe(user.userId);
    expect(await answersTo(tokens)).toEqual([401, 401]);
  });

  test('that is deleted and comes back from an export revives neither session nor link', async () => {
    const person = await signedUp(world.client);
    const tokens = await loggedIn(world.client, person);
    await askedFor(world, person.email);
    const tag = tagIn((await mailsTo(person.email))[0]);
    const user = await userOf(tables, person.email);
    const line = (await exportedLines(operatorOf(tables))).lines
      .filter((one) => one.includes(user.userId))
      .join('');
    await deleteAccount(operatorOf(tables), user, 'operator');
    expect(
      await imported(tables, fileOf(line, '.jsonl'), { now: Date.now(), includeDeleted: true }),
    ).toMatchObject({
      imported: 1,
    });
    expect((await userOf(tables, person.email)).userId).toBe(user.userId);
    expect(await answersTo(tokens)).toEqual([401, 401]);
    expect(await reset(world, tag)).toBe(401);
    expect(await logInStatus(person)).toBe(200);
  });

  test('is not deleted where the address belongs to somebody else, nor the address', async () => {
    const user = await userOf(tables, (await signedUp(world.client)).email);
    const email = `${randomUUID()}@example.com`;
    await world.putRow('emails', { email, userId: randomUUID() });
    for (const wrong of [
      { ...user, email },
      { ...user, userId: randomUUID() },
    ]) {
      await expect(deleteAccount(operatorOf(tables), wrong, 'operator')).rejects.toThrow(RowsDisagree);
    }
    await world.putRow('users', { ...user, email });
    await expect(deleteAccount(operatorOf(tables), { ...user, email }, 'operator')).rejects.toThrow(
      RowsDisagree,
    );
    expect(await world.rowOf('users', { userId: user.userId })).toEqual({ ...user, email });
    expect(await world.rowOf('emails', { email })).toBeDefined();
    expect(await world.rowOf('emails', { email: user.email })).toEqual({
      email: user.email,
      userId: user.userId,
    });
  });

  test('that is gone is refused, and no half of one is made', async () => {
    const user = { ...(await userOf(tables, (await signedUp(world.client)).email)), userId: randomUUID() };
    for (const act of [disableAccount, enableAccount, endSessions, allowMail])
      await expect(Promise.resolve(act(accounts, user.userId, 'operator'))).rejects.toMatchObject({
        problem: { code: 'unknown-user' },
      });
    expect(await world.rowOf('users', { userId: user.userId })).toBeUndefined();
  });
});

test('the sessions of everybody end', async () => {
  const people = await Promise.all(Array.from({ length: 3 }, () => signedUp(world.client)));
  const sessions = await Promise.all(people.map((person) => loggedIn(world.client, person)));
  const users = (await tables.all('users')).length;
  const told: number[] = [];
  expect(await endEverybodysSessions(operatorOf(tables), (done) => told.push(done))).toBe(users);
  expect(told.at(-1)).toBe(users);
  for (const tokens of sessions) expect(await answersTo(tokens)).toEqual([401, 401]);
  for (const person of people) expect(await logInStatus(person)).toBe(200);
});
