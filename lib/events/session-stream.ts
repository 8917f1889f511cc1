import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import type { RecordedEvent } from '../core/account-event.ts';
import { eventsOf } from '../dynamodb/journal-records.ts';

/** One record of the stream of the table `sessions`, and the account events that it stands for, in their order. */
export type EventsOfRecord = { sequenceNumber: string; events: RecordedEvent[] };

export function eventsInBatch({ Records }: DynamoDBStreamEvent): EventsOfRecord[] {
  return Records.map(({ dynamodb }) => ({
    sequenceNumber: dynamodb?.SequenceNumber ?? '',
    events: eventsOf({ before: imageOf(dynamodb?.OldImage), after: imageOf(dynamodb?.NewImage) }),
  }));
}

/** Lambda's types of attributes differ from the SDK's only in binary values, and these rows have none. */
function imageOf(image: NonNullable<DynamoDBRecord['dynamodb']>['NewImage']) {
  return image as Record<string, AttributeValue> | undefined;
}

/**
 * The answer that makes Lambda deliver this record and all that follow again; `undefined`: all were handled.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 */
export function retryFrom(sequenceNumber: string | undefined): DynamoDBBatchResponse {
  return {
    batchItemFailures: sequenceNumber === undefined ? [] : [{ itemIdentifier: sequenceNumber }],
  };
}
