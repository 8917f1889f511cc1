// What happens to an account, as its holder, its operators and other systems learn of it.
import { createHash, randomUUID } from 'node:crypto';
import type { Ending, Session } from './session.ts';

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

/** What was added or removed. Recovery codes have no id. */
type EventFactor = { factorType: 'totp' | 'passkey' | 'recovery-codes'; factorId?: string };

/** One thing that happened. */
export type AccountEvent =
  | ({ type: UserEventType } & Partial<InSession>)
  | ({ type: 'session.opened' } & InSession & Pick<Session, 'acr' | 'amr'>)
  | ({ type: 'session.ended' | 'session.reuse-detected' } & InSession)
  | ({ type: 'factor.added' | 'factor.removed' } & EventFactor & Partial<InSession>)
  /** `guessed`: whose failures lock. `until`: milliseconds since the epoch; `null`: until a reset. */
  | { type: 'log-in.locked'; guessed: 'password' | 'code'; until: number | null };

/** What one commit did to an account. It is written in the same transaction, so that neither is ever there without the other. */
export type Entry = {
  userId: string;
  entryId: string;
  /** Milliseconds since the epoch. */
  at: number;
  /** Absent: the holder, or whoever had the holder's credentials. */
  by?: By;
  events: readonly AccountEvent[];
};

/** @param at milliseconds since the epoch */
export function newEntry(userId: string, at: number, events: readonly AccountEvent[], by?: By): Entry {
  return { userId, entryId: randomUUID(), at, ...(by !== undefined && { by }), events };
}

/** An event that has happened to an account. `eventId` is the same however often it is derived. */
export type Happened = {
  eventId: string;
  userId: string;
  /** Milliseconds since the epoch. */
  at: number;
  /** Which came first of those of one row and moment. */
  order: number;
  by?: By;
  event: AccountEvent;
};

/** After whatever an entry says: an account is there before its first session. */
const OPENED = 80;
const ENDED = 90;

export function happenedIn({ userId, entryId, at, by, events }: Entry): Happened[] {
  return events.map((event, index) => ({
    ...{ eventId: eventIdOf(entryId, String(index)), userId, at, order: index, event },
    ...(by !== undefined && { by }),
  }));
}

export function sessionOpened(session: Session): Happened {
  const { userId, sessionId, device, acr, amr, createdAt } = session;
  return {
    ...{ eventId: eventIdOf(sessionId, 'opened'), userId, at: createdAt, order: OPENED },
    event: { type: 'session.opened', sessionId, ...(device !== undefined && { device }), acr, amr },
  };
}

/** A session that was ended by itself; one that ended with all others, or ran out, says nothing. */
export function sessionEnded(
  { userId, sessionId, device }: Session,
  endedAt: number,
  { by, reuse }: Ending = {},
): Happened {
  const type = reuse ? 'session.reuse-detected' : 'session.ended';
  return {
    ...{ eventId: eventIdOf(sessionId, 'ended'), userId, at: endedAt, order: ENDED },
    ...(by !== undefined && { by }),
    event: { type, sessionId, ...(device !== undefined && { device }) },
  };
}

/** 122 bits of SHA-256 in the form of a UUID of version 8 (RFC 9562). */
function eventIdOf(of: string, which: string): string {
  const hex = createHash('sha256').update(`${of} ${which}`).digest('hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Which session a change was made in, for the activity. */
export function inSession({ sessionId, device }: InSession): InSession {
  return { sessionId, ...(device !== undefined && { device }) };
}
