import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { User } from '../core/account.ts';
import type { Reset } from '../core/reset-password.ts';
import type { Session } from '../core/session.ts';
import { measure } from '../metrics.ts';
import { type Database, transact, writeItem } from './database.ts';
import { sessionItem } from './sessions.ts';

/** A new user and the claim on the address, each on condition that there is none; the claim that stood comes back. */
export function accountPuts(nameOf: Database['nameOf'], user: User): TransactWriteItem[] {
  return [
    {
      Put: {
        TableName: nameOf('emails'),
        Item: writeItem({ email: user.email, userId: user.userId }),
        ConditionExpression: 'attribute_not_exists(email)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      },
    },
    {
      Put: {
        TableName: nameOf('users'),
        Item: writeItem(user),
        ConditionExpression: 'attribute_not_exists(userId)',
      },
    },
  ];
}

/** The writes that span tables: each is one transaction, so that no crash leaves half of it. */
export function accountWrites(database: Database) {
  const { nameOf } = database;
  return {
    /** See `SignUpDeps.accounts`. */
    async create(user: User, session: Session | undefined): Promise<boolean> {
      const items = accountPuts(nameOf, user);
      if (session)
        items.push({ Put: { TableName: nameOf('sessions'), Item: writeItem(sessionItem(session)) } });
      const outcome = await transact(database, items);
      // The address may be taken by our own write, committed before its answer was lost.
      return outcome.applied || outcome.found?.userId === user.userId;
    },

    /** See `ResetPasswordParts.accounts`. */
    async reset({
      tagId,
      userId,
      credentialVersion,
      passwordHash,
      now,
      attemptsCounter,
    }: Reset): Promise<boolean> {
      const outcome = await transact(database, [
        {
          Update: {
            TableName: nameOf('users'),
            Key: writeItem({ userId }),
            UpdateExpression:
              'SET passwordHash = :hash, credentialVersion = :next, passwordChangedAt = :now, emailVerified = :true',
            ConditionExpression: 'credentialVersion = :version AND #status = :active',
            ExpressionAttributeNames: { '#status': 'status' },
            ExpressionAttributeValues: writeItem({
              ':hash': passwordHash,
              ':version': credentialVersion,
              ':next': credentialVersion + 1,
              ':now': now,
              ':active': 'active',
              ':true': true, // the tag was in the mail alone
            }),
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          },
        },
        {
          Update: {
            TableName: nameOf('reset-tags'),
            Key: writeItem({ tagId }),
            // The tries were of the link; the notice has its own.
            UpdateExpression: 'SET #state = :used REMOVE tries, tryId',
            ConditionExpression: 'attribute_exists(tagId) AND #state <> :used',
            ExpressionAttributeNames: { '#state': 'state' },
            ExpressionAttributeValues: writeItem({ ':used': 'used' }),
          },
        },
        { Delete: { TableName: nameOf('throttles'), Key: writeItem({ counter: attemptsCounter }) } },
      ]);
      // The version may have been raised by our own write, committed before its answer was lost: the hash is salted,
      // so that an equal one is ours.
      const applied = outcome.applied || outcome.found?.passwordHash === passwordHash;
      if (applied) measure({ MailsDue: 1 });
      return applied;
    },
  };
}
