import { randomUUID } from 'node:crypto';
import {
  GetItemCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { KeyStore, PublicKey, Retirement } from '../tokens/key-store.ts';
import { orUnavailable } from '../unavailable.ts';
import {
  type Database,
  outcomeOf,
  readItem,
  timeToLive,
  transactionOutcomeOf,
  writeItem,
} from './database.ts';

/** The row that says which key is the newest. Two functions that both make one write it on condition; one wins. */
const NEWEST = '#newest';
/** How long the row of a key is kept that nobody accepts any more, for whoever reads the audit trail. */
const KEPT_AFTER_RETIREMENT_MS = 90 * 24 * 60 * 60 * 1000;

/** The table of signing keys: a row a key, and the row `#newest`. */
export function keyStore({ client, nameOf }: Database): KeyStore {
  const TableName = nameOf('keys');

  return {
    async list() {
      // The sealed part is left out, and a verifier's role could not read it.
      const command = new ScanCommand({
        TableName,
        ConsistentRead: true,
        Select: 'SPECIFIC_ATTRIBUTES',
        ProjectionExpression: 'kid, publicJwk, signsFrom, verifiesUntil',
      });
      const { Items = [] } = await orUnavailable('DynamoDB', client.send(command));
      return Items.flatMap((item) => (item.kid?.S === NEWEST ? [] : [readItem(item) as PublicKey]));
    },

    async sealedPrivateKey(kid) {
      const command = new GetItemCommand({
        TableName,
        Key: writeItem({ kid }),
        ConsistentRead: true,
        ProjectionExpression: 'sealed',
      });
      const { Item } = await orUnavailable('DynamoDB', client.send(command));
      return Item?.sealed?.S;
    },

    async newest() {
      const command = new GetItemCommand({
        TableName,
        Key: writeItem({ kid: NEWEST }),
        ConsistentRead: true,
      });
      const { Item } = await orUnavailable('DynamoDB', client.send(command));
      return Item?.newest?.S;
    },

    async add(key, sealed, newest, retired = []) {
      const TransactItems = [
        {
          Put: {
            TableName,
            Item: writeItem({ kid: NEWEST, newest: key.kid }),
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
            ...(newest === undefined
              ? { ConditionExpression: 'attribute_not_exists(kid)' }
              : {
                  ConditionExpression: 'newest = :newest',
                  ExpressionAttributeValues: writeItem({ ':newest': newest }),
                }),
          },
        },
        { Put: { TableName, Item: writeItem({ ...key, sealed }) } },
        ...retired.map((retirement) => ({ Update: { TableName, ...retirementOf(retirement) } })),
      ];
      const ClientRequestToken = randomUUID();
      const outcome = await transactionOutcomeOf(() =>
        client.send(new TransactWriteItemsCommand({ TransactItems, ClientRequestToken })),
      );
      // The condition may have failed on our own write, committed before its answer was lost.
      return outcome.applied || outcome.found?.newest === key.kid;
    },

    async retire(retirement) {
      const command = new UpdateItemCommand({ TableName, ...retirementOf(retirement) });
      return (await outcomeOf(client.send(command))).applied;
    },
  };
}

function retirementOf({ kid, verifiesUntil }: Retirement) {
  return {
    Key: writeItem({ kid }),
    UpdateExpression: 'SET verifiesUntil = :until, expiresAt = :ttl',
    ConditionExpression: 'attribute_exists(publicJwk)',
    ExpressionAttributeValues: writeItem({
      ':until': verifiesUntil,
      ':ttl': timeToLive(verifiesUntil + KEPT_AFTER_RETIREMENT_MS),
    }),
  };
}
