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
 * The claim on an address, on condition that nobody has one, that the former owner's has run out, or that it is one's own
 * former address; the claim that stood comes back.
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

/** A new user and the claim on the address, each on condition that there is none; the claim that stood comes back. */
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
 * What opened an account, as parts of its transaction. The first session's own row says it: only of one row it is certain what
 * came first.
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

/** The writes that span tables: each is one transaction, so that no crash leaves half of it. */
export function accountWrites(database: Database) {
  const { nameOf } = database;
  return {
    /** See `SignUpDeps.accounts`. */
    async create(user: User, session: Session | undefined, mail?: MailRequest): Promise<boolean> {
      const items = accountPuts(nameOf, user, user.createdAt);
      if (mail) items.push({ Put: { TableName: nameOf('reset-tags'), Item: mailRequestItem(mail) } });
      items.push(...openingPuts(nameOf, user, session, [{ type: 'user.created' }]));
      const outcome = await transact(database, items);
      // The address may be taken by our own write, committed before its answer was lost.
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
      // The user comes first: a condition of it that fails tells whose write it was.
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
              ':true': true, // the tag was in the mail alone
            }),
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          },
        },
      ];
      const outcome = await transact(database, [
        ...(migrant ? moving : changing),
        mailUsed(nameOf, tagId), // and the tries with it, which were of the link: the notice has its own
        { Delete: { TableName: nameOf('throttles'), Key: writeItem({ counter: attemptsCounter }) } },
        ...happens(
          nameOf,
          { userId, at: now },
          ...(migrant ? [{ type: 'user.created' as const }] : []),
          { type: 'user.password-changed' },
          ...(provesAddress ? [{ type: 'user.verified' as const }] : []),
        ),
      ]);
      // The version may have been raised by our own write, committed before its answer was lost: the hash is salted,
      // so that an equal one is ours.
      const applied = outcome.applied || outcome.found?.passwordHash === passwordHash;
      if (applied) measure({ MailsDue: 1 });
      return applied;
    },
  };
}
