import { randomUUID } from 'node:crypto';
import {
  type AttributeValue,
  type CancellationReason,
  ConditionalCheckFailedException,
  DynamoDBClient,
  TransactionCanceledException,
  TransactionConflictException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { fromEnv } from '@aws-sdk/credential-provider-env';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { orUnavailable } from '../unavailable.ts';

// DynamoDB answers in single-digit milliseconds, so a request that hangs is better retried. Three attempts of at most 2 s
// leave time for one more call within the ten seconds of a function; a refresh makes one when the user could not be read.
const TIMEOUTS = { connectionTimeout: 1_000, requestTimeout: 2_000, throwOnRequestTimeout: true };
const MAX_ATTEMPTS = 3;

type TableName =
  | 'users'
  | 'emails'
  | 'tombstones'
  | 'factors'
  | 'sessions'
  | 'activity'
  | 'reset-tags'
  | 'throttles'
  | 'keys';

/** A client of DynamoDB, and the names of the tables. */
export type Database = { client: DynamoDBClient; nameOf: (table: TableName) => string };

/** @param tablePrefix what the tables' names begin with, as in serverless.yml */
export function openDatabase(tablePrefix: string): Database {
  const client = new DynamoDBClient({
    credentials: fromEnv(),
    maxAttempts: MAX_ATTEMPTS,
    cacheMiddleware: true, // otherwise the SDK puts its middlewares together anew for each call
    requestHandler: TIMEOUTS,
  });
  // Two middlewares that cost time in every call: one prepares it for a logger that isn't set, the other describes the SDK to AWS.
  client.middlewareStack.remove('loggerMiddleware');
  client.middlewareStack.remove('getUserAgentMiddleware');
  client.middlewareStack.add((next) => (args) => retryCollisions(() => next(args)), { step: 'initialize' });
  return { client, nameOf: (table) => `${tablePrefix}-${table}` };
}

const CONFLICT_ATTEMPTS = 8;
const CONFLICT_PAUSE_MS = 25;

/**
 * Sends a write, and repeats it while it collides with a transaction on the same items. A collision says nothing about
 * conditions, and the SDK doesn't retry it. Each try of a transaction has the same ClientRequestToken, so that it is applied
 * once.
 */
async function retryCollisions<T>(write: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await write();
    } catch (error) {
      if (!isCollision(error) || tried === CONFLICT_ATTEMPTS) throw error;
      await new Promise((resume) => setTimeout(resume, CONFLICT_PAUSE_MS * tried * Math.random()));
    }
  }
}

/** A transaction with both a collision and a failed condition counts as a failed condition. */
function isCollision(error: unknown): boolean {
  if (error instanceof TransactionConflictException) return true;
  const codes = reasonsOf(error).map(({ Code }) => Code);
  return codes.includes('TransactionConflict') && !codes.includes('ConditionalCheckFailed');
}

function reasonsOf(error: unknown): CancellationReason[] {
  return error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [];
}

type Item = Record<string, unknown> | undefined;

/**
 * The outcome of a conditional write: applied, with the item that its `ReturnValues` requested; or refused, with the item
 * that failed the condition (`undefined`: none).
 */
export type Outcome = { applied: true; returned: Item } | { applied: false; found: Item };

/**
 * Waits for a write and turns a failed condition into a value.
 *
 * @throws ProblemError `unavailable`
 */
export async function outcomeOf(
  write: Promise<{ Attributes?: Record<string, AttributeValue> | undefined }>,
): Promise<Outcome> {
  try {
    return { applied: true, returned: readItem((await write).Attributes) };
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException)
      return { applied: false, found: readItem(error.Item) };
    return orUnavailable('DynamoDB', Promise.reject(error));
  }
}

/**
 * Waits for a transaction and turns a failed condition into a value.
 *
 * @returns for a failed condition the item that failed it and its place in the transaction
 * @throws ProblemError `unavailable`
 */
export async function transactionOutcomeOf(
  attempt: () => Promise<unknown>,
): Promise<
  { applied: true } | { applied: false; found: Record<string, unknown> | undefined; position: number }
> {
  try {
    await attempt();
    return { applied: true };
  } catch (error) {
    const reasons = reasonsOf(error);
    const position = reasons.findIndex(({ Code }) => Code === 'ConditionalCheckFailed');
    if (position >= 0) return { applied: false, found: readItem(reasons[position]?.Item), position };
    return orUnavailable('DynamoDB', Promise.reject(error));
  }
}

/**
 * Applies all of the writes or none.
 *
 * @returns as `transactionOutcomeOf`
 * @throws ProblemError `unavailable`
 */
export function transact({ client }: Pick<Database, 'client'>, TransactItems: TransactWriteItem[]) {
  // One token for all attempts: a commit whose answer was lost isn't repeated, and doesn't conflict with itself.
  const command = { TransactItems, ClientRequestToken: randomUUID() };
  return transactionOutcomeOf(() => client.send(new TransactWriteItemsCommand(command)));
}

/** Plain values to attributes; `undefined` members are left out. */
export function writeItem(item: Record<string, unknown>): Record<string, AttributeValue> {
  return marshall(item, { removeUndefinedValues: true });
}

export function readItem(
  item: Record<string, AttributeValue> | undefined,
): Record<string, unknown> | undefined {
  return item && unmarshall(item);
}

/** Milliseconds since the epoch as the whole seconds that DynamoDB's TTL reads. */
export function timeToLive(milliseconds: number): number {
  return Math.ceil(milliseconds / 1000);
}
