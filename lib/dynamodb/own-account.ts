import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { User } from '../core/account.ts';
import { inSession } from '../core/account-event.ts';
import type { PasswordChange } from '../core/change-password.ts';
import type { ProfileChange } from '../core/change-profile.ts';
import type { MailRequest } from '../core/mail-request.ts';
import type { Session } from '../core/session.ts';
import type { Tombstone } from '../core/tombstone.ts';
import { measure } from '../metrics.ts';
import { accountDeletion } from './account-deletion.ts';
import { type Database, outcomeOf, transact, writeItem } from './database.ts';
import { happens } from './journal.ts';
import { mailRequestItem } from './mail-requests.ts';
import { sessionKept } from './own-sessions.ts';

/** Holders' writes to their own accounts. */
export function ownAccountWrites(database: Database) {
  const { client, nameOf } = database;

  /** The condition that nothing has ended all sessions of the account since it was read. */
  const stillAt = (version: number) => ({
    ConditionExpression: 'credentialVersion = :version AND #status = :active',
    ExpressionAttributeNames: { '#status': 'status' },
    values: { ':version': version, ':active': 'active' },
  });
  const mail = (request: MailRequest) => ({
    Put: { TableName: nameOf('reset-tags'), Item: mailRequestItem(request) },
  });

  return {
    /** See `ChangePasswordDeps.accounts`. */
    async changePassword({ user, session, passwordHash, evidence, now, notice }: PasswordChange) {
      const credentialVersion = user.credentialVersion + 1;
      const { values, ...condition } = stillAt(user.credentialVersion);
      const outcome = await transact(database, [
        {
          Update: {
            TableName: nameOf('users'),
            Key: writeItem({ userId: user.userId }),
            UpdateExpression: 'SET passwordHash = :hash, credentialVersion = :next, passwordChangedAt = :now',
            ...condition,
            ExpressionAttributeValues: writeItem({
              ...{ ':hash': passwordHash, ':next': credentialVersion, ':now': now },
              ...values,
            }),
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          },
        },
        sessionKept(nameOf, session, { credentialVersion, evidence, now }),
        mail(notice),
        ...happens(
          nameOf,
          { userId: user.userId, at: now },
          { type: 'user.password-changed', ...inSession(session) },
        ),
      ]);
      // The version may have been raised by our own write, which was committed before its answer was lost. The hash is
      // salted, so an equal one is ours.
      const applied = outcome.applied || outcome.found?.passwordHash === passwordHash;
      if (applied) measure({ MailsDue: 1 });
      return applied;
    },

    /** See `EndSessionsDeps.accounts`. */
    async raiseVersion({ userId, ...user }: User, kept: Session | undefined, now: number): Promise<boolean> {
      const credentialVersion = user.credentialVersion + 1;
      const Update = { TableName: nameOf('users'), Key: writeItem({ userId }) };
      if (kept === undefined) {
        const raise = new UpdateItemCommand({
          ...Update,
          UpdateExpression: 'ADD credentialVersion :one',
          ConditionExpression: 'attribute_exists(userId)',
          ExpressionAttributeValues: writeItem({ ':one': 1 }),
        });
        return (await outcomeOf(client.send(raise))).applied;
      }
      const { values, ...condition } = stillAt(user.credentialVersion);
      const outcome = await transact(database, [
        {
          Update: {
            ...Update,
            UpdateExpression: 'SET credentialVersion = :next',
            ...condition,
            ExpressionAttributeValues: writeItem({ ':next': credentialVersion, ...values }),
          },
        },
        sessionKept(nameOf, kept, { credentialVersion, evidence: kept, now }),
      ]);
      return outcome.applied;
    },

    /** See `ChangeProfileDeps.accounts`. */
    async changeProfile(userId: string, change: ProfileChange): Promise<boolean> {
      const names = Object.keys(change) as (keyof ProfileChange)[];
      const command = new UpdateItemCommand({
        TableName: nameOf('users'),
        Key: writeItem({ userId }),
        UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
        ConditionExpression: 'attribute_exists(userId)',
        ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
        ExpressionAttributeValues: writeItem(
          Object.fromEntries(names.map((name) => [`:${name}`, change[name]])),
        ),
      });
      return (await outcomeOf(client.send(command))).applied;
    },

    /** See `DeleteOwnAccountDeps.accounts`. */
    async deleteOwn(user: User, tombstone: Tombstone, lastMail: MailRequest): Promise<boolean> {
      const [deletion, ...others] = await accountDeletion(database, user, tombstone);
      const { values, ConditionExpression, ...named } = stillAt(user.credentialVersion);
      const outcome = await transact(database, [
        {
          Delete: {
            ...deletion?.Delete,
            TableName: nameOf('users'),
            Key: writeItem({ userId: user.userId }),
            ConditionExpression: `email = :email AND (attribute_not_exists(passkeys) OR passkeys = :passkeys) AND ${ConditionExpression}`,
            ...named,
            ExpressionAttributeValues: writeItem({
              ':email': user.email,
              ':passkeys': user.passkeys ?? 0,
              ...values,
            }),
          },
        },
        ...others,
        mail(lastMail),
      ]);
      if (outcome.applied) measure({ MailsDue: 1 });
      return outcome.applied;
    },
  };
}
