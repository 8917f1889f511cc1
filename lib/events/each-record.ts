import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { type DueMail, UndeliverableMailError } from '../core/reset-mail.ts';
import { describeError, log } from '../log.ts';
import { type MailOutcome, measure } from '../metrics.ts';

/**
 * Handles the records of a batch of the stream of `reset-tags`, one after the other.
 *
 * Reports the first that failed: Lambda delivers it again with all that follow, which is why handling a record twice
 * must be harmless. The rest of the batch is handled all the same, so that one bad record delays no other. A mail that
 * can never be delivered is not reported: whoever signs up with an address that SES refuses could hold up others' mails
 * for as long as the stream would try.
 *
 * @param handle is given the `tagId`; what it throws is logged without the words of others
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 */
export async function eachRecord(
  event: DynamoDBStreamEvent,
  handle: (tagId: string) => Promise<DueMail>,
): Promise<DynamoDBBatchResponse> {
  const failed: { itemIdentifier: string }[] = [];
  for (const { dynamodb } of event.Records) {
    const sequenceNumber = dynamodb?.SequenceNumber ?? '';
    try {
      const tagId = dynamodb?.Keys?.tagId?.S;
      if (tagId === undefined) throw new Error('the record has no tagId');
      const outcome = await handle(tagId);
      if (outcome !== 'nothing due') count(outcome);
      log.info('mail', { sequenceNumber, outcome });
    } catch (error) {
      const undeliverable = error instanceof UndeliverableMailError;
      const outcome = undeliverable ? 'undeliverable' : 'failed';
      count(outcome);
      log.error('mail', { sequenceNumber, outcome, failure: describeError(error) });
      if (!undeliverable) failed.push({ itemIdentifier: sequenceNumber });
    }
  }
  return { batchItemFailures: failed.slice(0, 1) };
}

function count(outcome: MailOutcome): void {
  measure({ Mails: 1 }, { Outcome: outcome });
}
