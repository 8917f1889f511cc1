import { randomUUID } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { inject } from 'vitest';
import type { Database } from '../../lib/dynamodb/database.ts';
import { rowsOf } from '../../tools/admin/users/file.ts';
import { type Counts, type ImportOptions, importRows } from '../../tools/admin/users/import.ts';
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

/** Imports a file. @returns the counts, without the costs, and who was refused in the order of their lines */
export async function imported(database: Database, file: string, options: Partial<ImportOptions> = {}) {
  const refused: [line: number, reason: string][] = [];
  const { costs: _, ...counts }: Counts = await importRows(database, rowsOf(file), {
    mails: true,
    now: NOW,
    onRefused: (line, reason) => refused.push([line, reason]),
    ...options,
  });
  return { ...counts, refused: refused.sort(([one], [other]) => one - other) };
}

/** A bcrypt hash of nothing in particular, in a form that bcrypt could have written. */
export function someHash(beginning = '$2b$10'): string {
  return `${beginning}$${'abcdefghijklmnopqrstue'}${'ABCDEFGHIJKLMNOPQRSTUVWXYZabcde'.replace(/.$/, 'u')}`;
}
