// One account as a row describes it: what an import reads line by line, and an administrator's API one at a time.

import * as v from 'valibot';
import { isAbsent } from './absent.ts';
import { biography, emailAddress, personName, type RawFields, readBy, readFields } from './fields.ts';
import type { AccountToImport } from './import-users.ts';
import type { Field } from './problem.ts';
import { readTime } from './read-time.ts';
import { MAX_ROLES, readRoles } from './roles.ts';
import { isUuid } from './uuid.ts';

/** Reads a password hash of any scheme: the form to store, or a sentence that says why it can't be verified. */
export type HashReader = (text: string) => { text: string } | { refused: string };

const DAY_MS = 24 * 60 * 60 * 1000;
/** Longer than any bounce blocks an address. */
const MAX_BLOCK_MS = 366 * DAY_MS;

/**
 * The rules of a row's fields. A number or boolean may also come as text, since a CSV file has nothing else.
 *
 * @param now milliseconds since the epoch: no time may lie after it
 */
export function accountRowFields(readHash: HashReader, now: number) {
  return {
    email: emailAddress,
    name: personName,
    bio: biography,
    passwordHash: v.optional(
      readBy(
        'invalid-hash',
        {
          description:
            'A password hash in one of the forms of docs/moving-in/hashes.md. If it is missing, the owner gets a reset email.',
          examples: ['$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW'],
        },
        (value) => {
          const reading = readHash(typeof value === 'string' ? value : '');
          return 'refused' in reading ? reading : { value: reading.text };
        },
      ),
    ),
    status: v.optional(
      choiceField(['active', 'disabled'], 'Whether the account can be used. Default: active.'),
    ),
    createdAt: v.optional(timeField('When the account was made. Default: now.', now)),
    passwordChangedAt: v.optional(timeField('When the password last changed.', now)),
    userId: v.optional(
      readBy(
        'invalid-user-id',
        // A refresh token carries its user's id as 16 bytes: nothing but a UUID fits in.
        {
          description: 'A UUID. If it is missing, an id is made.',
          examples: ['3f0d1a0e-7a52-4f3b-9d86-5c1f6f9f2c11'],
        },
        (value) =>
          typeof value === 'string' && isUuid(value.toLowerCase())
            ? { value: value.toLowerCase() }
            : { refused: 'not a UUID; leave it out and one is made.' },
      ),
    ),
    emailVerified: v.optional(
      readBy(
        'invalid-choice',
        {
          description:
            'Whether the owner has proved that they read the emails to the address. Default: false.',
          examples: [true],
        },
        (value) => readChoice(['true', 'false'], String(value), (text) => text === 'true'),
      ),
    ),
    roles: v.optional(
      readBy(
        'invalid-roles',
        { description: `A list of at most ${MAX_ROLES} roles.`, examples: [['editor']] },
        (value) => {
          // In a cell of a CSV file they are separated by spaces, commas or semicolons, which no role contains.
          const list = typeof value === 'string' ? value.split(/[\s,;]+/).filter(Boolean) : value;
          const roles = Array.isArray(list) ? readRoles(list) : undefined;
          return roles === undefined
            ? { refused: `not at most ${MAX_ROLES} names of 1 to 64 letters, digits and _ . : -` }
            : { value: roles };
        },
      ),
    ),
    mailRefused: v.optional(choiceField(['bounced', 'complained'], 'Why no email is sent to the address.')),
    mailRefusedUntil: v.optional(
      timeField('No email is sent to the address before this time.', now + MAX_BLOCK_MS),
    ),
    mailBounces: v.optional(
      readBy('invalid-count', { description: 'How many emails bounced.', examples: [1] }, (value) =>
        /^\d{1,6}$/.test(String(value)) ? { value: Number(value) } : { refused: 'no whole number.' },
      ),
    ),
  } satisfies Partial<Record<Field, v.GenericSchema>>;
}

function timeField(description: string, latest: number) {
  const words = { description: `${description} A time with its zone, or milliseconds since 1970.` };
  return readBy('invalid-time', { ...words, examples: ['2026-01-31T12:00:00Z'] }, (value) => {
    const read = readTime(value);
    if ('refused' in read) return read;
    return read.time > latest + DAY_MS ? { refused: 'in the future.' } : { value: read.time };
  });
}

function choiceField<const T extends string>(allowed: readonly T[], description: string) {
  return readBy('invalid-choice', { description, examples: [...allowed] }, (value) =>
    readChoice(allowed, value, (one) => one),
  );
}

function readChoice<const T extends string, R>(
  allowed: readonly T[],
  value: unknown,
  meaning: (one: T) => R,
) {
  const found = allowed.find((one) => one === value);
  return found === undefined
    ? { refused: `neither ${allowed.map((one) => `"${one}"`).join(' nor ')}.` }
    : { value: meaning(found) };
}

/**
 * Reads a row into an account that can be stored.
 *
 * @param raw names and values as they came; unknown names are ignored
 * @throws ProblemError `invalid-fields` naming everything that is wrong with it
 */
export function readAccountRow(
  raw: Readonly<Record<string, unknown>>,
  { readHash, now }: { readHash: HashReader; now: number },
): AccountToImport {
  const rules = accountRowFields(readHash, now);
  const present = Object.keys(rules).map((field) => [field, presentValue(field, raw[field])]);
  const {
    emailVerified,
    roles = [],
    status = 'active',
    ...row
  } = readFields(rules, Object.fromEntries(present) as RawFields);
  return withoutAbsent({
    ...row,
    status,
    ...(emailVerified && { emailVerified }),
    ...(roles.length > 0 && { roles }),
  });
}

type Present<T> = { [K in keyof T]: undefined extends T[K] ? never : T[K] };

function withoutAbsent<T extends object>(row: T): Present<T> & AccountToImport {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)) as never;
}

/** The value, or `undefined` for one of the spellings of an absent value. Only a bio may be an empty text. */
function presentValue(field: string, value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'string' && isAbsent(value)) return field === 'bio' && value === '' ? '' : undefined;
  // Somebody may really be called NULL: `{ text }` is taken literally.
  const literal = (field === 'name' || field === 'bio') && typeof value === 'object' && 'text' in value;
  return literal ? (value as { text: unknown }).text : value;
}
