import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { HashRenewal, User, UserStore } from '../core/account.ts';
import { orUnavailable } from '../unavailable.ts';
import { type Database, outcomeOf, readItem, writeItem } from './database.ts';

/** The tables of users and of the addresses they own. */
export function userStore({ client, nameOf }: Database): UserStore {
  async function read(userId: string, ConsistentRead: boolean): Promise<User | undefined> {
    const command = new GetItemCommand({
      TableName: nameOf('users'),
      Key: writeItem({ userId }),
      ConsistentRead,
    });
    const { Item } = await orUnavailable('DynamoDB', client.send(command));
    return readItem(Item) as User | undefined;
  }

  return {
    get: (userId) => read(userId, true),
    getEventually: (userId) => read(userId, false),

    async ownerOf(email) {
      const command = new GetItemCommand({
        TableName: nameOf('emails'),
        Key: writeItem({ email }),
        ConsistentRead: true,
      });
      const { Item } = await orUnavailable('DynamoDB', client.send(command));
      return Item?.userId?.S;
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
