import { randomUUID } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { inject } from 'vitest';
import type { User } from '../../lib/core/account.ts';
import { findUser } from '../../lib/core/administer-account.ts';
import {
  type ImportCounts,
  type ImportOptions,
  type ImportRow,
  importUsers,
} from '../../lib/core/import-users.ts';
import { accountAdministration } from '../../lib/dynamodb/account-administration.ts';
import type { Database } from '../../lib/dynamodb/database.ts';
import { importStore } from '../../lib/dynamodb/import-store.ts';
import type { OnDamaged } from '../../lib/dynamodb/sound-rows.ts';
import { stageKeyStore } from '../../lib/dynamodb/stage-key.ts';
import { allFactors } from '../../lib/dynamodb/stored-factors.ts';
import { tombstoneStore } from '../../lib/dynamodb/tombstones.ts';
import { userStore } from '../../lib/dynamodb/users.ts';
import { openStageKey } from '../../lib/tokens/open-keys.ts';
import type { Sealing } from '../../lib/tokens/sealing.ts';
import { totpSealing } from '../../lib/tokens/totp-sealing.ts';
import { rowsOf } from '../../tools/admin/users/file.ts';
import { kindOf, refusalSentence } from '../../tools/admin/users/format.ts';
import { accountsOf } from '../../tools/admin/users/row.ts';
import { localAccess } from '../../tools/local/local-access.ts';
import { createTables } from '../../tools/local/tables.ts';

export type Tables = Database & {
  stage: string;
  all(table: Parameters<Database['nameOf']>[0]): Promise<Record<string, unknown>[]>;
};

/** Empty tables of a stage that no other test has, as the administration sees them. */
export async function ownTables(): Promise<Tables> {
  const stage = `t${randomUUID().slice(0, 8)}`;
  const prefix = `gatehouse-${stage}`;
  await createTables({ endpoint: inject('stack').dynamodbUrl, prefix });
  return { stage, ...tablesUnder(prefix) };
}

export function tablesUnder(prefix: string): Omit<Tables, 'stage'> {
  const client = new DynamoDBClient(localAccess(inject('stack').dynamodbUrl));
  const nameOf: Database['nameOf'] = (table) => `${prefix}-${table}`;
  return {
    client,
    nameOf,
    async all(table) {
      const rows: Record<string, unknown>[] = [];
      for await (const { Items = [] } of paginateScan({ client }, { TableName: nameOf(table) }))
        rows.push(...Items.map((item) => unmarshall(item)));
      return rows;
    },
  };
}

const folder = mkdtempSync(join(tmpdir(), 'users-'));

/** A file of this content. @param ending such as `.csv` */
export function fileOf(content: string | Buffer, ending: string): string {
  const file = join(folder, `${randomUUID()}${ending}`);
  writeFileSync(file, content);
  return file;
}

export const NOW = Date.UTC(2026, 5, 1);

/** Imports rows, by default those of a file. @returns the counts, and the refusals in the order of their lines */
export async function importedWithHashes(
  database: Database,
  rows: string | AsyncIterable<ImportRow>,
  options: Partial<ImportOptions> & { key?: Sealing } = {},
) {
  const refused: [line: number, reason: string][] = [];
  const deps = { accounts: importStore(database), tombstones: tombstoneStore(database) };
  const now = options.now ?? NOW;
  const source =
    typeof rows === 'string'
      ? accountsOf(rowsOf(rows), now, { stage: stageSealing(database), key: options.key })
      : rows;
  const counts: ImportCounts = await importUsers(deps, source, {
    mails: true,
    kindOf,
    now,
    onRefused: (line, refusal) => refused.push([line, refusalSentence(refusal)]),
    ...options,
  });
  return { ...counts, refused: refused.sort(([one], [other]) => one - other) };
}

/** The same without the kinds of hashes. */
export async function imported(...given: Parameters<typeof importedWithHashes>) {
  const { hashes: _, ...counts } = await importedWithHashes(...given);
  return counts;
}

/** @throws ProblemError `unknown-user` */
export function userOf(database: Database, emailOrUserId: string): Promise<User> {
  return findUser(userStore(database), emailOrUserId);
}

/** What seals secrets of apps in these tables, once they hold a stage key. */
export function stageSealing(database: Database) {
  const secret = Buffer.from(inject('stack').environment.SEALING_SECRET ?? '', 'base64url');
  return totpSealing(openStageKey({ sealing: { secret } }, stageKeyStore(database)));
}

/** What an operator's use-cases need. */
export function operatorOf(
  database: Database,
  now: () => number = Date.now,
  onDamaged: OnDamaged = () => undefined,
) {
  return {
    users: userStore(database),
    accounts: accountAdministration(database, onDamaged),
    tombstones: tombstoneStore(database),
    allFactors: () => allFactors(database, onDamaged),
    secrets: { stage: stageSealing(database) },
    clock: now,
    pause: async () => undefined,
  };
}

/** A bcrypt hash of nothing in particular, in a form that bcrypt could have written. */
export function someHash(beginning = '$2b$10'): string {
  return `${beginning}$${'abcdefghijklmnopqrstue'}${'ABCDEFGHIJKLMNOPQRSTUVWXYZabcde'.replace(/.$/, 'u')}`;
}
