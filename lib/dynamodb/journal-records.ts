import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import {
  type Entry,
  eventsOfEntry,
  type RecordedEvent,
  sessionEndedEvent,
  sessionOpenedEvent,
} from '../core/account-event.ts';
import type { Ending, Session } from '../core/session.ts';
import { readSession } from './sessions.ts';
import { ifSound, logDamaged, type OnDamaged, type Rules, readAnyRow, storedTime } from './sound-rows.ts';
import { storedSession } from './stored-session.ts';

/** A row of the table of sessions before and after a write. */
export type RowChange = {
  before?: Record<string, AttributeValue> | undefined;
  after?: Record<string, AttributeValue> | undefined;
};

/** The shape of events in rows. Members that aren't named here may be of any type. */
export const storedEvent = v.looseObject({
  type: v.string(),
  sessionId: v.optional(v.pipe(v.string(), v.uuid())),
  device: v.optional(v.string()),
  until: v.optional(v.nullable(storedTime)),
});

const entryRules: Rules = {
  entry: v.object({
    entryId: v.string(),
    at: storedTime,
    by: v.optional(v.string()),
    events: v.array(storedEvent),
  }),
};

const sessionRules: Rules = {
  ...storedSession,
  ending: v.optional(v.object({ by: v.optional(v.string()), reuse: v.optional(v.boolean()) })),
};

/**
 * The events of a write to the table of sessions, in order. None for a refresh, a step-up, or a row that DynamoDB deleted
 * because it has expired.
 */
export function eventsOf({ before, after }: RowChange): RecordedEvent[] {
  if (after === undefined) return [];
  // Damage is reported once, for the row as it is now.
  const seen = new Set(before && eventsOfRow(before, () => undefined).map(({ eventId }) => eventId));
  return eventsOfRow(after).filter(({ eventId }) => !seen.has(eventId));
}

/**
 * All events of a row, whenever it was written.
 *
 * @param onDamaged receives a row with damaged events, which are left out: reading the row again wouldn't help
 */
export function eventsOfRow(
  item: Record<string, AttributeValue>,
  onDamaged: OnDamaged = logDamaged,
): RecordedEvent[] {
  const row = readAnyRow(item);
  const userId = String(row.userId);
  const sound = <Read extends object>(read: Read, rules: Rules) =>
    ifSound(read, rules, { table: 'sessions', userId }, onDamaged);
  const noted =
    row.entry === undefined
      ? []
      : sound(row, entryRules).flatMap(({ entry }) => eventsOfEntry({ ...(entry as Entry), userId }));
  if (row.credentialVersion === undefined) return noted; // an entry's own row
  const session = { ...readSession(row), ending: row.ending } as Session & { ending?: Ending };
  return [...noted, ...sound(session, sessionRules).flatMap(eventsOfSession)];
}

function eventsOfSession({ ending, ...session }: Session & { ending?: Ending }): RecordedEvent[] {
  const { endedAt } = session;
  return [
    sessionOpenedEvent(session),
    ...(endedAt === undefined ? [] : [sessionEndedEvent(session, endedAt, ending)]),
  ];
}
