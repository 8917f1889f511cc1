import type { Database } from '../../lib/dynamodb/database.ts';
import { columns, writeRow } from './row.ts';
import { usersWith } from './table.ts';

/**
 * All users as JSON lines, hashes included, in the order of their ids: the same users are the same octets, wherever
 * their table has them. Held in memory for that, half a kilobyte a user.
 */
export async function exportedLines(database: Database): Promise<string[]> {
  const lines: string[] = [];
  for await (const user of usersWith(database, columns)) lines.push(`${writeRow(user)}\n`);
  return lines.sort();
}
