import { describe, expect, test } from 'vitest';
import { NOW, someHash } from '../../../test/harness/own-tables.ts';
import { type RawRow, RefusedRow, readRow, writeRow } from './row.ts';

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

describe('a row', () => {
  test('of an address and a name is a user without a hash, who was made now', () => {
    expect(readRow({ email: ' ADA@Exämple.com ', name: ' Ada ' }, NOW)).toEqual({
      userId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      email: 'ada@xn--exmple-cua.com',
      name: 'Ada',
      bio: null,
      status: 'active',
      credentialVersion: NOW,
      createdAt: NOW,
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
    };
    expect(readRow(row, NOW)).toEqual({
      ...row,
      userId: '11111111-1111-4111-8111-11111111abcd',
      credentialVersion: NOW,
      createdAt: Date.UTC(2024, 1, 29, 10, 0, 0, 123),
    });
  });

  test('gets the same id each time, and another one for another address or hash', () => {
    const idOf = (row: RawRow) => readRow(row, NOW + Math.random() * 1000).userId;
    expect(idOf({ ...ADA, name: 'Ada Lovelace' })).toBe(idOf(ADA));
    const others = [ADA, { ...ADA, email: 'b@example.com' }, { ...ADA, passwordHash: someHash() }];
    expect(new Set(others.map(idOf)).size).toBe(3);
  });

  test.each(['$2a$04', '$2b$10', '$2y$16'])('may have a hash %s', (beginning) => {
    const passwordHash = someHash(beginning);
    expect(readRow({ ...ADA, passwordHash }, NOW).passwordHash).toBe(passwordHash);
  });

  test.each([
    [1_704_067_200_000, 1_704_067_200_000],
    ['1704067200000', 1_704_067_200_000],
    ['2024-01-01', 1_704_067_200_000],
    ['2024-01-01T00:00Z', 1_704_067_200_000],
  ])('may have been made at %s', (createdAt, milliseconds) => {
    expect(readRow({ ...ADA, createdAt }, NOW).createdAt).toBe(milliseconds);
  });

  const NO_HASH = /^passwordHash: no bcrypt hash/;
  const DAMAGED = /^passwordHash: damaged/;
  const NO_TIME = /^createdAt: neither a time/;
  test.each<[what: string, row: RawRow, reason: RegExp]>([
    ['no address', { name: 'Ada' }, /^email: This field is required\.$/],
    ['what is no address', { ...ADA, email: 'ada' }, /^email: Enter a valid email address\.$/],
    ['no name', { email: ADA.email }, /^name: This field is required\.$/],
    ['a name of more than one line', { ...ADA, name: 'A\nB' }, /^name: Enter a name without control/],
    ['a bio that is too long', { ...ADA, bio: 'x'.repeat(1_001) }, /^bio: Enter a bio of at most 1,000/],
    ['a bio that is no text', { ...ADA, bio: 7 }, /^bio: Not a valid string\.$/],
    ['a column that there is not', { ...ADA, password_hash: 'x' }, /^"password_hash": no such column\.$/],
    ['a column named like a method', { ...ADA, toString: 'x' }, /^"toString": no such column\.$/],
    ['a password for a hash', { ...ADA, passwordHash: 'correct horse' }, NO_HASH],
    ['an empty hash', { ...ADA, passwordHash: '' }, NO_HASH],
    ['a hash that is no text', { ...ADA, passwordHash: 1 }, NO_HASH],
    ['a hash of Argon2', { ...ADA, passwordHash: '$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA' }, NO_HASH],
    ['a hash cut off', { ...ADA, passwordHash: someHash().slice(0, -1) }, NO_HASH],
    ['a hash with something behind it', { ...ADA, passwordHash: `${someHash()}\n` }, NO_HASH],
    ['a hash of broken bcrypt', { ...ADA, passwordHash: someHash('$2x$10') }, /^passwordHash: \$2x\$ marks/],
    ['a cost too low', { ...ADA, passwordHash: someHash('$2b$03') }, /^passwordHash: its cost is 3;/],
    ['a cost too high', { ...ADA, passwordHash: someHash('$2b$17') }, /^passwordHash: its cost is 17;/],
    ['stray bits in the salt', { ...ADA, passwordHash: someHash().replace('eABC', 'fABC') }, DAMAGED],
    ['stray bits in the digest', { ...ADA, passwordHash: someHash().replace(/u$/, 'v') }, DAMAGED],
    ['another status', { ...ADA, status: 'gone' }, /^status: neither "active" nor "disabled"\.$/],
    ['another reason to refuse mail', { ...ADA, mailRefused: true }, /^mailRefused: neither "bounced" nor/],
    ['an id that is no UUID', { ...ADA, userId: '7' }, /^userId: no UUID;/],
    ['a local time', { ...ADA, createdAt: '2024-01-01T00:00:00' }, NO_TIME],
    ['a day that there is not', { ...ADA, createdAt: '2024-13-01' }, NO_TIME],
    ['half a millisecond', { ...ADA, createdAt: 1_704_067_200_000.5 }, NO_TIME],
    ['a time in seconds', { ...ADA, createdAt: 1_704_067_200 }, /^createdAt: these look like seconds;/],
    ['a time to come', { ...ADA, createdAt: '2030-01-01' }, /^createdAt: in the future\.$/],
  ])('is refused for %s', (_, row, reason) => {
    expect(refusalOf(row)).toMatch(reason);
  });

  test('is told all that is wrong with it at once, and no hash', () => {
    const passwordHash = someHash('$2b$99');
    const reason = refusalOf({ email: 'x', name: '', passwordHash, status: 1 });
    expect(reason).toMatch(/^email: .* name: .* passwordHash: .* status: /);
    expect(reason).not.toContain(passwordHash.slice(7, 20));
  });
});

test('a user is written without the version, the hash only where there is one', () => {
  const user = { ...readRow({ ...ADA, createdAt: '2024-01-01' }, NOW), userId: 'an id' };
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
