// The whole table of users, page by page.
import { paginateScan } from '@aws-sdk/client-dynamodb';
import type { User } from '../../../lib/core/account.ts';
import { type Database, readItem } from '../../../lib/dynamodb/database.ts';

/**
 * Every user, in no particular order, with the attributes that are named. No snapshot: a user who changes meanwhile
 * comes as before or as after it.
 */
export async function* usersWith<K extends keyof User>(
  { client, nameOf }: Database,
  attributes: readonly K[],
): AsyncGenerator<Pick<User, K>> {
  const input = {
    TableName: nameOf('users'),
    ConsistentRead: true,
    ProjectionExpression: attributes.map((name) => `#${name}`).join(', '),
    // All by way of names: `name` and `status` are reserved words.
    ExpressionAttributeNames: Object.fromEntries(attributes.map((name) => [`#${name}`, name])),
  };
  for await (const { Items = [] } of paginateScan({ client }, input)) {
    for (const item of Items) yield readItem(item) as Pick<User, K>;
  }
}
