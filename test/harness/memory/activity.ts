import { sessionEndedEvent, sessionOpenedEvent } from '../../../lib/core/account-event.ts';
import type { ActivityStore } from '../../../lib/core/activity.ts';
import type { MemorySessions } from './sessions.ts';

/** The events of sessions in memory. Only DynamoDB's stores keep the entries of accounts. */
export function memoryActivity(sessions: MemorySessions): ActivityStore {
  return {
    async latest(userId, atMost) {
      return (await sessions.all(userId))
        .flatMap((session) => [
          sessionOpenedEvent(session),
          ...(session.endedAt === undefined ? [] : [sessionEndedEvent(session, session.endedAt)]),
        ])
        .toSorted((one, other) => other.at - one.at || other.order - one.order)
        .slice(0, atMost);
    },
  };
}
