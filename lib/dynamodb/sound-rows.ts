import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as v from 'valibot';
import { log } from '../log.ts';

// A row that somebody damaged by hand is left out, and must never break a whole list or stream.

/** Only names: no value of the row gets into a log. */
export type DamagedRow = {
  table: 'users' | 'sessions' | 'activity' | 'factors';
  userId: string;
  /** The names of its damaged attributes. */
  attributes: readonly string[];
};

/** Receives each row that is left out. */
export type OnDamaged = (row: DamagedRow) => void;

export const logDamaged: OnDamaged = (row) => log.error('row', { outcome: 'damaged', ...row });

/** The rule of each attribute. */
export type Rules = Readonly<Record<string, v.GenericSchema>>;

/** Milliseconds since the epoch of the years 1 to 9999, which ISO 8601 can express. */
export const storedTime = v.pipe(
  v.number(),
  v.minValue(-62_135_596_800_000),
  v.maxValue(253_402_300_799_999),
);

/** The row of recovery codes. */
export const recoveryRules: Rules = { hashes: v.optional(v.set(v.string())) };

/**
 * Reads any row. A number that JavaScript can't hold is rounded: the SDK would throw, or make a BigInt, which JSON.stringify
 * refuses.
 */
export function readAnyRow(item: Record<string, AttributeValue>): Record<string, unknown> {
  return unmarshall(item, { wrapNumbers: Number });
}

/** @returns the row, or nothing when it violates the rules */
export function ifSound<Read extends object>(
  read: Read,
  rules: Rules,
  { table, userId }: Pick<DamagedRow, 'table' | 'userId'>,
  onDamaged: OnDamaged,
): Read[] {
  const attributes = Object.entries(rules)
    .filter(([name, rule]) => !v.is(rule, read[name as keyof Read]))
    .map(([name]) => name);
  if (attributes.length === 0) return [read];
  onDamaged({ table, userId, attributes });
  return [];
}
