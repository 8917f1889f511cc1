import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { readConfig } from '../lib/config.ts';
import { activityNotes } from '../lib/dynamodb/activity.ts';
import { openDatabase } from '../lib/dynamodb/database.ts';
import { againFrom, happeningsIn } from '../lib/events/each-happening.ts';
import { describeError, log } from '../lib/log.ts';

const notes = activityNotes(openDatabase(readConfig(process.env).tablePrefix));

/**
 * Note activity: what the stream of `sessions` says of accounts becomes what holders and operators see. Each in its order, since
 * the end of an account forgets what came before; what fails is delivered again.
 */
export async function handler(event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  for (const { sequenceNumber, happened } of happeningsIn(event)) {
    try {
      for (const each of happened) await notes.note(each);
    } catch (error) {
      log.error('activity', { sequenceNumber, outcome: 'failed', failure: describeError(error) });
      return againFrom(sequenceNumber);
    }
  }
  return againFrom(undefined);
}
