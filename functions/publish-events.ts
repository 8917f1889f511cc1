import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { readConfig } from '../lib/config.ts';
import { openDatabase } from '../lib/dynamodb/database.ts';
import { userEmails } from '../lib/dynamodb/user-emails.ts';
import { againFrom, type Happening, happeningsIn } from '../lib/events/each-happening.ts';
import { eventBridge } from '../lib/events/event-bus.ts';
import { publish, publishedEvent } from '../lib/events/publish.ts';
import { describeError, log } from '../lib/log.ts';
import { measure } from '../lib/metrics.ts';

const config = readConfig(process.env);
const bus = eventBridge();
const emails = userEmails(openDatabase(config.tablePrefix));

/**
 * Publish events: what the stream of `sessions` says of accounts goes to EventBridge, at least once and in the order of each
 * account. What the bus doesn't take is delivered again.
 */
export async function handler(event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  const happenings = happeningsIn(event);
  const failed = (error: unknown) =>
    log.error('events', { outcome: 'failed', failure: describeError(error) });
  const addresses = await addressesIn(happenings, failed);
  if (addresses === undefined) return delayed(happenings[0]?.sequenceNumber);
  const { sent, firstUnfinished } = await publish(
    happenings,
    bus,
    (happened) => publishedEvent(happened, addresses.get(happened.userId)),
    failed,
  );
  if (sent > 0) measure({ Events: sent }, { Outcome: 'published' });
  return firstUnfinished === undefined ? againFrom(undefined) : delayed(firstUnfinished);
}

function delayed(sequenceNumber: string | undefined): DynamoDBBatchResponse {
  measure({ Events: 1 }, { Outcome: 'delayed' });
  log.error('events', { sequenceNumber, outcome: 'delayed' });
  return againFrom(sequenceNumber);
}

/** The addresses of those who are concerned, where events are to have them; `undefined` when they could not be read. */
async function addressesIn(
  happenings: readonly Happening[],
  failed: (error: unknown) => void,
): Promise<ReadonlyMap<string, string> | undefined> {
  if (!config.eventsHaveEmail) return new Map();
  try {
    return await emails.of(happenings.flatMap(({ happened }) => happened.map(({ userId }) => userId)));
  } catch (error) {
    failed(error);
    return undefined;
  }
}
