import { QueryCommand, type TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { AccountEvent } from '../core/account-event.ts';
import { orUnavailable } from '../unavailable.ts';
import { type Database, readItem, writeItem } from './database.ts';
import { factorsRemoved } from './journal.ts';
import { passkeyClaim } from './passkey-claim.ts';

/**
 * The deletion of every factor of an account as parts of a transaction, including pending ones, recovery codes, and the
 * claims that keep other accounts from having its passkeys.
 *
 * @returns also the events for the account
 * @throws ProblemError `unavailable`
 */
export async function factorDeletions(
  { client, nameOf }: Database,
  userId: string,
): Promise<{ deletions: TransactWriteItem[]; events: AccountEvent[] }> {
  const TableName = nameOf('factors');
  const command = new QueryCommand({
    TableName,
    ConsistentRead: true, // a page has 1 MB: far more than an account's factors
    KeyConditionExpression: 'userId = :userId',
    ProjectionExpression: 'userId, factorId, id, #type',
    ExpressionAttributeNames: { '#type': 'type' },
    ExpressionAttributeValues: writeItem({ ':userId': userId }),
  });
  const { Items = [] } = await orUnavailable('DynamoDB', client.send(command));
  const rows = Items.map((item) => readItem(item) as { factorId: string; id?: string; type?: string });
  const keys = rows.flatMap(({ factorId }) => [{ userId, factorId }, ...claimsBy(factorId)]);
  return {
    deletions: keys.map((key) => ({ Delete: { TableName, Key: writeItem(key) } })),
    events: factorsRemoved(rows),
  };
}

function claimsBy(factorId: string) {
  return factorId.startsWith('#') ? [] : [passkeyClaim(factorId)];
}
