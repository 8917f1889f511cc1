import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { readConfig } from '../lib/config.ts';
import { openDatabase } from '../lib/dynamodb/database.ts';
import { userEmails } from '../lib/dynamodb/user-emails.ts';
import { eventBridge } from '../lib/events/event-bus.ts';
import { publish, publishedEvent } from '../lib/events/publish.ts';
import { type EventsOfRecord, eventsInBatch, retryFrom } from '../lib/events/session-stream.ts';
import { describeError, log } from '../lib/log.ts';
import { measure } from '../lib/metrics.ts';

const config = readConfig(process.env);
const bus = eventBridge();
const emails = userEmails(openDatabase(config.tablePrefix));

/**
 * Publish events: puts the events of the stream of `sessions` on EventBridge, at least once and in order for each account.
 * Lambda delivers again what the bus doesn't take.
 */
export async function handler(event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  const records = eventsInBatch(event);
  const failed = (error: unknown) =>
    log.error('events', { outcome: 'failed', failure: describeError(error) });
  const addresses = await addressesIn(records, failed);
  if (addresses === undefined) return delayed(records[0]?.sequenceNumber);
  const { sent, firstUnfinished } = await publish(
    records,
    bus,
    (event) => publishedEvent(event, addresses.get(event.userId)),
    failed,
  );
  if (sent > 0) measure({ Events: sent }, { Outcome: 'published' });
  return firstUnfinished === undefined ? retryFrom(undefined) : delayed(firstUnfinished);
}

function delayed(sequenceNumber: string | undefined): DynamoDBBatchResponse {
  measure({ Events: 1 }, { Outcome: 'delayed' });
  log.error('events', { sequenceNumber, outcome: 'delayed' });
  return retryFrom(sequenceNumber);
}

/** The email addresses of the events' users, if events are to have them; `undefined` when they could not be read. */
async function addressesIn(
  records: readonly EventsOfRecord[],
  failed: (error: unknown) => void,
): Promise<ReadonlyMap<string, string> | undefined> {
  if (!config.eventsHaveEmail) return new Map();
  try {
    return await emails.of(records.flatMap(({ events }) => events.map(({ userId }) => userId)));
  } catch (error) {
    failed(error);
    return undefined;
  }
}
