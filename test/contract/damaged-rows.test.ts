import { randomUUID } from 'node:crypto';
import { type AttributeValue, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { decodeJwt } from 'jose';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import type { DamagedRow } from '../../lib/dynamodb/sound-rows.ts';
import { exportedLines } from '../../tools/admin/users/export.ts';
import { coldHandler, context, ownWorld } from '../faults/own-world.ts';
import { captureOutput } from '../harness/captured-output.ts';
import { startTestBus } from '../harness/event-bus.ts';
import { operatorOf, tablesUnder } from '../harness/own-tables.ts';
import { bearer, holder } from '../harness/passkeys.ts';
import { loggedIn, signedUp, type Tokens } from '../harness/people.ts';
import { asAdministrator } from '../harness/signed.ts';

// Somebody changed a row by hand, or restored half of one. It costs that row, and never the list or the stream that it is in.

const output = captureOutput();
process.env.LOG_LEVEL = 'INFO';
const bus = await startTestBus();
const world = await ownWorld();
const streamed = {
  'note-activity': await coldHandler('note-activity', {}),
  'publish-events': await coldHandler('publish-events', { AWS_ENDPOINT_URL_EVENTBRIDGE: bus.url }),
};
const tables = tablesUnder(world.prefix);
afterAll(async () => {
  output.restore();
  await bus.stop();
});
beforeEach(() => void output.lines());

type Row = Record<string, unknown>;
type Item = Record<string, AttributeValue>;

const CANARY = 'a value that nobody may log';
/** What DynamoDB holds and JavaScript can't: the SDK makes a BigInt of the one, and throws for the other. */
const [HUGE, HUGER] = [{ N: '18446744073709551616' }, { N: '1E+100' }];
const ofOtherTypes: AttributeValue[] = [{ L: [{ S: CANARY }] }, { M: { of: { S: CANARY } } }, HUGE, HUGER];

/** The row with one of its attributes damaged. @param damage `undefined`: it is gone */
function damaged(row: Row | undefined, name: string, damage: AttributeValue | undefined): Item {
  const { [name]: _, ...others } = marshall(row, { removeUndefinedValues: true });
  return { ...others, ...(damage && { [name]: damage }) };
}

async function put(table: Parameters<typeof tables.nameOf>[0], Item: Item): Promise<void> {
  await tables.client.send(new PutItemCommand({ TableName: tables.nameOf(table), Item }));
}

/** The rows that the log names; no line has a value of them. */
function logged(...values: string[]): Row[] {
  const lines = output.lines();
  for (const line of lines) for (const value of [CANARY, ...values]) expect(line).not.toContain(value);
  return lines.map((line) => JSON.parse(line) as Row).filter(({ message }) => message === 'row');
}

const named = (table: string, userId: string, ...attributes: string[]) =>
  expect.objectContaining({ level: 'ERROR', outcome: 'damaged', table, userId, attributes });

const get = async (path: string, tokens: Tokens) =>
  world.client.send({ method: 'GET', path, headers: bearer(tokens) });

describe('a user', async () => {
  const ask = asAdministrator(world.client);
  type Page = { users: { userId: string }[]; next: string | null };
  const [one, other] = [await signedUp(world.client), await signedUp(world.client)];
  const [row] = await world.rowsOf('users', { email: one.email });
  const [{ userId: otherId } = {}] = await world.rowsOf('users', { email: other.email });
  const userId = String(row?.userId);
  const kinds: [attribute: string, damage: AttributeValue | undefined][] = [
    ...['email', 'name', 'bio', 'status', 'createdAt'].map((name) => [name, undefined] as never),
    ...['email', 'name', 'bio', 'status', 'createdAt', 'emailVerified', 'roles'].flatMap((name) =>
      ofOtherTypes.filter(({ L }) => name !== 'roles' || !L).map((damage) => [name, damage] as never),
    ),
    ...['email', 'name', 'status', 'createdAt'].map((name) => [name, { NULL: true }] as never),
    ['createdAt', { S: CANARY }],
    ['createdAt', { N: '8640000000000001' }],
    ['createdAt', { N: '-1000000000000000' }],
    ['status', { S: CANARY }],
    ['email', { S: '' }],
    ['emailVerified', { S: 'true' }],
    ['roles', { S: CANARY }],
    ['roles', { SS: [CANARY] }],
    ['roles', { L: [{ S: CANARY }, { N: '7' }] }],
  ];

  test.each(kinds)('whose %s is damaged (%j) costs a list nobody else', async (name, damage) => {
    await put('users', damaged(row, name, damage));
    logged();

    const page = await ask('GET /admin/users');
    expect(page.status).toBe(200);
    const ids = (page.json as Page).users.map((user) => user.userId);
    expect(ids).toContain(otherId);
    expect(ids).not.toContain(userId);
    expect(logged(one.email)).toEqual([named('users', userId, name)]);
    const found = await ask(`GET /admin/users?email=${one.email}`);
    expect([found.status, found.json]).toEqual([200, { users: [], next: null }]);
    expect(logged(one.email)).toEqual([named('users', userId, name)]);

    const reported: DamagedRow[] = [];
    const { lines } = await exportedLines(operatorOf(tables, Date.now, (each) => reported.push(each)));
    expect(lines.join('')).toContain(other.email);
    expect(lines.join('')).not.toContain(userId);
    expect(reported).toEqual([{ table: 'users', userId, attributes: [name] }]);
    await put('users', marshall(row));
  });

  test('the end of a page is not the end of the list, whatever its last id is', async () => {
    const ids = ['x', 'Zoë', randomUUID()];
    for (const userId of ids) await put('users', marshall({ userId, name: CANARY }));
    const whole = (await ask('GET /admin/users')).json as Page;
    const all: string[] = [];
    let pages = 0;
    for (let next: string | null = ''; next !== null; pages += 1) {
      const page = await ask(`GET /admin/users?limit=1${next && `&next=${next}`}`);
      expect(page.status).toBe(200);
      all.push(...(page.json as Page).users.map(({ userId }) => userId));
      next = (page.json as Page).next;
    }
    expect(all).toEqual(whole.users.map(({ userId }) => userId));
    expect(pages).toBe(all.length + ids.length);
  });

  test('is reached by the end of all sessions', async () => {
    const ids: string[] = [];
    for await (const userId of operatorOf(tables).accounts.ids()) ids.push(userId);
    expect(ids).toEqual(expect.arrayContaining(['x', 'Zoë']));
  });
});

describe('a session', async () => {
  const person = await signedUp(world.client);
  const [lost, tokens] = [await loggedIn(world.client, person), await loggedIn(world.client, person)];
  const { sub: userId = '', sid } = decodeJwt<{ sid: string }>(lost.accessToken);
  const row = await world.rowOf('sessions', { userId, sessionId: sid });
  const kinds: [attribute: string, damage: AttributeValue | undefined][] = [
    ...['createdAt', 'idleExpiresAt', 'absoluteExpiresAt'].map((name) => [name, undefined] as never),
    ...['createdAt', 'lastUsedAt', 'authTime', 'idleExpiresAt', 'absoluteExpiresAt', 'acr', 'device'].flatMap(
      (name) => ofOtherTypes.map((damage) => [name, damage] as never),
    ),
    ['amr', { S: CANARY }],
    ['amr', HUGER],
    ['acr', { S: CANARY }],
    ['lastUsedAt', { N: '8640000000000001' }],
  ];

  test.each(kinds)('whose %s is damaged (%j) costs a list no other', async (name, damage) => {
    await put('sessions', damaged(row, name, damage));
    logged();

    for (const path of ['/auth/sessions', '/auth/activity', '/auth/export']) {
      const { status, text } = await get(path, tokens);
      expect([path, status]).toEqual([path, 200]);
      expect(text).toContain(decodeJwt<{ sid: string }>(tokens.accessToken).sid);
      expect(text).not.toContain(sid);
      expect(new Set(logged().map(({ userId: of }) => of))).toEqual(new Set([userId]));
    }
  });
});

describe('what happened', async () => {
  const tokens = await loggedIn(world.client, await signedUp(world.client));
  const { sub: userId = '' } = decodeJwt(tokens.accessToken);
  const at = Date.now();
  const noted = { eventId: randomUUID(), at, order: 0, type: 'user.enabled', detail: {} };
  const kinds: [attribute: string, damage: AttributeValue | undefined][] = [
    ...['eventId', 'at', 'order', 'type'].map((name) => [name, undefined] as never),
    ...['eventId', 'at', 'order', 'type', 'by'].flatMap((name) =>
      ofOtherTypes.filter(({ N }) => name !== 'order' || !N).map((damage) => [name, damage] as never),
    ),
    ['at', { N: '8640000000000001' }],
    ['detail', { M: { device: { N: '7' } } }],
    ['detail', { M: { sessionId: { S: CANARY } } }],
  ];

  test.each(kinds)(
    'and was noted with a damaged %s (%j) costs the activity nothing else',
    async (name, damage) => {
      const tokens = await loggedIn(world.client, await signedUp(world.client));
      const { sub: userId = '' } = decodeJwt(tokens.accessToken);
      await put('activity', damaged({ ...noted, userId, position: 'z' }, name, damage));
      const { status, json } = await get('/auth/activity', tokens);
      const { activity } = json as { activity: { type: string }[] };
      expect([status, activity.map(({ type }) => type)]).toEqual([200, ['session.opened', 'user.created']]);
      expect(logged()).toMatchObject([{ table: 'activity', userId }]);
      expect((await asAdministrator(world.client)(`GET /admin/users/${userId}/activity`)).status).toBe(200);
    },
  );

  const sessions = await world.rowsOf('sessions', { userId });
  const entries: [what: string, entry: AttributeValue][] = [
    ...ofOtherTypes.map((entry) => ['an entry', entry] as never),
    ['no id', marshall({ entry: { at, events: [{ type: 'user.enabled' }] } }).entry as AttributeValue],
    ['no events', marshall({ entry: { at, entryId: 'an id' } }).entry as AttributeValue],
    [
      'no list of events',
      marshall({ entry: { at, entryId: 'an id', events: CANARY } }).entry as AttributeValue,
    ],
    [
      'events of no type',
      marshall({ entry: { at, entryId: 'an id', events: [{}] } }).entry as AttributeValue,
    ],
    ['no time', marshall({ entry: { entryId: 'an id', events: [] } }).entry as AttributeValue],
    [
      'an impossible time',
      marshall({ entry: { at: 1e17, entryId: 'an id', events: [] } }, { allowImpreciseNumbers: true })
        .entry as AttributeValue,
    ],
  ];

  test.each(entries)('and has %s (%j) stops neither the stream nor a list', async (_, entry) => {
    const before = sessions.map((row) => marshall(row));
    const poison = { ...marshall({ userId, sessionId: '#poison' }), entry };
    await put('sessions', poison);
    const Records = [poison, ...before].map((NewImage, index) => ({
      eventName: 'INSERT',
      dynamodb: { NewImage, SequenceNumber: String(index) },
    }));
    for (const [name, handler] of Object.entries(streamed)) {
      const done = { batchItemFailures: [] };
      expect([name, await handler({ Records } as never, context)]).toEqual([name, done]);
      expect(logged()).toEqual([named('sessions', userId, 'entry')]);
    }
    const both = ['session.opened', 'user.created'];
    const published = bus.events.filter(({ detail }) => detail.userId === userId);
    expect([...new Set(published.map(({ type }) => type))].toSorted()).toEqual(both);
    const { status, json } = await get('/auth/activity', tokens);
    expect([status, (json as { activity: { type: string }[] }).activity.map(({ type }) => type)]).toEqual([
      200,
      both,
    ]);
  });
});

test.each(
  ['createdAt', 'lastUsedAt', 'name'].flatMap((name) =>
    ofOtherTypes.map((damage) => [name, damage] as const),
  ),
)('a factor whose %s is damaged (%j) costs the account and its export no other', async (name, damage) => {
  const { byPasskey } = await holder(world.client);
  const { sub: userId = '' } = decodeJwt(byPasskey.accessToken);
  const row = { userId, factorId: 'a damaged one', type: 'passkey', name: 'phone', createdAt: 0 };
  await put('factors', damaged(row, name, damage));
  for (const path of ['/auth/account', '/auth/export']) {
    const { status, json } = await get(path, byPasskey);
    expect([path, status]).toEqual([path, 200]);
    expect((json as { factors: object[] }).factors).toHaveLength(1);
    expect(logged()).toEqual([named('factors', userId, name)]);
  }
  const { lines, leftOut } = await exportedLines(operatorOf(tables));
  expect([leftOut.includes(userId), lines.some((line) => line.includes(userId))]).toEqual([false, true]);
});
