import type { RemoveFactorsDeps } from '../core/remove-factors.ts';
import { type Database, writeItem } from './database.ts';
import { factorDeletions } from './factor-deletions.ts';
import { transactFactors } from './factor-rows.ts';

/** What an operator does for whoever lost every factor. */
export function factorRemoval(database: Database): RemoveFactorsDeps['factors'] {
  const { nameOf } = database;
  return {
    async removeAll({ userId, credentialVersion }, now, mail) {
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
      const removed = await factorDeletions(database, userId);
      return (await transactFactors(database, [{ Update }, ...removed], mail)).applied;
    },
  };
}
