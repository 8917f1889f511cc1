import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { ClaimStore, HashRenewal, User, UserStore } from '../core/account.ts';
import type { MailRequest } from '../core/mail-request.ts';
import { measure } from '../metrics.ts';
import { orUnavailable } from '../unavailable.ts';
import { type Database, outcomeOf, readItem, transact, writeItem } from './database.ts';
import { mailRequestItem } from './mail-requests.ts';

/** The tables of users and of their addresses. */
export function userStore({ client, nameOf }: Database): UserStore & ClaimStore {
  async function read(userId: string, ConsistentRead: boolean): Promise<User | undefined> {
    const command = new GetItemCommand({
      TableName: nameOf('users'),
      Key: writeItem({ userId }),
      ConsistentRead,
    });
    const { Item } = await orUnavailable('DynamoDB', client.send(command));
    return readItem(Item) as User | undefined;
  }

  async function claimOn(email: string) {
    const command = new GetItemCommand({
      TableName: nameOf('emails'),
      Key: writeItem({ email }),
      ConsistentRead: true,
    });
    const { Item } = await orUnavailable('DynamoDB', client.send(command));
    return readItem(Item) as { userId: string; heldUntil?: number } | undefined;
  }

  return {
    get: (userId) => read(userId, true),
    getEventually: (userId) => read(userId, false),

    // Nobody can log in by an address that is only held for its former owner.
    async ownerOf(email) {
      const claim = await claimOn(email);
      return claim?.heldUntil === undefined ? claim?.userId : undefined;
    },

    async claimantOf(email, now) {
      const claim = await claimOn(email);
      return claim?.heldUntil === undefined || claim.heldUntil > now ? claim?.userId : undefined;
    },
  };
}

/** What every user has. */
const BASIC = ['userId', 'email', 'name', 'bio', 'status', 'credentialVersion', 'createdAt'] as const;
const WITHOUT_PASSWORD = [...BASIC, 'emailVerified', 'roles', 'totp', 'passkeys', 'factorAdditions'] as const;

/** The table of users for the operation that is called most: it reads only what every user has, and no password hash. */
export function basicUsers(database: Database): UserStore {
  return usersReading(database, BASIC);
}

/** The table of users, for functions whose roles can't read password hashes. */
export function usersWithoutPasswords(database: Database, more: readonly (keyof User)[] = []): UserStore {
  return usersReading(database, [...WITHOUT_PASSWORD, ...more]);
}

function usersReading({ client, nameOf }: Database, attributes: readonly (keyof User)[]): UserStore {
  const projection = {
    // Placeholders for all names: `name`, `status` and `roles` are reserved words.
    ProjectionExpression: attributes.map((name) => `#${name}`).join(', '),
    ExpressionAttributeNames: Object.fromEntries(attributes.map((name) => [`#${name}`, name])),
  };
  return {
    ...userStore({ client, nameOf }),
    async get(userId) {
      const command = new GetItemCommand({
        TableName: nameOf('users'),
        Key: writeItem({ userId }),
        ...projection,
        ConsistentRead: true,
      });
      const { Item } = await orUnavailable('DynamoDB', client.send(command));
      return readItem(Item) as User | undefined;
    },
  };
}

/** See `LogInDeps.renewals`. */
export function hashRenewals({ client, nameOf }: Database) {
  return {
    async store({ userId, from, to }: HashRenewal): Promise<void> {
      const command = new UpdateItemCommand({
        TableName: nameOf('users'),
        Key: writeItem({ userId }),
        UpdateExpression: 'SET passwordHash = :to',
        ConditionExpression: 'passwordHash = :from',
        ExpressionAttributeValues: writeItem({ ':from': from, ':to': to }),
      });
      await outcomeOf(client.send(command));
    },
  };
}

/** See `Breaches.notify`. */
export function breachNotices(database: Database) {
  const { nameOf } = database;
  return {
    async notify(mail: MailRequest, since: number): Promise<void> {
      const outcome = await transact(database, [
        {
          Update: {
            TableName: nameOf('users'),
            Key: writeItem({ userId: mail.userId }),
            UpdateExpression: 'SET breachMailedAt = :now',
            ConditionExpression:
              'attribute_exists(userId) AND (attribute_not_exists(breachMailedAt) OR breachMailedAt < :since)',
            ExpressionAttributeValues: writeItem({ ':now': mail.requestedAt, ':since': since }),
          },
        },
        { Put: { TableName: nameOf('reset-tags'), Item: mailRequestItem(mail) } },
      ]);
      if (outcome.applied) measure({ MailsDue: 1 });
    },
  };
}
