// Repeats what a function couldn't do: notes activity, and puts events on the bus. The events are read from the journal, the
// table of sessions, which keeps them for longer than its stream does.
import { paginateScan } from '@aws-sdk/client-dynamodb';
import type { RecordedEvent } from '../../../lib/core/account-event.ts';
import { activityNotes } from '../../../lib/dynamodb/activity.ts';
import { type Database, writeItem } from '../../../lib/dynamodb/database.ts';
import { eventsOfRow } from '../../../lib/dynamodb/journal-records.ts';
import { userEmails } from '../../../lib/dynamodb/user-emails.ts';
import type { EventBus } from '../../../lib/events/event-bus.ts';
import { publish, publishedEvent } from '../../../lib/events/publish.ts';
import { sayDamaged } from '../command-line/damaged-rows.ts';
import { OperatorError } from '../command-line/operator-error.ts';

/** Milliseconds since the epoch, both included. */
export type Window = { from: number; to: number };

/** The events within a time, the oldest first. Says which rows are damaged and have none. */
export async function eventsWithin(
  { client, nameOf }: Database,
  { from, to }: Window,
): Promise<RecordedEvent[]> {
  const input = {
    TableName: nameOf('sessions'),
    ConsistentRead: true,
    FilterExpression:
      'entry.#at BETWEEN :from AND :to OR createdAt BETWEEN :from AND :to OR endedAt BETWEEN :from AND :to',
    ExpressionAttributeNames: { '#at': 'at' },
    ExpressionAttributeValues: writeItem({ ':from': from, ':to': to }),
  };
  const found: RecordedEvent[] = [];
  for await (const { Items = [] } of paginateScan({ client }, input))
    found.push(...Items.flatMap((item) => eventsOfRow(item, sayDamaged)));
  return found
    .filter(({ at }) => from <= at && at <= to)
    .toSorted((one, other) => one.at - other.at || one.order - other.order);
}

/** @returns how many events were noted */
export async function noteAgain(database: Database, events: readonly RecordedEvent[]): Promise<number> {
  const notes = activityNotes(database);
  for (const each of events) await notes.note(each);
  return events.length;
}

/**
 * @returns how many events the bus has now
 * @throws OperatorError when it refused some: nothing is lost, and the same command goes on
 */
export async function publishAgain(
  database: Database,
  bus: EventBus,
  events: readonly RecordedEvent[],
  includeEmail: boolean,
): Promise<number> {
  const userIds = events.map(({ userId }) => userId);
  const emails = includeEmail ? await userEmails(database).of(userIds) : new Map<string, string>();
  const records = events.map((each) => ({ sequenceNumber: each.eventId, events: [each] }));
  const reasons = new Set<string>();
  const { sent, firstUnfinished } = await publish(
    records,
    bus,
    (each) => publishedEvent(each, emails.get(each.userId)),
    (error) => reasons.add((error as Error).name),
  );
  if (firstUnfinished === undefined) return sent;
  const why = [...reasons].join(', ') || 'it refused some';
  throw new OperatorError(
    `The bus accepted ${sent} of ${events.length} events (${why}): run the same command again later.`,
  );
}
