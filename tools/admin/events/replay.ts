// Does again what a function couldn't do: notes activity, and puts events on the bus. What happened is read from the journal
// itself, the table of sessions, which has it for longer than a stream.
import { paginateScan } from '@aws-sdk/client-dynamodb';
import type { Happened } from '../../../lib/core/account-event.ts';
import { activityNotes } from '../../../lib/dynamodb/activity.ts';
import { type Database, readItem, writeItem } from '../../../lib/dynamodb/database.ts';
import { eventsOfRow } from '../../../lib/dynamodb/journal-records.ts';
import { userEmails } from '../../../lib/dynamodb/user-emails.ts';
import type { EventBus } from '../../../lib/events/event-bus.ts';
import { publish, publishedEvent } from '../../../lib/events/publish.ts';
import { OperatorError } from '../command-line/operator-error.ts';

/** Milliseconds since the epoch, both included. */
export type Window = { from: number; to: number };

/** What happened within a time, the oldest first. */
export async function happenedWithin(
  { client, nameOf }: Database,
  { from, to }: Window,
): Promise<Happened[]> {
  const input = {
    TableName: nameOf('sessions'),
    ConsistentRead: true,
    FilterExpression:
      'entry.#at BETWEEN :from AND :to OR createdAt BETWEEN :from AND :to OR endedAt BETWEEN :from AND :to',
    ExpressionAttributeNames: { '#at': 'at' },
    ExpressionAttributeValues: writeItem({ ':from': from, ':to': to }),
  };
  const found: Happened[] = [];
  for await (const { Items = [] } of paginateScan({ client }, input))
    found.push(...Items.flatMap((item) => eventsOfRow(readItem(item))));
  return found
    .filter(({ at }) => from <= at && at <= to)
    .toSorted((one, other) => one.at - other.at || one.order - other.order);
}

/** @returns how many events were noted */
export async function noteAgain(database: Database, happened: readonly Happened[]): Promise<number> {
  const notes = activityNotes(database);
  for (const each of happened) await notes.note(each);
  return happened.length;
}

/**
 * @returns how many events the bus has now
 * @throws OperatorError when it refused some: nothing is lost, and the same command goes on
 */
export async function publishAgain(
  database: Database,
  bus: EventBus,
  happened: readonly Happened[],
  includeEmail: boolean,
): Promise<number> {
  const userIds = happened.map(({ userId }) => userId);
  const emails = includeEmail ? await userEmails(database).of(userIds) : new Map<string, string>();
  const happenings = happened.map((each) => ({ sequenceNumber: each.eventId, happened: [each] }));
  const reasons = new Set<string>();
  const { sent, firstUnfinished } = await publish(
    happenings,
    bus,
    (each) => publishedEvent(each, emails.get(each.userId)),
    (error) => reasons.add((error as Error).name),
  );
  if (firstUnfinished === undefined) return sent;
  const why = [...reasons].join(', ') || 'it refused some';
  throw new OperatorError(
    `The bus took ${sent} of ${happened.length} events (${why}): run the same command again later.`,
  );
}
