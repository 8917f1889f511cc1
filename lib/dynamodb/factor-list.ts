import { QueryCommand } from '@aws-sdk/client-dynamodb';
import type { FactorList, ListedFactor } from '../core/factors.ts';
import { orUnavailable } from '../unavailable.ts';
import { type Database, readItem, writeItem } from './database.ts';
import { hashesOf, RECOVERY_CODES } from './factor-rows.ts';

/** What a holder or an operator may see of an account's factors. */
export function factorList({ client, nameOf }: Database): FactorList {
  const TableName = nameOf('factors');
  return {
    async list(userId) {
      const command = new QueryCommand({
        TableName,
        KeyConditionExpression: 'userId = :userId',
        ExpressionAttributeValues: writeItem({ ':userId': userId }),
        ConsistentRead: true, // a page has 1 MB: more than ten passkeys
      });
      const { Items = [] } = await orUnavailable('DynamoDB', client.send(command));
      const rows = Items.map((item) => readItem(item) ?? {});
      return {
        factors: rows.flatMap(listed).toSorted((one, other) => one.createdAt - other.createdAt),
        recoveryCodesLeft: hashesOf(rows.find(({ factorId }) => factorId === RECOVERY_CODES))?.length ?? null,
      };
    },
  };
}

function listed({
  factorId,
  type,
  id,
  name,
  createdAt,
  lastUsedAt,
}: Record<string, unknown>): ListedFactor[] {
  if (type !== 'totp' && type !== 'passkey') return [];
  const factor = {
    factorId: id ?? factorId,
    type,
    name: name ?? null,
    createdAt,
    lastUsedAt: lastUsedAt ?? null,
  };
  return [factor as ListedFactor];
}
