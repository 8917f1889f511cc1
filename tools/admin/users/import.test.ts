import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { User } from '../../../lib/core/account.ts';
import { deleteAccount } from '../../../lib/core/administer-account.ts';
import { accountWrites } from '../../../lib/dynamodb/accounts.ts';
import { mailRequestStore } from '../../../lib/dynamodb/mail-requests.ts';
import { userStore } from '../../../lib/dynamodb/users.ts';
import {
  fileOf,
  imported,
  importedWithHashes,
  NOW,
  operatorOf,
  ownTables,
  someHash,
  type Tables,
  userOf,
} from '../../../test/harness/own-tables.ts';
import { OperatorError } from '../command-line/operator-error.ts';
import { rowsOf } from './file.ts';
import { accountsOf } from './row.ts';

const people = (count: number, hash = true) =>
  Array.from({ length: count }, (_, nth) => ({
    email: `user${nth}@example.com`,
    name: `User ${nth}`,
    ...(hash && { passwordHash: someHash() }),
  }));
const linesOf = (rows: object[]) => rows.map((row) => JSON.stringify(row)).join('\n');

/** Every user has the claim on the address, and every claim its user. */
async function expectWhole(tables: Tables, count: number): Promise<void> {
  const pairs = (rows: Record<string, unknown>[]) =>
    rows.map(({ userId, email }) => `${userId} ${email}`).sort();
  const users = pairs(await tables.all('users'));
  expect(users).toHaveLength(count);
  expect(pairs(await tables.all('emails'))).toEqual(users);
}

