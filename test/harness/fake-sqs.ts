import { createHash, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** What of SQS the command `events -- replay` uses, and the messages of each queue that is there. */
export type FakeSqs = { url: string; queues: Map<string, Message[]>; stop(): Promise<void> };

type Message = { body: string; receipt?: string | undefined };
type Call = { QueueName?: string; QueueUrl?: string; ReceiptHandle?: string; MaxNumberOfMessages?: number };

/** @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html */
export async function startFakeSqs(): Promise<FakeSqs> {
  const queues = new Map<string, Message[]>();
  const server = createServer(async (request, response) => {
    const operation = String(request.headers['x-amz-target']).replace('AmazonSQS.', '');
    const call = (await json(request)) as Call;
    const name = call.QueueName ?? String(call.QueueUrl).split('/').at(-1) ?? '';
    const queue = queues.get(name);
    const answer = queue ? operations[operation]?.(name, queue, call) : undefined;
    response.writeHead(answer ? 200 : 400, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(
      JSON.stringify(answer ?? { __type: 'com.amazonaws.sqs#QueueDoesNotExist', message: 'none' }),
    );
  });

  const operations: Record<string, (name: string, queue: Message[], call: Call) => object> = {
    GetQueueUrl: (name) => ({ QueueUrl: `${sqs.url}/000000000000/${name}` }),
    ReceiveMessage(_, queue, { MaxNumberOfMessages = 1 }) {
      const received = queue.filter(({ receipt }) => receipt === undefined).slice(0, MaxNumberOfMessages);
      for (const message of received) message.receipt = randomUUID(); // nobody else sees it for a while
      return {
        Messages: received.map(({ body, receipt }) => ({
          ...{ MessageId: randomUUID(), ReceiptHandle: receipt, Body: body },
          MD5OfBody: createHash('md5').update(body).digest('hex'),
        })),
      };
    },
    DeleteMessage(name, queue, { ReceiptHandle }) {
      queues.set(
        name,
        queue.filter(({ receipt }) => receipt !== ReceiptHandle),
      );
      return {};
    },
    ChangeMessageVisibility(_, queue, { ReceiptHandle }) {
      for (const message of queue) if (message.receipt === ReceiptHandle) message.receipt = undefined;
      return {};
    },
  };

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const sqs: FakeSqs = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    queues,
    stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
  return sqs;
}

/**
 * What Lambda sends to a queue in place of the records of a stream that it gave up on.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
 */
export function discarded(first: number, last: number): { body: string } {
  const at = (time: number) => new Date(time).toISOString().replace(/\.\d+/, ''); // whole seconds
  const table = 'arn:aws:dynamodb:eu-central-1:123456789012:table/gatehouse-prod-sessions';
  const body = {
    requestContext: {
      requestId: '316aa6d0-8154-xmpl-9af7-85d5f4a6bc81',
      functionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:gatehouse-prod-publish-events',
      condition: 'RetryAttemptsExhausted',
      approximateInvokeCount: 1,
    },
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    version: '1.0',
    timestamp: new Date(last).toISOString(),
    DDBStreamBatchInfo: {
      shardId: 'shardId-00000001573689847184-864758bb',
      startSequenceNumber: '800000000003126276362',
      endSequenceNumber: '800000000003126276362',
      approximateArrivalOfFirstRecord: at(first),
      approximateArrivalOfLastRecord: at(last),
      batchSize: 1,
      streamArn: `${table}/stream/2026-11-14T00:04:06.388`,
    },
  };
  return { body: JSON.stringify(body) };
}
