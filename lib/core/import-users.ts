import { randomBytes } from 'node:crypto';
import type { User } from './account.ts';
import type { By } from './account-event.ts';
import { inParallel } from './in-parallel.ts';
import { type MailRequest, newMailRequest } from './mail-request.ts';
import { type StoredFactors, summaryOf } from './stored-factors.ts';
import { importedUserId, isDeleted, type TombstoneStore, tombstoneId } from './tombstone.ts';

/** An account as another system describes it, with valid values. Times are milliseconds since the epoch. */
export type AccountToImport = Omit<User, 'userId' | 'credentialVersion' | 'createdAt'> & {
  userId?: string;
  createdAt?: number;
  factors?: StoredFactors;
  /** In place of a hash. */
  fastDigest?: FastDigest;
};

/** A fast digest of a password, such as MD5, which is stored only inside a slow hash. */
type FastDigest = {
  /** Identifies the digest; the same in every run. */
  readonly identity: string;
  /** What a report calls it. */
  readonly kind: string;
  /** A slow hash of the digest, with a new salt at each call. Takes tens of milliseconds of processor time. */
  wrap(): Promise<string>;
};

/** One row of a file and the line on which it begins; a text says why the row can't be read. */
export type ImportRow = { line: number; account: AccountToImport | string };

/** Why a row isn't imported. */
export type ImportRefusal =
  | { why: 'unreadable'; reason: string }
  | { why: 'repeated'; what: 'address' | 'user id' | 'passkey'; line: number }
  | { why: 'address-taken'; owner: string }
  | { why: 'user-id-taken' }
  | { why: 'passkey-taken' }
  | { why: 'deleted'; at: number };

export type ImportOptions = {
  /** Whether users without a password hash get a reset email. */
  readonly mails: boolean;
  /** Checks the rows against the tables and writes nothing. */
  readonly dryRun?: boolean;
  /** Imports accounts that were deleted here, too. */
  readonly includeDeleted?: boolean;
  /** What a report calls a hash, by its scheme and cost. */
  readonly kindOf: (passwordHash: string) => string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Who imports. Default: `import`. */
  readonly by?: By;
  /** Receives each row that isn't imported. */
  readonly onRefused: (line: number, refusal: ImportRefusal) => void;
  readonly onProgress?: (counts: ImportCounts) => void;
};

/** The outcomes of the rows so far. */
export type ImportCounts = {
  rows: number;
  imported: number;
  /** Imported by an earlier run. */
  before: number;
  refused: number;
  /** How many of the imported users get a reset email. */
  mailed: number;
  /** How many of the valid rows have a hash of each kind. */
  hashes: Map<string, number>;
};

/** An account to write with its factors and, if the owner has to set a password, the request for the mail. */
export type NewAccount = { user: User; by: By; factors?: StoredFactors; mailRequest?: MailRequest };

/** The outcome of one account. `owner`: who has the address already; `passkeyTaken`: another account has one of its passkeys. */
export type Added = { added: true } | { added: false; owner?: string | undefined; passkeyTaken?: true };

