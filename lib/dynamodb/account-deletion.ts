import { type AttributeValue, QueryCommand, type TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { User } from '../core/account.ts';
import type { Tombstone } from '../core/tombstone.ts';
import { orUnavailable } from '../unavailable.ts';
import { type Database, writeItem } from './database.ts';
import { passkeyClaim } from './passkey-claim.ts';
import { tombstoneItem } from './tombstones.ts';

/**
 * The end of an account as parts of a transaction: the user, the claims on the address and on those that are held for the
 * account, the factors, and the tombstone. It fails when the rows don't belong together.
 *
 * @throws ProblemError `unavailable`
 */
export async function accountDeletion(
  database: Database,
  { userId, email, heldEmails = [] }: Pick<User, 'userId' | 'email' | 'heldEmails'>,
  tombstone: Tombstone,
): Promise<TransactWriteItem[]> {
  const { nameOf } = database;
  // What was held until now is somebody else's to claim.
  const held = heldEmails.filter(({ until }) => until > tombstone.deletedAt).map((one) => one.email);
  const factors = await factorKeys(database, userId);
  return [
    {
      Delete: {
        TableName: nameOf('users'),
        Key: writeItem({ userId }),
        ConditionExpression: 'email = :email',
        ExpressionAttributeValues: writeItem({ ':email': email }),
      },
    },
    ...[email, ...held].map((claimed) => ({
      Delete: {
        TableName: nameOf('emails'),
        Key: writeItem({ email: claimed }),
        ConditionExpression: 'userId = :userId',
        ExpressionAttributeValues: writeItem({ ':userId': userId }),
      },
    })),
    ...factors
      .flatMap((Key) => [Key, ...claimsBy(Key)])
      .map((Key) => ({ Delete: { TableName: nameOf('factors'), Key } })),
    { Put: { TableName: nameOf('tombstones'), Item: tombstoneItem(tombstone) } },
  ];
}

/** A passkey has a row beside its own, by which no other account can have it. */
function claimsBy({ factorId }: Record<string, AttributeValue>): Record<string, AttributeValue>[] {
  const id = factorId?.S ?? '#';
  return id.startsWith('#') ? [] : [writeItem(passkeyClaim(id))];
}

/** The keys of all rows of factors, those that are pending or hold recovery codes among them: far fewer than a page has. */
async function factorKeys(
  { client, nameOf }: Database,
  userId: string,
): Promise<Record<string, AttributeValue>[]> {
  const command = new QueryCommand({
    TableName: nameOf('factors'),
    ConsistentRead: true,
    KeyConditionExpression: 'userId = :userId',
    ProjectionExpression: 'userId, factorId',
    ExpressionAttributeValues: writeItem({ ':userId': userId }),
  });
  return (await orUnavailable('DynamoDB', client.send(command))).Items ?? [];
}
