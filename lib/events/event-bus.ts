import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { fromEnv } from '@aws-sdk/credential-provider-env';

/** An event as other systems get it. */
export type PublishedEvent = {
  type: string;
  /** Milliseconds since the epoch. */
  at: number;
  detail: Readonly<Record<string, unknown>>;
};

/** EventBridge takes this many events in one call. */
export const MAX_EVENTS_PER_CALL = 10;

/** A bus may take some events of a call and refuse others. */
export type EventBus = {
  /**
   * @param events at most `MAX_EVENTS_PER_CALL`
   * @returns whether the bus took each event, in their order
   * @throws the SDK's error when the bus gave no answer: it may still have taken any of them
   */
  put(events: readonly PublishedEvent[]): Promise<boolean[]>;
};

/** The `source` of our events. */
export const SOURCE = 'gatehouse';

/**
 * The default bus of the account.
 *
 * @param caller whose bus it is, where that isn't a function's own role
 */
export function eventBridge(caller?: { region: string; profile?: string | undefined }): EventBus {
  const client = new EventBridgeClient({
    ...(caller === undefined ? { credentials: fromEnv() } : { region: caller.region }),
    ...(caller?.profile !== undefined && { profile: caller.profile }),
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
  });
  return {
    async put(events) {
      const Entries = events.map(({ type, at, detail }) => ({
        ...{ Source: SOURCE, DetailType: type, Detail: JSON.stringify(detail) },
        Time: new Date(at),
      }));
      const { Entries: outcomes = [] } = await client.send(new PutEventsCommand({ Entries }));
      return events.map((_, index) => outcomes[index]?.EventId !== undefined);
    },
  };
}
