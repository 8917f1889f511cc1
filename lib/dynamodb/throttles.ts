import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { type Attempts, attemptsExpireAt } from '../core/login-attempts.ts';
import { type MailQuota, mailQuotaExpiresAt } from '../core/mail-quota.ts';
import type { AddressLimits, Swap, Throttle, ThrottleStore, Versioned } from '../core/throttle.ts';
import { orUnavailable } from '../unavailable.ts';
import { type Database, outcomeOf, readItem, timeToLive, writeItem } from './database.ts';

/** The limits as configured, on the table of counters and the real clock. */
export function openThrottle(database: Database, limits: AddressLimits): Throttle {
  return { store: throttleStore(database), limits, clock: Date.now, pause };
}

/** The table of counters. */
export function throttleStore({ client, nameOf }: Database): ThrottleStore {
  const TableName = nameOf('throttles');

  /** Compare and swap on a random version: with it a writer also recognises a write of its own whose answer was lost. */
  function swapOf<T extends object>(expiresAt: (value: T) => number | undefined): Swap<T> {
    return async (counter, seen, next, now) => {
      if (seen === undefined && next === undefined) return { swapped: true, version: '' };
      const version = randomUUID();
      const condition = seen
        ? {
            ConditionExpression: 'version = :seen',
            ExpressionAttributeValues: writeItem({ ':seen': seen.version }),
          }
        : {
            // DynamoDB may take days to delete what has expired.
            ConditionExpression: 'attribute_not_exists(version) OR expiresAt <= :now',
            ExpressionAttributeValues: writeItem({ ':now': Math.floor(now / 1000) }),
          };
      const common = { TableName, ReturnValuesOnConditionCheckFailure: 'ALL_OLD', ...condition } as const;
      const outcome = await outcomeOf(
        next === undefined
          ? client.send(new DeleteItemCommand({ ...common, Key: writeItem({ counter }) }))
          : client.send(
              new PutItemCommand({ ...common, Item: toItem(counter, next, version, expiresAt(next)) }),
            ),
      );
      const latest = outcome.applied ? undefined : readVersioned<T>(outcome.found);
      const ours = next === undefined ? latest === undefined : latest?.version === version;
      return outcome.applied || ours ? { swapped: true, version } : { swapped: false, latest };
    };
  }

  return {
    async increment(counter, limit, expiresAt) {
      const command = new UpdateItemCommand({
        TableName,
        Key: writeItem({ counter }),
        UpdateExpression: 'SET expiresAt = :ttl ADD requests :one',
        ConditionExpression: 'attribute_not_exists(requests) OR requests < :limit',
        ExpressionAttributeValues: writeItem({ ':one': 1, ':limit': limit, ':ttl': timeToLive(expiresAt) }),
      });
      return (await outcomeOf(client.send(command))).applied;
    },

    async decrement(counter) {
      const command = new UpdateItemCommand({
        TableName,
        Key: writeItem({ counter }),
        UpdateExpression: 'ADD requests :minusOne',
        ConditionExpression: 'requests > :none',
        ExpressionAttributeValues: writeItem({ ':minusOne': -1, ':none': 0 }),
      });
      await outcomeOf(client.send(command));
    },

    async addAttempt(counter, attempt, most, now) {
      const version = randomUUID();
      const command = new UpdateItemCommand({
        TableName,
        Key: writeItem({ counter }),
        UpdateExpression:
          'SET failures = :none, lockedUntil = :none, quietAt = :none, version = :version, expiresAt = :ttl, ' +
          'pending = list_append(if_not_exists(pending, :empty), :attempt)',
        ConditionExpression:
          'attribute_not_exists(version) OR ((failures = :none OR expiresAt <= :now) AND size(pending) < :most)',
        ExpressionAttributeValues: writeItem({
          ':none': 0,
          ':version': version,
          ':ttl': timeToLive(attempt.until),
          ':empty': [],
          ':attempt': [attempt],
          ':now': Math.floor(now / 1000),
          ':most': most,
        }),
        ReturnValues: 'ALL_NEW',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      const outcome = await outcomeOf(client.send(command));
      return {
        added: outcome.applied,
        latest: readVersioned<Attempts>(outcome.applied ? outcome.returned : outcome.found),
      };
    },

    async readAttempts(counter) {
      const command = new GetItemCommand({ TableName, Key: writeItem({ counter }), ConsistentRead: true });
      const { Item } = await orUnavailable('DynamoDB', client.send(command));
      return readVersioned<Attempts>(readItem(Item));
    },

    swapAttempts: swapOf<Attempts>(attemptsExpireAt),
    swapMailQuota: swapOf<MailQuota>(mailQuotaExpiresAt),
  };
}

function toItem(counter: string, value: object, version: string, expiresAt: number | undefined) {
  return writeItem({ ...value, counter, version, expiresAt: expiresAt && timeToLive(expiresAt) });
}

function readVersioned<T>(item: Record<string, unknown> | undefined): Versioned<T> | undefined {
  if (item === undefined) return undefined;
  const { counter: _, version, expiresAt: __, ...value } = item;
  return { value: value as T, version: version as string };
}
