import { QueryCommand } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import type { FactorList, ListedFactor } from '../core/factors.ts';
import { orUnavailable } from '../unavailable.ts';
import { type Database, writeItem } from './database.ts';
import { hashesOf, RECOVERY_CODES } from './factor-rows.ts';
import {
  ifSound,
  logDamaged,
  type OnDamaged,
  type Rules,
  readAnyRow,
  recoveryRules,
  storedTime,
} from './sound-rows.ts';

/** An account's factors as its holder and operators see them. @param onDamaged receives each row that is left out */
export function factorList({ client, nameOf }: Database, onDamaged: OnDamaged = logDamaged): FactorList {
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
      const rows = Items.map(readAnyRow);
      const sound = <Read extends object>(read: Read, rules: Rules) =>
        ifSound(read, rules, { table: 'factors', userId }, onDamaged);
      const codes = rows.filter(({ factorId }) => factorId === RECOVERY_CODES);
      const [left] = codes.flatMap((row) => sound(row, recoveryRules));
      return {
        factors: rows
          .flatMap(toListedFactor)
          .flatMap((factor) => sound(factor, factorRules))
          .toSorted((one, other) => one.createdAt - other.createdAt),
        recoveryCodesLeft: hashesOf(left)?.length ?? null,
      };
    },
  };
}

const factorRules: Rules = {
  factorId: v.string(),
  name: v.nullable(v.string()),
  createdAt: storedTime,
  lastUsedAt: v.nullable(storedTime),
};

function toListedFactor({
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
