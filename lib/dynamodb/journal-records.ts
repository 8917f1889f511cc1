import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import {
  type Entry,
  eventsOfEntry,
  type RecordedEvent,
  sessionEndedEvent,
  sessionOpenedEvent,
} from '../core/account-event.ts';
import type { Ending, Session } from '../core/session.ts';
import { readItem } from './database.ts';
import { readSession } from './sessions.ts';

/** A row of the table of sessions before and after a write. */
export type RowChange = {
  before?: Record<string, AttributeValue> | undefined;
  after?: Record<string, AttributeValue> | undefined;
};

/**
 * What a write to the table of sessions was to the account, in order. Nothing for a refresh, a step-up, or a row that DynamoDB
 * deleted since it has expired.
 */
export function eventsOf({ before, after }: RowChange): RecordedEvent[] {
  const [was, is] = [readItem(before), readItem(after)];
  if (is === undefined) return [];
  const seen = new Set(eventsOfRow(was).map(({ eventId }) => eventId));
  return eventsOfRow(is).filter(({ eventId }) => !seen.has(eventId));
}

/** All that a row tells, whenever it was written. */
export function eventsOfRow(row: Record<string, unknown> | undefined): RecordedEvent[] {
  if (row === undefined) return [];
  const { userId, sessionId, entry } = row as {
    userId: string;
    sessionId: string;
    entry?: Omit<Entry, 'userId'>;
  };
  const noted = entry === undefined ? [] : eventsOfEntry({ userId, ...entry });
  if (row.credentialVersion === undefined) return noted; // an entry's own row
  const session = { ...readSession(row), userId, sessionId } as Session;
  const { endedAt } = session;
  return [
    ...noted,
    sessionOpenedEvent(session),
    ...(endedAt === undefined ? [] : [sessionEndedEvent(session, endedAt, row.ending as Ending | undefined)]),
  ];
}
