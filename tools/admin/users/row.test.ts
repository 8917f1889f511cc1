import { describe, expect, test } from 'vitest';
import { NOW, someHash } from '../../../test/harness/own-tables.ts';
import { RefusedRow } from './refused-row.ts';
import { type RawRow, readRow, writeRow } from './row.ts';

const ADA = { email: 'ada@example.com', name: 'Ada' };

function refusalOf(raw: RawRow): string {
  try {
    readRow(raw, NOW);
  } catch (error) {
    if (error instanceof RefusedRow) return error.message;
    throw error;
  }
  throw new Error('the row was taken');
}

describe('the roles of a row', () => {
  test.each<[unknown, string[] | undefined]>([
    [
      ['admin', 'billing:read'],
      ['admin', 'billing:read'],
    ],
    ['admin billing:read', ['admin', 'billing:read']],
    ['admin, editor;admin', ['admin', 'editor']],
    [[], undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j are %j', (roles, read) => {
    expect(readRow({ ...ADA, roles }, NOW).roles).toEqual(read);
  });

  test.each([[['']], [['two words']], ['é'], [7], [{ admin: true }], [[['admin']]]])(
    '%j are refused',
    (roles) => {
      expect(refusalOf({ ...ADA, roles })).toMatch(/^roles: not at most 50 names/);
    },
  );

  test('come out as they went in', () => {
    const user = {
      ...ADA,
      userId: 'u',
      bio: null,
      status: 'active',
      createdAt: NOW,
      roles: ['admin'],
    } as const;
    expect(
      readRow(JSON.parse(writeRow({ ...user, userId: '11111111-1111-4111-8111-111111111111' })), NOW).roles,
    ).toEqual(['admin']);
  });
});

describe('a row', () => {
  test('of an address and a name is an account without a hash', () => {
    expect(readRow({ email: ' ADA@Exämple.com ', name: ' Ada ' }, NOW)).toEqual({
      email: 'ada@xn--exmple-cua.com',
      name: 'Ada',
      bio: null,
      status: 'active',
    });
  });

  test('that names everything is taken as it is, a user id in lower case', () => {
    const row = {
      ...ADA,
      bio: 'Counts.',
      passwordHash: someHash('$2y$04'),
      userId: '11111111-1111-4111-8111-11111111ABCD',
      status: 'disabled',
      createdAt: '2024-02-29T12:00:00.123+02:00',
      passwordChangedAt: '2024-03-01',
      mailRefused: 'complained',
    };
    expect(readRow(row, NOW)).toEqual({
      ...row,
      userId: '11111111-1111-4111-8111-11111111abcd',
      createdAt: Date.UTC(2024, 1, 29, 10, 0, 0, 123),
      passwordChangedAt: Date.UTC(2024, 2, 1),
    });
  });

  test.each(['', 'NULL', '\\N', null, undefined])('takes %j for absent, whatever the column', (absent) => {
    const columns = ['userId', 'passwordHash', 'status', 'createdAt', 'passwordChangedAt', 'mailRefused'];
    const row = { ...ADA, ...Object.fromEntries(columns.map((column) => [column, absent])) };
    expect(readRow(row, NOW)).toEqual({ ...ADA, bio: null, status: 'active' });
    expect(refusalOf({ ...ADA, name: absent })).toMatch(/^name: This field is required\.$/);
    expect(refusalOf({ ...ADA, email: absent })).toMatch(/^email: This field is required\.$/);
    expect(readRow({ ...ADA, bio: absent }, NOW).bio).toBe(absent === '' ? '' : null);
  });

  test.each(['$2a$04', '$2b$10', '$2y$16'])('may have a hash %s', (beginning) => {
    const passwordHash = someHash(beginning);
    expect(readRow({ ...ADA, passwordHash }, NOW).passwordHash).toBe(passwordHash);
  });

  const NO_HASH = /^passwordHash: (?:this is no known form of a password hash|not a bcrypt hash)/;
  const DAMAGED = /^passwordHash: damaged/;
  const NO_TIME = /^createdAt: neither a time/;
  test.each<[what: string, row: RawRow, reason: RegExp]>([
    ['no address', { name: 'Ada' }, /^email: This field is required\.$/],
    ['what is no address', { ...ADA, email: 'ada' }, /^email: Enter a valid email address\.$/],
    ['no name', { email: ADA.email }, /^name: This field is required\.$/],
    ['a name of more than one line', { ...ADA, name: 'A\nB' }, /^name: Enter a name without control/],
    ['a bio that is too long', { ...ADA, bio: 'x'.repeat(1_001) }, /^bio: Enter a bio of at most 1,000/],
    ['a bio that is no text', { ...ADA, bio: 7 }, /^bio: Not a valid string\.$/],
    ['a password for a hash', { ...ADA, passwordHash: 'correct horse' }, NO_HASH],
    ['a hash that is no text', { ...ADA, passwordHash: 1 }, NO_HASH],
    [
      'a hash of Argon2 that was cut off',
      { ...ADA, passwordHash: '$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA' },
      /^passwordHash: damaged: this is not a whole Argon2 hash/,
    ],
    ['a hash cut off', { ...ADA, passwordHash: someHash().slice(0, -1) }, NO_HASH],
    ['a hash with something behind it', { ...ADA, passwordHash: `${someHash()}\n` }, NO_HASH],
    ['a hash of broken bcrypt', { ...ADA, passwordHash: someHash('$2x$10') }, /^passwordHash: \$2x\$ marks/],
    ['a cost too low', { ...ADA, passwordHash: someHash('$2b$03') }, /^passwordHash: its cost is 3;/],
    ['a cost too high', { ...ADA, passwordHash: someHash('$2b$17') }, /^passwordHash: its cost is 17;/],
    ['stray bits in the digest', { ...ADA, passwordHash: someHash().replace(/u$/, 'v') }, DAMAGED],
    ['another status', { ...ADA, status: 'gone' }, /^status: neither "active" nor "disabled"\.$/],
    ['another reason to refuse mail', { ...ADA, mailRefused: true }, /^mailRefused: neither "bounced" nor/],
    ['an id that is no UUID', { ...ADA, userId: '7' }, /^userId: not a UUID;/],
    ['a local time', { ...ADA, createdAt: '2024-01-01T00:00:00' }, /^createdAt: a time without a zone/],
    [
      'a day that there is not',
      { ...ADA, createdAt: '2024-13-01' },
      /^createdAt: a day that doesn't exist\.$/,
    ],
    ['half a millisecond', { ...ADA, createdAt: 1_704_067_200_000.5 }, NO_TIME],
    ['a time in seconds', { ...ADA, createdAt: 1_704_067_200 }, /^createdAt: these look like seconds;/],
    ['a time to come', { ...ADA, createdAt: '2030-01-01' }, /^createdAt: in the future\.$/],
  ])('is refused for %s', (_, row, reason) => {
    expect(refusalOf(row)).toMatch(reason);
  });

  test('gets all that is wrong with it at once, and no hash', () => {
    const passwordHash = someHash('$2b$99');
    const reason = refusalOf({ email: 'x', name: '', passwordHash, status: 1 });
    expect(reason).toMatch(/^email: .* name: .* passwordHash: .* status: /);
    expect(reason).not.toContain(passwordHash.slice(7, 20));
  });
});

test('a user is written without the version, the hash only where there is one', () => {
  const user = {
    ...{ ...ADA, bio: null, status: 'active' as const },
    ...{ createdAt: Date.UTC(2024, 0, 1), userId: 'an id' },
  };
  expect(writeRow(user)).toBe(
    '{"userId":"an id","email":"ada@example.com","name":"Ada","bio":null,"status":"active","createdAt":"2024-01-01T00:00:00.000Z"}',
  );
  expect(Object.keys(JSON.parse(writeRow({ ...user, passwordHash: 'a hash' })))).toEqual([
    'userId',
    'email',
    'name',
    'bio',
    'passwordHash',
    'status',
    'createdAt',
  ]);
});
