import {
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
  type ScanCommandInput,
  type TransactWriteItem,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { MOST_CODE_TRIES } from '../core/mail-code.ts';
import type { CodeTries, MailedSecret, ResetRequest, ResetRequestStore } from '../core/reset-request.ts';
import { measure } from '../metrics.ts';
import { orUnavailable } from '../unavailable.ts';
import { type Database, outcomeOf, readItem, timeToLive, transact, writeItem } from './database.ts';

/** How long an expired request is kept, so that "expired" can be told from "wrong". */
const KEPT_AFTER_EXPIRY_MS = 24 * 60 * 60 * 1000;

/** A request as it is stored; its secrets are added later, one by one. */
export function resetRequestItem({ secretHashes: _, codeHashes: __, expiresAt, ...request }: ResetRequest) {
  return writeItem({
    ...request,
    validUntil: expiresAt,
    expiresAt: timeToLive(expiresAt + KEPT_AFTER_EXPIRY_MS),
  });
}

/** Uses a mail up, as a part of a transaction. */
export function mailUsed(nameOf: Database['nameOf'], tagId: string): TransactWriteItem {
  return {
    Update: {
      TableName: nameOf('reset-tags'),
      Key: writeItem({ tagId }),
      UpdateExpression: 'SET #state = :used REMOVE tries, tryId',
      ConditionExpression: 'attribute_exists(tagId) AND #state <> :used',
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: writeItem({ ':used': 'used' }),
    },
  };
}

function readRequest(item: Record<string, unknown> | undefined): ResetRequest | undefined {
  if (item?.kind === undefined) return undefined;
  const { validUntil, expiresAt: _, secretHashes, codeHashes, ...request } = item;
  return {
    ...request,
    secretHashes: [...((secretHashes as Set<string> | undefined) ?? [])],
    ...(codeHashes !== undefined && { codeHashes: [...(codeHashes as Set<string>)] }),
    expiresAt: validUntil,
  } as unknown as ResetRequest;
}

/** What a try adds to the row, and what is taken out again with it. */
function secretParts({ secretHash, codeHash, codeUntil, credentialVersion, expiresAt }: MailedSecret) {
  return {
    set: `, validUntil = :until, expiresAt = :ttl, credentialVersion = :version${codeUntil === undefined ? '' : ', codeUntil = :codeUntil'}`,
    hashes: hashesOf({ ...(secretHash && { secretHash }), ...(codeHash && { codeHash }) }),
    values: {
      ':until': expiresAt,
      ':ttl': timeToLive(expiresAt + KEPT_AFTER_EXPIRY_MS),
      ':version': credentialVersion,
      ...(codeUntil !== undefined && { ':codeUntil': codeUntil }),
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

type MailBatch = {
  /** Asks for several mails: all of them or none. @throws ProblemError `unavailable` */
  putAll(requests: readonly ResetRequest[]): Promise<void>;
};

/** The table of reset requests. `validUntil` is the request's expiry in milliseconds, `expiresAt` the row's, for TTL. */
export function resetRequestStore(database: Database): ResetRequestStore & CodeTries & MailBatch {
  const { client, nameOf } = database;
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
      return readRequest(readItem(Item));
    },

    async putAll(requests) {
      await transact(
        database,
        requests.map((request) => ({ Put: { TableName, Item: resetRequestItem(request) } })),
      );
      measure({ MailsDue: requests.length });
    },

    async takeCodeTry(tagId, now) {
      const command = new UpdateItemCommand({
        TableName,
        Key: writeItem({ tagId }),
        UpdateExpression: 'ADD codeTries :one',
        ConditionExpression:
          'attribute_exists(tagId) AND #state <> :used AND (attribute_not_exists(codeTries) OR codeTries < :most) AND (attribute_not_exists(codeUntil) OR codeUntil > :now)',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: writeItem({
          ...{ ':one': 1, ':used': 'used', ':most': MOST_CODE_TRIES, ':now': now },
        }),
        ReturnValues: 'ALL_NEW',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      const outcome = await outcomeOf(client.send(command));
      const row = readRequest(outcome.applied ? outcome.returned : outcome.found);
      return row && { granted: outcome.applied, row };
    },

    async giveCodeTryBack(tagId) {
      await update(tagId, {
        set: 'ADD codeTries :back',
        condition: 'codeTries > :none',
        values: { ':back': -1, ':none': 0 },
      });
    },

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
