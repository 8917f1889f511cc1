// One user as a row of a file: what `export` writes and `import` reads.
import { isAbsent } from '../../../lib/core/absent.ts';
import type { User } from '../../../lib/core/account.ts';
import { readAccountRow } from '../../../lib/core/account-row.ts';
import type { AccountToImport, ImportRow } from '../../../lib/core/import-users.ts';
import { ProblemError } from '../../../lib/core/problem.ts';
import { sentenceFor } from '../../../lib/dialects/sentences.ts';
import { readHash } from '../../../lib/passwords/read-hash.ts';
import { type FactorSecrets, readFactors } from './factors.ts';
import { FastDigest } from './fast-digest.ts';
import { RefusedRow } from './refused-row.ts';

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

/** Somebody may really be called NULL: `{ text }` is taken literally. */
function writeText(text: string | null): unknown {
  return text !== null && text !== '' && isAbsent(text) ? { text } : text;
}

/** An unchecked row of a file: names and values as they came. */
export type RawRow = Readonly<Record<string, unknown>>;

/**
 * Reads a row as an account that can be stored.
 *
 * @param now milliseconds since the epoch: no time may lie after it
 * @throws RefusedRow naming everything that is wrong with it
 */
export function readRow(raw: RawRow, now: number): AccountToImport {
  const { passwordHash, ...others } = raw;
  const fastDigest = passwordHash instanceof FastDigest ? passwordHash : undefined;
  try {
    return {
      ...readAccountRow(fastDigest === undefined ? raw : others, { readHash, now }),
      ...(fastDigest !== undefined && { fastDigest }),
    };
  } catch (error) {
    if (!(error instanceof ProblemError) || error.problem.code !== 'invalid-fields') throw error;
    const faults = error.problem.fields.map(
      (problem) => `${problem.field}: ${'detail' in problem ? problem.detail : sentenceFor(problem)}`,
    );
    throw new RefusedRow(faults.join(' '));
  }
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
    if (account.userId === undefined) throw new RefusedRow('factors: a row with factors needs a userId.');
    return { ...account, factors: await readFactors(given, account.userId, secrets) };
  } catch (error) {
    if (error instanceof RefusedRow) return error.message;
    throw error;
  }
}
