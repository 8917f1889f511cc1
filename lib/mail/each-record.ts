import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { describeError, log } from '../log.ts';

/**
 * Handles the records of a batch of the stream of `reset-tags`, one after the other.
 *
 * Reports the first that failed: Lambda delivers it again with all that follow, which is why handling a record twice
 * must be harmless. The rest of the batch is handled all the same, so that one bad record delays no other.
 *
 * @param handle is given the `tagId`; what it throws is logged without the words of others
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 */
export async function eachRecord(
  event: DynamoDBStreamEvent,
  handle: (tagId: string) => Promise<string>,
): Promise<DynamoDBBatchResponse> {
  const failed: { itemIdentifier: string }[] = [];
  for (const { dynamodb } of event.Records) {
    const sequenceNumber = dynamodb?.SequenceNumber ?? '';
    try {
      const tagId = dynamodb?.Keys?.tagId?.S;
      if (tagId === undefined) throw new Error('the record has no tagId');
      log.info('mail', { sequenceNumber, outcome: await handle(tagId) });
    } catch (error) {
      log.error('mail', { sequenceNumber, outcome: 'failed', failure: describeError(error) });
      failed.push({ itemIdentifier: sequenceNumber });
    }
  }
  return { batchItemFailures: failed.slice(0, 1) };
}
