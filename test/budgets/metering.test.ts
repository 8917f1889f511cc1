import { randomUUID } from 'node:crypto';
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, expect, inject, test } from 'vitest';
import { readUnits, sizeOf, type WireItem, writeUnits } from '../../bench/item-size.ts';
import { startMeteringDynamodb, summaryOf } from '../../bench/metering-dynamodb.ts';
import { localAccess } from '../../tools/local/local-access.ts';

const { dynamodbUrl } = inject('stack');
const TableName = `metering-${randomUUID().slice(0, 8)}`;
const meter = await startMeteringDynamodb(dynamodbUrl, { delay: 20 });
const client = new DynamoDBClient(localAccess(meter.url));
await client.send(
  new CreateTableCommand({
    TableName,
    AttributeDefinitions: [{ AttributeName: 'k', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'k', KeyType: 'HASH' }],
    BillingMode: 'PAY_PER_REQUEST',
  }),
);
afterAll(async () => {
  client.destroy();
  await meter.stop();
});

/** An item of so many bytes. */
function itemOf(bytes: number, k: string = randomUUID()): { k: { S: string }; v: { S: string } } {
  return { k: { S: k }, v: { S: 'x'.repeat(bytes - sizeOf({ k: { S: k } }) - 1) } };
}

async function stored(bytes: number) {
  const Item = itemOf(bytes);
  await client.send(new PutItemCommand({ TableName, Item }));
  return { Key: { k: Item.k }, Item };
}

async function metered(act: () => Promise<unknown>) {
  meter.begin();
  await act().catch((error: Error) => error);
  return meter.end();
}

const refused = { ConditionExpression: 'attribute_exists(nothing)' };
const SIZES = [100, 1024, 1025, 4096, 4097, 9000];

test.each(SIZES)('every call is charged by AWS arithmetic for an item of %i bytes', async (bytes) => {
  const { Key, Item } = await stored(bytes);
  const other = await stored(3000);
  const read = (kind: 'eventual' | 'consistent' | 'transaction', size = bytes) => readUnits(size, kind);
  const write = (kind?: 'transaction', size = bytes) => writeUnits(size, kind);
  const shrink = { UpdateExpression: 'SET v = :v', ExpressionAttributeValues: { ':v': { S: '' } } };
  const touch = { UpdateExpression: 'SET v = v' };
  const cases: [string, () => Promise<unknown>, number][] = [
    ['a put over it', () => client.send(new PutItemCommand({ TableName, Item })), write()],
    [
      'a consistent get',
      () => client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true })),
      read('consistent'),
    ],
    ['an eventual get', () => client.send(new GetItemCommand({ TableName, Key })), read('eventual')],
    [
      'a get of one attribute',
      () =>
        client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true, ProjectionExpression: 'k' })),
      read('consistent'),
    ],
    [
      'a query of one attribute',
      () =>
        client.send(
          new QueryCommand({
            TableName,
            KeyConditionExpression: '#k = :k',
            ProjectionExpression: '#n',
            ExpressionAttributeNames: { '#k': 'k', '#n': 'n' },
            ExpressionAttributeValues: { ':k': Key.k },
          }),
        ),
      read('eventual'),
    ],
    ['an update', () => client.send(new UpdateItemCommand({ TableName, Key, ...touch })), write()],
    [
      'an update on a condition that fails',
      () => client.send(new UpdateItemCommand({ TableName, Key, ...touch, ...refused })),
      write(),
    ],
    [
      'a put on a condition that fails',
      () => client.send(new PutItemCommand({ TableName, Item: itemOf(50, Key.k.S), ...refused })),
      write(),
    ],
    [
      'a put of a new item on a condition that fails',
      () => client.send(new PutItemCommand({ TableName, Item: itemOf(bytes), ...refused })),
      write(),
    ],
    [
      'a delete on a condition that fails',
      () => client.send(new DeleteItemCommand({ TableName, Key, ...refused })),
      write(),
    ],
    [
      'a transaction of two gets',
      () =>
        client.send(
          new TransactGetItemsCommand({
            TransactItems: [{ Get: { TableName, Key } }, { Get: { TableName, Key: other.Key } }],
          }),
        ),
      read('transaction') + read('transaction', 3000),
    ],
    [
      'a batch of two gets',
      () =>
        client.send(new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: [Key, other.Key] } } })),
      read('eventual') + read('eventual', 3000),
    ],
    [
      'a batch of two puts',
      () =>
        client.send(
          new BatchWriteItemCommand({
            RequestItems: { [TableName]: [{ PutRequest: { Item } }, { PutRequest: { Item: other.Item } }] },
          }),
        ),
      write() + write(undefined, 3000),
    ],
    [
      'a transaction of an update and a check',
      () =>
        client.send(
          new TransactWriteItemsCommand({
            TransactItems: [
              { Update: { TableName, Key, ...touch } },
              { ConditionCheck: { TableName, Key: other.Key, ConditionExpression: 'attribute_exists(k)' } },
            ],
          }),
        ),
      write('transaction') + write('transaction', 3000),
    ],
    [
      'a transaction that is cancelled',
      () =>
        client.send(
          new TransactWriteItemsCommand({
            TransactItems: [
              { Put: { TableName, Item: itemOf(bytes), ...refused } },
              { Update: { TableName, Key: other.Key, ...touch } },
            ],
          }),
        ),
      write('transaction') + write('transaction', 3000),
    ],
    [
      'an update that shrinks it',
      () => client.send(new UpdateItemCommand({ TableName, Key, ...shrink })),
      write(),
    ],
    ['a delete of the small rest', () => client.send(new DeleteItemCommand({ TableName, Key })), 1],
  ];

  for (const [name, act, units] of cases) {
    expect([name, (await metered(act)).units]).toEqual([name, units]);
  }
});

