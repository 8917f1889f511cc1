import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import type { DueMail } from '../core/send-due-mail.ts';
import { describeError, log } from '../log.ts';
import { measure } from '../metrics.ts';
import { unavailable } from '../unavailable.ts';

/**
 * Handles the records of a batch of the stream of `reset-tags`, one after the other.
 *
 * Reports the first that failed: Lambda delivers it again with all that follow, which is why handling a record twice
 * must be harmless. The rest of the batch is handled all the same, so that one bad record delays no other.
 *
 * @param handle is given the `tagId`
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
 * Handles the mails that have waited. One that fails goes on waiting.
 *
 * @param sweep finds them and gives each to its argument; see `sendWaiting`
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
    // Without the cause: Lambda logs what is thrown as it is, the words of others too.
    throw unavailable('waiting mails could not be found; the line before says why');
  }
  return { batchItemFailures: [] };
}

/** Counts and logs what became of a mail. What is thrown is logged without the words of others. */
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
