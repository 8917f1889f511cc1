import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { User } from '../core/account.ts';
import type { By } from '../core/account-event.ts';
import type { Tombstone } from '../core/tombstone.ts';
import { type Database, writeItem } from './database.ts';
import { factorDeletions } from './factor-deletions.ts';
import { happens } from './journal.ts';
import { tombstoneItem } from './tombstones.ts';

/**
 * The deletion of an account as parts of a transaction: the user, the claims on its address and its former addresses, its
 * factors, and the tombstone. The transaction fails when the rows name different owners.
 *
 * @throws ProblemError `unavailable`
 */
export async function accountDeletion(
  database: Database,
  { userId, email, heldEmails = [] }: Pick<User, 'userId' | 'email' | 'heldEmails'>,
  tombstone: Tombstone,
  by?: By,
): Promise<TransactWriteItem[]> {
  const { nameOf } = database;
  // An address whose hold has expired may belong to somebody else by now.
  const held = heldEmails.filter(({ until }) => until > tombstone.deletedAt).map((one) => one.email);
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
    ...(await factorDeletions(database, userId)).deletions,
    { Put: { TableName: nameOf('tombstones'), Item: tombstoneItem(tombstone) } },
    ...happens(nameOf, { userId, at: tombstone.deletedAt, ...(by && { by }) }, { type: 'user.deleted' }),
  ];
}
