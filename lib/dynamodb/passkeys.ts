import { randomUUID } from 'node:crypto';
import {
  type AttributeValue,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { inSession } from '../core/account-event.ts';
import type { MailRequest } from '../core/mail-request.ts';
import type {
  GoodChallenge,
  Passkey,
  PasskeyOwner,
  PasskeyStore,
  PasskeyUse,
  PasskeyUseEffects,
} from '../core/passkeys.ts';
import { measure } from '../metrics.ts';
import { orUnavailable } from '../unavailable.ts';
import {
  type Database,
  outcomeOf,
  readItem,
  timeToLive,
  transactionOutcomeOf,
  writeItem,
} from './database.ts';
import { happens } from './journal.ts';
import { mailRequestItem } from './mail-requests.ts';
import { passkeyClaim } from './passkey-claim.ts';
import { sessionItem } from './sessions.ts';

type NameOf = Database['nameOf'];

/** How many sessions one transaction ends besides its other writes; DynamoDB allows 100 in all. */
const SESSIONS_AT_ONCE = 90;

/** The passkeys in the table of factors. The number in the user's row changes in the same transactions. */
export function passkeyStore({ client, nameOf }: Database): PasskeyStore {
  const TableName = nameOf('factors');

  async function read(key: Record<string, string>): Promise<Record<string, unknown> | undefined> {
    const command = new GetItemCommand({ TableName, Key: writeItem(key), ConsistentRead: true });
    return readItem((await orUnavailable('DynamoDB', client.send(command))).Item);
  }

  /** One token for all tries: a commit whose answer was lost isn't repeated, and doesn't conflict with itself. */
  async function transact(items: TransactWriteItem[], mail?: MailRequest) {
    const TransactItems = [...items];
    if (mail) TransactItems.push({ Put: { TableName: nameOf('reset-tags'), Item: mailRequestItem(mail) } });
    const command = { TransactItems, ClientRequestToken: randomUUID() };
    const outcome = await transactionOutcomeOf(() => client.send(new TransactWriteItemsCommand(command)));
    if (outcome.applied && mail) measure({ MailsDue: 1 });
    return outcome;
  }

  /** The sessions that a passkey opened and that haven't been ended. */
  async function sessionsOf(userId: string, factorId: string): Promise<string[]> {
    const found: string[] = [];
    let ExclusiveStartKey: Record<string, AttributeValue> | undefined;
    do {
      const command = new QueryCommand({
        TableName: nameOf('sessions'),
        KeyConditionExpression: 'userId = :userId',
        FilterExpression: 'openedWith = :passkey AND attribute_not_exists(endedAt)',
        ProjectionExpression: 'sessionId',
        ExpressionAttributeValues: writeItem({ ':userId': userId, ':passkey': factorId }),
        ConsistentRead: true,
        ...(ExclusiveStartKey && { ExclusiveStartKey }),
      });
      const { Items = [], LastEvaluatedKey } = await orUnavailable('DynamoDB', client.send(command));
      found.push(...Items.map((item) => String(readItem(item)?.sessionId)));
      ExclusiveStartKey = LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined);
    return found;
  }

  function endOf(userId: string, sessionId: string, now: number) {
    return {
      TableName: nameOf('sessions'),
      Key: writeItem({ userId, sessionId }),
      UpdateExpression: 'SET endedAt = if_not_exists(endedAt, :now)',
      ConditionExpression: 'attribute_exists(sessionId)',
      ExpressionAttributeValues: writeItem({ ':now': now }),
    };
  }

  return {
    async get(userId, factorId) {
      return passkeyOf(await read({ userId, factorId }));
    },

    async list(userId) {
      const command = new QueryCommand({
        TableName,
        KeyConditionExpression: 'userId = :userId',
        ExpressionAttributeValues: writeItem({ ':userId': userId }),
        ConsistentRead: true, // a page has 1 MB: more than ten passkeys
      });
      const { Items = [] } = await orUnavailable('DynamoDB', client.send(command));
      const passkeys = Items.flatMap((item) => passkeyOf(readItem(item)) ?? []);
      return passkeys.toSorted((one, other) => one.createdAt - other.createdAt);
    },

    async ownerOf(factorId) {
      return (await read(passkeyClaim(factorId)))?.owner as string | undefined;
    },

    async add({ user, passkey, challenge, session, mail }) {
      const { userId } = user;
      const { factorId } = passkey;
      // The order matters: if several conditions fail, the first one decides the outcome.
      const outcome = await transact(
        [
          useOf(nameOf, challenge),
          {
            Put: {
              TableName,
              Item: writeItem({ ...passkeyClaim(factorId), owner: userId }),
              ConditionExpression: 'attribute_not_exists(userId)',
            },
          },
          countOf(nameOf, user, 1, {
            factorAdditions: [
              { by: session.sessionId, at: passkey.createdAt },
              ...(user.factorAdditions ?? []).filter(({ by }) => by !== session.sessionId),
            ].slice(0, 2), // the latest addition, and the latest by another session
          }),
          { Put: { TableName, Item: writeItem({ userId, type: 'passkey', ...passkey }) } },
          { Delete: { TableName, Key: writeItem({ userId, factorId: '#totp-pending' }) } },
          ...happens(
            nameOf,
            { userId, at: passkey.createdAt },
            { type: 'factor.added', factorType: 'passkey', factorId, ...inSession(session) },
          ),
        ],
        mail,
      );
      if (outcome.applied) return 'added';
      if (outcome.position === 0) return 'used';
      return outcome.position === 1 ? 'taken' : 'changed';
    },

    async use(use, effects) {
      const outcome = await transact([
        useOf(nameOf, use.challenge),
        { Update: useUpdate(TableName, use) },
        effectOf(nameOf, effects),
      ]);
      if (outcome.applied) return 'used';
      return outcome.position === 0 ? 'over' : 'changed';
    },

    async warn(mail) {
      const command = new PutItemCommand({
        TableName: nameOf('reset-tags'),
        Item: mailRequestItem(mail),
        ConditionExpression: 'attribute_not_exists(tagId)',
      });
      if ((await outcomeOf(client.send(command))).applied) measure({ MailsDue: 1 });
    },

    async rename(userId, factorId, name) {
      const command = new UpdateItemCommand({
        TableName,
        Key: writeItem({ userId, factorId }),
        UpdateExpression: 'SET #name = :name',
        ConditionExpression: '#type = :passkey',
        ExpressionAttributeNames: { '#name': 'name', '#type': 'type' },
        ExpressionAttributeValues: writeItem({ ':name': name, ':passkey': 'passkey' }),
      });
      await outcomeOf(client.send(command));
    },

    async remove({ user, passkey, session, now, mail }) {
      const { userId } = user;
      const { factorId, uses } = passkey;
      const sessions = await sessionsOf(userId, factorId);
      // A log-in in between raises `uses`, which fails the condition, so that its session is found in the next try.
      for (const sessionId of sessions.splice(SESSIONS_AT_ONCE))
        await outcomeOf(client.send(new UpdateItemCommand(endOf(userId, sessionId, now))));
      const isLast = user.passkeys === 1 && !user.totp;
      const outcome = await transact(
        [
          countOf(nameOf, user, -1),
          {
            Delete: {
              TableName,
              Key: writeItem({ userId, factorId }),
              ConditionExpression: 'uses = :uses',
              ExpressionAttributeValues: writeItem({ ':uses': uses }),
            },
          },
          { Delete: { TableName, Key: writeItem(passkeyClaim(factorId)) } },
          ...sessions.map((sessionId) => ({ Update: endOf(userId, sessionId, now) })),
          ...(isLast
            ? [{ Delete: { TableName, Key: writeItem({ userId, factorId: '#recovery-codes' }) } }]
            : []),
          ...happens(
            nameOf,
            { userId, at: now },
            { type: 'factor.removed', factorType: 'passkey', factorId, ...inSession(session) },
          ),
        ],
        mail,
      );
      return outcome.applied;
    },
  };
}

/** The row of a used challenge, on condition that it doesn't exist yet. */
function useOf(nameOf: NameOf, { hash, expiresAt }: GoodChallenge): TransactWriteItem {
  return {
    Put: {
      TableName: nameOf('throttles'),
      Item: writeItem({ counter: `passkey-challenge#${hash}`, expiresAt: timeToLive(expiresAt) }),
      ConditionExpression: 'attribute_not_exists(#counter)',
      ExpressionAttributeNames: { '#counter': 'counter' },
    },
  };
}

/** The update of the number of passkeys in the user's row, on condition that its factors haven't changed since they were read. */
function countOf(
  nameOf: NameOf,
  { userId, credentialVersion, totp, passkeys = 0 }: PasskeyOwner,
  by: 1 | -1,
  also: Record<string, unknown> = {},
): TransactWriteItem {
  const next = passkeys + by;
  const sets = [
    ...(next > 0 ? ['passkeys = :next'] : []),
    ...Object.keys(also).map((name) => `${name} = :${name}`),
  ];
  const same = passkeys > 0 ? 'passkeys = :seen' : '(attribute_not_exists(passkeys) OR passkeys = :seen)';
  return {
    Update: {
      TableName: nameOf('users'),
      Key: writeItem({ userId }),
      UpdateExpression: [sets.length > 0 ? `SET ${sets.join(', ')}` : '', next > 0 ? '' : 'REMOVE passkeys']
        .filter(Boolean)
        .join(' '),
      ConditionExpression: `credentialVersion = :version AND #status = :active AND ${same} AND ${
        totp ? 'attribute_exists(totp)' : 'attribute_not_exists(totp)'
      }`,
      ExpressionAttributeNames: { '#status': 'status' },
      ExpressionAttributeValues: writeItem({
        ':version': credentialVersion,
        ':active': 'active',
        ':seen': passkeys,
        ...(next > 0 && { ':next': next }),
        ...Object.fromEntries(Object.entries(also).map(([name, value]) => [`:${name}`, value])),
      }),
    },
  };
}

function useUpdate(TableName: string, { userId, seen, counter, backedUp, now }: PasskeyUse) {
  return {
    TableName,
    Key: writeItem({ userId, factorId: seen.factorId }),
    UpdateExpression: 'SET #counter = :counter, backedUp = :backedUp, lastUsedAt = :now, uses = :next',
    ConditionExpression: 'uses = :uses',
    ExpressionAttributeNames: { '#counter': 'counter' },
    ExpressionAttributeValues: writeItem({
      ...{ ':counter': counter, ':backedUp': backedUp, ':now': now },
      ...{ ':uses': seen.uses, ':next': seen.uses + 1 },
    }),
  };
}

function effectOf(nameOf: NameOf, effects: PasskeyUseEffects): TransactWriteItem {
  const TableName = nameOf('sessions');
  if ('open' in effects) return { Put: { TableName, Item: writeItem(sessionItem(effects.open)) } };
  const { session, evidence } = effects.raise;
  const { userId, sessionId, credentialVersion, authTime } = session;
  return {
    Update: {
      TableName,
      Key: writeItem({ userId, sessionId }),
      UpdateExpression: 'SET amr = :amr, acr = :acr, authTime = :time, lastUsedAt = :time',
      ConditionExpression:
        'attribute_not_exists(endedAt) AND credentialVersion = :version AND (attribute_not_exists(authTime) OR authTime = :seen)',
      ExpressionAttributeValues: writeItem({
        ...{ ':amr': evidence.amr, ':acr': evidence.acr, ':time': evidence.authTime },
        ...{ ':version': credentialVersion, ':seen': authTime },
      }),
    },
  };
}

function passkeyOf(item: Record<string, unknown> | undefined): Passkey | undefined {
  if (item?.type !== 'passkey') return undefined;
  const { userId: _, type: __, ...passkey } = item;
  return passkey as Passkey;
}
