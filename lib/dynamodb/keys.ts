import { randomUUID } from 'node:crypto';
import { GetItemCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import type { KeyStore, PublicKey, Retirement } from '../tokens/key-store.ts';
import { orUnavailable } from '../unavailable.ts';
import { type Database, readItem, timeToLive, transactionOutcomeOf, writeItem } from './database.ts';

/**
 * The key of the item that holds every public key by its `kid`, and which is the newest. The roles of functions that verify
 * tokens allow only this item, so that they can't read a sealed key. Adding a key is a conditional write of it: of two at
 * once, one wins.
 */
export const PUBLISHED = '#published';

/** How long a sealed key is kept after its tokens have expired, for readers of the audit trail. */
const KEPT_AFTER_RETIREMENT_MS = 90 * 24 * 60 * 60 * 1000;

type Published = { newest: string; keys: Record<string, PublicKey> };

/** The table of signing keys: the item of public keys, and an item for each sealed private key. */
export function keyStore({ client, nameOf }: Database): KeyStore {
  const TableName = nameOf('keys');

  async function read(kid: string): Promise<Record<string, unknown> | undefined> {
    const command = new GetItemCommand({ TableName, Key: writeItem({ kid }), ConsistentRead: true });
    return readItem((await orUnavailable('DynamoDB', client.send(command))).Item);
  }

  const published = async () => (await read(PUBLISHED)) as Published | undefined;

  /** A transaction may be retried after its answer was lost; `ClientRequestToken` makes sure that it is applied once. */
  function write(TransactItems: TransactItem[]) {
    const ClientRequestToken = randomUUID();
    return transactionOutcomeOf(() =>
      client.send(new TransactWriteItemsCommand({ TransactItems, ClientRequestToken })),
    );
  }

  return {
    async list() {
      const item = await published();
      if (item) return Object.values(item.keys);
      // A deployment and `npm start` make the first key. Another kind of deployment may not have.
      const missing = new Error('it holds no key yet: run `npm run keys -- rotate`');
      return orUnavailable('the table of keys', Promise.reject(missing));
    },

    async sealedPrivateKey(kid) {
      return (await read(kid))?.sealed as string | undefined;
    },

    async newest() {
      return (await published())?.newest;
    },

    async add(key, sealed, newest, { retired = [], forgotten = [] } = {}) {
      const item =
        newest === undefined
          ? { Put: { TableName, ...firstKey(key) } }
          : { Update: { TableName, ...nextKey(key, newest, retired, forgotten) } };
      const outcome = await write([
        item,
        { Put: { TableName, Item: writeItem({ kid: key.kid, sealed }) } },
        ...retired.map((retirement) => ({ Update: { TableName, ...expiryOf(retirement) } })),
      ]);
      // The condition may have failed because of our own write, which was committed before its answer was lost.
      return outcome.applied || outcome.found?.newest === key.kid;
    },

    async retire(retirement) {
      const outcome = await write([
        {
          Update: {
            TableName,
            Key: writeItem({ kid: PUBLISHED }),
            UpdateExpression: 'SET #keys.#kid.verifiesUntil = :until',
            ConditionExpression: 'attribute_exists(#keys.#kid)',
            ExpressionAttributeNames: { '#keys': 'keys', '#kid': retirement.kid },
            ExpressionAttributeValues: writeItem({ ':until': retirement.verifiesUntil }),
          },
        },
        { Update: { TableName, ...expiryOf(retirement) } },
      ]);
      return outcome.applied;
    },
  };
}

type TransactItem = NonNullable<
  ConstructorParameters<typeof TransactWriteItemsCommand>[0]['TransactItems']
>[number];

function firstKey(key: PublicKey) {
  return {
    Item: writeItem({ kid: PUBLISHED, newest: key.kid, keys: { [key.kid]: key } }),
    ConditionExpression: 'attribute_not_exists(kid)',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  };
}

function nextKey(
  key: PublicKey,
  newest: string,
  retired: readonly Retirement[],
  forgotten: readonly string[],
) {
  const names = Object.fromEntries([
    ['#keys', 'keys'],
    ['#added', key.kid],
    ...retired.map(({ kid }, index) => [`#retired${index}`, kid]),
    ...forgotten.map((kid, index) => [`#forgotten${index}`, kid]),
  ]);
  const untils = retired.map(({ verifiesUntil }, index) => [`:until${index}`, verifiesUntil]);
  const set = [
    'newest = :added',
    '#keys.#added = :key',
    ...retired.map((_, index) => `#keys.#retired${index}.verifiesUntil = :until${index}`),
  ];
  const remove = forgotten.map((_, index) => `#keys.#forgotten${index}`);
  return {
    Key: writeItem({ kid: PUBLISHED }),
    UpdateExpression: `SET ${set.join(', ')}${remove.length > 0 ? ` REMOVE ${remove.join(', ')}` : ''}`,
    ConditionExpression: 'newest = :newest',
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: writeItem({
      ':added': key.kid,
      ':key': key,
      ':newest': newest,
      ...Object.fromEntries(untils),
    }),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  };
}

function expiryOf({ kid, verifiesUntil }: Retirement) {
  return {
    Key: writeItem({ kid }),
    UpdateExpression: 'SET expiresAt = :ttl',
    ExpressionAttributeValues: writeItem({ ':ttl': timeToLive(verifiesUntil + KEPT_AFTER_RETIREMENT_MS) }),
  };
}