describe('a file', () => {
  test('of CSV is read with quotes, line breaks, a byte order mark and empty cells', async () => {
    const tables = await ownTables();
    const csv =
      '\u{feff}name,email,bio,passwordHash,createdAt,status,userId\r\n' +
      `"Hopper, ""Grace""",grace@example.com,"one\r\ntwo",${someHash()},2024-01-31,disabled,11111111-1111-4111-8111-111111111111\r\n` +
      '\r\n' +
      'Ada,ADA@example.com,,,,,\r\n';
    const counts = await imported(tables, fileOf(csv, '.csv'));
    expect(counts).toEqual({ rows: 2, imported: 2, before: 0, mailed: 1, refused: [] });
    expect(await userOf(tables, 'grace@example.com')).toEqual({
      userId: '11111111-1111-4111-8111-111111111111',
      email: 'grace@example.com',
      name: 'Hopper, "Grace"',
      bio: 'one\r\ntwo',
      passwordHash: someHash(),
      status: 'disabled',
      credentialVersion: NOW,
      createdAt: Date.UTC(2024, 0, 31),
    });
    const ada = await userOf(tables, 'ada@example.com');
    expect(ada).toMatchObject({ name: 'Ada', bio: null, status: 'active', createdAt: NOW });
    expect(ada).not.toHaveProperty('passwordHash');
  });

  test('tells the line on which each refused row begins', async () => {
    const csv = [
      'email,name,bio',
      'a@example.com,A,"two',
      'lines"',
      '',
      'b,B,"two',
      'lines"',
      'c@example.com,C',
      'A@example.com,Another,',
      'd@example.com,D,',
      'e,E,',
    ].join('\n');
    expect(await imported(await ownTables(), fileOf(csv, '.csv'), { mails: false })).toEqual({
      rows: 6,
      imported: 2,
      before: 0,
      mailed: 0,
      refused: [
        [5, 'email: Enter a valid email address.'],
        [7, '2 values, but the first line names 3 columns.'],
        [8, 'the address is that of line 2.'],
        [10, 'email: Enter a valid email address.'],
      ],
    });
  });

  test('of JSON lines too, whatever separators its texts hold', async () => {
    const tables = await ownTables();
    const [ada, bob, cid] = people(3);
    const lines = [{ ...ada, bio: 'one\u2028two\u2029' }, '', bob, 'no JSON', [1], null]
      .map((line) => (typeof line === 'string' ? line : JSON.stringify(line)))
      .concat(JSON.stringify({ ...cid, userId: '11111111-1111-4111-8111-111111111111' }))
      .concat(
        JSON.stringify({ email: 'z@example.com', name: 'Z', userId: '11111111-1111-4111-8111-111111111111' }),
      );
    const counts = await imported(tables, fileOf(`\u{feff}${lines.join('\r\n')}`, '.jsonl'));
    expect(counts).toMatchObject({ rows: 7, imported: 3 });
    expect(counts.refused).toEqual([
      [4, 'not JSON.'],
      [5, 'not a JSON object.'],
      [6, 'not a JSON object.'],
      [8, 'the user id is that of line 7.'],
    ]);
    expect((await userOf(tables, 'user0@example.com')).bio).toBe('one\u2028two\u2029');
  });

  test.each([
    ['line feeds', '\n'],
    ['CRLF', '\r\n'],
  ])('counts physical lines, within quotes too: %s', async (_, end) => {
    const csv = [
      'email,name,bio',
      'a@example.com,A,"one',
      'two',
      '',
      'three"',
      '',
      '',
      'b,B,"x',
      'y"',
      'c,C,',
    ];
    expect((await imported(await ownTables(), fileOf(csv.join(end), '.csv'))).refused).toEqual([
      [8, 'email: Enter a valid email address.'],
      [10, 'email: Enter a valid email address.'],
    ]);
  });

  const rest = 'name\na@example.com,A\n';
  const SECRET = `${someHash()}`;
  const NAMES =
    /first line must name the columns, separated by commas, but column 1 is none of userId, email/;
  const jsonOf = (row: object) => `${JSON.stringify(row)}\n`;
  test.each<[what: string, content: string | Buffer, ending: string, complaint: RegExp]>([
    [
      'a column that there is not',
      'email,password_hash,name\n',
      '.csv',
      /column 2 is none of .* \(did you mean passwordHash\?\)\.$/,
    ],
    ['no header', `ada@example.com,Ada,${SECRET}\n`, '.csv', NAMES],
    ['no header, and quotes', `"ada@example.com","Ada","${SECRET}"\r\n`, '.csv', NAMES],
    ['semicolons', `email;name\nada@example.com;${SECRET}\n`, '.csv', NAMES],
    ['semicolons and no header', `ada@example.com;Ada;${SECRET}\n`, '.csv', NAMES],
    ['tabs and no header', `ada@example.com\tAda\t${SECRET}\n`, '.csv', NAMES],
    ['old line ends', `email,name\rada@example.com,${SECRET}\r`, '.csv', /carriage returns only/],
    ['a byte order mark and no header', `\u{feff}ada@example.com,${SECRET}\n`, '.csv', NAMES],
    [
      'UTF-16',
      Buffer.from(`\u{feff}email,name\nada@example.com,${SECRET}\n`, 'utf16le'),
      '.csv',
      /is not UTF-8/,
    ],
    [
      'UTF-16 unmarked',
      Buffer.from(`email,name\nada@example.com,${SECRET}\n`, 'utf16le'),
      '.csv',
      /is not UTF-8/,
    ],
    [
      'UTF-16 unmarked',
      Buffer.from(jsonOf({ email: 'ada@example.com' }), 'utf16le'),
      '.jsonl',
      /is not UTF-8/,
    ],
    [
      'a member that there is not',
      jsonOf({ email: 'b@example.com', name: 'B' }) + jsonOf({ email: 'ada@example.com', [SECRET]: 1 }),
      '.jsonl',
      /line 2: member 2 of the object is none of userId/,
    ],
    ['a member named like a method', jsonOf({ toString: 1 }), '.jsonl', /member 1 of the object is none of/],
    ['no address', 'name\nAda\n', '.csv', /no column email\./],
    ['a column twice', `email,name,${rest}`, '.csv', /a column twice/],
    ['nothing', '', '.csv', /is empty/],
    [
      'a quote within a value',
      `email,${rest}b@example.com,${SECRET}"x"\n`,
      '.csv',
      /not valid CSV at line 3/,
    ],
    [
      'a quote never closed',
      `email,${rest}ada@example.com,"${SECRET}\nc@example.com,C\n`,
      '.csv',
      /not valid CSV at line/,
    ],
    [
      'a quote not closed for long',
      `email,${rest}ada@example.com,"${SECRET}\n${'c@example.com,C\n'.repeat(9_000)}`,
      '.csv',
      /not valid CSV at line/,
    ],
    [
      'backslash escapes',
      `email,${rest}b@example.com,"Ada \\"" B"\n`,
      '.csv',
      /backslashes as escapes at line 3/,
    ],
    [
      'a backslash at the end of a value',
      `email,${rest}b@example.com,Ada\\\n`,
      '.csv',
      /backslashes as escapes/,
    ],
    [
      'a carriage return alone',
      `email,${rest}b@example.com,B\rc@example.com,C\n`,
      '.csv',
      /carriage returns only/,
    ],
    ['Latin-1', Buffer.from(`email,${rest}ada@example.com,Andr\u{e9}\n`, 'latin1'), '.csv', /is not UTF-8/],
    ['Latin-1', Buffer.from('{"name":"Andr\u{e9}"}\n', 'latin1'), '.jsonl', /is not UTF-8/],
    ['another ending', 'email,name\n', '.txt', /neither in \.csv nor in \.jsonl/],
  ])(
    'that has %s is unusable as a whole, in a sentence without a value of it',
    async (_, content, ending, complaint) => {
      const read = async () => {
        for await (const _row of rowsOf(fileOf(content, ending)));
      };
      const error = await read().catch((thrown: Error) => thrown);
      expect(error).toBeInstanceOf(OperatorError);
      const { message } = error as Error;
      expect(message).toMatch(complaint);
      expect(message).not.toContain('\n');
      for (const value of ['ada@', 'Ada', SECRET.slice(7, 20)]) expect(message).not.toContain(value);
    },
  );

  test.each([
    ['/no/such/folder/users.csv', 'There is no file /no/such/folder/users.csv.'],
    ['/no/such/folder/users.jsonl', 'There is no file /no/such/folder/users.jsonl.'],
  ])('that is not there is said so', async (file, sentence) => {
    await expect(rowsOf(file).next()).rejects.toThrow(sentence);
  });
});

