import type { User } from '../../../lib/core/account.ts';
import type { Database } from '../../../lib/dynamodb/database.ts';
import { type Column, columns, writeRow } from './row.ts';
import { usersWith } from './table.ts';

/**
 * All users as JSON lines, hashes included, in the order of their ids: the same users are the same octets, wherever
 * their table has them. Held in memory for that, half a kilobyte a user.
 *
 * @throws Error for a row that no code of ours wrote: an export that leaves users out is none
 */
export async function exportedLines(database: Database): Promise<string[]> {
  const lines: string[] = [];
  for await (const user of usersWith(database, columns)) lines.push(`${lineOf(user)}\n`);
  return lines.sort();
}

function lineOf(user: Pick<User, Column>): string {
  try {
    return writeRow(user);
  } catch (cause) {
    throw new Error(
      `The row of user ${user.userId} is damaged (${(cause as Error).message}): mend it first.`,
    );
  }
}
