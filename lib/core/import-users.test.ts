import { expect, test } from 'vitest';
import { memoryImportStore } from '../../test/harness/memory/administration.ts';
import { NOON } from '../../test/harness/memory/clock.ts';
import { memoryMailRequests } from '../../test/harness/memory/mail-requests.ts';
import { memoryUsers } from '../../test/harness/memory/users.ts';
import { type AccountToImport, importUsers } from './import-users.ts';
import type { TombstoneStore } from './tombstone.ts';

const tombstones = {
  key: async () => new Uint8Array(32),
  existingKey: async () => undefined,
  deletedAt: async () => new Map(),
} as unknown as TombstoneStore;

async function imported(...accounts: AccountToImport[]) {
  const users = memoryUsers();
  const rows = (async function* () {
    for (const [line, account] of accounts.entries()) yield { line, account };
  })();
  const counts = await importUsers(
    { accounts: memoryImportStore(users, memoryMailRequests()), tombstones },
    rows,
    { mails: true, kindOf: () => 'bcrypt', now: NOON, onRefused: () => undefined },
  );
  return { counts, hashes: [...users.rows.values()].map(({ passwordHash }) => passwordHash) };
}

const account = (email: string, more: object = {}) =>
  ({ email, name: 'Ada', bio: null, status: 'active', ...more }) as AccountToImport;

test('a digest is stored wrapped, and counted by its own name', async () => {
  const fastDigest = { identity: 'md5 of it', kind: 'md5', wrap: async () => 'wrapped' };
  const { counts, hashes } = await imported(account('ada@example.com', { fastDigest }));
  expect(hashes).toEqual(['wrapped']);
  expect([...counts.hashes]).toEqual([['md5', 1]]);
});

test('a hash is counted by its kind, and an account without one is not', async () => {
  const { counts } = await imported(
    account('ada@example.com', { passwordHash: '$2b$…' }),
    account('bob@example.com'),
  );
  expect([...counts.hashes]).toEqual([['bcrypt', 1]]);
  expect(counts).toMatchObject({ imported: 2, mailed: 1 });
});
