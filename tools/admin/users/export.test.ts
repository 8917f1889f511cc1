import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { User } from '../../../lib/core/account.ts';
import { deleteAccount } from '../../../lib/core/administer-account.ts';
import { accountWrites } from '../../../lib/dynamodb/accounts.ts';
import { fileOf, imported, NOW, operatorOf, ownTables, someHash } from '../../../test/harness/own-tables.ts';
import { exportedLines } from './export.ts';

const ODD: Partial<User>[] = [
  { name: '名前 🏴󠁧󠁢󠁷󠁬󠁳󠁿 👩‍👩‍👧', bio: 'right \u202e to left' },
  { name: 'u\u{308} and \u{fc}', bio: '' },
  { name: '"quoted", =1+1; \\ .', bio: '\u2028\u2029one\ntwo\r\nthree\ttabs\u0000' },
  { name: '__proto__', bio: 'x'.repeat(1_000) },
  { name: '\u{1f600}'.repeat(100), bio: '\u{1f600}'.repeat(1_000) },
  { status: 'disabled', passwordHash: someHash('$2y$16') },
  { status: 'disabled', credentialVersion: 12 },
  { mailRefused: 'bounced' },
  { name: 'NULL', bio: 'NULL' },
  { name: '\\N', bio: '\\N' },
  { createdAt: 0, email: 'xn@xn--exmple-cua.com' },
  { createdAt: Date.UTC(2024, 1, 29, 23, 59, 59, 999), email: "o'hara+tag/=@example.com" },
];

function user(nth: number, odd: Partial<User> = {}): User {
  return {
    userId: randomUUID(),
    email: `user${nth}@example.com`,
    name: `User ${nth}`,
    bio: null,
    ...(nth % 3 !== 0 && { passwordHash: someHash('$2a$12') }),
    status: 'active',
    credentialVersion: 1 + nth,
    createdAt: NOW - nth,
    ...odd,
  };
}

test('what is exported, imported into empty tables and exported again is the same to the byte', async () => {
  const [from, to] = [await ownTables(), await ownTables()];
  const users = [
    ...ODD.map((odd, nth) => user(nth, odd)),
    ...Array.from({ length: 90 }, (_, nth) => user(100 + nth)),
  ];
  for (const one of users) await accountWrites(from).create(one, undefined);

  const { lines } = await exportedLines(operatorOf(from));
  expect(lines).toHaveLength(users.length);
  const counts = await imported(to, fileOf(lines.join(''), '.jsonl'), { mails: false });
  expect(counts).toEqual({ rows: users.length, imported: users.length, before: 0, mailed: 0, refused: [] });
  expect((await exportedLines(operatorOf(to))).lines.join('')).toBe(lines.join(''));

  const rows = (await to.all('users')) as User[];
  const withoutVersion = ({ credentialVersion: _, ...rest }: User) => rest;
  const byId = (one: User, other: User) => one.userId.localeCompare(other.userId);
  expect(rows.sort(byId).map(withoutVersion)).toEqual(users.sort(byId).map(withoutVersion));
  expect(await to.all('emails')).toHaveLength(users.length);
});

test('a deleted user who comes back from an export has a version that no session or link has', async () => {
  const tables = await ownTables();
  const ada = user(1, { credentialVersion: 7 });
  await accountWrites(tables).create(ada, undefined);
  const { lines } = await exportedLines(operatorOf(tables));
  const empty = await ownTables();
  await imported(empty, fileOf(lines.join(''), '.jsonl'));
  expect(await empty.all('users')).toEqual([{ ...ada, credentialVersion: NOW }]);
});

test('users whose deletion is remembered are left out on request, and those who came back later are not', async () => {
  const tables = await ownTables();
  const [gone, back, other] = [user(1), user(2), user(4)];
  const operator = operatorOf(tables, () => NOW);
  for (const one of [gone, back, other]) await accountWrites(tables).create(one, undefined);
  for (const one of [gone, back]) await deleteAccount(operator, one, 'operator');
  // As in tables that were restored to a second before, and an account that signed up again.
  for (const one of [gone, { ...back, createdAt: NOW + 1 }])
    await accountWrites(tables).create(one, undefined);

  expect((await exportedLines(operator)).lines).toHaveLength(3);
  const kept = (
    await exportedLines(operator, { secretForm: 'sealed', tombstones: operator.tombstones })
  ).lines.join('');
  expect(kept).not.toContain(gone.email);
  for (const one of [back, other]) expect(kept).toContain(one.email);
});
