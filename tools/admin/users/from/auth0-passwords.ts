// The file of hashes that Auth0's support hands out: NDJSON, a user a line.
// @see https://community.auth0.com/t/how-to-use-the-password-hashes-export-from-auth0/58730
import { isObject, jsonRecords } from '../json.ts';
import { RefusedRow } from '../refused-row.ts';
import { UnusableFile } from '../text.ts';
import { ForeignRecord } from './foreign-record.ts';

/** Address and whether it is verified; some lines have both only among the identifiers. */
export function emailOf(record: ForeignRecord): { email?: string | undefined; verified?: boolean } {
  const email = record.text('email');
  if (email !== undefined) return { email };
  const identifiers = record.value('identifiers');
  const found = Array.isArray(identifiers)
    ? identifiers.find((one): one is Record<string, unknown> => isObject(one) && one.type === 'email')
    : undefined;
  return typeof found?.value === 'string' ? { email: found.value, verified: found.verified === true } : {};
}

/** The user id that a line of hashes belongs to: a custom one, else one made of the document's id. */
export function hashOwner(record: ForeignRecord): string | undefined {
  const id = record.text('alt_id') ?? record.nested('_id').text('$oid');
  return id === undefined ? undefined : `auth0|${id}`;
}

/** Hashes by user. */
export class Auth0Passwords {
  private readonly byId = new Map<string, string>();
  private readonly byEmail = new Map<string, string | undefined>();
  private readonly taken = new Set<string>();

  add(id: string, email: string | undefined, hash: string): void {
    this.byId.set(id, hash);
    if (email === undefined) return;
    // Two connections may have the same address, which then identifies neither user.
    const key = email.trim().toLowerCase();
    this.byEmail.set(key, this.byEmail.has(key) ? undefined : hash);
  }

  /**
   * The hash of a profile. A profile with an id is found by that alone: the hash of an unverified account must not get into
   * the account that somebody else has under the same address at, say, Google.
   */
  take(id: string | undefined, email = ''): string | undefined {
    const address = email.trim().toLowerCase();
    const hash = id === undefined ? this.byEmail.get(address) : this.byId.get(id);
    if (hash !== undefined) this.taken.add(id ?? address);
    return hash;
  }

  /** How many hashes belong to no profile that was read so far. */
  get left(): number {
    return this.byId.size - this.taken.size;
  }

  get size(): number {
    return this.byId.size;
  }
}

/** @throws UnusableFile for a line that isn't a user with an id */
export async function readPasswords(file: string): Promise<Auth0Passwords> {
  const passwords = new Auth0Passwords();
  for await (const { line, value } of jsonRecords(file)) {
    if (value instanceof RefusedRow) throw new UnusableFile(`${file}, line ${line}: ${value.message}`);
    const record = new ForeignRecord(value);
    const id = hashOwner(record);
    if (id === undefined)
      throw new UnusableFile(
        `${file}, line ${line}: no _id, so this is not the file of hashes from Auth0's support.`,
      );
    const hash = record.text('passwordHash');
    if (hash !== undefined) passwords.add(id, emailOf(record).email, hash);
  }
  if (passwords.size === 0) throw new UnusableFile(`${file} has no password hashes.`);
  return passwords;
}
