import { ScanCommand, type ScanCommandInput, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { MailedSecret, MailRequest, MailRequestStore } from '../core/mail-request.ts';
import { orUnavailable } from '../unavailable.ts';
import { type Database, outcomeOf, readItem, timeToLive, writeItem } from './database.ts';
import { KEPT_AFTER_EXPIRY_MS } from './mail-requests.ts';

/** The attributes that a try adds to the row, and that are removed when it is taken back. */
function secretParts({
  secretHash,
  codeHash,
  codeUntil,
  credentialVersion,
  expiresAt,
  legacy,
}: MailedSecret) {
  return {
    set: `, validUntil = :until, expiresAt = :ttl, credentialVersion = :version${codeUntil === undefined ? '' : ', codeUntil = :codeUntil'}${legacy ? ', legacy = :legacy' : ''}`,
    hashes: hashesOf({ ...(secretHash && { secretHash }), ...(codeHash && { codeHash }) }),
    values: {
      ':until': expiresAt,
      ':ttl': timeToLive(expiresAt + KEPT_AFTER_EXPIRY_MS),
      ':version': credentialVersion,
      ...(codeUntil !== undefined && { ':codeUntil': codeUntil }),
      ...(legacy && { ':legacy': legacy }),
    },
  };
}

function hashesOf({ secretHash, codeHash }: Partial<MailedSecret>) {
  return {
    list: [secretHash && 'secretHashes :hash', codeHash && 'codeHashes :code'].filter(Boolean).join(', '),
    values: {
      ...(secretHash && { ':hash': new Set([secretHash]) }),
      ...(codeHash && { ':code': new Set([codeHash]) }),
    },
  };
}

/** The outbox as `send-mail` needs it. */
export function outboxStore({ client, nameOf }: Database): Omit<MailRequestStore, 'put' | 'get'> {
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
    async beginTry({ tagId, state, tries = 0 }, tryId, secret) {
      const parts = secret && secretParts(secret);
      const added = parts?.hashes.list ? ` ADD ${parts.hashes.list}` : '';
      const outcome = await update(tagId, {
        set: `SET tries = :next, tryId = :try${parts?.set ?? ''}${added}`,
        condition: `#state = :state AND attribute_not_exists(notifiedAt) AND ${
          tries === 0 ? '(attribute_not_exists(tries) OR tries = :seen)' : 'tries = :seen'
        }`,
        values: {
          ...parts?.values,
          ...parts?.hashes.values,
          ':state': state,
          ':seen': tries,
          ':next': tries + 1,
          ':try': tryId,
        },
      });
      return outcome.applied || outcome.found?.tryId === tryId;
    },

    async takeTryBack({ tagId, tries = 0 }, tryId, secret) {
      const hashes = hashesOf(secret ?? {});
      await update(tagId, {
        set: `SET tries = :seen REMOVE tryId${hashes.list && ` DELETE ${hashes.list}`}`,
        condition: 'tryId = :try',
        values: { ':seen': tries, ':try': tryId, ...hashes.values },
      });
    },

    async hold(tagId) {
      await update(tagId, {
        set: 'SET #state = :waiting',
        condition: '#state = :requested',
        values: { ':waiting': 'waiting', ':requested': 'requested' },
      });
    },

    // The table has about a day of requests, so a scan every few minutes costs less than an index.
    async waiting() {
      const rows: Pick<MailRequest, 'tagId' | 'requestedAt'>[] = [];
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
        // Deletes the recipient of a deleted account's last mail.
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
