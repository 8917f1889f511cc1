import { type AttributeValue, QueryCommand, type TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { orUnavailable } from '../unavailable.ts';
import { type Database, writeItem } from './database.ts';
import { passkeyClaim } from './passkey-claim.ts';

/**
 * The end of every factor of an account as parts of a transaction: also of those that are pending, of recovery codes, and of
 * the claims by which no other account can have its passkeys.
 *
 * @throws ProblemError `unavailable`
 */
export async function factorDeletions(
  { client, nameOf }: Database,
  userId: string,
): Promise<TransactWriteItem[]> {
  const TableName = nameOf('factors');
  const command = new QueryCommand({
    TableName,
    ConsistentRead: true, // a page has 1 MB: far more than an account's factors
    KeyConditionExpression: 'userId = :userId',
    ProjectionExpression: 'userId, factorId',
    ExpressionAttributeValues: writeItem({ ':userId': userId }),
  });
  const { Items = [] } = await orUnavailable('DynamoDB', client.send(command));
  return Items.flatMap((Key) => [Key, ...claimsBy(Key)]).map((Key) => ({ Delete: { TableName, Key } }));
}

function claimsBy({ factorId }: Record<string, AttributeValue>): Record<string, AttributeValue>[] {
  const id = factorId?.S ?? '#';
  return id.startsWith('#') ? [] : [writeItem(passkeyClaim(id))];
}