describe('an import', () => {
  test('that is run again finds its own users, and leaves what has become of them', async () => {
    const tables = await ownTables();
    const file = fileOf(linesOf([...people(120), ...people(121, false).slice(120)]), '.jsonl');
    expect(await imported(tables, file)).toMatchObject({ rows: 121, imported: 121, mailed: 1 });
    const first = await userOf(tables, 'user0@example.com');
    await accountWrites(tables).reset({
      tagId: (await tables.all('reset-tags'))[0]?.tagId as string,
      userId: first.userId,
      credentialVersion: NOW,
      passwordHash: 'another hash',
      now: NOW,
      attemptsCounter: 'none',
      provesAddress: true,
    });
    const again = await imported(tables, file, { now: NOW + 1 });
    expect(again).toEqual({ rows: 121, imported: 0, before: 121, mailed: 0, refused: [] });
    expect((await userOf(tables, 'user0@example.com')).passwordHash).toBe('another hash');
    expect(await tables.all('reset-tags')).toHaveLength(1);
    await expectWhole(tables, 121);
  });

  test('that broke off goes on where it was', async () => {
    const tables = await ownTables();
    const file = fileOf(linesOf(people(400, false)), '.jsonl');
    async function* broken() {
      let rows = 0;
      for await (const row of accountsOf(rowsOf(file), NOW)) {
        if (++rows > 250) throw new Error('the machine went down');
        yield row;
      }
    }
    await expect(imported(tables, broken())).rejects.toThrow('the machine went down');
    const there = (await tables.all('users')).length;
    expect(there).toBeGreaterThan(0);
    expect(there).toBeLessThan(400);
    await expectWhole(tables, there);

    const again = await imported(tables, file);
    expect(again).toEqual({
      rows: 400,
      imported: 400 - there,
      before: there,
      mailed: 400 - there,
      refused: [],
    });
    await expectWhole(tables, 400);
    const asked = (await tables.all('reset-tags')).map(({ userId }) => userId);
    expect(new Set(asked).size).toBe(400);
  });

  test('in parallel with another of the same file imports each user once', async () => {
    const tables = await ownTables();
    const file = fileOf(linesOf(people(300)), '.jsonl');
    const both = await Promise.all([imported(tables, file), imported(tables, file, { now: NOW + 1 })]);
    expect(both.map(({ imported: new_, before }) => new_ + before)).toEqual([300, 300]);
    expect(both[0].imported + both[1].imported).toBe(300);
    expect(both.flatMap(({ refused }) => refused)).toEqual([]);
    await expectWhole(tables, 300);
  });

  test('refuses an address or a user id that somebody else has, and imports all around it', async () => {
    const tables = await ownTables();
    const owner: User = {
      userId: '22222222-2222-4222-8222-222222222222',
      email: 'user7@example.com',
      name: 'Owner',
      bio: null,
      passwordHash: 'a hash',
      status: 'active',
      credentialVersion: 1,
      createdAt: NOW,
    };
    await accountWrites(tables).create(owner, undefined);
    const rows = people(100).map((row, nth) => (nth === 11 ? { ...row, userId: owner.userId } : row));
    expect(await imported(tables, fileOf(linesOf(rows), '.jsonl'))).toEqual({
      rows: 100,
      imported: 98,
      before: 0,
      mailed: 0,
      refused: [
        [8, `the address belongs to user ${owner.userId} already.`],
        [12, 'the user id belongs to another address already.'],
      ],
    });
    expect(await userStore(tables).get(owner.userId)).toEqual(owner);
    await expectWhole(tables, 99);
  });

  test('requests a mail for users who are active and have no hash', async () => {
    const tables = await ownTables();
    const [ada, bob, cid] = people(3, false);
    const file = fileOf(
      linesOf([ada, { ...bob, status: 'disabled' }, { ...cid, passwordHash: someHash() }] as object[]),
      '.jsonl',
    );
    expect((await imported(tables, file)).mailed).toBe(1);
    const [row, ...others] = await tables.all('reset-tags');
    expect(others).toEqual([]);
    const { userId } = await userOf(tables, 'user0@example.com');
    const tagId = row?.tagId as string;
    expect(await mailRequestStore(tables).get(tagId)).toEqual({
      tagId,
      kind: 'known',
      state: 'requested',
      userId,
      requestedAt: NOW,
      byOperator: true,
      secretHashes: [],
      expiresAt: NOW + 1_800_000,
    });
    expect(row?.expiresAt).toBe((NOW + 1_800_000 + 86_400_000) / 1000);
  });

  test('claims the address, so that nobody can sign up with it', async () => {
    const tables = await ownTables();
    await imported(tables, fileOf(linesOf(people(1)), '.jsonl'));
    const user = await userOf(tables, 'user0@example.com');
    const impostor = { ...user, userId: '33333333-3333-4333-8333-333333333333' };
    expect(await accountWrites(tables).create(impostor, undefined)).toBe(false);
    await expectWhole(tables, 1);
  });

  test('that is a trial, or that mails nobody, writes nothing, or mails nobody', async () => {
    const tables = await ownTables();
    const file = fileOf(linesOf(people(60, false)), '.jsonl');
    const trial = await imported(tables, file, { dryRun: true });
    expect(trial).toEqual({ rows: 60, imported: 60, before: 0, mailed: 60, refused: [] });
    expect(await tables.all('users')).toEqual([]);
    expect((await imported(tables, file, { mails: false })).mailed).toBe(0);
    expect(await tables.all('reset-tags')).toEqual([]);
    await expectWhole(tables, 60);
    expect(await imported(tables, file, { dryRun: true })).toMatchObject({
      imported: 0,
      before: 60,
      mailed: 0,
    });
  });

  test('counts the hashes by scheme and cost', async () => {
    const rows = people(3).map((row, nth) => ({ ...row, passwordHash: someHash(nth ? '$2a$11' : '$2y$08') }));
    const { hashes } = await importedWithHashes(await ownTables(), fileOf(linesOf(rows), '.jsonl'));
    expect([...hashes]).toEqual([
      ['bcrypt of cost 8', 1],
      ['bcrypt of cost 11', 2],
    ]);
  });

  test('does not bring back deleted users without --include-deleted; a later account with the address is another one', async () => {
    const tables = await ownTables();
    const dated = [
      { ...people(3)[0], createdAt: NOW - 1 },
      { ...people(3)[1], createdAt: NOW },
      { ...people(3)[2], createdAt: NOW + 2 },
    ];
    const undated = people(3);
    await imported(tables, fileOf(linesOf(undated), '.jsonl'));
    for (const { email } of undated)
      await deleteAccount(
        operatorOf(tables, () => NOW),
        await userOf(tables, email),
        'operator',
      );
    await expectWhole(tables, 0);

    const sentence =
      'this account was deleted here on 2026-06-01T00:00:00.000Z; --include-deleted imports it anyway.';
    const all = [1, 2, 3].map((line) => [line, sentence]);
    const later = { now: NOW + 5 };
    expect(await imported(tables, fileOf(linesOf(undated), '.jsonl'), later)).toMatchObject({
      imported: 0,
      refused: all,
    });
    expect(
      await imported(tables, fileOf(linesOf(dated), '.jsonl'), { ...later, dryRun: true }),
    ).toMatchObject({
      imported: 1,
      refused: all.slice(0, 2),
    });
    expect(await imported(tables, fileOf(linesOf(dated), '.jsonl'), later)).toMatchObject({
      imported: 1,
      refused: all.slice(0, 2),
    });
    expect(
      await imported(tables, fileOf(linesOf(dated), '.jsonl'), { ...later, includeDeleted: true }),
    ).toMatchObject({
      imported: 2,
      before: 1,
      refused: [],
    });
    await expectWhole(tables, 3);
  });

  test('leaves tombstones that name nobody, and expire', async () => {
    const tables = await ownTables();
    await imported(tables, fileOf(linesOf(people(1)), '.jsonl'));
    await deleteAccount(
      operatorOf(tables, () => NOW),
      await userOf(tables, 'user0@example.com'),
      'operator',
    );
    const rows = await tables.all('tombstones');
    const [row] = rows.filter(({ tombstone }) => tombstone !== 'key');
    expect(rows).toHaveLength(2);
    expect(row).toEqual({
      tombstone: expect.stringMatching(/^[0-9a-f]{64}$/),
      deletedAt: NOW,
      expiresAt: NOW / 1000 + 400 * 24 * 60 * 60,
    });
    expect(row?.tombstone).not.toBe(createHash('sha256').update('user0@example.com').digest('hex'));
  });

  test('makes ids that differ from stage to stage, and stay within one', async () => {
    const [one, other] = [await ownTables(), await ownTables()];
    const file = fileOf(linesOf(people(1, false)), '.jsonl');
    for (const tables of [one, other]) await imported(tables, file);
    const idIn = async (tables: Tables) => (await userOf(tables, 'user0@example.com')).userId;
    expect(await idIn(one)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(await idIn(one)).not.toBe(await idIn(other));
    expect(await imported(one, file)).toMatchObject({ before: 1, refused: [] });
  });
});
