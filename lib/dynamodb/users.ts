import { randomUUID } from 'node:crypto';
import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { HashRenewal, User, UserStore } from '../core/account.ts';
import { orUnavailable } from '../unavailable.ts';
import { type Database, outcomeOf, readItem, writeItem } from './database.ts';

/** The tables of users and of the addresses they own. */
export function userStore({ client, nameOf }: Database): UserStore {
  async function get(userId: string): Promise<User | undefined> {
    const command = new GetItemCommand({
      TableName: nameOf('users'),
      Key: writeItem({ userId }),
      ConsistentRead: true,
    });
    const { Item } = await orUnavailable('DynamoDB', client.send(command));
    return readItem(Item) as User | undefined;
  }

  return {
    get,

    async findByEmail(email) {
      const command = new GetItemCommand({
        TableName: nameOf('emails'),
        Key: writeItem({ email }),
        ConsistentRead: true,
      });
      const { Item } = await orUnavailable('DynamoDB', client.send(command));
      // An address without an owner is looked up all the same, under an id that nobody has: as many calls, as much time.
      return get(Item?.userId?.S ?? randomUUID());
    },
  };
}

/** See `LogInParts.renewals`. */
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
