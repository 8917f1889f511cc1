import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { readConfig } from '../lib/config.ts';
import { activityNotes } from '../lib/dynamodb/activity.ts';
import { openDatabase } from '../lib/dynamodb/database.ts';
import { eventsInBatch, retryFrom } from '../lib/events/session-stream.ts';
import { describeError, log } from '../lib/log.ts';

const notes = activityNotes(openDatabase(readConfig(process.env).tablePrefix));

/**
 * Note activity: writes the events of the stream of `sessions` to the table that holders and operators see, in their order,
 * since the deletion of an account also deletes the activity before it. Lambda delivers a failed record again.
 */
export async function handler(event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  for (const { sequenceNumber, events } of eventsInBatch(event)) {
    try {
      for (const each of events) await notes.note(each);
    } catch (error) {
      log.error('activity', { sequenceNumber, outcome: 'failed', failure: describeError(error) });
      return retryFrom(sequenceNumber);
    }
  }
  return retryFrom(undefined);
}
