import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { type AccountEvent, type By, type Entry, newEntry } from '../core/account-event.ts';
import { type Database, timeToLive, writeItem } from './database.ts';

// What happens to an account is read from the stream of one table, that of sessions, since only there is it in order: streams of
// several tables are read apart from each other. A session's own row says when it was opened and ended. Whatever else happens
// to its user is an entry: a row in the same place, written in the transaction that does it.

/** No id of a session begins like this. */
const ENTRY = '#';
/** The first id that is a session's and not an entry's. */
export const FIRST_SESSION_ID = '0';
/** As long as a message stays in the queue of what could not be handled; a stream keeps its records for a day. */
const KEPT_MS = 15 * 24 * 60 * 60 * 1000;

/**
 * An entry as a row of its own.
 *
 * @param of an account that isn't there gets a row of nobody, which says nothing: it must take as long as one that is
 */
export function entryItem({ userId, ...entry }: Entry, of: 'known' | 'unknown' = 'known') {
  return {
    ...{ userId, sessionId: `${ENTRY}${entry.entryId}`, ...(of === 'known' && { entry }) },
    expiresAt: timeToLive(entry.at + KEPT_MS),
  };
}

/** An entry as a part of a transaction; none where nothing happened. */
function entryPut(nameOf: Database['nameOf'], entry: Entry): TransactWriteItem[] {
  if (entry.events.length === 0) return [];
  return [{ Put: { TableName: nameOf('sessions'), Item: writeItem(entryItem(entry)) } }];
}

/** The entry of events at a time, as a part of a transaction. @param at milliseconds since the epoch */
export function happens(
  nameOf: Database['nameOf'],
  { userId, at, by }: { userId: string; at: number; by?: By },
  ...events: readonly AccountEvent[]
): TransactWriteItem[] {
  return entryPut(nameOf, newEntry(userId, at, events, by));
}

/** What a removal of rows of factors is to the account; recovery codes go along with the last factor and say nothing. */
export function factorsRemoved(
  rows: readonly { factorId?: unknown; id?: unknown; type?: unknown }[],
): AccountEvent[] {
  return rows.flatMap(({ factorId, id, type }) =>
    type === 'totp' || type === 'passkey'
      ? [{ type: 'factor.removed' as const, factorType: type, factorId: String(id ?? factorId) }]
      : [],
  );
}
