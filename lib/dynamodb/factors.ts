import { GetItemCommand, PutItemCommand, type TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { Challenge, ChallengeStore, FactorStore, FactorUse, Totp } from '../core/factors.ts';
import { orUnavailable } from '../unavailable.ts';
import { type Database, readItem, timeToLive, writeItem } from './database.ts';
import {
  hashesOf,
  type NameOf,
  RECOVERY_CODES,
  raisedSession,
  readFactor,
  TOTP,
  transactFactors,
  type Update,
} from './factor-rows.ts';
import { sessionItem } from './sessions.ts';

/** Reads and uses TOTPs and recovery codes. */
export function factorStore(database: Database): FactorStore {
  const { nameOf } = database;

  return {
    async totp(userId) {
      return totpOf(await readFactor(database, userId, TOTP));
    },

    async recoveryCodes(userId) {
      return hashesOf(await readFactor(database, userId, RECOVERY_CODES));
    },

    async use(use, { challenge, open, raise, forget = [], mail }) {
      // The order matters: if several conditions fail, the first one decides the outcome.
      const outcome = await transactFactors(
        database,
        [
          challenge === undefined ? undefined : consumption(nameOf, challenge),
          raise && { Update: raisedSession(nameOf, raise) },
          { Update: useUpdate(nameOf, use) },
          open && { Put: { TableName: nameOf('sessions'), Item: writeItem(sessionItem(open)) } },
          ...forget.map((counter) => ({
            Delete: { TableName: nameOf('throttles'), Key: writeItem({ counter }) },
          })),
        ],
        mail,
      );
      if (outcome.applied) return 'used';
      const first = challenge !== undefined || raise !== undefined;
      if (first && outcome.position === 0) return 'over';
      const stillThere = use.by === 'recovery-code' && hashesOf(outcome.found)?.includes(use.hash);
      return stillThere ? 'changed' : 'wrong';
    },
  };
}

/** Challenges of log-ins, in the table of counters, whose rows also live for minutes. */
export function challengeStore({ client, nameOf }: Database): ChallengeStore {
  const TableName = nameOf('throttles');
  return {
    async put(hash, { expiresAt, ...challenge }) {
      const counter = challengeCounter(hash);
      const Item = writeItem({
        ...{ counter, ...challenge, validUntil: expiresAt, expiresAt: timeToLive(expiresAt) },
      });
      await orUnavailable('DynamoDB', client.send(new PutItemCommand({ TableName, Item })));
    },

    async get(hash) {
      const Key = writeItem({ counter: challengeCounter(hash) });
      const command = new GetItemCommand({ TableName, Key, ConsistentRead: true });
      const item = readItem((await orUnavailable('DynamoDB', client.send(command))).Item);
      if (item === undefined) return undefined;
      const { userId, credentialVersion, validUntil } = item;
      return { userId, credentialVersion, expiresAt: validUntil } as Challenge;
    },
  };
}

const challengeCounter = (hash: string) => `challenge#${hash}`;

function consumption(nameOf: NameOf, hash: string): TransactWriteItem {
  return {
    Delete: {
      TableName: nameOf('throttles'),
      Key: writeItem({ counter: challengeCounter(hash) }),
      ConditionExpression: 'attribute_exists(userId)',
    },
  };
}

function useUpdate(nameOf: NameOf, use: FactorUse): Update {
  const TableName = nameOf('factors');
  if (use.by === 'totp')
    return {
      TableName,
      Key: writeItem({ userId: use.userId, factorId: TOTP }),
      UpdateExpression: 'SET lastStep = :step, lastUsedAt = :now',
      ConditionExpression: 'id = :id AND lastStep < :step',
      ExpressionAttributeValues: writeItem({ ':id': use.id, ':step': use.step, ':now': use.now }),
    };
  return {
    TableName,
    Key: writeItem({ userId: use.userId, factorId: RECOVERY_CODES }),
    UpdateExpression: 'DELETE hashes :used',
    ConditionExpression: 'contains(hashes, :hash) AND size(hashes) = :size',
    ExpressionAttributeValues: writeItem({
      ':used': new Set([use.hash]),
      ':hash': use.hash,
      ':size': use.left + 1,
    }),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  };
}

function totpOf(item: Record<string, unknown> | undefined): Totp | undefined {
  if (item === undefined) return undefined;
  const { id, name, sealedSecret, lastStep, createdAt, lastUsedAt } = item;
  return { id, name, sealedSecret, lastStep, createdAt, lastUsedAt } as Totp;
}
