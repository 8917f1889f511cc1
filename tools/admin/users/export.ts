import type { User } from '../../../lib/core/account.ts';
import type { AccountAdministration } from '../../../lib/core/administer-account.ts';
import { ProblemError } from '../../../lib/core/problem.ts';
import type { StoredFactors } from '../../../lib/core/stored-factors.ts';
import { isDeleted, type TombstoneStore, tombstoneId } from '../../../lib/core/tombstone.ts';
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
 * All users as JSON lines, with hashes and second factors, sorted by id, so that the same users make the same bytes except
 * for secrets, which are encrypted again. Sorting needs half a kilobyte of memory for each user. `all` leaves out damaged
 * rows and reports them: they must not keep the others from being saved.
 *
 * @returns the lines, how many of them have the secret of an app, and who was left out since their factors can't be written
 * @throws ProblemError `unavailable`
 */
export async function exportedLines(
  deps: ExportDeps,
  { secretForm, tombstones }: ExportOptions = { secretForm: 'sealed' },
): Promise<{ lines: string[]; secrets: number; leftOut: string[] }> {
  const users: Exported[] = [];
  for await (const user of deps.accounts.all(EXPORTED)) users.push(user);
  const kept = tombstones === undefined ? users : await withoutDeleted(users, tombstones);
  const factors = kept.some(hasFactors) ? await deps.allFactors() : new Map<string, StoredFactors>();
  const lines: string[] = [];
  const leftOut: string[] = [];
  let secrets = 0;
  for (const user of kept) {
    const row = await factorsIn(deps.secrets, secretForm, user, factors.get(user.userId));
    if (row === 'damaged') leftOut.push(user.userId);
    else lines.push(`${writeRow(user, row)}\n`);
    if (user.totp && row !== 'damaged') secrets += 1;
  }
  return { lines: lines.sort(), secrets, leftOut };
}

const hasFactors = ({ totp, passkeys = 0 }: Exported) => totp === true || passkeys > 0;

async function factorsIn(
  secrets: FactorSecrets,
  form: SecretForm,
  user: Exported,
  stored: StoredFactors | undefined,
): Promise<object | undefined | 'damaged'> {
  if (!hasFactors(user)) return undefined;
  const own = activeFactors(user, stored);
  try {
    return own === undefined ? 'damaged' : await writeFactors(user.userId, own, form, secrets);
  } catch (error) {
    if (error instanceof ProblemError) throw error; // an outage of KMS isn't a damaged row
    return 'damaged';
  }
}

/** The summary in the user's row decides: a row of a factor that it doesn't count can't be used. */
function activeFactors({ totp, passkeys = 0 }: Exported, stored?: StoredFactors): StoredFactors | undefined {
  const whole = (totp !== true || stored?.totp) && stored?.passkeys.length === passkeys;
  if (!stored || !whole) return undefined;
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
