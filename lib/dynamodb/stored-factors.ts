import { type AttributeValue, paginateScan, type TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { Totp } from '../core/factors.ts';
import type { Passkey } from '../core/passkeys.ts';
import type { StoredFactors } from '../core/stored-factors.ts';
import { orUnavailable } from '../unavailable.ts';
import { type Database, readItem, writeItem } from './database.ts';
import { hashesOf, RECOVERY_CODES, TOTP } from './factor-rows.ts';
import { passkeyClaim } from './passkey-claim.ts';

type Row = Record<string, unknown>;

/**
 * The factors of every account that has any, by its user id. Pending ones are left out.
 *
 * @throws ProblemError `unavailable`
 */
export async function allFactors({ client, nameOf }: Database): Promise<Map<string, StoredFactors>> {
  const input = { TableName: nameOf('factors'), ConsistentRead: true };
  const pages = paginateScan({ client }, input);
  const rows = new Map<string, Row[]>();
  for (;;) {
    const page = await orUnavailable('DynamoDB', pages.next());
    if (page.done) break;
    for (const item of page.value.Items ?? []) collect(rows, item);
  }
  return new Map([...rows].map(([userId, ofUser]) => [userId, factorsOf(ofUser)]));
}

function collect(rows: Map<string, Row[]>, item: Record<string, AttributeValue>): void {
  const { userId, ...row } = readItem(item) as Row & { userId: string };
  if (userId.startsWith('#')) return; // the claim on a passkey
  rows.set(userId, [...(rows.get(userId) ?? []), row]);
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
 * The factors of a new account as parts of the transaction that makes it, which fails where another account has one of the
 * passkeys. Rows that a former account of this id left behind are replaced.
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

/** A set can't be empty: where all codes are used there is none, and the row stays. */
function recoveryRow({ hashes, createdAt }: NonNullable<StoredFactors['recoveryCodes']>): Row {
  const left = hashes.length > 0 ? { hashes: new Set(hashes) } : {};
  return { factorId: RECOVERY_CODES, type: 'recovery-codes', ...left, createdAt };
}
