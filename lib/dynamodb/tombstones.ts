import { randomBytes } from 'node:crypto';
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Tombstone, TombstoneStore } from '../core/tombstone.ts';
import { orUnavailable } from '../unavailable.ts';
import { batchGet } from './batch-get.ts';
import { type Database, outcomeOf, timeToLive, writeItem } from './database.ts';

/** The id of the row with the stage's key. No tombstone has it, since their ids are hexadecimal. */
const KEY_ROW = 'key';

/** The table of tombstones, and in a row of its own the key from which their ids are derived. */
export function tombstoneStore(database: Database): TombstoneStore {
  const { client, nameOf } = database;
  const TableName = nameOf('tombstones');

  /** Cached, since it never changes. */
  let known: Uint8Array | undefined;

  async function existingKey(): Promise<Uint8Array | undefined> {
    const Key = writeItem({ tombstone: KEY_ROW });
    const command = new GetItemCommand({ TableName, Key, ConsistentRead: true });
    const { Item } = await orUnavailable('DynamoDB', client.send(command));
    return Item?.key?.B;
  }

  return {
    existingKey,

    async key() {
      known ??= await existingKey();
      if (known !== undefined) return known;
      const key = randomBytes(32);
      const command = new PutItemCommand({
        TableName,
        Item: writeItem({ tombstone: KEY_ROW, key }),
        ConditionExpression: 'attribute_not_exists(tombstone)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      const outcome = await outcomeOf(client.send(command));
      known = outcome.applied ? key : ((outcome.found?.key ?? key) as Uint8Array);
      return known;
    },

    async deletedAt(ids) {
      const items = await batchGet(
        database,
        'tombstones',
        ids.map((id) => ({ tombstone: id })),
      );
      return new Map(items.map((item) => [item.tombstone as string, item.deletedAt as number]));
    },
  };
}

export function tombstoneItem({ id, deletedAt, expiresAt }: Tombstone) {
  return writeItem({ tombstone: id, deletedAt, expiresAt: timeToLive(expiresAt) });
}
