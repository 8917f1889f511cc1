import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { type AccountEvent, type By, type Entry, newEntry } from '../core/account-event.ts';
import { type Database, timeToLive, writeItem } from './database.ts';

// The journal of events is the table of sessions, and its stream delivers them. One table, since a stream keeps the order and
// the streams of several tables don't. A session's row says when it was opened and ended. All other events of its user are
// entries: rows with the same partition key, written in the transaction of the change.

/** The prefix of an entry's sort key. No session id begins like this. */
const ENTRY = '#';
/** Entries sort before this key, session ids after it. */
export const FIRST_SESSION_ID = '0';
/** A day more than a message stays in the dead-letter queue; a stream keeps its records for a day. */
const KEPT_MS = 15 * 24 * 60 * 60 * 1000;

/**
 * The row of an entry.
 *
 * @param of an unknown account gets a row without events, so that its requests take as long as those of a known one
 */
export function entryItem({ userId, ...entry }: Entry, of: 'known' | 'unknown' = 'known') {
  return {
    ...{ userId, sessionId: `${ENTRY}${entry.entryId}`, ...(of === 'known' && { entry }) },
    expiresAt: timeToLive(entry.at + KEPT_MS),
  };
}

/** The write of an entry; none for an entry without events. */
function entryPut(nameOf: Database['nameOf'], entry: Entry): TransactWriteItem[] {
  if (entry.events.length === 0) return [];
  return [{ Put: { TableName: nameOf('sessions'), Item: writeItem(entryItem(entry)) } }];
}

/** The write of an entry with these events, as a part of a transaction. @param at milliseconds since the epoch */
export function happens(
  nameOf: Database['nameOf'],
  { userId, at, by }: { userId: string; at: number; by?: By },
  ...events: readonly AccountEvent[]
): TransactWriteItem[] {
  return entryPut(nameOf, newEntry(userId, at, events, by));
}

/** The events of removing these rows of factors. Recovery codes go with the last factor, without an event of their own. */
export function factorsRemoved(
  rows: readonly { factorId?: unknown; id?: unknown; type?: unknown }[],
): AccountEvent[] {
  return rows.flatMap(({ factorId, id, type }) =>
    type === 'totp' || type === 'passkey'
      ? [{ type: 'factor.removed' as const, factorType: type, factorId: String(id ?? factorId) }]
      : [],
  );
}
