// Account events: what its holder, its operators and other systems learn of an account.

import { createHash, randomUUID } from 'node:crypto';
import type { Ending, Session } from './session.ts';
import { uuidFromHash } from './uuid.ts';

/**
 * Who did something to an account, where it wasn't the holder: `operator` on the command line, `import`, or the ARN of whoever
 * called the administrator's API.
 */
export type By = string;

type UserEventType =
  | 'user.created'
  | 'user.verified'
  | 'user.email-changed'
  | 'user.password-changed'
  | 'user.disabled'
  | 'user.enabled'
  | 'user.deleted';

/** The session that the event is about, or in which the holder caused it. */
type InSession = Pick<Session, 'sessionId' | 'device'>;

/** The factor that was added or removed. Recovery codes have no id. */
type EventFactor = { factorType: 'totp' | 'passkey' | 'recovery-codes'; factorId?: string };

/** What an event says, without when and to whom. */
export type AccountEvent =
  | ({ type: UserEventType } & Partial<InSession>)
  | ({ type: 'session.opened' } & InSession & Pick<Session, 'acr' | 'amr'>)
  | ({ type: 'session.ended' | 'session.reuse-detected' } & InSession)
  | ({ type: 'factor.added' | 'factor.removed' } & EventFactor & Partial<InSession>)
  /** `guessed`: whose failures lock. `until`: milliseconds since the epoch; `null`: until a reset. */
  | { type: 'log-in.locked'; guessed: 'password' | 'code'; until: number | null };

/** The events of one transaction on an account, written in that transaction: neither is ever there without the other. */
export type Entry = {
  userId: string;
  entryId: string;
  /** Milliseconds since the epoch. */
  at: number;
  /** Who did it; absent: the holder, or whoever had the holder's credentials. */
  by?: By;
  events: readonly AccountEvent[];
};

/** @param at milliseconds since the epoch */
export function newEntry(userId: string, at: number, events: readonly AccountEvent[], by?: By): Entry {
  return { userId, entryId: randomUUID(), at, ...(by !== undefined && { by }), events };
}

/** An event with its account, time and author. `eventId` is the same however often the event is derived from its row. */
export type RecordedEvent = {
  eventId: string;
  userId: string;
  /** Milliseconds since the epoch. */
  at: number;
  /** The order of events of the same millisecond. */
  order: number;
  by?: By;
  event: AccountEvent;
};

/** After all events of an entry of the same millisecond: an account exists before its first session. */
const OPENED_ORDER = 80;
const ENDED_ORDER = 90;

export function eventsOfEntry({ userId, entryId, at, by, events }: Entry): RecordedEvent[] {
  return events.map((event, index) => ({
    ...{ eventId: eventIdOf(entryId, String(index)), userId, at, order: index, event },
    ...(by !== undefined && { by }),
  }));
}

export function sessionOpenedEvent(session: Session): RecordedEvent {
  const { userId, sessionId, device, acr, amr, createdAt } = session;
  return {
    ...{ eventId: eventIdOf(sessionId, 'opened'), userId, at: createdAt, order: OPENED_ORDER },
    event: { type: 'session.opened', sessionId, ...(device !== undefined && { device }), acr, amr },
  };
}

/** The end of a single session. One that ends together with all others, or expires, makes no event. */
export function sessionEndedEvent(
  { userId, sessionId, device }: Session,
  endedAt: number,
  { by, reuse }: Ending = {},
): RecordedEvent {
  const type = reuse ? 'session.reuse-detected' : 'session.ended';
  return {
    ...{ eventId: eventIdOf(sessionId, 'ended'), userId, at: endedAt, order: ENDED_ORDER },
    ...(by !== undefined && { by }),
    event: { type, sessionId, ...(device !== undefined && { device }) },
  };
}

/** The same id however often the event is derived from its row, so that readers can drop repetitions. */
function eventIdOf(of: string, which: string): string {
  return uuidFromHash(createHash('sha256').update(`${of} ${which}`).digest());
}

/** The session in which a change was made, as events name it. */
export function inSession({ sessionId, device }: InSession): InSession {
  return { sessionId, ...(device !== undefined && { device }) };
}
