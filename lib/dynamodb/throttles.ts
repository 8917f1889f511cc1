import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  DeleteItemCommand,
  GetItemCommand,
  type Put,
  PutItemCommand,
  type TransactWriteItem,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { type Attempts, attemptsExpireAt } from '../core/login-attempts.ts';
import { type MailQuota, mailQuotaExpiresAt } from '../core/mail-quota.ts';
import type {
  AddressLimits,
  CompareAndSwap,
  LockEffects,
  Throttle,
  ThrottleStore,
  Versioned,
} from '../core/throttle.ts';
import { orUnavailable } from '../unavailable.ts';
import {
  type Database,
  type Outcome,
  outcomeOf,
  readItem,
  timeToLive,
  transact,
  writeItem,
} from './database.ts';
import { entryItem } from './journal.ts';
import { mailRequestItem } from './mail-requests.ts';

/** The throttle with the configured limits, the table of counters and the real clock. */
export function openThrottle(database: Database, limits: AddressLimits): Throttle {
  return { store: throttleStore(database, lockPuts), limits, clock: Date.now, pause };
}

/**
 * The table of counters.
 *
 * @param locks the other writes when a lock begins; none for functions without a log-in
 */
export function throttleStore(
  { client, nameOf }: Database,
  locks: typeof lockPuts = () => [],
): ThrottleStore {
  const TableName = nameOf('throttles');

  /** A compare-and-swap with a random version, by which a writer also recognises its own write whose answer was lost. */
  function compareAndSwapOf<T extends object>(
    readValue: (stored: Record<string, unknown>) => T,
    expiresAt: (value: T) => number | undefined,
  ): CompareAndSwap<T> {
    return async (counter, seen, next, now, also) => {
      if (seen === undefined && next === undefined) return { swapped: true, version: '' };
      const version = randomUUID();
      const item = next && toItem(counter, next, version, expiresAt(next));
      const outcome = await swap(counter, item, unchangedSince(seen, now), also);
      if (outcome.applied) return { swapped: true, version };
      const latest = readVersioned(outcome.found, readValue);
      return isOurs(latest, next && version) ? { swapped: true, version } : { swapped: false, latest };
    };
  }

  /** Puts the row, or deletes it if there is no next value. */
  function swap(
    counter: string,
    Item: Put['Item'],
    condition: Condition,
    also: LockEffects | undefined,
  ): Promise<Outcome | Awaited<ReturnType<typeof transact>>> {
    const common = { TableName, ReturnValuesOnConditionCheckFailure: 'ALL_OLD', ...condition } as const;
    if (Item === undefined)
      return outcomeOf(client.send(new DeleteItemCommand({ ...common, Key: writeItem({ counter }) })));
    if (also) return transact({ client }, [{ Put: { ...common, Item } }, ...locks(nameOf, also)]);
    return outcomeOf(client.send(new PutItemCommand({ ...common, Item })));
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

    async count(counter) {
      const command = new GetItemCommand({ TableName, Key: writeItem({ counter }) });
      const { Item } = await orUnavailable('DynamoDB', client.send(command));
      return Number(Item?.requests?.N ?? 0);
    },

    async readAttempts(counter) {
      const command = new GetItemCommand({ TableName, Key: writeItem({ counter }), ConsistentRead: true });
      const { Item } = await orUnavailable('DynamoDB', client.send(command));
      return readVersioned(readItem(Item), attemptsOf);
    },

    compareAndSwapAttempts: compareAndSwapOf(attemptsOf, attemptsExpireAt),
    compareAndSwapMailQuota: compareAndSwapOf((stored) => stored as MailQuota, mailQuotaExpiresAt),
  };
}

/** Whether the row is as our own write left it, whose answer was lost. */
function isOurs(latest: { version: string } | undefined, written: string | undefined): boolean {
  return latest?.version === written;
}

/** The other writes when a lock begins: the event, and the mail if it is due. */
export function lockPuts(
  nameOf: Database['nameOf'],
  { mail, entry: effect }: LockEffects,
): TransactWriteItem[] {
  const puts: TransactWriteItem[] = [];
  if (mail) puts.push({ Put: { TableName: nameOf('reset-tags'), Item: mailRequestItem(mail) } });
  if (effect) {
    const Item = writeItem(entryItem(effect.entry, effect.of));
    puts.push({ Put: { TableName: nameOf('sessions'), Item } });
  }
  return puts;
}

type Condition = Pick<Put, 'ConditionExpression' | 'ExpressionAttributeValues'>;

/** The condition that the counter hasn't changed since it was read. An expired row, which DynamoDB may keep for days, counts as none. */
function unchangedSince(seen: { version: string } | undefined, now: number): Condition {
  if (seen)
    return {
      ConditionExpression: 'version = :seen',
      ExpressionAttributeValues: writeItem({ ':seen': seen.version }),
    };
  return {
    ConditionExpression: 'attribute_not_exists(version) OR expiresAt <= :now',
    ExpressionAttributeValues: writeItem({ ':now': Math.floor(now / 1000) }),
  };
}

function toItem(counter: string, value: object, version: string, expiresAt: number | undefined) {
  return writeItem({ ...value, counter, version, expiresAt: expiresAt && timeToLive(expiresAt) });
}

/** Rows of an early release have no `consecutive`; their `failures` count as the failures in a row. */
const attemptsOf = (stored: Record<string, unknown>) =>
  ({ consecutive: stored.failures, rememberedUntil: stored.quietAt, ...stored }) as unknown as Attempts;

function readVersioned<T>(
  item: Record<string, unknown> | undefined,
  readValue: (stored: Record<string, unknown>) => T,
): Versioned<T> | undefined {
  if (item === undefined) return undefined;
  const { counter: _, version, expiresAt: __, ...stored } = item;
  return { value: readValue(stored), version: version as string };
}
