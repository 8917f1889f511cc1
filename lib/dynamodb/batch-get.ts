import { setTimeout as pause } from 'node:timers/promises';
import { BatchGetItemCommand } from '@aws-sdk/client-dynamodb';
import { orUnavailable } from '../unavailable.ts';
import { type Database, readItem, writeItem } from './database.ts';

/**
 * Reads at most 100 rows of a table, strongly consistent, and repeats those that DynamoDB left out.
 *
 * @param attributes those to read, none a reserved word; all by default
 * @returns the existing rows, in no particular order
 * @throws ProblemError `unavailable`
 */
export async function batchGet(
  { client, nameOf }: Database,
  table: Parameters<Database['nameOf']>[0],
  keys: readonly Record<string, string>[],
  attributes?: readonly string[],
): Promise<Record<string, unknown>[]> {
  const TableName = nameOf(table);
  const rows: Record<string, unknown>[] = [];
  let wanted = keys.map(writeItem);
  for (let attempt = 1; wanted.length > 0; attempt += 1) {
    if (attempt > 1) await backOff(attempt);
    const RequestItems = {
      [TableName]: {
        Keys: wanted,
        ConsistentRead: true,
        ...(attributes && { ProjectionExpression: attributes.join(', ') }),
      },
    };
    const command = new BatchGetItemCommand({ RequestItems });
    const { Responses, UnprocessedKeys } = await orUnavailable('DynamoDB', client.send(command));
    for (const item of Responses?.[TableName] ?? []) rows.push(readItem(item) ?? {});
    wanted = UnprocessedKeys?.[TableName]?.Keys ?? [];
  }
  return rows;
}

const MAX_PAUSE_MS = 5_000;

/** Waits, longer after each attempt, for a random time so that parallel writers don't meet again. @param attempt from 1 */
export async function backOff(attempt: number): Promise<void> {
  await pause(Math.min(MAX_PAUSE_MS, 50 * 2 ** attempt) * Math.random());
}
