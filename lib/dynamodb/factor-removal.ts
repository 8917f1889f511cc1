import type { RemoveFactorsDeps } from '../core/remove-factors.ts';
import { type Database, writeItem } from './database.ts';
import { factorDeletions } from './factor-deletions.ts';
import { transactFactors } from './factor-rows.ts';
import { happens } from './journal.ts';

/** An operator's removal of all factors of an account. */
export function factorRemoval(database: Database): RemoveFactorsDeps['factors'] {
  const { nameOf } = database;
  return {
    async removeAll({ userId, credentialVersion }, now, mail, by) {
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
      const { deletions, events } = await factorDeletions(database, userId);
      const items = [{ Update }, ...deletions, ...happens(nameOf, { userId, at: now, by }, ...events)];
      return (await transactFactors(database, items, mail)).applied;
    },
  };
}
