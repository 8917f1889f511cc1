import { GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { ResetRequest, ResetRequestStore } from '../core/reset-request.ts';
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
    });
    return outcomeOf(client.send(command));
  }

  return {
    async put(request) {
      const Item = resetRequestItem(request);
      await orUnavailable('DynamoDB', client.send(new PutItemCommand({ TableName, Item })));
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

    async addSecret(tagId, { secretHash, credentialVersion, expiresAt }) {
      const outcome = await update(tagId, {
        set: 'SET validUntil = :until, expiresAt = :ttl, credentialVersion = :version ADD secretHashes :hash',
        condition: '#state = :requested',
        values: {
          ':until': expiresAt,
          ':ttl': timeToLive(expiresAt + KEPT_AFTER_EXPIRY_MS),
          ':version': credentialVersion,
          ':hash': new Set([secretHash]),
          ':requested': 'requested',
        },
      });
      return outcome.applied;
    },

    async removeSecret(tagId, secretHash) {
      await update(tagId, {
        set: 'DELETE secretHashes :hash',
        condition: 'attribute_exists(tagId)',
        values: { ':hash': new Set([secretHash]) },
      });
    },

    async markMailed(tagId) {
      await update(tagId, {
        set: 'SET #state = :mailed',
        condition: '#state = :requested',
        values: { ':mailed': 'mailed', ':requested': 'requested' },
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
