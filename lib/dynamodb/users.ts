import { randomUUID } from 'node:crypto';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { User, UserStore } from '../core/account.ts';
import { orUnavailable } from '../unavailable.ts';
import { type Database, readItem, writeItem } from './database.ts';

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
