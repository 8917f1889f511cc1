import {
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
  type ScanCommandInput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { ResetRequest, ResetRequestStore } from '../core/reset-request.ts';
import { measure } from '../metrics.ts';
import { orUnavailable } from '../unavailable.ts';
import { type Database, outcomeOf, readItem, timeToLive, writeItem } from './database.ts';

/** How long an expired request is kept, so that "expired" can be told from "wrong". */
const KEPT_AFTER_EXPIRY_MS = 24 * 60 * 60 * 1000;

/** A request as it is stored; its secrets are added later, one by one. */
export function resetRequestItem({ secretHashes: _, expiresAt, ...request }: ResetRequest) {
  return writeItem({
    ...request,
    validUntil: expiresAt,
    expiresAt: timeToLive(expiresAt + KEPT_AFTER_EXPIRY_MS),
  });
}

/** The table of reset requests. `validUntil` is the request's expiry in milliseconds, `expiresAt` the row's, for TTL. */
export function resetRequestStore({ client, nameOf }: Database): ResetRequestStore {
  const TableName = nameOf('reset-tags');

  function update(
    tagId: string,
    expression: { set: string; condition: string; values: Record<string, unknown> },
  ) {
    const command = new UpdateItemCommand({
      TableName,
      Key: writeItem({ tagId }),
      UpdateExpression: expression.set,
      ConditionExpression: expression.condition,
      ...(/#state/.test(expression.set + expression.condition) && {
        ExpressionAttributeNames: { '#state': 'state' },
      }),
      ExpressionAttributeValues: writeItem(expression.values),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    return outcomeOf(client.send(command));
  }

  return {
    async put(request) {
      const Item = resetRequestItem(request);
      await orUnavailable('DynamoDB', client.send(new PutItemCommand({ TableName, Item })));
      if (request.kind === 'known') measure({ MailsDue: 1 });
    },

    async get(tagId) {
      const command = new GetItemCommand({ TableName, Key: writeItem({ tagId }), ConsistentRead: true });
      const { Item } = await orUnavailable('DynamoDB', client.send(command));
      const item = readItem(Item);
      if (item === undefined) return undefined;
      const { validUntil, expiresAt: _, secretHashes, ...request } = item;
      return {
        ...request,
        secretHashes: [...((secretHashes as Set<string> | undefined) ?? [])],
        expiresAt: validUntil,
      } as unknown as ResetRequest;
    },

    async beginTry({ tagId, state, tries = 0 }, tryId, secret) {
      const set = 'SET tries = :next, tryId = :try';
      const outcome = await update(tagId, {
        set: secret
          ? `${set}, validUntil = :until, expiresAt = :ttl, credentialVersion = :version ADD secretHashes :hash`
          : set,
        condition: `#state = :state AND attribute_not_exists(notifiedAt) AND ${
          tries === 0 ? '(attribute_not_exists(tries) OR tries = :seen)' : 'tries = :seen'
        }`,
        values: {
          ...(secret && {
            ':until': secret.expiresAt,
            ':ttl': timeToLive(secret.expiresAt + KEPT_AFTER_EXPIRY_MS),
            ':version': secret.credentialVersion,
            ':hash': new Set([secret.secretHash]),
          }),
          ':state': state,
          ':seen': tries,
          ':next': tries + 1,
          ':try': tryId,
        },
      });
      return outcome.applied || outcome.found?.tryId === tryId;
    },

    async takeTryBack({ tagId, tries = 0 }, tryId, secretHash) {
      const set = 'SET tries = :seen REMOVE tryId';
      await update(tagId, {
        set: secretHash === undefined ? set : `${set} DELETE secretHashes :hash`,
        condition: 'tryId = :try',
        values: {
          ':seen': tries,
          ':try': tryId,
          ...(secretHash !== undefined && { ':hash': new Set([secretHash]) }),
        },
      });
    },

    async hold(tagId) {
      await update(tagId, {
        set: 'SET #state = :waiting',
        condition: '#state = :requested',
        values: { ':waiting': 'waiting', ':requested': 'requested' },
      });
    },

    // The table holds the requests of a day: a scan every few minutes costs less than an index would.
    async waiting() {
      const rows: Pick<ResetRequest, 'tagId' | 'requestedAt'>[] = [];
      let ExclusiveStartKey: ScanCommandInput['ExclusiveStartKey'];
      do {
        const page = new ScanCommand({
          TableName,
          FilterExpression: '#state = :waiting',
          ProjectionExpression: 'tagId, requestedAt',
          ExpressionAttributeNames: { '#state': 'state' },
          ExpressionAttributeValues: writeItem({ ':waiting': 'waiting' }),
          ExclusiveStartKey,
        });
        const { Items = [], LastEvaluatedKey } = await orUnavailable('DynamoDB', client.send(page));
        rows.push(...Items.map((item) => readItem(item) as (typeof rows)[number]));
        ExclusiveStartKey = LastEvaluatedKey;
      } while (ExclusiveStartKey);
      return rows;
    },

    async markMailed(tagId) {
      await update(tagId, {
        // The recipient of a deleted account's last mail is forgotten.
        set: 'SET #state = :mailed REMOVE recipient',
        condition: '#state IN (:requested, :waiting)',
        values: { ':mailed': 'mailed', ':requested': 'requested', ':waiting': 'waiting' },
      });
    },

    async markNotified(tagId, now) {
      await update(tagId, {
        set: 'SET notifiedAt = :now',
        condition: 'attribute_exists(tagId)',
        values: { ':now': now },
      });
    },
  };
}
