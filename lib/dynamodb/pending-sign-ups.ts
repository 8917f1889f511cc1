import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { PendingSignUp, PendingSignUpStore } from '../core/pending-sign-up.ts';
import { orUnavailable } from '../unavailable.ts';
import { accountPuts, openingPuts } from './accounts.ts';
import { type Database, readItem, transact, writeItem } from './database.ts';
import { mailUsed } from './mail-requests.ts';

/** Sign-ups that wait for their addresses to be verified. */
export function pendingSignUpStore(database: Database): PendingSignUpStore {
  const { client, nameOf } = database;
  const TableName = nameOf('reset-tags');

  return {
    async get(signUpId) {
      const command = new GetItemCommand({
        TableName,
        Key: writeItem({ tagId: signUpId }),
        ConsistentRead: true,
      });
      const item = readItem((await orUnavailable('DynamoDB', client.send(command))).Item);
      if (item?.secretHash === undefined) return undefined;
      const { tagId, expiresAt, ...pending } = item;
      return { ...pending, signUpId: tagId, expiresAt: (expiresAt as number) * 1000 } as PendingSignUp;
    },

    async complete({ pending, user, session, tagId }) {
      const outcome = await transact(database, [
        {
          Update: {
            TableName,
            Key: writeItem({ tagId: pending.signUpId }),
            UpdateExpression: 'SET #state = :completed REMOVE passwordHash',
            ConditionExpression: '#state = :pending',
            ExpressionAttributeNames: { '#state': 'state' },
            ExpressionAttributeValues: writeItem({ ':completed': 'completed', ':pending': 'pending' }),
          },
        },
        ...accountPuts(nameOf, user, user.createdAt),
        ...openingPuts(nameOf, user, session, [{ type: 'user.created' }, { type: 'user.verified' }]),
        mailUsed(nameOf, tagId),
      ]);
      if (outcome.applied) return 'created';
      return outcome.position === 0 ? 'completed' : 'taken';
    },
  };
}
