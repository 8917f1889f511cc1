import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import { root } from '../../tools/folders.ts';
import { type AccountEvent, eventsOfEntry, newEntry, type RecordedEvent } from '../core/account-event.ts';
import type { EventBus, PublishedEvent } from './event-bus.ts';
import { publish, publishedEvent } from './publish.ts';
import type { EventsOfRecord } from './session-stream.ts';

const NOON = Date.UTC(2026, 0, 15, 12);
const session = { sessionId: '5f4dcc3b-5aa7-4a5d-8b3d-2a1f0c9e8d7b', device: 'Firefox on Windows' };

const examples: AccountEvent[] = [
  { type: 'user.created' },
  { type: 'user.verified' },
  { type: 'user.email-changed' },
  { type: 'user.password-changed', ...session },
  { type: 'user.disabled' },
  { type: 'user.enabled' },
  { type: 'user.deleted' },
  { type: 'session.opened', ...session, acr: 'aal2', amr: ['pwd', 'otp', 'mfa'] },
  { type: 'session.ended', sessionId: session.sessionId },
  { type: 'session.reuse-detected', ...session },
  { type: 'factor.added', factorType: 'totp', factorId: 'an id', ...session },
  { type: 'factor.added', factorType: 'recovery-codes' },
  { type: 'factor.removed', factorType: 'passkey', factorId: 'another id' },
  { type: 'log-in.locked', guessed: 'password', until: NOON + 1_000 },
  { type: 'log-in.locked', guessed: 'code', until: null },
];

const happened = (event: AccountEvent, userId = 'a user', by?: string) =>
  eventsOfEntry(newEntry(userId, NOON, [event], by))[0] as RecordedEvent;

describe('docs/events', () => {
  const folder = `${root}docs/events/`;
  const ajv = formats.default(new Ajv2020({ strict: true }));
  const schemas = new Map(
    readdirSync(folder).map((file) => [
      file.replace(/\.json$/, ''),
      JSON.parse(readFileSync(folder + file, 'utf8')) as { properties: object; title: string },
    ]),
  );

  test('has a schema of each event, and of nothing else', () => {
    expect([...schemas.keys()].sort()).toEqual([...new Set(examples.map(({ type }) => type))].sort());
    for (const [type, { title }] of schemas) expect(title).toBe(type);
  });

  test.each(examples)('says what $type is: all of it', (event) => {
    const { detail } = publishedEvent(happened(event, 'a user', 'operator'), 'ada@example.com');
    const schema = schemas.get(event.type);
    const valid = ajv.compile(schema as object);
    expect(valid(detail), JSON.stringify(valid.errors)).toBe(true);
    expect(Object.keys(schema?.properties ?? {})).toEqual(expect.arrayContaining(Object.keys(detail)));
    for (const member of ['eventId', 'userId', 'at']) {
      const { [member]: _, ...without } = detail;
      expect(valid(without)).toBe(false);
    }
  });
});

test('an event says when it happened in UTC, and has no address unless it is given one', () => {
  const [locked] = examples.filter((event) => event.type === 'log-in.locked');
  expect(publishedEvent(happened(locked as AccountEvent))).toEqual({
    type: 'log-in.locked',
    at: NOON,
    detail: {
      eventId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      ...{ userId: 'a user', at: '2026-01-15T12:00:00.000Z' },
      ...{ guessed: 'password', until: '2026-01-15T12:00:01.000Z' },
    },
  });
});

/** A bus that refuses whatever it is asked to, and what it was given, call by call. */
function busThat(refuses: (event: PublishedEvent) => boolean) {
  const calls: PublishedEvent[][] = [];
  const bus: EventBus = {
    async put(events) {
      calls.push([...events]);
      return events.map((event) => !refuses(event));
    },
  };
  return { bus, calls };
}

const records = (...users: string[]): EventsOfRecord[] =>
  users.map((userId, index) => ({
    sequenceNumber: String(index + 1),
    events: [happened({ type: 'user.enabled' }, userId)],
  }));
const usersOf = (calls: PublishedEvent[][]) => calls.map((call) => call.map(({ detail }) => detail.userId));
const noFailure = (error: unknown) => {
  throw error;
};

describe('publishing', () => {
  test('puts at most one event of each account into a call, and at most ten', async () => {
    const { bus, calls } = busThat(() => false);
    const many = Array.from({ length: 12 }, (_, index) => `user ${index}`);
    const published = await publish(records('ada', 'ada', ...many, 'ada'), bus, publishedEvent, noFailure);
    expect(published).toEqual({ sent: 15, firstUnfinished: undefined });
    expect(usersOf(calls)).toEqual([['ada', ...many.slice(0, 9)], ['ada', ...many.slice(9)], ['ada']]);
  });

  test('holds an account back after a refused event, and goes on with the others', async () => {
    const { bus, calls } = busThat(({ detail }) => detail.userId === 'ada');
    const published = await publish(records('bob', 'ada', 'bob', 'ada'), bus, publishedEvent, noFailure);
    expect(published).toEqual({ sent: 2, firstUnfinished: '2' });
    expect(usersOf(calls)).toEqual([['bob', 'ada'], ['bob']]);
  });

  test('begins again with the first record when the bus gives no answer', async () => {
    const errors: unknown[] = [];
    const bus: EventBus = { put: () => Promise.reject(new Error('away')) };
    const published = await publish(records('ada', 'bob'), bus, publishedEvent, (error) =>
      errors.push(error),
    );
    expect(published).toEqual({ sent: 0, firstUnfinished: '1' });
    expect(errors).toEqual([new Error('away')]);
  });

  test('of nothing is done', async () => {
    const { bus, calls } = busThat(() => false);
    expect(await publish([], bus, publishedEvent, noFailure)).toEqual({
      sent: 0,
      firstUnfinished: undefined,
    });
    expect(calls).toEqual([]);
  });
});
