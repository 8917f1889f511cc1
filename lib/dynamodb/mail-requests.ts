import {
  GetItemCommand,
  PutItemCommand,
  type TransactWriteItem,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { MAX_CODE_TRIES } from '../core/mail-code.ts';
import type { CodeTries, MailRequest, MailRequestStore } from '../core/mail-request.ts';
import { measure } from '../metrics.ts';
import { orUnavailable } from '../unavailable.ts';
import { type Database, outcomeOf, readItem, timeToLive, transact, writeItem } from './database.ts';

/** How long an expired request is kept, so that "expired" can be distinguished from "wrong". */
export const KEPT_AFTER_EXPIRY_MS = 24 * 60 * 60 * 1000;

/** The row of a request. Its secrets are added later, one by one. */
export function mailRequestItem({ secretHashes: _, codeHashes: __, expiresAt, ...request }: MailRequest) {
  return writeItem({
    ...request,
    validUntil: expiresAt,
    expiresAt: timeToLive(expiresAt + KEPT_AFTER_EXPIRY_MS),
  });
}

/** Marks a mail as used, as a part of a transaction. */
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

function readRequest(item: Record<string, unknown> | undefined): MailRequest | undefined {
  if (item?.kind === undefined) return undefined;
  const { validUntil, expiresAt: _, secretHashes, codeHashes, ...request } = item;
  return {
    ...request,
    secretHashes: [...((secretHashes as Set<string> | undefined) ?? [])],
    ...(codeHashes !== undefined && { codeHashes: [...(codeHashes as Set<string>)] }),
    expiresAt: validUntil,
  } as unknown as MailRequest;
}

type MailBatch = {
  /** Requests several mails, all or none. @throws ProblemError `unavailable` */
  putAll(requests: readonly MailRequest[]): Promise<void>;
};

/**
 * The outbox: the table `reset-tags`, named after the first kind of mail. `validUntil` is the expiry of the request, in
 * milliseconds; `expiresAt` that of the row, for TTL.
 */
export function mailRequestStore(database: Database): Pick<MailRequestStore, 'put' | 'get'> & MailBatch {
  const { client, nameOf } = database;
  const TableName = nameOf('reset-tags');
  return {
    async put(request) {
      const Item = mailRequestItem(request);
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
        requests.map((request) => ({ Put: { TableName, Item: mailRequestItem(request) } })),
      );
      measure({ MailsDue: requests.length });
    },
  };
}

/** Checks mailed codes. */
export function codeTries({ client, nameOf }: Database): CodeTries {
  const TableName = nameOf('reset-tags');
  return {
    async tryCode(tagId, codeHash, now) {
      const command = new UpdateItemCommand({
        TableName,
        Key: writeItem({ tagId }),
        UpdateExpression: 'ADD codeTries :one',
        ConditionExpression:
          'attribute_exists(tagId) AND #state <> :used AND NOT contains(codeHashes, :code) AND (attribute_not_exists(codeTries) OR codeTries < :most) AND (attribute_not_exists(codeUntil) OR codeUntil > :now)',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: writeItem({
          ...{ ':one': 1, ':used': 'used', ':code': codeHash, ':most': MAX_CODE_TRIES, ':now': now },
        }),
        ReturnValues: 'ALL_NEW',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      const outcome = await outcomeOf(client.send(command));
      const row = readRequest(outcome.applied ? outcome.returned : outcome.found);
      return row && { counted: outcome.applied, row };
    },
  };
}
