import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { User } from '../core/account.ts';
import { type AccountEvent, newEntry } from '../core/account-event.ts';
import type { MailRequest } from '../core/mail-request.ts';
import type { PendingSignUp } from '../core/pending-sign-up.ts';
import type { Reset } from '../core/reset-password.ts';
import type { Session } from '../core/session.ts';
import { measure } from '../metrics.ts';
import { type Database, transact, writeItem } from './database.ts';
import { entryItem, happens } from './journal.ts';
import { mailRequestItem, mailUsed } from './mail-requests.ts';
import { pendingSignUpItem } from './pending-sign-up-item.ts';
import { sessionItem } from './sessions.ts';

/**
 * The claim on an address, on condition that nobody has it, that a former owner's hold has expired, or that it is the user's
 * own former address. A failed condition returns the existing claim.
 */
export function claimPut(
  nameOf: Database['nameOf'],
  { email, userId, now }: { email: string; userId: string; now: number },
): TransactWriteItem {
  return {
    Put: {
      TableName: nameOf('emails'),
      Item: writeItem({ email, userId }),
      ConditionExpression:
        'attribute_not_exists(email) OR heldUntil <= :now OR (attribute_exists(heldUntil) AND userId = :me)',
      ExpressionAttributeValues: writeItem({ ':now': now, ':me': userId }),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    },
  };
}

/** A new user and the claim on the address, each on condition that it doesn't exist. A failed condition returns the existing claim. */
export function accountPuts(nameOf: Database['nameOf'], user: User, now: number): TransactWriteItem[] {
  return [
    claimPut(nameOf, { email: user.email, userId: user.userId, now }),
    {
      Put: {
        TableName: nameOf('users'),
        Item: writeItem(user),
        ConditionExpression: 'attribute_not_exists(userId)',
      },
    },
  ];
}

/**
 * The first session and the creation event of an account, as parts of its transaction. With a session, the event is stored
 * in the session's row: the stream keeps the order only within one row.
 */
export function openingPuts(
  nameOf: Database['nameOf'],
  { userId, createdAt }: User,
  session: Session | undefined,
  events: readonly AccountEvent[],
): TransactWriteItem[] {
  if (session === undefined) return happens(nameOf, { userId, at: createdAt }, ...events);
  const { entry } = entryItem(newEntry(userId, createdAt, events));
  const Item = writeItem({ ...sessionItem(session), entry });
  return [{ Put: { TableName: nameOf('sessions'), Item } }];
}

/** Writes that span several tables. Each is one transaction, so that a crash leaves nothing half done. */
export function accountWrites(database: Database) {
  const { nameOf } = database;
  return {
    /** See `SignUpDeps.accounts`. */
    async create(user: User, session: Session | undefined, mail?: MailRequest): Promise<boolean> {
      const items = accountPuts(nameOf, user, user.createdAt);
      if (mail) items.push({ Put: { TableName: nameOf('reset-tags'), Item: mailRequestItem(mail) } });
      items.push(...openingPuts(nameOf, user, session, [{ type: 'user.created' }]));
      const outcome = await transact(database, items);
      // The claim may be our own: the SDK retries a write that was committed before its answer was lost.
      const applied = outcome.applied || outcome.found?.userId === user.userId;
      if (applied && mail) measure({ MailsDue: 1 });
      return applied;
    },

    /** See `SignUpDeps.accounts`. */
    async createPending(pending: PendingSignUp, mail: MailRequest): Promise<void> {
      const TableName = nameOf('reset-tags');
      const puts = [pendingSignUpItem(pending), mailRequestItem(mail)];
      await transact(
        database,
        puts.map((Item) => ({ Put: { TableName, Item } })),
      );
      measure({ MailsDue: 1 });
    },

    /** See `ResetPasswordDeps.accounts`. */
    async reset({
      tagId,
      userId,
      credentialVersion,
      passwordHash,
      now,
      attemptsCounter,
      migrant,
      provesAddress,
    }: Reset): Promise<boolean> {
      // The user comes first: if its condition fails, the returned row shows whether the earlier write was ours.
      const user = { ...migrant, passwordHash, passwordChangedAt: now };
      const moving: TransactWriteItem[] = [
        {
          Put: {
            TableName: nameOf('users'),
            Item: writeItem(user),
            ConditionExpression: 'attribute_not_exists(userId)',
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          },
        },
        claimPut(nameOf, { email: migrant?.email ?? '', userId, now }),
      ];
      const changing: TransactWriteItem[] = [
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
              ':true': true, // only the owner of the address had the tag
            }),
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          },
        },
      ];
      const outcome = await transact(database, [
        ...(migrant ? moving : changing),
        mailUsed(nameOf, tagId), // also resets the tries, which were those of the link: the notice has its own
        { Delete: { TableName: nameOf('throttles'), Key: writeItem({ counter: attemptsCounter }) } },
        ...happens(
          nameOf,
          { userId, at: now },
          ...(migrant ? [{ type: 'user.created' as const }] : []),
          { type: 'user.password-changed' },
          ...(provesAddress ? [{ type: 'user.verified' as const }] : []),
        ),
      ]);
      // The version may have been raised by our own write, which was committed before its answer was lost. The hash is
      // salted, so an equal one is ours.
      const applied = outcome.applied || outcome.found?.passwordHash === passwordHash;
      if (applied) measure({ MailsDue: 1 });
      return applied;
    },
  };
}
