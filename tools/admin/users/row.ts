// One user as a row of a file: what `export` writes and `import` reads.
import { createHash } from 'node:crypto';
import type { User } from '../../../lib/core/account.ts';
import { biography, emailAddress, personName, readFields } from '../../../lib/core/fields.ts';
import { ProblemError } from '../../../lib/core/problem.ts';
import { sentenceFor } from '../../../lib/dialects/sentences.ts';

/**
 * What a file holds of a user, in the order in which it is written: all but the version, which an import chooses anew.
 * An attribute that users get some day does not compile until it has its place here.
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
  mailRefused: true,
} satisfies Record<Exclude<keyof User, 'credentialVersion'>, true>;

export type Column = keyof typeof COLUMNS;
export const columns = Object.keys(COLUMNS) as Column[];

/** The line of a user in an export, without its end. */
export function writeRow(user: Pick<User, Column>): string {
  const { createdAt, passwordChangedAt, ...rest } = user;
  const row: Record<string, unknown> = {
    ...rest,
    createdAt: new Date(createdAt).toISOString(),
    ...(passwordChangedAt !== undefined && { passwordChangedAt: new Date(passwordChangedAt).toISOString() }),
  };
  return JSON.stringify(
    Object.fromEntries(columns.flatMap((name) => (name in row ? [[name, row[name]]] : []))),
  );
}

/** A row of a file that has not been looked at yet: names and values as they came. */
export type RawRow = Readonly<Record<string, unknown>>;

/** Why a row is not imported, for the person who wrote it. Never holds a hash. */
export class RefusedRow extends Error {
  override readonly name = 'RefusedRow';
}

/**
 * Reads a row as a user who can be stored.
 *
 * @param now milliseconds since the epoch: the creation time of who has none, and the version (see below)
 * @throws RefusedRow naming everything that is wrong with it
 */
export function readRow(raw: RawRow, now: number): User {
  const faults: string[] = [];
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      faults.push(...faultsOf(error));
      return undefined;
    }
  };

  const unknown = Object.keys(raw).filter((name) => !(columns as string[]).includes(name));
  if (unknown.length > 0) faults.push(`${unknown.map((name) => `"${name}"`).join(', ')}: no such column.`);
  const { email, name, bio } = raw;
  const fields = attempt(() =>
    readFields({ email: emailAddress, name: personName, bio: biography }, { email, name, bio }),
  );
  const passwordHash = attempt(() => readHash(raw.passwordHash));
  const status = attempt(() => readStatus(raw.status));
  const createdAt = attempt(() => readTime('createdAt', raw.createdAt, now) ?? now);
  const passwordChangedAt = attempt(() => readTime('passwordChangedAt', raw.passwordChangedAt, now));
  const userId = attempt(() => readUserId(raw.userId));
  const mailRefused = attempt(() => readMailRefused(raw.mailRefused));
  if (faults.length > 0 || !fields || !status || createdAt === undefined)
    throw new RefusedRow(faults.join(' '));

  return {
    userId: userId ?? userIdOf(fields.email, passwordHash),
    ...fields,
    ...(passwordHash !== undefined && { passwordHash }),
    status,
    // Above every version that is counted from 1, or from an earlier import: an account that was deleted and comes
    // back under its old id revives neither sessions nor mailed links.
    credentialVersion: now,
    createdAt,
    ...(passwordChangedAt !== undefined && { passwordChangedAt }),
    ...(mailRefused !== undefined && { mailRefused }),
  };
}

function faultsOf(error: unknown): string[] {
  if (error instanceof RefusedRow) return [error.message];
  if (!(error instanceof ProblemError) || error.problem.code !== 'invalid-fields') throw error;
  return error.problem.fields.map((problem) => `${problem.field}: ${sentenceFor(problem)}`);
}

const isAbsent = (value: unknown): value is undefined | null => value === undefined || value === null;

