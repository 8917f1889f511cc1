import type { User } from '../../../lib/core/account.ts';
import type { AccountAdministration } from '../../../lib/core/administer-account.ts';
import { isDeleted, type TombstoneStore, tombstoneId } from '../../../lib/core/tombstone.ts';
import { OperatorError } from '../command-line/operator-error.ts';
import { type Column, columns, writeRow } from './row.ts';

/**
 * All users as JSON lines, hashes included, in the order of their ids: the same users are the same bytes, wherever
 * their table has them. Held in memory for that, half a kilobyte a user.
 *
 * @param tombstones leaves out the users whose deletion they remember: tables restored to an earlier second still have them
 * @throws OperatorError for a row that no code of ours wrote: an export that leaves users out by accident is none
 */
export async function exportedLines(
  accounts: AccountAdministration,
  tombstones?: TombstoneStore,
): Promise<string[]> {
  const users: Pick<User, Column>[] = [];
  for await (const user of accounts.all(columns)) users.push(user);
  const kept = tombstones === undefined ? users : await withoutDeleted(users, tombstones);
  return kept.map((user) => `${lineOf(user)}\n`).sort();
}

const BATCH = 100;

async function withoutDeleted(
  users: readonly Pick<User, Column>[],
  tombstones: TombstoneStore,
): Promise<Pick<User, Column>[]> {
  const key = await tombstones.existingKey();
  if (key === undefined) return [...users];
  const kept: Pick<User, Column>[] = [];
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

function lineOf(user: Pick<User, Column>): string {
  try {
    return writeRow(user);
  } catch {
    throw new OperatorError(`The row of user ${user.userId} is damaged: mend it first.`);
  }
}
