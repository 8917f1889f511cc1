// DynamoDB's HTTP API in front of a local one, which counts what a caller asks of it: calls, trips, capacity units.
import { Agent, createServer, type IncomingHttpHeaders, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { sizeOf, type WireItem, writeUnits } from './item-size.ts';

/** One call as it passed. Times are milliseconds of `performance.now()`. */
export type MeteredCall = {
  /** `GetItem`, `TransactWriteItems` and so on. */
  operation: string;
  /** The tables' full names. */
  tables: string[];
  /** The items that it names, as `<table> <key>`; those that a query or scan finds are not among them. */
  keys: string[];
  begin: number;
  end: number;
  /** Of the request's and the answer's body. */
  bytesIn: number;
  bytesOut: number;
  readUnits: number;
  writeUnits: number;
  /** The HTTP status that DynamoDB answered. */
  status: number;
};

export type Metered = {
  calls: readonly MeteredCall[];
  /** The longest chain of calls of which each began after the one before it had ended. */
  sequentialTrips: number;
  readUnits: number;
  writeUnits: number;
  /** Both together. */
  units: number;
  bytesIn: number;
  bytesOut: number;
  /** Milliseconds during which at least one call was under way: what the caller waited for, at most. */
  waited: number;
};

export type MeteringDynamodb = {
  url: string;
  /** Forgets what passed so far. */
  begin(): void;
  /** What has passed since `begin`, once everything under way has been answered. */
  end(): Promise<Metered>;
  stop(): Promise<void>;
};

export type MeteringOptions = {
  /**
   * Milliseconds that each answer is held back between `begin` and `end`. Calls that are made at once then overlap for certain, however slowly
   * the caller gets to send the second one.
   */
  delay?: number;
};

/** Puts a meter in front of the DynamoDB that answers at `upstream`. */
export async function startMeteringDynamodb(
  upstream: string,
  { delay = 0 }: MeteringOptions = {},
): Promise<MeteringDynamodb> {
  const dynamodb = callerOf(upstream);
  let calls: MeteredCall[] = [];
  let isCounting = false;
  const underWay = new Set<Promise<unknown>>();

  async function pass(headers: IncomingHttpHeaders, body: Buffer): Promise<Answer> {
    const begin = performance.now();
    const operation = String(headers['x-amz-target']).replace(/^.*\./, '');
    const input = JSON.parse(body.toString()) as Input;
    const mine = calls;
    const answer = await dynamodb.send(headers, { ...input, ReturnConsumedCapacity: 'TOTAL' });
    const { ConsumedCapacity, ...output } = answer.json as Output;
    const units = await dynamodb.unitsOf(operation, input, ConsumedCapacity, answer);
    const bytes = ConsumedCapacity === undefined ? answer.bytes : Buffer.from(JSON.stringify(output));
    if (delay > 0 && isCounting) await pause(delay);
    const end = performance.now();
    mine.push({
      operation,
      ...(await dynamodb.namedIn(input)),
      begin,
      end,
      bytesIn: body.length,
      bytesOut: bytes.length,
      ...units,
      status: answer.status,
    });
    return { ...answer, bytes };
  }

  const server = createServer(async (incoming, outgoing) => {
    const passing = buffer(incoming).then((body) => pass(incoming.headers, body));
    underWay.add(passing);
    try {
      const { status, headers, bytes } = await passing;
      const { 'x-amz-crc32': _, 'transfer-encoding': __, ...kept } = headers; // both are of the body as it was
      outgoing.writeHead(status, { ...kept, 'content-length': bytes.length }).end(bytes);
    } catch {
      outgoing.destroy(); // as a lost connection: the caller tries again, or says that DynamoDB is down
    } finally {
      underWay.delete(passing);
    }
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };

  return {
    url: `http://127.0.0.1:${port}`,
    begin() {
      calls = [];
      isCounting = true;
    },
    async end() {
      while (underWay.size > 0) await Promise.allSettled(underWay);
      const passed = calls;
      isCounting = false;
      calls = []; // what passes from now on is not among them
      return summaryOf(passed);
    },
    stop() {
      dynamodb.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}

/** @see {@link Metered} */
export function summaryOf(calls: readonly MeteredCall[]): Metered {
  const total = (of: (call: MeteredCall) => number) => calls.reduce((sum, call) => sum + of(call), 0);
  const readUnits = total((call) => call.readUnits);
  const writeUnits = total((call) => call.writeUnits);
  return {
    calls,
    sequentialTrips: longestChain(calls),
    readUnits,
    writeUnits,
    units: readUnits + writeUnits,
    bytesIn: total((call) => call.bytesIn),
    bytesOut: total((call) => call.bytesOut),
    waited: coveredBy(calls),
  };
}

type Span = { begin: number; end: number };

/** Of intervals, the largest number of which none overlap: always take the one that ends first. */
function longestChain(calls: readonly Span[]): number {
  let length = 0;
  let free = Number.NEGATIVE_INFINITY;
  for (const { begin, end } of calls.toSorted((a, b) => a.end - b.end)) {
    if (begin < free) continue;
    length += 1;
    free = end;
  }
  return length;
}

function coveredBy(calls: readonly Span[]): number {
  let covered = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const { begin, end } of calls.toSorted((a, b) => a.begin - b.begin)) {
    covered += Math.max(0, end - Math.max(begin, until));
    until = Math.max(until, end);
  }
  return covered;
}

type Action = { TableName: string; Key?: WireItem; Item?: WireItem };
type Input = {
  TableName?: string;
  Key?: WireItem;
  Item?: WireItem;
  ProjectionExpression?: string;
  TransactItems?: { [kind: string]: Action }[];
  RequestItems?: {
    [table: string]:
      | { Keys: WireItem[] }
      | { PutRequest?: { Item: WireItem }; DeleteRequest?: { Key: WireItem } }[];
  };
  [other: string]: unknown;
};
type Capacity = { CapacityUnits: number };
type Output = {
  ConsumedCapacity?: Capacity | Capacity[];
  __type?: string;
  Item?: WireItem;
  [other: string]: unknown;
};
type Answer = { status: number; headers: IncomingHttpHeaders; bytes: Buffer; json: Output };
type Units = { readUnits: number; writeUnits: number };

/** The DynamoDB behind the meter, and what it would have charged on AWS. */
function callerOf(upstream: string) {
  const agent = new Agent({ keepAlive: true });
  const keyNames = new Map<string, Promise<string[]>>();

  function send(headers: IncomingHttpHeaders, input: object): Promise<Answer> {
    const body = Buffer.from(JSON.stringify(input));
    const sent = { ...headers, 'content-length': String(body.length) };
    delete sent['transfer-encoding'];
    return new Promise((resolve, reject) => {
      const onward = request(upstream, { method: 'POST', headers: sent, agent }, (answer) => {
        buffer(answer).then(
          (bytes) =>
            resolve({
              status: answer.statusCode ?? 0,
              headers: answer.headers,
              bytes,
              json: bytes.length > 0 ? JSON.parse(bytes.toString()) : {},
            }),
          reject,
        );
      });
      onward.on('error', reject).end(body);
    });
  }

  async function ask(operation: string, input: object): Promise<Output> {
    const headers = {
      'x-amz-target': `DynamoDB_20120810.${operation}`,
      'content-type': 'application/x-amz-json-1.0',
      authorization:
        'AWS4-HMAC-SHA256 Credential=local/20000101/local/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
      'x-amz-date': '20000101T000000Z',
    };
    const { status, json } = await send(headers, input);
    if (status !== 200) throw new Error(`the meter's own ${operation} was refused: ${json.__type}`);
    return json;
  }

  /** The bytes of an item as it is stored now; 0 when there is none. */
  async function storedSize(TableName: string, Key: WireItem): Promise<number> {
    const { Item } = await ask('GetItem', { TableName, Key, ConsistentRead: true });
    return Item ? sizeOf(Item) : 0;
  }

  async function keyOf({ TableName, Key, Item }: Action): Promise<WireItem> {
    if (Key) return Key;
    const names = keyNames.get(TableName) ?? keyNamesOf(TableName);
    keyNames.set(TableName, names);
    return Object.fromEntries((await names).map((name) => [name, Item?.[name] ?? {}]));
  }

  async function keyNamesOf(TableName: string): Promise<string[]> {
    const { Table } = (await ask('DescribeTable', { TableName })) as unknown as {
      Table: { KeySchema: { AttributeName: string }[] };
    };
    return Table.KeySchema.map(({ AttributeName }) => AttributeName);
  }

  /** A refused write is charged like an applied one, by the larger of the item as stored and as it would have been. */
  async function refusedUnits(action: Action, kind: 'plain' | 'transaction'): Promise<number> {
    const stored = await storedSize(action.TableName, await keyOf(action));
    return writeUnits(Math.max(stored, action.Item ? sizeOf(action.Item) : 0), kind);
  }

  /** What a projection leaves out is charged all the same: the same read again, of everything. */
  async function wholeRead(operation: string, input: Input): Promise<number> {
    const { ProjectionExpression: _, Select: __, ExpressionAttributeNames, ...whole } = input;
    const text = JSON.stringify([input.KeyConditionExpression, input.FilterExpression]);
    const used = Object.entries(ExpressionAttributeNames ?? {}).filter(([name]) => text.includes(name));
    const { ConsumedCapacity } = await ask(operation, {
      ...whole,
      ...(used.length > 0 && { ExpressionAttributeNames: Object.fromEntries(used) }),
      ReturnConsumedCapacity: 'TOTAL',
    });
    return sumOf(ConsumedCapacity);
  }

  return {
    send,

    /** What AWS would charge: what was reported, and what Dynoxide leaves out. */
    async unitsOf(
      operation: string,
      input: Input,
      reported: Output['ConsumedCapacity'],
      answer: Answer,
    ): Promise<Units> {
      if (/ConditionalCheckFailed/.test(answer.json.__type ?? '') && input.TableName !== undefined) {
        return { readUnits: 0, writeUnits: await refusedUnits(input as Action, 'plain') };
      }
      if (/TransactionCanceled/.test(answer.json.__type ?? '') && operation === 'TransactWriteItems') {
        const actions = (input.TransactItems ?? []).flatMap((item) => Object.values(item));
        const units = await Promise.all(actions.map((action) => refusedUnits(action, 'transaction')));
        return { readUnits: 0, writeUnits: units.reduce((sum, one) => sum + one, 0) };
      }
      if (!/^(Get|BatchGet|Query|Scan|TransactGet)/.test(operation))
        return { readUnits: 0, writeUnits: sumOf(reported) };
      const projected = input.ProjectionExpression !== undefined && answer.status === 200;
      return { readUnits: projected ? await wholeRead(operation, input) : sumOf(reported), writeUnits: 0 };
    },

    /** The tables and items that a call names. */
    async namedIn(input: Input): Promise<{ tables: string[]; keys: string[] }> {
      const actions = actionsIn(input);
      const tables = actions.map(({ TableName }) => TableName);
      const keys = await Promise.all(
        actions
          .filter(({ Key, Item }) => Key ?? Item)
          .map(async (action) => `${action.TableName} ${wordsOf(await keyOf(action))}`),
      );
      return { tables: [...new Set(tables)], keys };
    },

    close: () => agent.destroy(),
  };
}

function actionsIn({ TableName, Key, Item, TransactItems, RequestItems }: Input): Action[] {
  if (TransactItems) return TransactItems.flatMap((item) => Object.values(item));
  if (RequestItems) {
    return Object.entries(RequestItems).flatMap(([TableName, requests]) =>
      (Array.isArray(requests)
        ? requests.map(({ PutRequest, DeleteRequest }) => ({ ...PutRequest, ...DeleteRequest }))
        : requests.Keys.map((Key) => ({ Key }))
      ).map((action) => ({ TableName, ...action })),
    );
  }
  return TableName === undefined ? [] : [{ TableName, ...(Key && { Key }), ...(Item && { Item }) }];
}

function wordsOf(key: WireItem): string {
  return Object.values(key)
    .flatMap((value) => Object.values(value))
    .join(' ');
}

function sumOf(reported: Output['ConsumedCapacity']): number {
  return [reported ?? []].flat().reduce((sum, { CapacityUnits }) => sum + CapacityUnits, 0);
}
