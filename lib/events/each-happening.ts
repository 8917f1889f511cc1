import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import type { Happened } from '../core/account-event.ts';
import { eventsOf } from '../dynamodb/journal-records.ts';

/** What the records of a batch of the stream of `sessions` were to accounts, in the order in which it happened. */
export type Happening = { sequenceNumber: string; happened: Happened[] };

export function happeningsIn({ Records }: DynamoDBStreamEvent): Happening[] {
  return Records.map(({ dynamodb }) => ({
    sequenceNumber: dynamodb?.SequenceNumber ?? '',
    happened: eventsOf({ before: imageOf(dynamodb?.OldImage), after: imageOf(dynamodb?.NewImage) }),
  }));
}

/** Lambda's types of attributes differ from the SDK's in binary values alone, of which there are none. */
function imageOf(image: NonNullable<DynamoDBRecord['dynamodb']>['NewImage']) {
  return image as Record<string, AttributeValue> | undefined;
}

/**
 * Tells Lambda to deliver again from a record on: it and all that follow.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 */
export function againFrom(sequenceNumber: string | undefined): DynamoDBBatchResponse {
  return {
    batchItemFailures: sequenceNumber === undefined ? [] : [{ itemIdentifier: sequenceNumber }],
  };
}
