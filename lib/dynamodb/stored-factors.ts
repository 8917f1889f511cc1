import { type AttributeValue, paginateScan, type TransactWriteItem } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import type { Totp } from '../core/factors.ts';
import type { Passkey } from '../core/passkeys.ts';
import type { StoredFactors } from '../core/stored-factors.ts';
import { orUnavailable } from '../unavailable.ts';
import { type Database, writeItem } from './database.ts';
import { hashesOf, RECOVERY_CODES, TOTP } from './factor-rows.ts';
import { passkeyClaim } from './passkey-claim.ts';
import { ifSound, type OnDamaged, type Rules, readAnyRow, recoveryRules, storedTime } from './sound-rows.ts';

type Row = Record<string, unknown>;

/**
 * The factors of every account that has any, by its user id. Pending ones are left out.
 *
 * @param onDamaged receives each row that is left out
 * @throws ProblemError `unavailable`
 */
export async function allFactors(
  { client, nameOf }: Database,
  onDamaged: OnDamaged,
): Promise<Map<string, StoredFactors>> {
  const input = { TableName: nameOf('factors'), ConsistentRead: true };
  const pages = paginateScan({ client }, input);
  const rows = new Map<string, Row[]>();
  for (;;) {
    const page = await orUnavailable('DynamoDB', pages.next());
    if (page.done) break;
    for (const item of page.value.Items ?? []) collect(rows, item, onDamaged);
  }
  return new Map([...rows].map(([userId, ofUser]) => [userId, factorsOf(ofUser)]));
}

function collect(rows: Map<string, Row[]>, item: Record<string, AttributeValue>, onDamaged: OnDamaged): void {
  const { userId, ...row } = readAnyRow(item) as Row & { userId: string };
  if (userId.startsWith('#')) return; // the claim on a passkey
  const of = { table: 'factors', userId } as const;
  const sound = ifSound(row, rulesOf(row), of, onDamaged);
  rows.set(userId, [...(rows.get(userId) ?? []), ...sound]);
}

const times = { createdAt: storedTime, name: v.nullable(v.string()) };

function rulesOf({ factorId, type }: Row): Rules {
  if (factorId === TOTP)
    return {
      ...times,
      id: v.string(),
      sealedSecret: v.string(),
      lastStep: v.number(),
      lastUsedAt: storedTime,
    };
  if (factorId === RECOVERY_CODES) return { ...recoveryRules, createdAt: storedTime };
  if (type !== 'passkey') return {};
  return {
    ...times,
    lastUsedAt: v.nullable(storedTime),
    ...{ credentialId: v.string(), algorithm: v.number(), publicKey: v.record(v.string(), v.unknown()) },
    ...{ counter: v.number(), backupEligible: v.boolean(), backedUp: v.boolean() },
    transports: v.optional(v.array(v.string())),
  };
}

function factorsOf(rows: readonly Row[]): StoredFactors {
  const totp = rows.find(({ factorId }) => factorId === TOTP);
  const codes = rows.find(({ factorId }) => factorId === RECOVERY_CODES);
  const passkeys = rows.filter(({ type }) => type === 'passkey');
  return {
    ...(totp && { totp: without(totp, 'factorId', 'type') as Totp }),
    ...(codes && {
      recoveryCodes: { hashes: hashesOf(codes) ?? [], createdAt: codes.createdAt as number },
    }),
    passkeys: passkeys.map((row) => without(row, 'type') as Passkey),
  };
}

function without(row: Row, ...names: string[]): Row {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name)));
}

/**
 * The factors of a new account as parts of the transaction that creates it, which fails if another account has one of the
 * passkeys. Rows that a former account with this id left behind are replaced.
 */
export function factorPuts(
  nameOf: Database['nameOf'],
  userId: string,
  { totp, recoveryCodes, passkeys }: StoredFactors,
): TransactWriteItem[] {
  const TableName = nameOf('factors');
  const put = (row: Row) => ({ Put: { TableName, Item: writeItem({ userId, ...row }) } });
  return [
    ...(totp ? [put({ factorId: TOTP, type: 'totp', ...totp })] : []),
    ...(recoveryCodes ? [put(recoveryRow(recoveryCodes))] : []),
    ...passkeys.flatMap((passkey) => [
      put({ type: 'passkey', ...passkey }),
      {
        Put: {
          TableName,
          Item: writeItem({ ...passkeyClaim(passkey.factorId), owner: userId }),
          ConditionExpression: 'attribute_not_exists(userId) OR #owner = :me',
          ExpressionAttributeNames: { '#owner': 'owner' },
          ExpressionAttributeValues: writeItem({ ':me': userId }),
        },
      },
    ]),
  ];
}

/** A set can't be empty in DynamoDB: when all codes are used, the row stays without one. */
function recoveryRow({ hashes, createdAt }: NonNullable<StoredFactors['recoveryCodes']>): Row {
  const left = hashes.length > 0 ? { hashes: new Set(hashes) } : {};
  return { factorId: RECOVERY_CODES, type: 'recovery-codes', ...left, createdAt };
}
