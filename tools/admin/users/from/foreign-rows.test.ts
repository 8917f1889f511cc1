import { describe, expect, test } from 'vitest';
import { readHash } from '../../../../lib/passwords/read-hash.ts';
import { exportsOf, people } from '../../../../test/harness/exports.ts';
import { fileOf, imported, NOW, ownTables } from '../../../../test/harness/own-tables.ts';
import { openImportFile } from '../import-file.ts';
import { accountsOf } from '../row.ts';

/** A thousand people, of whom every tenth has no address. */
const ALL = people(1000);

describe.each(Object.entries(exportsOf))('the export of %s', (name, exportOf) => {
  test('is imported as a whole', async () => {
    const { content, ending, beside, vector, without = [] } = exportOf(ALL);
    const file = await openImportFile(
      fileOf(content, ending),
      { from: name.split(' ')[0], ...(beside && { [beside.option]: fileOf(beside.content, '.txt') }) },
      NOW,
    );
    expect(await file.count()).toEqual({
      rows: 1000,
      withoutAddress: 100,
      deleted: 0,
      digests: 0,
      hashesLeft: 0,
    });
    const tables = await ownTables();
    const counts = await imported(tables, accountsOf(file.rows(), NOW));
    expect(counts).toMatchObject({ imported: 900, refused: [] });

    const users = new Map((await tables.all('users')).map((user) => [user.email, user]));
    expect(users.size).toBe(900);
    const know = (what: (typeof without)[number]) => !without.includes(what);
    for (const person of ALL.filter(({ email }) => email !== undefined)) {
      const user = users.get(person.email?.toLowerCase());
      expect(user, person.email).toMatchObject({
        name: name === 'firebase as CSV' ? `Ada ${person.last}` : `${person.first} ${person.last}`,
        status: know('disabled') && person.disabled ? 'disabled' : 'active',
        ...(know('id') && { userId: person.id }),
      });
      expect(user?.emailVerified ?? false, person.email).toBe(know('verified') && person.verified);
      // To the second: some have fractions.
      expect(Math.floor(Number(user?.createdAt) / 1000)).toBe(
        Math.floor((know('createdAt') ? person.createdAt : NOW) / 1000),
      );
    }
    const stored = users.get('user1@example.com')?.passwordHash as string | undefined;
    if (vector === undefined) return expect(stored).toBeUndefined();
    const hash = readHash(stored ?? '');
    expect('refused' in hash ? hash.refused : await hash.matches(vector.password)).toBe(true);
    expect('refused' in hash || (await hash.matches(`${vector.password}x`))).toBe(false);
  });
});
