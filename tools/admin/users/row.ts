// One user as a row of a file: what `export` writes and `import` reads.
import type { User } from '../../../lib/core/account.ts';
import { biography, emailAddress, personName, readFields } from '../../../lib/core/fields.ts';
import type { AccountToImport, ImportRow } from '../../../lib/core/import-users.ts';
import { ProblemError } from '../../../lib/core/problem.ts';
import { MAX_ROLES, readRoles } from '../../../lib/core/roles.ts';
import { sentenceFor } from '../../../lib/dialects/sentences.ts';
import { readHash } from '../../../lib/passwords/read-hash.ts';
import { isAbsent } from './absent.ts';
import { type FactorSecrets, readFactors } from './factors.ts';
import { FastDigest } from './fast-digest.ts';
import { RefusedRow } from './refused-row.ts';
import { readTime } from './time.ts';

/**
 * What stays behind: the version, which an import chooses anew; the summaries of the factors, which follow from those in
 * `factors`; held addresses; mails that wait for an answer.
 */
type Left = Pick<
  User,
  | 'credentialVersion'
  | 'totp'
  | 'passkeys'
  | 'heldEmails'
  | 'breachMailedAt'
  | 'factorAdditions'
  | 'factorsRemovedAt'
  | 'verifyMail'
  | 'changeMail'
  | 'undone'
>;

/**
 * What a file holds of a user, in the order in which it is written: all but what stays behind. An
 * attribute that users get some day does not compile until it has its place here.
 */
const COLUMNS = {
  userId: true,
  email: true,
  name: true,
  bio: true,
  passwordHash: true,
  status: true,
  createdAt: true,
  passwordChangedAt: true,
  emailVerified: true,
  roles: true,
  mailRefused: true,
  mailRefusedUntil: true,
  mailBounces: true,
} satisfies Record<Exclude<keyof User, keyof Left>, true>;

export type Column = keyof typeof COLUMNS;
export const columns = Object.keys(COLUMNS) as Column[];

/** The member of JSON lines that holds second factors; a CSV file has no room for it. */
export const FACTORS = 'factors';

/** The line of a user in an export, without its end. @param factors as `writeFactors` gives them */
export function writeRow(user: Pick<User, Column>, factors?: object): string {
  const { createdAt, passwordChangedAt, mailRefusedUntil, ...rest } = user;
  const row: Record<string, unknown> = {
    ...rest,
    name: writeText(user.name),
    bio: writeText(user.bio),
    createdAt: new Date(createdAt).toISOString(),
    ...(passwordChangedAt !== undefined && { passwordChangedAt: new Date(passwordChangedAt).toISOString() }),
    ...(mailRefusedUntil !== undefined && { mailRefusedUntil: new Date(mailRefusedUntil).toISOString() }),
  };
  const members = columns.flatMap((name) => (name in row ? [[name, row[name]]] : []));
  return JSON.stringify(Object.fromEntries([...members, ...(factors ? [[FACTORS, factors]] : [])]));
}

/** Somebody may really be called NULL: as an object the text means itself. */
function writeText(text: string | null): unknown {
  return text !== null && text !== '' && isAbsent(text) ? { text } : text;
}

/** A row of a file that has not been looked at yet: names and values as they came. */
export type RawRow = Readonly<Record<string, unknown>>;

/**
 * Reads a row as an account that can be stored.
 *
 * @param now milliseconds since the epoch: no time may lie after it
 * @throws RefusedRow naming everything that is wrong with it
 */
export function readRow(raw: RawRow, now: number): AccountToImport {
  const faults: string[] = [];
  const attempt = <T>(column: Column, read: (value: unknown) => T): T | undefined => {
    const value = presentValue(column, raw[column]);
    if (value === undefined) return undefined;
    try {
      return read(value);
    } catch (error) {
      if (!(error instanceof RefusedRow)) throw error;
      faults.push(`${column}: ${error.message}`);
      return undefined;
    }
  };

  const fields = readPersonal(raw, faults);
  const fastDigest = raw.passwordHash instanceof FastDigest ? raw.passwordHash : undefined;
  const passwordHash = fastDigest === undefined ? attempt('passwordHash', readPasswordHash) : undefined;
  const status = attempt('status', (value) => oneOf(value, ['active', 'disabled'])) ?? 'active';
  const createdAt = attempt('createdAt', (value) => readMoment(value, now));
  const passwordChangedAt = attempt('passwordChangedAt', (value) => readMoment(value, now));
  const userId = attempt('userId', readUserId);
  const emailVerified = attempt('emailVerified', readVerified);
  const roles = attempt('roles', readRoleList);
  const mailRefused = attempt('mailRefused', (value) => oneOf(value, ['bounced', 'complained']));
  const mailRefusedUntil = attempt('mailRefusedUntil', (value) => readMoment(value, now + LONGEST_BLOCK_MS));
  const mailBounces = attempt('mailBounces', readCount);
  if (faults.length > 0 || !fields) throw new RefusedRow(faults.join(' '));

  return {
    ...(userId !== undefined && { userId }),
    ...fields,
    ...(passwordHash !== undefined && { passwordHash }),
    ...(fastDigest !== undefined && { fastDigest }),
    status,
    ...(createdAt !== undefined && { createdAt }),
    ...(passwordChangedAt !== undefined && { passwordChangedAt }),
    ...(emailVerified && { emailVerified }),
    ...(roles !== undefined && roles.length > 0 && { roles }),
    ...(mailRefused !== undefined && { mailRefused }),
    ...(mailRefusedUntil !== undefined && { mailRefusedUntil }),
    ...(mailBounces !== undefined && { mailBounces }),
  };
}

