import { QueryCommand } from '@aws-sdk/client-dynamodb';
import type { RemoveFactorsDeps } from '../core/remove-factors.ts';
import { orUnavailable } from '../unavailable.ts';
import { type Database, writeItem } from './database.ts';
import { transactFactors } from './factor-rows.ts';

/** What an operator does for whoever lost every factor. */
export function factorRemoval(database: Database): RemoveFactorsDeps['factors'] {
  const { client, nameOf } = database;
  return {
    async removeAll({ userId, credentialVersion }, now, mail) {
      const command = new QueryCommand({
        TableName: nameOf('factors'),
        ConsistentRead: true,
        KeyConditionExpression: 'userId = :userId',
        ProjectionExpression: 'userId, factorId',
        ExpressionAttributeValues: writeItem({ ':userId': userId }),
      });
      const { Items: keys = [] } = await orUnavailable('DynamoDB', client.send(command));
      const Update = {
        TableName: nameOf('users'),
        Key: writeItem({ userId }),
        UpdateExpression:
          'SET credentialVersion = :next, factorsRemovedAt = :now REMOVE totp, passkeys, factorAdditions',
        ConditionExpression: 'credentialVersion = :version',
        ExpressionAttributeValues: writeItem({
          ':version': credentialVersion,
          ':next': credentialVersion + 1,
          ':now': now,
        }),
      };
      const removed = keys.map((Key) => ({ Delete: { TableName: nameOf('factors'), Key } }));
      return (await transactFactors(database, [{ Update }, ...removed], mail)).applied;
    },
  };
}
