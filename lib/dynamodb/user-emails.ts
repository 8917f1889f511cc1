import { batchGet } from './batch-get.ts';
import type { Database } from './database.ts';

/** DynamoDB reads at most this many rows in one call. */
const BATCH = 100;

/** Reads only the current email addresses of accounts. */
export function userEmails(database: Database) {
  return {
    /** @returns by user id; nothing for an account that is gone. @throws ProblemError `unavailable` */
    async of(userIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
      const wanted = [...new Set(userIds)];
      const found = new Map<string, string>();
      for (let start = 0; start < wanted.length; start += BATCH) {
        const keys = wanted.slice(start, start + BATCH).map((userId) => ({ userId }));
        for (const row of await batchGet(database, 'users', keys, ['userId', 'email']))
          found.set(row.userId as string, row.email as string);
      }
      return found;
    },
  };
}