/** `undefined` for what other programs write where there is nothing. A bio may be an empty text, though. */
function presentValue(column: Column, value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'string' && isAbsent(value)) return column === 'bio' && value === '' ? '' : undefined;
  const literal = (column === 'name' || column === 'bio') && typeof value === 'object' && 'text' in value;
  return literal ? value.text : value;
}

function readPersonal(raw: RawRow, faults: string[]) {
  try {
    const entries = { email: emailAddress, name: personName, bio: biography };
    const present = (['email', 'name', 'bio'] as const).map((name) => [name, presentValue(name, raw[name])]);
    return readFields(entries, Object.fromEntries(present));
  } catch (error) {
    if (!(error instanceof ProblemError) || error.problem.code !== 'invalid-fields') throw error;
    faults.push(...error.problem.fields.map((problem) => `${problem.field}: ${sentenceFor(problem)}`));
    return undefined;
  }
}

function readPasswordHash(value: unknown): string {
  const reading = readHash(typeof value === 'string' ? value : '');
  if ('refused' in reading) throw new RefusedRow(reading.refused);
  return reading.text;
}

/** A list, or in a cell of a CSV file names that spaces, commas or semicolons part: none of the three is in a name. */
function readRoleList(value: unknown): string[] {
  const list = typeof value === 'string' ? value.split(/[\s,;]+/).filter(Boolean) : value;
  const roles = Array.isArray(list) ? readRoles(list) : undefined;
  if (roles !== undefined) return roles;
  throw new RefusedRow(`not at most ${MAX_ROLES} names of 1 to 64 letters, digits and _ . : -`);
}

function oneOf<const T extends string>(value: unknown, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw new RefusedRow(`neither ${allowed.map((one) => `"${one}"`).join(' nor ')}.`);
  return found;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Longer than any bounce blocks an address. */
const LONGEST_BLOCK_MS = 366 * DAY_MS;

function readVerified(value: unknown): boolean {
  return oneOf(String(value), ['true', 'false']) === 'true';
}

function readCount(value: unknown): number {
  if (!/^\d{1,6}$/.test(String(value))) throw new RefusedRow('no whole number.');
  return Number(value);
}

function readMoment(value: unknown, now: number): number {
  const read = readTime(value);
  if ('refused' in read) throw new RefusedRow(read.refused);
  if (read.time > now + DAY_MS) throw new RefusedRow('in the future.');
  return read.time;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A refresh token carries its user's id as 16 bytes: nothing but a UUID fits in. */
function readUserId(value: unknown): string {
  if (typeof value === 'string' && UUID.test(value)) return value.toLowerCase();
  throw new RefusedRow('not a UUID; leave it out and one is made.');
}

/**
 * The rows of a file as an import takes them: accounts, or why a row is none.
 *
 * @param now milliseconds since the epoch
 * @param secrets for the secrets of authenticator apps; a file of another system has none
 * @throws ProblemError `unavailable` when the secret of an app needs a key that can't be reached
 */
export async function* accountsOf(
  rows: AsyncIterable<{ line: number; raw: RawRow | RefusedRow }>,
  now: number,
  secrets?: FactorSecrets,
): AsyncGenerator<ImportRow> {
  for await (const { line, raw } of rows) yield { line, account: await accountOf(raw, now, secrets) };
}

async function accountOf(
  raw: RawRow | RefusedRow,
  now: number,
  secrets: FactorSecrets | undefined,
): Promise<AccountToImport | string> {
  try {
    if (raw instanceof RefusedRow) return raw.message;
    const account = readRow(raw, now);
    const given = raw[FACTORS] ?? undefined;
    if (given === undefined || secrets === undefined) return account;
    if (account.userId === undefined)
      throw new RefusedRow('factors: they belong to a userId, which this row has not.');
    return { ...account, factors: await readFactors(given, account.userId, secrets) };
  } catch (error) {
    if (error instanceof RefusedRow) return error.message;
    throw error;
  }
}
