import type { Happened } from '../core/account-event.ts';
import type { Happening } from './each-happening.ts';
import { type EventBus, MOST_AT_ONCE, type PublishedEvent } from './event-bus.ts';

/** What an event says. `at` is ISO 8601 in UTC. docs/events/ has a JSON schema of each. */
export function publishedEvent({ eventId, userId, at, by, event }: Happened, email?: string): PublishedEvent {
  const { type, ...rest } = event;
  const until = 'until' in rest ? { until: rest.until === null ? null : written(rest.until) } : {};
  return {
    ...{ type, at },
    detail: {
      ...{ eventId, userId, at: written(at), ...rest, ...until },
      ...(by !== undefined && { by }),
      ...(email !== undefined && { email }),
    },
  };
}

const written = (at: number) => new Date(at).toISOString();

export type Published = {
  /** How many events the bus has now. */
  sent: number;
  /** The first record of which the bus has not all events. */
  firstUnfinished: string | undefined;
};

type Waiting = { record: number; happened: Happened };

/**
 * Puts events on a bus, those of one account one after the other: a call has at most one of each account, and an account of
 * which one was refused has to wait with the rest until its record is delivered again.
 *
 * @param write makes an event of what happened
 * @param failed is given the error of a bus that gave no answer
 */
export async function publish(
  happenings: readonly Happening[],
  bus: EventBus,
  write: (happened: Happened) => PublishedEvent,
  failed: (error: unknown) => void,
): Promise<Published> {
  let waiting: Waiting[] = happenings.flatMap((each, record) =>
    each.happened.map((happened) => ({ record, happened })),
  );
  const held = new Set<string>();
  let sent = 0;
  for (let round = nextRound(waiting, held); round.length > 0; round = nextRound(waiting, held)) {
    const taken = await put(bus, round, write, failed);
    for (const { happened } of round.filter((_, index) => !taken[index])) held.add(happened.userId);
    const gone = new Set(round.filter((_, index) => taken[index]));
    sent += gone.size;
    waiting = waiting.filter((each) => !gone.has(each));
  }
  const [first] = waiting;
  return { sent, firstUnfinished: first && happenings[first.record]?.sequenceNumber };
}

function nextRound(waiting: readonly Waiting[], held: ReadonlySet<string>): Waiting[] {
  const users = new Set(held);
  return waiting
    .filter(({ happened: { userId } }) => !users.has(userId) && users.add(userId))
    .slice(0, MOST_AT_ONCE);
}

async function put(
  bus: EventBus,
  round: readonly Waiting[],
  write: (happened: Happened) => PublishedEvent,
  failed: (error: unknown) => void,
): Promise<boolean[]> {
  try {
    return await bus.put(round.map(({ happened }) => write(happened)));
  } catch (error) {
    failed(error);
    return round.map(() => false);
  }
}
