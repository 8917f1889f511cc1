import type { RecordedEvent } from '../core/account-event.ts';
import { type EventBus, MAX_EVENTS_PER_CALL, type PublishedEvent } from './event-bus.ts';
import type { EventsOfRecord } from './session-stream.ts';

/** The event as other systems get it: `at` in ISO 8601 in UTC. docs/events/ has a JSON schema of each. */
export function publishedEvent(
  { eventId, userId, at, by, event }: RecordedEvent,
  email?: string,
): PublishedEvent {
  const { type, ...rest } = event;
  const until = 'until' in rest ? { until: rest.until === null ? null : isoTime(rest.until) } : {};
  return {
    ...{ type, at },
    detail: {
      ...{ eventId, userId, at: isoTime(at), ...rest, ...until },
      ...(by !== undefined && { by }),
      ...(email !== undefined && { email }),
    },
  };
}

const isoTime = (at: number) => new Date(at).toISOString();

export type Published = {
  /** How many events the bus has now. */
  sent: number;
  /** The sequence number of the first record with an event that the bus doesn't have. */
  firstUnfinished: string | undefined;
};

type Waiting = { record: number; event: RecordedEvent };

/**
 * Puts events on a bus, in order for each account: a call has at most one event of each account, and after a refused event
 * the rest of its account waits until Lambda delivers the record again.
 *
 * @param format the event as the bus gets it
 * @param failed receives the error of a bus that gave no answer
 */
export async function publish(
  records: readonly EventsOfRecord[],
  bus: EventBus,
  format: (event: RecordedEvent) => PublishedEvent,
  failed: (error: unknown) => void,
): Promise<Published> {
  let waiting: Waiting[] = records.flatMap(({ events }, record) =>
    events.map((event) => ({ record, event })),
  );
  const held = new Set<string>();
  let sent = 0;
  for (let round = nextRound(waiting, held); round.length > 0; round = nextRound(waiting, held)) {
    const accepted = await put(bus, round, format, failed);
    for (const { event } of round.filter((_, index) => !accepted[index])) held.add(event.userId);
    const done = new Set(round.filter((_, index) => accepted[index]));
    sent += done.size;
    waiting = waiting.filter((each) => !done.has(each));
  }
  const [first] = waiting;
  return { sent, firstUnfinished: first && records[first.record]?.sequenceNumber };
}

function nextRound(waiting: readonly Waiting[], held: ReadonlySet<string>): Waiting[] {
  const users = new Set(held);
  return waiting
    .filter(({ event: { userId } }) => !users.has(userId) && users.add(userId))
    .slice(0, MAX_EVENTS_PER_CALL);
}

async function put(
  bus: EventBus,
  round: readonly Waiting[],
  format: (event: RecordedEvent) => PublishedEvent,
  failed: (error: unknown) => void,
): Promise<boolean[]> {
  try {
    return await bus.put(round.map(({ event }) => format(event)));
  } catch (error) {
    failed(error);
    return round.map(() => false);
  }
}
