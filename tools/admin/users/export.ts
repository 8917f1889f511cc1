import type { User } from '../../../lib/core/account.ts';
import type { AccountAdministration } from '../../../lib/core/administer-account.ts';
import type { StoredFactors } from '../../../lib/core/stored-factors.ts';
import { isDeleted, type TombstoneStore, tombstoneId } from '../../../lib/core/tombstone.ts';
import { OperatorError } from '../command-line/operator-error.ts';
import { type FactorSecrets, type SecretForm, writeFactors } from './factors.ts';
import { columns, writeRow } from './row.ts';

export type ExportDeps = {
  accounts: AccountAdministration;
  /** The factors of every account that has any, by its user id. */
  allFactors: () => Promise<ReadonlyMap<string, StoredFactors>>;
  secrets: FactorSecrets;
};

export type ExportOptions = {
  /** How the secrets of authenticator apps are written. */
  secretForm: SecretForm;
  /** Leaves out the users whose deletion they remember: tables restored to an earlier second still have them. */
  tombstones?: TombstoneStore | undefined;
};

const EXPORTED = [...columns, 'totp', 'passkeys'] as const;

type Exported = Pick<User, (typeof EXPORTED)[number]>;

/**
 * All users as JSON lines, with hashes and second factors, in the order of their ids: the same users are the same bytes,
 * wherever their table has them, but for secrets that are encrypted anew. Held in memory for that, half a kilobyte a user.
 *
 * @returns the lines, and how many of them have the secret of an app
 * @throws OperatorError for a row that no code of ours wrote: an export that leaves users or factors out by accident is none
 * @throws ProblemError `unavailable`
 */
export async function exportedLines(
  deps: ExportDeps,
  { secretForm, tombstones }: ExportOptions = { secretForm: 'sealed' },
): Promise<{ lines: string[]; secrets: number }> {
  const users: Exported[] = [];
  for await (const user of deps.accounts.all(EXPORTED)) users.push(user);
  const kept = tombstones === undefined ? users : await withoutDeleted(users, tombstones);
  const factors = kept.some(hasFactors) ? await deps.allFactors() : new Map<string, StoredFactors>();
  const lines: string[] = [];
  for (const user of kept) {
    const own = hasFactors(user) ? activeFactors(user, factors.get(user.userId)) : undefined;
    const row = own && (await writeFactors(user.userId, own, secretForm, deps.secrets));
    lines.push(`${lineOf(user, row)}\n`);
  }
  return { lines: lines.sort(), secrets: kept.filter(({ totp }) => totp).length };
}

const hasFactors = ({ totp, passkeys = 0 }: Exported) => totp === true || passkeys > 0;

/** The user's own row says which there are; a row of a factor that it doesn't count opens nothing. */
function activeFactors({ userId, totp, passkeys = 0 }: Exported, stored?: StoredFactors): StoredFactors {
  const whole = (totp !== true || stored?.totp) && stored?.passkeys.length === passkeys;
  if (!stored || !whole)
    throw new OperatorError(
      `The second factors of user ${userId} changed while they were read, or are damaged: export once more.`,
    );
  const { totp: app, ...others } = stored;
  return totp ? stored : others;
}

const BATCH = 100;

async function withoutDeleted(users: readonly Exported[], tombstones: TombstoneStore): Promise<Exported[]> {
  const key = await tombstones.existingKey();
  if (key === undefined) return [...users];
  const kept: Exported[] = [];
  for (let start = 0; start < users.length; start += BATCH) {
    const batch = users.slice(start, start + BATCH);
    const deleted = await tombstones.deletedAt(batch.map(({ email }) => tombstoneId(key, email)));
    for (const user of batch) {
      const at = deleted.get(tombstoneId(key, user.email));
      if (at === undefined || !isDeleted(user.createdAt, at)) kept.push(user);
    }
  }
  return kept;
}

function lineOf(user: Exported, factors: object | undefined): string {
  try {
    return writeRow(user, factors);
  } catch {
    throw new OperatorError(`The row of user ${user.userId} is damaged: mend it first.`);
  }
}
