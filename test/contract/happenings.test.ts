// What happens to accounts, from the request to the stream of the table that says it: through the real handlers and DynamoDB.
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { disableAccount, enableAccount } from '../../lib/core/administer-account.ts';
import { accountAdministration } from '../../lib/dynamodb/account-administration.ts';
import { activityStore } from '../../lib/dynamodb/activity.ts';
import { ownWorld } from '../faults/own-world.ts';
import { askedFor, reset } from '../faults/scenarios.ts';
import { challenged, protectedPerson } from '../harness/authenticator.ts';
import { driveEvents, typesOn } from '../harness/drive-events.ts';
import { startTestBus } from '../harness/event-bus.ts';
import { mailsTo, tagIn } from '../harness/inbox.ts';
import { tablesUnder } from '../harness/own-tables.ts';
import { addedPasskey, bearer, device, holder, requestOptions } from '../harness/passkeys.ts';
import { loggedIn, signedUp } from '../harness/people.ts';

const bus = await startTestBus();
const world = await ownWorld();
const { client } = world;
const tables = tablesUnder(world.prefix);
const events = await driveEvents(world.prefix, bus.url);
const { invocations } = events;
afterAll(async () => {
  await events.stop();
  await bus.stop();
});

const idOf = async ({ email }: { email: string }) =>
  (await world.rowOf('emails', { email }))?.userId as string;

const typesOf = (userId: string, count: number) => typesOn(bus, userId, count);

const wrong = (email: string) => client.send({ path: '/auth/login', body: { email, password: 'wrong' } });

test('a whole life of an account, in order, each once, and nothing for what changes nothing', async () => {
  const person = await signedUp(client);
  const userId = await idOf(person);
  const tokens = await loggedIn(client, person);
  const { accessToken } = tokens;
  const { refreshToken } = (
    await client.send({ path: '/auth/refresh-tokens', body: { refreshToken: tokens.refreshToken } })
  ).json as { refreshToken: string };
  const headers = { authorization: `Bearer ${accessToken}` };
  await client.send({ path: '/auth/profile', headers, body: { name: person.name } });
  await client.send({
    path: '/auth/change-password',
    headers,
    body: { password: 'wrong', newPassword: 'x' },
  });
  for (let time = 0; time < 2; time += 1)
    expect((await client.send({ path: '/auth/logout', body: { refreshToken } })).status).toBe(200);
  await askedFor(world, person.email);
  expect(await reset(world, tagIn((await mailsTo(person.email)).at(-1)))).toBe(200);
  const accounts = accountAdministration(tables);
  await disableAccount(accounts, userId, 'operator');
  await disableAccount(accounts, userId, 'operator');
  await enableAccount(accounts, userId, 'arn:aws:iam::000000000000:user/back-office');
  const again = await loggedIn(client, { ...person, password: 'a new battery staple' });
  const bye = { path: '/auth/delete-account', headers: { authorization: `Bearer ${again.accessToken}` } };
  const before = await activityStore(tables).latest(userId, 50);
  expect((await client.send(bye)).status).toBe(200);

  const types = [
    ...['user.created', 'session.opened', 'session.ended', 'user.password-changed', 'user.verified'],
    ...['user.disabled', 'user.enabled', 'session.opened'],
  ];
  expect(await typesOf(userId, 9)).toEqual([...types, 'user.deleted']);
  expect(before.map(({ event }) => event.type)).toEqual(types.toReversed());
  expect(before.map(({ by }) => by)).toEqual([
    ...[undefined, 'arn:aws:iam::000000000000:user/back-office', 'operator'],
    ...[undefined, undefined, undefined, undefined, undefined],
  ]);
  const details = bus.events.filter(({ detail }) => detail.userId === userId).map(({ detail }) => detail);
  expect(new Set(details.map(({ eventId }) => eventId)).size).toBe(9);
  expect(JSON.stringify(details)).not.toContain(person.email);
  // Gone but for its end; a refresh, the profile and what was refused have invoked nothing.
  const left = async () => (await world.rowsOf('activity', { userId })).map(({ type }) => type);
  for (let waited = 0; (await left()).length > 1 && waited < 50; waited += 1) await pause(50);
  expect(await left()).toEqual(['user.deleted']);
  expect(invocations.flat().filter((id) => id === userId)).toHaveLength(8);
});

test('every way in is one session.opened, and a replayed token is a reuse', async () => {
  const { person, app } = await protectedPerson(client);
  const challenge = await challenged(client, person);
  const second = { path: '/auth/login/second-factor', body: { challenge, code: await app.fresh() } };
  const { refreshToken } = (await client.send(second)).json as { refreshToken: string };
  let token = refreshToken;
  for (let time = 0; time < 2; time += 1)
    token = (
      (await client.send({ path: '/auth/refresh-tokens', body: { refreshToken: token } })).json as {
        refreshToken: string;
      }
    ).refreshToken;
  expect((await client.send({ path: '/auth/refresh-tokens', body: { refreshToken } })).status).toBe(401);
  expect(await typesOf(await idOf(person), 5)).toEqual([
    ...['user.created', 'session.opened', 'factor.added', 'session.opened', 'session.reuse-detected'],
  ]);

  const found = await holder(client);
  const response = found.device.logIn(await requestOptions(client));
  expect((await client.send({ path: '/auth/login/passkey', body: { response } })).status).toBe(200);
  await addedPasskey(client, found.byPasskey, device());
  const remove = { path: '/auth/passkeys/remove', body: { factorId: found.passkey.factorId } };
  expect((await client.send({ ...remove, headers: bearer(found.byPasskey) })).status).toBe(200);
  const types = await typesOf(await idOf(found.person), 9);
  expect(types.filter((type) => type === 'factor.added')).toHaveLength(2);
  expect(types.filter((type) => type === 'factor.removed')).toHaveLength(1);
  expect(types.filter((type) => type === 'session.opened')).toHaveLength(3);
  expect(types.filter((type) => type === 'session.ended')).toHaveLength(2); // those that the passkey had opened
});

test('a lock makes one event, when it begins, and none for an address without an account', async () => {
  const person = await signedUp(client);
  for (let nth = 0; nth < 7; nth += 1) await wrong(person.email);
  expect(await typesOf(await idOf(person), 2)).toEqual(['user.created', 'log-in.locked']);
  const all = bus.events.length;
  for (let nth = 0; nth < 7; nth += 1) await wrong('nobody.at.all@example.com');
  await pause(300);
  expect(bus.events.length).toBe(all);
});

describe('a bus', () => {
  test.each([
    'is down',
    'throttles',
    'refuses every second event',
    'takes it, but its answer is lost',
  ] as const)('that %s delays events and loses none', async (fault) => {
    bus.fault = fault;
    const people = [await signedUp(client), await signedUp(client), await signedUp(client)];
    for (const person of people) await loggedIn(client, person);
    await pause(400);
    bus.fault = undefined;
    for (const person of people) {
      const userId = await idOf(person);
      const types = await typesOf(userId, 2);
      expect(new Set(types)).toEqual(new Set(['user.created', 'session.opened']));
      const own = bus.events.filter(({ detail }) => detail.userId === userId);
      const firsts = own.filter(
        ({ detail }, index) => own.findIndex((one) => one.detail.eventId === detail.eventId) === index,
      );
      expect(firsts.map(({ type }) => type)).toEqual(['user.created', 'session.opened']);
    }
  });
});
