// The dead-letter queues, with the records that Lambda gave up on.
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { Window } from './replay.ts';

/** How far the clock of the function that wrote a row may differ from the stream's. */
const SLACK_MS = 60_000;

export type DeadLetters = {
  /** The time in which their records were written. */
  readonly windows: readonly Window[];
  /** Removes the messages, once it was done. */
  done(): Promise<void>;
  /** Leaves the messages where they are, so that the same command finds them at once. */
  failed(): Promise<void>;
};

/** @returns `undefined` when there is no such queue, because the stage doesn't have the function */
export async function deadLettersIn(
  queue: string,
  { region, profile }: { region: string; profile?: string | undefined },
): Promise<DeadLetters | undefined> {
  const client = new SQSClient({ region, ...(profile !== undefined && { profile }) });
  const QueueUrl = await urlOf(client, queue);
  if (QueueUrl === undefined) return undefined;
  const messages: Message[] = [];
  for (;;) {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: 900,
        WaitTimeSeconds: 1,
      }),
    );
    if (Messages.length === 0) break;
    messages.push(...Messages);
  }
  return {
    windows: messages.map(({ Body = '{}' }) => windowOf(Body)),
    async done() {
      for (const { ReceiptHandle } of messages)
        await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    },
    async failed() {
      for (const { ReceiptHandle } of messages)
        await client.send(
          new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }),
        );
    },
  };
}

async function urlOf(client: SQSClient, QueueName: string): Promise<string | undefined> {
  try {
    return (await client.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl;
  } catch (error) {
    if (['QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue'].includes((error as Error).name))
      return undefined;
    throw error;
  }
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html */
function windowOf(body: string): Window {
  const { DDBStreamBatchInfo: batch } = JSON.parse(body) as {
    DDBStreamBatchInfo: { approximateArrivalOfFirstRecord: string; approximateArrivalOfLastRecord: string };
  };
  return {
    from: Date.parse(batch.approximateArrivalOfFirstRecord) - SLACK_MS,
    to: Date.parse(batch.approximateArrivalOfLastRecord) + SLACK_MS,
  };
}
