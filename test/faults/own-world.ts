import { randomUUID } from 'node:crypto';
import { DynamoDBClient, GetItemCommand, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { APIGatewayProxyResult, DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { inject, vi } from 'vitest';
import { localAccess } from '../../tools/local/local-access.ts';
import { createTables } from '../../tools/local/tables.ts';
import { callThatReads, routeReads } from '../harness/call-that-reads.ts';
import { type Call, type Client, type Reply, toEvent } from '../harness/client.ts';
import { expectDocumented } from '../harness/documented.ts';

/**
 * Handlers and tables of a test's own: nothing reads the stream but who asks, and every function can be started cold
 * with an environment of its own.
 */
export async function ownWorld() {
  const { dynamodbUrl, routes } = inject('stack');
  const prefix = await newTables();
  const database = new DynamoDBClient(localAccess(dynamodbUrl));

  /** The rows of a table for which all these attributes are so. */
  async function rowsOf(table: string, like: Record<string, unknown> = {}, of = prefix): Promise<Row[]> {
    const rows: Row[] = [];
    let ExclusiveStartKey: undefined | Record<string, never>;
    do {
      const page = await database.send(
        new ScanCommand({ TableName: `${of}-${table}`, ConsistentRead: true, ExclusiveStartKey }),
      );
      rows.push(...(page.Items ?? []).map((item) => unmarshall(item)));
      ExclusiveStartKey = page.LastEvaluatedKey as typeof ExclusiveStartKey;
    } while (ExclusiveStartKey);
    return rows.filter((row) => Object.entries(like).every(([name, value]) => row[name] === value));
  }

  async function rowOf(table: string, key: Record<string, string>): Promise<Row | undefined> {
    const command = new GetItemCommand({
      TableName: `${prefix}-${table}`,
      Key: marshall(key),
      ConsistentRead: true,
    });
    const { Item } = await database.send(command);
    return Item && unmarshall(Item);
  }

  async function putRow(table: string, row: Row, of = prefix): Promise<void> {
    await database.send(new PutItemCommand({ TableName: `${of}-${table}`, Item: marshall(row) }));
  }

  const sound: Record<string, Handler> = {};
  for (const name of [...new Set(Object.values(routes)), 'send-mail']) {
    sound[name] = await coldHandler(name, { TABLE_PREFIX: prefix });
  }
  const client: Client = {
    name: 'soundly',
    send: (call) => sendTo(sound[functionOf(call)] as Handler, call),
  };
  const signUps: Record<string, Handler> = {};
  for (const mode of ['after', 'before'])
    signUps[mode] = await coldHandler('signup', { TABLE_PREFIX: prefix, EMAIL_VERIFICATION: mode });
  process.env.EMAIL_VERIFICATION = 'off';
  // The SDK reads its endpoint at the first call, and only then.
  await Promise.all([
    ...Object.values(signUps).map((handler) => sendTo(handler, callThatReads('POST /auth/register'))),
    ...Object.keys(sound).map((name) => {
      const route = Object.entries(routes).find(
        ([route, target]) => target === name && routeReads(route),
      )?.[0];
      if (route !== undefined) return client.send(callThatReads(route));
      return name === 'send-mail' && sound[name]?.(deliveryOf(randomUUID()) as never, context);
    }),
  ]);

  return {
    prefix,
    client,
    rowsOf,
    rowOf,
    putRow,
    /** Signs up where addresses are verified after sign-up, or before it. */
    register: (mode: 'after' | 'before', person: { password: string }) =>
      sendTo(signUps[mode] as Handler, {
        path: '/auth/register',
        body: { ...person, confirm: person.password },
      }),
    /** Runs send-mail on a request as the stream would. */
    sendMail: (tagId: string) =>
      sound['send-mail']?.(deliveryOf(tagId) as never, context) as Promise<DynamoDBBatchResponse>,
  };
}

type Row = Record<string, unknown>;
export type Handler = (event: never, context: never) => Promise<unknown>;
/** What Lambda tells a function that may run for so many milliseconds. */
function contextOf(milliseconds: number) {
  const end = Date.now() + milliseconds;
  return { awsRequestId: 'test', getRemainingTimeInMillis: () => end - Date.now() } as never;
}

export const context = { awsRequestId: 'test', getRemainingTimeInMillis: () => 30_000 } as never;

/** Tables under a prefix that no other test has, empty but for the first signing key. */
export async function newTables(keys: 'with a key' | 'without a key' = 'with a key'): Promise<string> {
  const prefix = `faults-${randomUUID().slice(0, 8)}`;
  await createTables({ endpoint: inject('stack').dynamodbUrl, prefix });
  if (keys === 'without a key') return prefix;
  const { AWS_ENDPOINT_URL_DYNAMODB: before } = process.env; // a test may have its own in front, which counts or fails
  const AWS_ENDPOINT_URL_DYNAMODB = inject('stack').dynamodbUrl;
  const rotateKeys = await coldHandler('rotate-keys', { TABLE_PREFIX: prefix, AWS_ENDPOINT_URL_DYNAMODB });
  await rotateKeys({ command: 'rotate' } as never, context); // as a deployment does
  if (before !== undefined) process.env.AWS_ENDPOINT_URL_DYNAMODB = before;
  return prefix;
}

/** A function as a container just started has it: nothing cached, nothing connected. */
export async function coldHandler(name: string, environment: Record<string, string>): Promise<Handler> {
  Object.assign(process.env, environment);
  vi.resetModules();
  const { handler } = (await import(`../../functions/${name}.ts`)) as { handler: Handler };
  return handler;
}

export function functionOf(call: Call): string {
  const { httpMethod, resource } = toEvent(call);
  const name = inject('stack').routes[`${httpMethod} ${resource}`];
  if (name === undefined) throw new Error(`serverless.yml has no route ${httpMethod} ${resource}`);
  return name;
}

/** Calls an endpoint's handler as API Gateway would. What it answers has to be documented. */
export async function sendTo(handler: Handler, call: Call, milliseconds = 30_000): Promise<Reply> {
  const reply = await sendToSpoilt(handler, call, milliseconds);
  expectDocumented(call, reply);
  return reply;
}

/** The same where rows were spoilt by hand, so that answers may be too. */
export async function sendToSpoilt(handler: Handler, call: Call, milliseconds = 30_000): Promise<Reply> {
  const result = (await handler(toEvent(call) as never, contextOf(milliseconds))) as APIGatewayProxyResult;
  const headers = Object.entries(result.headers ?? {}).map(([key, value]) => [
    key.toLowerCase(),
    String(value),
  ]);
  let json: unknown;
  if (/json/.test(String(result.headers?.['Content-Type'])) && result.body !== '')
    json = JSON.parse(result.body);
  return { status: result.statusCode, headers: Object.fromEntries(headers), text: result.body, json };
}

/** What the stream delivers for a request to reset a password. */
export function deliveryOf(tagId: string, sequenceNumber = '100000000000000000001'): DynamoDBStreamEvent {
  const Keys = { tagId: { S: tagId } };
  return { Records: [{ eventName: 'INSERT', dynamodb: { Keys, SequenceNumber: sequenceNumber } }] };
}