const BCRYPT = /^\$2([abxy])\$(\d\d)\$([./A-Za-z0-9]{22})([./A-Za-z0-9]{31})$/;
const BASE64 = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
/** As high as `BCRYPT_COST` may be: beyond it a log-in would outlast its function. */
const MAX_COST = 16;

/** @throws RefusedRow for what `lib/passwords` could never find a password to belong to */
function readHash(value: unknown): string | undefined {
  if (isAbsent(value)) return undefined;
  const parts = typeof value === 'string' ? BCRYPT.exec(value) : null;
  if (parts === null)
    throw new RefusedRow(
      'passwordHash: no bcrypt hash ($2a$, $2b$ or $2y$, 60 characters); leave it out and the owner gets a reset mail.',
    );
  const [hash, variant, cost, salt = '', digest = ''] = parts;
  if (variant === 'x')
    throw new RefusedRow(
      'passwordHash: $2x$ marks hashes of a broken bcrypt, which no sound one can verify; leave it out and the owner gets a reset mail.',
    );
  if (Number(cost) < 4 || Number(cost) > MAX_COST)
    throw new RefusedRow(
      `passwordHash: its cost is ${Number(cost)}; costs from 4 to ${MAX_COST} can be verified.`,
    );
  // 22 characters carry 132 bits, of which the salt is 128; 31 carry 186, of which the digest is 184.
  if (BASE64.indexOf(salt.at(-1) ?? '') % 16 !== 0 || BASE64.indexOf(digest.at(-1) ?? '') % 4 !== 0)
    throw new RefusedRow(
      'passwordHash: damaged, since bits are set that bcrypt leaves empty; no password matches it.',
    );
  return hash;
}

function readStatus(value: unknown): User['status'] {
  if (isAbsent(value)) return 'active';
  if (value === 'active' || value === 'disabled') return value;
  throw new RefusedRow('status: neither "active" nor "disabled".');
}

function readMailRefused(value: unknown): User['mailRefused'] {
  if (isAbsent(value)) return undefined;
  if (value === 'bounced' || value === 'complained') return value;
  throw new RefusedRow('mailRefused: neither "bounced" nor "complained".');
}

const ISO = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/;
const DAY_MS = 24 * 60 * 60 * 1000;
/** Milliseconds of 1973; seconds only get there in the year 5138. */
const SURELY_MILLISECONDS = 100_000_000_000;

function readTime(column: Column, value: unknown, now: number): number | undefined {
  if (isAbsent(value)) return undefined;
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  const time = typeof number === 'string' && ISO.test(number) ? Date.parse(number) : number;
  if (typeof time !== 'number' || !Number.isSafeInteger(time))
    throw new RefusedRow(
      `${column}: neither a time such as 2026-01-31T12:00:00Z, with its zone, nor milliseconds since 1970.`,
    );
  if (time === number && time < SURELY_MILLISECONDS)
    throw new RefusedRow(`${column}: these look like seconds; give milliseconds since 1970, or a date.`);
  if (time > now + DAY_MS) throw new RefusedRow(`${column}: in the future.`);
  return time;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A refresh token carries its user's id as 16 octets: nothing but a UUID fits in. */
function readUserId(value: unknown): string | undefined {
  if (isAbsent(value)) return undefined;
  if (typeof value === 'string' && UUID.test(value)) return value.toLowerCase();
  throw new RefusedRow('userId: no UUID; leave it out and one is made.');
}

/**
 * The id of a user whose row names none: always the same one, by which a second import of the file recognises what the
 * first has stored. Made of the hash too, so that an id tells nobody whose address it is.
 *
 * @returns a UUID of version 8
 */
function userIdOf(email: string, passwordHash = ''): string {
  const octets = createHash('sha256').update(`gatehouse import\n${email}\n${passwordHash}`).digest();
  octets[6] = ((octets[6] as number) & 0x0f) | 0x80;
  octets[8] = ((octets[8] as number) & 0x3f) | 0x80;
  const hex = octets.toString('hex', 0, 16);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
