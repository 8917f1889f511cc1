// A user as another system wrote it: names and values, looked up by any of the names that a version of the system uses.

import { isAbsent } from '../../../../lib/core/absent.ts';
import { trimInvisible } from '../../../../lib/core/invisible.ts';
import { RefusedRow } from '../refused-row.ts';
import type { RawRow } from '../row.ts';

/** A user who is skipped although the row is valid, such as a deleted one. */
export class LeftOut {
  readonly why: 'no-address' | 'deleted';

  constructor(why: LeftOut['why']) {
    this.why = why;
  }
}

export class ForeignRecord {
  /** Under lower-case names, as databases don't agree on them. */
  private readonly values: ReadonlyMap<string, unknown>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.values = new Map(Object.entries(values).map(([name, value]) => [name.toLowerCase(), value]));
  }

  has(name: string): boolean {
    return this.values.has(name.toLowerCase());
  }

  /** A value as it came. */
  raw(name: string): unknown {
    return this.values.get(name.toLowerCase());
  }

  /** The first present value; `NULL`, `\N`, MySQL's zero date and blank text count as absent. */
  value(...names: readonly string[]): unknown {
    for (const name of names) {
      const value = this.values.get(name.toLowerCase());
      if (!isNothing(value)) return value;
    }
    return undefined;
  }

  text(...names: readonly string[]): string | undefined {
    const value = this.value(...names);
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
  }

  /** @throws RefusedRow for a value that is neither yes nor no */
  flag(...names: readonly string[]): boolean | undefined {
    const value = this.value(...names);
    if (value === undefined) return undefined;
    const word = String(value).trim().toLowerCase();
    if (['true', 't', '1', 'yes', 'y'].includes(word)) return true;
    if (['false', 'f', '0', 'no', 'n'].includes(word)) return false;
    throw new RefusedRow(`${names[0]}: neither true nor false.`);
  }

  /** The members of an object, or of the JSON that a cell holds; none where there is nothing readable. */
  nested(...names: readonly string[]): ForeignRecord {
    const value = this.value(...names);
    const object = typeof value === 'string' ? parsed(value) : value;
    return new ForeignRecord(typeof object === 'object' && object !== null ? { ...object } : {});
  }
}

function isNothing(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return typeof value === 'string' && (isAbsent(value.trim()) || value.startsWith('0000-00-00'));
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** A user of another system, under our names. */
export type ForeignUser = {
  email: string | undefined;
  /** Possible names of the person, the best first: the first visible one is used. */
  names: readonly (string | undefined)[];
  /** As text that `readHash` understands, or in a form that is wrapped when it is written. */
  passwordHash?: RawRow['passwordHash'] | undefined;
  disabled?: boolean | undefined;
  verified?: boolean | undefined;
  createdAt?: unknown;
  id?: string | undefined;
};

/** The row of a user. A user without a name gets the part of the address before the @. */
export function rowOf(user: ForeignUser): RawRow | LeftOut {
  if (user.email === undefined) return new LeftOut('no-address');
  const name = user.names.find((one) => one !== undefined && trimInvisible(one) !== '');
  return {
    email: user.email,
    // As an object, since somebody may be called NULL.
    name: { text: name ?? user.email.trim().replace(/[@\uff20].*$/s, '') },
    passwordHash: user.passwordHash,
    status: user.disabled ? 'disabled' : 'active',
    emailVerified: user.verified ?? false,
    createdAt: user.createdAt,
    ...(user.id !== undefined && isUuid(user.id) && { userId: user.id }),
  };
}

/** `Ada Lovelace`, or the one of both that there is. */
export function fullName(first: string | undefined, last: string | undefined): string | undefined {
  return [first, last].filter((part) => part !== undefined).join(' ') || undefined;
}

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

const WITHOUT_ZONE = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?$/;

/** A time as a system wrote it that keeps its times in UTC and doesn't say so. */
export function inUtc(value: unknown): unknown {
  return typeof value === 'string' && WITHOUT_ZONE.test(value.trim()) ? `${value.trim()}Z` : value;
}