/** Writes many accounts. Every method throws ProblemError `unavailable`. */
export type ImportStore = {
  /** Who owns each of at most 100 addresses; addresses without an owner are left out. */
  ownersOf(emails: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /**
   * Writes each account with the claim on its address, its factors and its mail request, all or nothing.
   *
   * @returns an outcome for each, in their order; `owner` and `passkeyTaken` are absent when the user id was taken
   */
  add(accounts: readonly NewAccount[]): Promise<Added[]>;
};

export type ImportDeps = { accounts: ImportStore; tombstones: TombstoneStore };

type NumberedAccount = {
  line: number;
  account: NewAccount;
  createdAt: number | undefined;
  fastDigest: FastDigest | undefined;
};

const BATCH = 48;
const BATCHES_AT_ONCE = 8;

/**
 * Imports the accounts that don't exist yet. An account counts as imported when its address belongs to the user id that the
 * row has or would get; it stays as it is, whatever has changed since.
 *
 * @returns the counts, of all rows
 * @throws ProblemError `unavailable`. No account is half written: the same call continues from there
 */
export async function importUsers(
  deps: ImportDeps,
  rows: AsyncIterable<ImportRow>,
  options: ImportOptions,
): Promise<ImportCounts> {
  // A dry run writes nothing, so it makes no key. Without one nobody has been imported or deleted here.
  const key = options.dryRun
    ? ((await deps.tombstones.existingKey()) ?? randomBytes(32))
    : await deps.tombstones.key();
  const run = new ImportRun(deps, key, options);
  await inParallel(BATCHES_AT_ONCE, run.batchesOf(rows), (batch) => run.importBatch(batch));
  return run.counts;
}

class ImportRun {
  readonly counts: ImportCounts = {
    ...{ rows: 0, imported: 0, before: 0, refused: 0, mailed: 0 },
    hashes: new Map(),
  };
  /** The line of the file on which each address, user id and passkey first appears. */
  private readonly lines = new Map<string, number>();
  private readonly deps: ImportDeps;
  private readonly key: Uint8Array;
  private readonly options: ImportOptions;

  constructor(deps: ImportDeps, key: Uint8Array, options: ImportOptions) {
    this.deps = deps;
    this.key = key;
    this.options = options;
  }

  async *batchesOf(rows: AsyncIterable<ImportRow>): AsyncGenerator<NumberedAccount[]> {
    let batch: NumberedAccount[] = [];
    for await (const row of rows) {
      this.counts.rows += 1;
      const one = this.accountOf(row);
      if (one === undefined) continue;
      batch.push(one);
      if (batch.length < BATCH) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }

  /** The account of a row; `undefined` for an unreadable row or a repetition within the file. */
  private accountOf({ line, account }: ImportRow): NumberedAccount | undefined {
    if (typeof account === 'string') return this.refuse(line, { why: 'unreadable', reason: account });
    const { fastDigest, factors, ...known } = account;
    const user: User = {
      ...known,
      ...(factors && summaryOf(factors)),
      userId:
        account.userId ??
        importedUserId(this.key, {
          email: known.email,
          passwordHash: fastDigest?.identity ?? known.passwordHash,
        }),
      createdAt: account.createdAt ?? this.options.now,
      // Higher than every version counted from 1 or from an earlier import: an account that was deleted and comes back
      // under its old id must not revive its sessions or mailed links.
      credentialVersion: this.options.now,
    };
    const own = [
      ['address', user.email],
      ['user id', user.userId],
      ...(factors?.passkeys ?? []).map(({ factorId }) => ['passkey', factorId] as const),
    ] as const;
    for (const [what, value] of own) {
      const first = this.lines.get(value);
      if (first !== undefined) return this.refuse(line, { why: 'repeated', what, line: first });
    }
    for (const [, value] of own) this.lines.set(value, line);
    this.countHash(user, fastDigest);
    const mailRequest =
      this.options.mails && fastDigest === undefined && needsMail(user)
        ? newMailRequest({ userId: user.userId, byOperator: true }, this.options.now, TAG_LIFETIME_MS)
        : undefined;
    return {
      ...{ line, createdAt: account.createdAt, fastDigest },
      account: {
        user,
        by: this.options.by ?? 'import',
        ...(factors && { factors }),
        ...(mailRequest && { mailRequest }),
      },
    };
  }

  private countHash({ passwordHash }: User, fastDigest: FastDigest | undefined): void {
    const kind = fastDigest?.kind ?? (passwordHash && this.options.kindOf(passwordHash));
    if (kind === undefined) return;
    this.counts.hashes.set(kind, (this.counts.hashes.get(kind) ?? 0) + 1);
  }

  async importBatch(batch: readonly NumberedAccount[]): Promise<void> {
    const { accounts } = this.deps;
    // Saves transactions in a second run. The conditions of the writes decide.
    const owners = await accounts.ownersOf(batch.map(({ account }) => account.user.email));
    const unowned = batch.filter((one) => this.isUnowned(one, owners));
    const deleted = await this.deletedAmong(unowned);
    const fresh = unowned.filter((one) => this.isNotDeleted(one, deleted));
    const outcomes: Added[] = this.options.dryRun
      ? fresh.map(() => ({ added: true }))
      : await accounts.add(await Promise.all(fresh.map(withStoredHash)));
    for (const [index, outcome] of outcomes.entries())
      this.countOutcome(fresh[index] as NumberedAccount, outcome);
    this.options.onProgress?.(this.counts);
  }

  private deletedAmong(batch: readonly NumberedAccount[]): Promise<ReadonlyMap<string, number>> {
    if (this.options.includeDeleted) return Promise.resolve(new Map());
    return this.deps.tombstones.deletedAt(
      batch.map(({ account }) => tombstoneId(this.key, account.user.email)),
    );
  }

  private isUnowned(one: NumberedAccount, owners: ReadonlyMap<string, string>): boolean {
    const owner = owners.get(one.account.user.email);
    if (owner !== undefined) this.countOutcome(one, { added: false, owner });
    return owner === undefined;
  }

  private isNotDeleted(one: NumberedAccount, deleted: ReadonlyMap<string, number>): boolean {
    const at = deleted.get(tombstoneId(this.key, one.account.user.email));
    if (at === undefined || !isDeleted(one.createdAt, at)) return true;
    this.refuse(one.line, { why: 'deleted', at });
    return false;
  }

  private countOutcome({ line, account: { user, mailRequest } }: NumberedAccount, outcome: Added): void {
    if (outcome.added) {
      this.counts.imported += 1;
      if (mailRequest) this.counts.mailed += 1;
    } else if (outcome.passkeyTaken) this.refuse(line, { why: 'passkey-taken' });
    else if (outcome.owner === undefined) this.refuse(line, { why: 'user-id-taken' });
    else if (outcome.owner === user.userId) this.counts.before += 1;
    else this.refuse(line, { why: 'address-taken', owner: outcome.owner });
  }

  private refuse(line: number, refusal: ImportRefusal): undefined {
    this.counts.refused += 1;
    this.options.onRefused(line, refusal);
  }
}

/** The account with its digest in a slow hash. Made right before the write, so that a second run doesn't repeat the work. */
async function withStoredHash({ account, fastDigest }: NumberedAccount): Promise<NewAccount> {
  if (fastDigest === undefined) return account;
  return { ...account, user: { ...account.user, passwordHash: await fastDigest.wrap() } };
}

function needsMail({ passwordHash, status, mailRefused }: User): boolean {
  return passwordHash === undefined && status === 'active' && mailRefused === undefined;
}

/** Until the mail is sent, when `send-mail` replaces it by the stage's own lifetime. */
const TAG_LIFETIME_MS = 30 * 60 * 1000;
