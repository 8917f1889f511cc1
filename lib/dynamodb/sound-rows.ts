import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as v from 'valibot';
import { log } from '../log.ts';

// A row that somebody changed by hand costs that row, and never the list or the stream that it is in.

/** Names alone: no value of the row gets into a log. */
export type DamagedRow = {
  table: 'users' | 'sessions' | 'activity' | 'factors';
  userId: string;
  /** Which of its attributes aren't what they have to be. */
  attributes: readonly string[];
};

/** Is given each row that was left out. */
export type OnDamaged = (row: DamagedRow) => void;

export const logDamaged: OnDamaged = (row) => log.error('row', { outcome: 'damaged', ...row });

/** What each attribute has to be. */
export type Rules = Readonly<Record<string, v.GenericSchema>>;

/** Milliseconds since the epoch, of the years 1 to 9999: what ISO 8601 can write. */
export const storedTime = v.pipe(
  v.number(),
  v.minValue(-62_135_596_800_000),
  v.maxValue(253_402_300_799_999),
);

/** The row of recovery codes. */
export const recoveryRules: Rules = { hashes: v.optional(v.set(v.string())) };

/**
 * Any row. A number that JavaScript can't hold becomes one that it can: the SDK would throw, or make a BigInt, which no JSON
 * can be made of.
 */
export function readAnyRow(item: Record<string, AttributeValue>): Record<string, unknown> {
  return unmarshall(item, { wrapNumbers: Number });
}

/** @returns what was read, or nothing when it isn't as the rules say */
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
