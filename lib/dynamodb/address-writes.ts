import { QueryCommand, type TransactWriteItem, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { User } from '../core/account.ts';
import type { AccountEvent } from '../core/account-event.ts';
import { UNDO_LIFETIME_MS } from '../core/mail-code.ts';
import type { MailRequest, Undo } from '../core/mail-request.ts';
import { afterUndo, type Undoing } from '../core/undo.ts';
import type { AddressMove, AddressWrites } from '../core/verify-email.ts';
import { measure } from '../metrics.ts';
import { orUnavailable } from '../unavailable.ts';
import { claimPut } from './accounts.ts';
import { type Database, outcomeOf, readItem, timeToLive, transact, writeItem } from './database.ts';
import { factorsRemoved, happens } from './journal.ts';
import { mailRequestItem, mailUsed } from './mail-requests.ts';
import { passkeyClaim } from './passkey-claim.ts';

const mailPut = (nameOf: Database['nameOf'], request: MailRequest): TransactWriteItem => ({
  Put: { TableName: nameOf('reset-tags'), Item: mailRequestItem(request) },
});

/** A refusal of mail was about the former address, so it is removed with it. */
const OF_THE_OLD_ADDRESS = 'mailRefused, mailRefusedUntil, mailBounces';

/** The writes that verify an address, or move an account to another one. */
export function addressWrites(database: Database): AddressWrites {
  const { nameOf } = database;

  /** The condition that the account hasn't changed since it was read, and that the mail is the latest of its purpose. */
  const asItWas = (latest: 'verifyMail' | 'changeMail', user: User, mail: MailRequest) => ({
    ConditionExpression: `email = :email AND credentialVersion = :version AND #status = :active AND ${latest}.tagId = :tagId`,
    ExpressionAttributeNames: { '#status': 'status' },
    values: {
      ':email': user.email,
      ':version': user.credentialVersion,
      ':active': 'active',
      ':tagId': mail.tagId,
    },
  });

  return {
    async confirmAddress(user, mail, now) {
      const { values, ...condition } = asItWas('verifyMail', user, mail);
      const outcome = await transact(database, [
        {
          Update: {
            TableName: nameOf('users'),
            Key: writeItem({ userId: user.userId }),
            UpdateExpression: 'SET emailVerified = :true',
            ...condition,
            ExpressionAttributeValues: writeItem({ ':true': true, ...values }),
          },
        },
        mailUsed(nameOf, mail.tagId),
        ...happens(nameOf, { userId: user.userId, at: now }, ...verifiedEvents(user)),
      ]);
      return outcome.applied;
    },

    async moveAddress({ user, mail, newEmail, notice, now }: AddressMove) {
      const { values, ...condition } = asItWas('changeMail', user, mail);
      const { userId, email } = user;
      const until = now + UNDO_LIFETIME_MS;
      const held = (user.heldEmails ?? []).filter((one) => one.until > now && one.email !== newEmail);
      const outcome = await transact(database, [
        {
          Update: {
            TableName: nameOf('users'),
            Key: writeItem({ userId }),
            UpdateExpression: `SET email = :next, emailVerified = :true, heldEmails = :held REMOVE verifyMail, ${OF_THE_OLD_ADDRESS}`,
            ...condition,
            ExpressionAttributeValues: writeItem({
              ...{ ':next': newEmail, ':true': true, ':held': [...held, { email, until }] },
              ...values,
            }),
          },
        },
        claimPut(nameOf, { email: newEmail, userId, now }),
        {
          Update: {
            TableName: nameOf('emails'),
            Key: writeItem({ email }),
            UpdateExpression: 'SET heldUntil = :until',
            ConditionExpression: 'userId = :userId AND attribute_not_exists(heldUntil)',
            ExpressionAttributeValues: writeItem({ ':until': until, ':userId': userId }),
          },
        },
        mailUsed(nameOf, mail.tagId),
        mailPut(nameOf, notice),
        ...happens(nameOf, { userId, at: now }, { type: 'user.email-changed' }, ...verifiedEvents(user)),
      ]);
      if (!outcome.applied) return outcome.position === 1 ? 'taken' : 'changed';
      measure({ MailsDue: 1 });
      return 'moved';
    },
  };
}

/** No event for an address that was verified before. */
function verifiedEvents({ emailVerified }: User): AccountEvent[] {
  return emailVerified ? [] : [{ type: 'user.verified' }];
}

/** The writes that undo a change of address, or an added factor. */
export function undoWrites(database: Database) {
  const { nameOf } = database;
  const emailKey = (email: string) => ({ TableName: nameOf('emails'), Key: writeItem({ email }) });

  /** Restores the former address, and frees the addresses that came after it. */
  function addressParts({ user, mail, now }: Undoing, freed: readonly string[]): TransactWriteItem[] {
    const restored = mail.undo.email;
    const { userId } = user;
    const given = user.email === restored ? freed : [user.email, ...freed];
    return [
      ...(user.email === restored ? [] : [claimPut(nameOf, { email: restored, userId, now })]),
      ...given.map((email) => ({
        Delete: {
          ...emailKey(email),
          ConditionExpression: 'attribute_not_exists(email) OR userId = :userId',
          ExpressionAttributeValues: writeItem({ ':userId': userId }),
        },
      })),
    ];
  }

  function userUndone(
    { user, mail }: Undoing,
    { heldEmails, undone }: Pick<User, 'heldEmails' | 'undone'>,
    factors: FactorsLeft | undefined,
  ) {
    const { email, emailVerified, since } = mail.undo;
    const stays = email === user.email;
    const removed = [
      'verifyMail, changeMail',
      // The thief may have changed the password as well, so it is removed: only the mailed reset opens the account.
      ...((user.passwordChangedAt ?? 0) >= since ? ['passwordHash'] : []),
      ...(stays ? [] : [OF_THE_OLD_ADDRESS]),
      ...(factors && !factors.totp ? ['totp'] : []),
    ];
    const passkeys = factors && {
      set: ', passkeys = :passkeys',
      condition: ' AND (attribute_not_exists(passkeys) OR passkeys = :seenPasskeys)',
      values: { ':passkeys': factors.passkeys, ':seenPasskeys': user.passkeys ?? 0 },
    };
    return {
      TableName: nameOf('users'),
      Key: writeItem({ userId: user.userId }),
      UpdateExpression: `SET email = :email, emailVerified = :verified, heldEmails = :held, undone = :undone, credentialVersion = :next${passkeys?.set ?? ''} REMOVE ${removed.join(', ')}`,
      ConditionExpression: `email = :seen AND credentialVersion = :version AND #status = :active${passkeys?.condition ?? ''}`,
      ExpressionAttributeNames: { '#status': 'status' },
      ExpressionAttributeValues: writeItem({
        ...{ ':email': email, ':held': heldEmails, ':undone': undone, ':active': 'active' },
        ...{ ':next': user.credentialVersion + 1, ':version': user.credentialVersion, ':seen': user.email },
        ':verified': emailVerified || (stays && user.emailVerified === true),
        ...passkeys?.values,
      }),
    };
  }

  return {
    /** See `UndoDeps.accounts`. */
    async undo(undoing: Undoing): Promise<'undone' | 'taken' | 'changed'> {
      const { user, mail, resetMail } = undoing;
      const { freed, ...after } = afterUndo(undoing);
      const { email } = mail.undo;
      const factors = user.totp || user.passkeys ? await factorsUndone(database, user, mail.undo) : undefined;
      const outcome = await transact(database, [
        { Update: userUndone(undoing, after, factors) },
        mailUsed(nameOf, mail.tagId),
        ...addressParts(undoing, freed),
        ...(factors?.removals ?? []),
        mailPut(nameOf, resetMail),
        ...happens(
          nameOf,
          { userId: user.userId, at: undoing.now },
          ...(email === user.email ? [] : [{ type: 'user.email-changed' as const }]),
          ...(factors?.events ?? []),
        ),
      ]);
      if (!outcome.applied) return outcome.position === 2 && email !== user.email ? 'taken' : 'changed';
      measure({ MailsDue: 1 });
      return 'undone';
    },
  };
}

type FactorRow = { factorId: string; id?: string; type: string; createdAt: number };
type FactorsLeft = {
  totp: boolean;
  passkeys: number;
  removals: TransactWriteItem[];
  events: AccountEvent[];
};

/**
 * Removes the factors that an undo removes: those that its notice names, and all that were added since. The undo invalidates
 * the links of later notices, so nobody else could remove these. The recovery codes go with the last factor.
 */
async function factorsUndone(
  { client, nameOf }: Database,
  user: User,
  { factorIds = [], since }: Undo,
): Promise<FactorsLeft> {
  const TableName = nameOf('factors');
  const command = new QueryCommand({
    TableName,
    ConsistentRead: true,
    KeyConditionExpression: 'userId = :userId',
    ExpressionAttributeValues: writeItem({ ':userId': user.userId }),
  });
  const { Items = [] } = await orUnavailable('DynamoDB', client.send(command));
  const rows = Items.map((item) => readItem(item) as FactorRow);
  const removed = rows.filter(
    ({ id, factorId, createdAt }) => factorIds.includes(id ?? factorId) || createdAt >= since,
  );
  const left = rows.filter((row) => !removed.includes(row));
  const passkeys = left.filter(({ type }) => type === 'passkey').length;
  const totp = left.some(({ type }) => type === 'totp');
  const last = passkeys === 0 && !totp ? left.filter(({ type }) => type === 'recovery-codes') : [];
  const claims = removed
    .filter(({ type }) => type === 'passkey')
    .map(({ factorId }) => passkeyClaim(factorId));
  const keys = [...removed, ...last].map(({ factorId }) => ({ userId: user.userId, factorId }));
  const removals = [...keys, ...claims].map((key) => ({ Delete: { TableName, Key: writeItem(key) } }));
  return { totp, passkeys, removals, events: factorsRemoved(removed) };
}

/** Stores which mail is the latest of its purpose, with the user or the pending sign-up. */
export function latestMails({ client, nameOf }: Database) {
  /** @returns false when there is a later mail, or nobody to mail */
  async function point(
    table: 'users' | 'reset-tags',
    key: Record<string, string>,
    attribute: 'verifyMail' | 'changeMail' | 'latest',
    { tagId, requestedAt, expiresAt }: MailRequest,
  ): Promise<boolean> {
    const ofSignUp = table === 'reset-tags';
    const command = new UpdateItemCommand({
      TableName: nameOf(table),
      Key: writeItem(key),
      UpdateExpression: `SET ${attribute} = :latest${ofSignUp ? ', expiresAt = :ttl' : ''}`,
      ConditionExpression: `attribute_exists(${Object.keys(key)[0]}) AND (attribute_not_exists(${attribute}) OR ${attribute}.#at <= :at)`,
      ExpressionAttributeNames: { '#at': 'at' },
      ExpressionAttributeValues: writeItem({
        ...{ ':latest': { tagId, at: requestedAt }, ':at': requestedAt },
        ...(ofSignUp && { ':ttl': timeToLive(expiresAt + UNDO_LIFETIME_MS / 7) }),
      }),
    });
    return (await outcomeOf(client.send(command))).applied;
  }

  return {
    /** See `SendMailDeps.latest`. */
    async put(mail: MailRequest): Promise<boolean> {
      if (mail.signUp !== undefined) return point('reset-tags', { tagId: mail.signUp }, 'latest', mail);
      const attribute = mail.newEmail === undefined ? 'verifyMail' : 'changeMail';
      return point('users', { userId: mail.userId }, attribute, mail);
    },
  };
}