test('each type of value is as large as AWS says', async () => {
  const values = {
    text: { S: 'größer' },
    number: { N: '1763847000123' },
    negative: { N: '-12.5' },
    zeros: { N: '1200000' },
    map: { M: { a: { S: 'b' }, n: { N: '7' } } },
    list: { L: [{ S: 'a' }, { N: '1' }, { L: [] }] },
    truth: { BOOL: true },
    nothing: { NULL: true },
    texts: { SS: ['a', 'bb'] },
    bytes: { B: Buffer.alloc(10) },
  };
  for (const [name, value] of Object.entries(values)) {
    const onWire = name === 'bytes' ? { B: Buffer.alloc(10).toString('base64') } : value;
    // An item of exactly 1 kB costs one unit, and with one byte more two.
    for (const [bytes, units] of [
      [1024, 1],
      [1025, 2],
    ] as const) {
      const k = { S: randomUUID() };
      const rest = bytes - sizeOf({ k, v: onWire, p: { S: '' } } as WireItem);
      const Item = { k, v: value, p: { S: 'x'.repeat(rest) } };
      const { writeUnits } = await metered(() => client.send(new PutItemCommand({ TableName, Item })));
      expect([name, bytes, writeUnits]).toEqual([name, bytes, units]);
    }
  }
});

test('calls at once are one trip, calls one after the other are a trip each', async () => {
  const { Key } = await stored(100);
  const get = () => client.send(new GetItemCommand({ TableName, Key }));

  expect((await metered(() => Promise.all([get(), get(), get()]))).sequentialTrips).toBe(1);
  expect((await metered(() => get().then(get).then(get))).sequentialTrips).toBe(3);
  expect((await metered(() => Promise.all([get().then(get), get()]))).sequentialTrips).toBe(2);
});

test('the longest chain is found among calls that overlap in any way', () => {
  const call = (begin: number, end: number) => ({ begin, end }) as never;

  expect(summaryOf([call(0, 9), call(1, 2), call(3, 4), call(4, 8)]).sequentialTrips).toBe(3);
  expect(summaryOf([call(0, 5), call(4, 8), call(7, 9)])).toMatchObject({ sequentialTrips: 2, waited: 9 });
  expect(summaryOf([])).toMatchObject({ sequentialTrips: 0, units: 0, waited: 0 });
});

test('the caller sees no difference, and what was asked is named', async () => {
  const { Key, Item } = await stored(100);
  meter.begin();
  const answer = await client.send(new GetItemCommand({ TableName, Key }));
  const scan = await client.send(new ScanCommand({ TableName, Limit: 1 }));
  const failure = await client
    .send(
      new UpdateItemCommand({
        TableName,
        Key,
        UpdateExpression: 'SET v = v',
        ...refused,
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    )
    .catch((error) => error);
  const { calls, bytesIn, bytesOut } = await meter.end();

  expect(answer.Item).toEqual(Item);
  expect(answer.ConsumedCapacity).toBeUndefined();
  expect(scan.Items).toHaveLength(1);
  expect(failure).toMatchObject({ name: 'ConditionalCheckFailedException', Item });
  expect(calls.map(({ operation, tables, keys, status }) => [operation, tables, keys, status])).toEqual([
    ['GetItem', [TableName], [`${TableName} ${Key.k.S}`], 200],
    ['Scan', [TableName], [], 200],
    ['UpdateItem', [TableName], [`${TableName} ${Key.k.S}`], 400],
  ]);
  expect(bytesIn).toBeGreaterThan(100);
  expect(bytesOut).toBeGreaterThan(100);
});
