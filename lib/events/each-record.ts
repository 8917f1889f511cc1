import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import type { DueMail } from '../core/send-due-mail.ts';
import { describeError, log } from '../log.ts';
import { measure } from '../metrics.ts';
import { unavailable } from '../unavailable.ts';

/**
 * Handles the records of a batch of the stream of `reset-tags`, one after the other.
 *
 * Reports the first record that failed. Lambda delivers it and all that follow again, so handling a record twice must be
 * harmless. The rest of the batch is handled all the same, so that one bad record delays no other.
 *
 * @param handle receives the `tagId`
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 */
export async function eachRecord(
  event: DynamoDBStreamEvent,
  handle: (tagId: string) => Promise<DueMail>,
): Promise<DynamoDBBatchResponse> {
  const failed: { itemIdentifier: string }[] = [];
  for (const { dynamodb } of event.Records) {
    const sequenceNumber = dynamodb?.SequenceNumber ?? '';
    const outcome = await reported({ sequenceNumber }, async () => {
      const tagId = dynamodb?.Keys?.tagId?.S;
      if (tagId === undefined) throw new Error('the record has no tagId');
      return handle(tagId);
    });
    if (outcome === 'failed') failed.push({ itemIdentifier: sequenceNumber });
  }
  return { batchItemFailures: failed.slice(0, 1) };
}

/**
 * Handles the waiting mails. One that fails goes on waiting.
 *
 * @param sweep finds them and calls its argument with each; see `sendWaiting`
 * @throws ProblemError `unavailable` when they could not be found
 */
export async function eachWaiting(
  sweep: (handle: (tagId: string) => Promise<DueMail | 'failed'>) => Promise<void>,
  handle: (tagId: string) => Promise<DueMail>,
): Promise<DynamoDBBatchResponse> {
  try {
    await sweep((tagId) => reported({ waited: true }, () => handle(tagId)));
  } catch (error) {
    log.error('mail', { waited: true, outcome: 'failed', failure: describeError(error) });
    // Without the cause: Lambda logs a thrown error as it is, and the cause may hold an address.
    throw unavailable('waiting mails could not be found; the line before says why');
  }
  return { batchItemFailures: [] };
}

/** Counts and logs the outcome of a mail. An error is logged without foreign text. */
async function reported(
  fields: Record<string, unknown>,
  send: () => Promise<DueMail>,
): Promise<DueMail | 'failed'> {
  try {
    const outcome = await send();
    measure({ Mails: 1 }, { Outcome: outcome === 'nothing due' ? 'skipped' : outcome });
    log.info('mail', { ...fields, outcome });
    return outcome;
  } catch (error) {
    measure({ Mails: 1 }, { Outcome: 'failed' });
    log.error('mail', { ...fields, outcome: 'failed', failure: describeError(error) });
    return 'failed';
  }
}
