import {
  type AttributeValue,
  BatchWriteItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import type { AccountEvent, RecordedEvent } from '../core/account-event.ts';
import type { ActivityStore } from '../core/activity.ts';
import { both } from '../core/both.ts';
import { orUnavailable } from '../unavailable.ts';
import { backOff } from './batch-get.ts';
import { type Database, timeToLive, writeItem } from './database.ts';
import { eventsOfRow, storedEvent } from './journal-records.ts';
import { ifSound, logDamaged, type OnDamaged, type Rules, readAnyRow, storedTime } from './sound-rows.ts';

const KEPT_MS = 400 * 24 * 60 * 60 * 1000;
/** DynamoDB deletes at most this many rows in one call. */
const BATCH = 25;

/** The sort key of an event among those of its account. Writing the same event twice makes one row. */
const positionOf = ({ at, order, eventId }: RecordedEvent) =>
  `${String(at).padStart(15, '0')}#${String(order).padStart(2, '0')}#${eventId}`;

function activityItem(recorded: RecordedEvent) {
  const { userId, eventId, at, order, by, event } = recorded;
  const { type, ...detail } = event;
  return writeItem({
    ...{ userId, position: positionOf(recorded), eventId, at, order, by, type, detail },
    expiresAt: timeToLive(at + KEPT_MS),
  });
}

const rules: Rules = {
  eventId: v.string(),
  at: storedTime,
  order: v.number(),
  by: v.optional(v.string()),
  event: storedEvent,
};

/** Reads a stored event; an empty list for a damaged row. */
function readActivity(item: Record<string, AttributeValue>, onDamaged: OnDamaged): RecordedEvent[] {
  const { type, detail, position: _, expiresAt: __, ...rest } = readAnyRow(item);
  const recorded = { ...rest, event: { type, ...(detail as object) } as AccountEvent } as RecordedEvent;
  return ifSound(recorded, rules, { table: 'activity', userId: String(rest.userId) }, onDamaged);
}

/** The events of accounts of the last 400 days. @param onDamaged receives each row that is left out */
export function activityStore(
  { client, nameOf }: Database,
  onDamaged: OnDamaged = logDamaged,
): ActivityStore {
  async function rowsOf(table: 'activity' | 'sessions', userId: string, atMost = Number.POSITIVE_INFINITY) {
    const rows: Record<string, AttributeValue>[] = [];
    let ExclusiveStartKey: Record<string, AttributeValue> | undefined;
    do {
      const command = new QueryCommand({
        TableName: nameOf(table),
        ConsistentRead: true,
        ScanIndexForward: false,
        KeyConditionExpression: 'userId = :userId',
        ExpressionAttributeValues: writeItem({ ':userId': userId }),
        ...(Number.isFinite(atMost) && { Limit: atMost }),
        ...(ExclusiveStartKey && { ExclusiveStartKey }),
      });
      const page = await orUnavailable('DynamoDB', client.send(command));
      rows.push(...(page.Items ?? []));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined && rows.length < atMost);
    return rows;
  }

  return {
    /** The stream fills the table a moment late, so the newest events are read from the journal itself. */
    async latest(userId, atMost) {
      const [noted, journal] = await both(rowsOf('activity', userId, atMost), rowsOf('sessions', userId));
      const all = [
        ...noted.flatMap((item) => readActivity(item, onDamaged)),
        ...journal.flatMap((item) => eventsOfRow(item, onDamaged)),
      ];
      return [...new Map(all.map((each) => [each.eventId, each])).values()]
        .toSorted((one, other) => (positionOf(one) < positionOf(other) ? 1 : -1))
        .slice(0, atMost);
    },
  };
}

/** Stores events, and deletes them with their account. Doing either twice is harmless. */
export function activityNotes({ client, nameOf }: Database) {
  const TableName = nameOf('activity');

  /** Deletes all events of an account before its deletion. */
  async function forget({ userId, ...deletion }: RecordedEvent): Promise<void> {
    for (;;) {
      const command = new QueryCommand({
        TableName,
        ConsistentRead: true,
        KeyConditionExpression: 'userId = :userId AND #position < :end',
        ProjectionExpression: 'userId, #position',
        ExpressionAttributeNames: { '#position': 'position' },
        ExpressionAttributeValues: writeItem({
          ':userId': userId,
          ':end': positionOf({ userId, ...deletion }),
        }),
        Limit: BATCH,
      });
      const { Items = [] } = await orUnavailable('DynamoDB', client.send(command));
      if (Items.length === 0) return;
      await deleteAll(Items);
    }
  }

  async function deleteAll(keys: Record<string, AttributeValue>[]): Promise<void> {
    let requests = keys.map((Key) => ({ DeleteRequest: { Key } }));
    for (let attempt = 1; requests.length > 0; attempt += 1) {
      if (attempt > 1) await backOff(attempt);
      const command = new BatchWriteItemCommand({ RequestItems: { [TableName]: requests } });
      const { UnprocessedItems } = await orUnavailable('DynamoDB', client.send(command));
      requests = (UnprocessedItems?.[TableName] ?? []) as typeof requests;
    }
  }

  return {
    /** @throws ProblemError `unavailable` */
    async note(recorded: RecordedEvent): Promise<void> {
      if (recorded.event.type === 'user.deleted') await forget(recorded);
      await orUnavailable(
        'DynamoDB',
        client.send(new PutItemCommand({ TableName, Item: activityItem(recorded) })),
      );
    },
  };
}
