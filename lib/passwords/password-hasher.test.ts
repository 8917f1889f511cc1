import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { log } from '../log.ts';
import { passwordHasher } from './password-hasher.ts';

const bcryptHasher = (bcryptCost: number) => passwordHasher({ passwordHash: 'bcrypt', bcryptCost });

const hasher = bcryptHasher(4);
const PASSWORD = 'correct horse 🔑';

describe('a password', () => {
  test('is hashed as a $2b$ string of the configured cost, with salt', async () => {
    const hashes = [await hasher.hash(PASSWORD), await hasher.hash(PASSWORD)];
    for (const hash of hashes) expect(hash).toMatch(/^\$2b\$04\$[./A-Za-z0-9]{53}$/);
    expect(new Set(hashes).size).toBe(2);
    expect(await bcryptHasher(5).hash(PASSWORD)).toMatch(/^\$2b\$05\$/);
  });

  test('belongs to its hash, and no other does', async () => {
    const hash = await hasher.hash(PASSWORD);
    expect(await hasher.verify(PASSWORD, hash)).toBe(true);
    for (const other of ['', 'correct horse', `${PASSWORD} `, PASSWORD.toUpperCase()]) {
      expect(await hasher.verify(other, hash)).toBe(false);
    }
  });

  test('is verified by a hash of another cost, as after a change of the configuration', async () => {
    expect(await hasher.verify(PASSWORD, await bcryptHasher(5).hash(PASSWORD))).toBe(true);
  });

  test.each(['$2a$04', '$2y$04', '$2b$04'])('has an outdated hash %s where cost 5 is made', (beginning) => {
    const hasOld = `${beginning}$${'.'.repeat(53)}`;
    expect(bcryptHasher(5).isOutdated(hasOld)).toBe(true);
    expect(hasher.isOutdated(hasOld)).toBe(!beginning.startsWith('$2b$'));
  });

  test('is not hashed anew for a lower cost, which would weaken what is stored', async () => {
    expect(hasher.isOutdated(await bcryptHasher(6).hash(PASSWORD))).toBe(false);
  });

  test('of 72 bytes differs by its last', async () => {
    const hash = await hasher.hash(`${'x'.repeat(71)}y`);
    expect(await hasher.verify(`${'x'.repeat(71)}y`, hash)).toBe(true);
    expect(await hasher.verify('x'.repeat(72), hash)).toBe(false);
  });

  test.each(['$2a$', '$2y$'])('is verified by a hash that another system wrote as %s', async (prefix) => {
    const hash = (await hasher.hash('plain')).replace('$2b$', prefix);
    expect(await hasher.verify('plain', hash)).toBe(true);
  });

  test.each([
    ['nothing', undefined],
    ['an empty text', ''],
    ['a hash in clear', 'correct horse'],
    ['a hash that was cut off', '$2b$04$abcdefghijklmnopqrstuv'],
    ['a hash with something behind it', `$2b$04$${'.'.repeat(53)}x`],
    ['a cost that there is not', `$2b$32$${'.'.repeat(53)}`],
    ['a cost that would take minutes', `$2b$17$${'.'.repeat(53)}`],
    ['a cost that would take a month', `$2y$31$${'.'.repeat(53)}`],
    ['a cost that is too low', `$2b$03$${'.'.repeat(53)}`],
    ['another algorithm, cut off', '$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA'],
  ])('does not belong to %s, whatever it is', async (_, stored) => {
    for (const password of ['', PASSWORD, 'correct horse']) {
      expect(await hasher.verify(password, stored)).toBe(false);
    }
  });
});

test('to say no to an unknown account takes the time of a real comparison', async () => {
  const slow = bcryptHasher(10);
  const hash = await slow.hash(PASSWORD);
  const timed = async (stored: string | undefined) => {
    const begin = process.cpuUsage();
    await slow.verify('wrong', stored);
    const { user, system } = process.cpuUsage(begin);
    return user + system;
  };
  const known = await timed(hash);
  for (const stored of [undefined, 'corrupt']) {
    expect(await timed(stored)).toBeGreaterThan(known / 3);
  }
  for (const cheaper of [4, 8, 9]) {
    const taken = await timed(await bcryptHasher(cheaper).hash(PASSWORD));
    expect(taken / known, `a hash of cost ${cheaper}`).toBeGreaterThan(2 / 3);
    expect(taken / known, `a hash of cost ${cheaper}`).toBeLessThan(3 / 2);
  }
});

const argon2id = passwordHasher({ passwordHash: 'argon2id', bcryptCost: 9 });
const DJANGO = (
  JSON.parse(readFileSync(new URL('../../test/vectors/password-hashes.json', import.meta.url), 'utf8')) as {
    scheme: string;
    password: string;
    hash: string;
  }[]
).find(({ scheme }) => scheme === 'Django pbkdf2_sha256') as { password: string; hash: string };

describe('under argon2id, a password', () => {
  test('of 256 characters is hashed whole, as a PHC string with salt', async () => {
    const long = '🔑'.repeat(256);
    const hashes = [await argon2id.hash(long), await argon2id.hash(long)];
    for (const hash of hashes)
      expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(new Set(hashes).size).toBe(2);
    expect(await argon2id.verify(long, hashes[0])).toBe(true);
    expect(await argon2id.verify('🔑'.repeat(255), hashes[0])).toBe(false);
    expect(argon2id.isOutdated(hashes[0] as string)).toBe(false);
    expect(argon2id.canHash(long)).toBe(true);
  });

  test('keeps no hash of bcrypt, and the other way round', async () => {
    const [old, current] = [await hasher.hash(PASSWORD), await argon2id.hash(PASSWORD)];
    expect(await argon2id.verify(PASSWORD, old)).toBe(true);
    expect(argon2id.isOutdated(old)).toBe(true);
    expect(await hasher.verify(PASSWORD, current)).toBe(true);
    expect(hasher.isOutdated(current)).toBe(true);
    expect(hasher.canHash('x'.repeat(73))).toBe(false);
  });

  test('of more than 72 bytes belongs to no bcrypt', async () => {
    const old = await hasher.hash('x'.repeat(72));
    expect(await argon2id.verify('x'.repeat(72), old)).toBe(true);
    expect(await argon2id.verify('x'.repeat(73), old)).toBe(false);
  });
});

describe.each([
  ['bcrypt', bcryptHasher(9)],
  ['argon2id', argon2id],
])('with %s', (_, mixed) => {
  test('a hash of another system is verified and outdated', async () => {
    expect(await mixed.verify(DJANGO.password, DJANGO.hash)).toBe(true);
    expect(await mixed.verify('wrong', DJANGO.hash)).toBe(false);
    expect(mixed.isOutdated(DJANGO.hash)).toBe(true);
  });

  test('a wrong password takes as long for every hash, and for none', async () => {
    const stored: Record<string, string | undefined> = {
      none: undefined,
      unusable: `$2b$31$${'.'.repeat(53)}`,
      'a cheap bcrypt': await bcryptHasher(4).hash(PASSWORD),
      bcrypt: await bcryptHasher(9).hash(PASSWORD),
      argon2id: await argon2id.hash(PASSWORD),
      Django: DJANGO.hash,
    };
    const times: Record<string, number[]> = {};
    for (let round = 0; round < 9; round += 1) {
      for (const [name, hash] of Object.entries(stored)) {
        const startedAt = performance.now();
        expect(await mixed.verify('wrong', hash)).toBe(false);
        times[name] = [...(times[name] ?? []), performance.now() - startedAt];
      }
    }
    // The quickest of each: others share their time with whatever else this machine does.
    const quickest = Object.values(times).map((all) => Math.min(...all));
    expect(Math.max(...quickest) / Math.min(...quickest)).toBeLessThan(1.6);
  });

  test.each([
    `$2b$31$${'.'.repeat(53)}`,
    'pbkdf2_sha256$1000000000$salt$sR1hgizCeDsrGVlAge2U+rUxAPUGB1f2ntdxBlB2Glk=',
    '$argon2id$v=19$m=16777216,t=1,p=1$abcdefghijklmnop$sR1hgizCeDsrGVlAge2U+rUxAPUGB1f2ntdxBlB2Glk',
    '$argon2id$v=19$m=65536,t=1,p=1$abcdefghijklmnop$sR1hgizCeDsr',
  ])('a stored %s fails soon, with a line in the log that does not repeat it', async (stored) => {
    const error = vi.spyOn(log, 'error').mockReturnValue();
    const startedAt = performance.now();
    expect(await mixed.verify(PASSWORD, stored, 'the user')).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(error.mock.calls).toEqual([
      [
        'password',
        { userId: 'the user', problem: expect.stringMatching(/^the stored hash can't be verified/) },
      ],
    ]);
    expect(JSON.stringify(error.mock.calls)).not.toContain(stored);
    error.mockRestore();
  });
});

test('a Node without Argon2 is named at the start', async () => {
  vi.resetModules();
  vi.doMock('node:crypto', async (original) => {
    const crypto = await original<typeof import('node:crypto')>();
    return { ...crypto, default: { ...crypto, argon2: undefined } };
  });
  const { passwordHasher: without } = await import('./password-hasher.ts');
  const settings = { passwordHash: 'argon2id', bcryptCost: 4 } as const;
  expect(() => without(settings)).toThrow(/^PASSWORD_HASH=argon2id: Argon2 needs Node 24\.7 or later/);
  expect(() => without({ ...settings, passwordHash: 'bcrypt' })).not.toThrow();
  vi.doUnmock('node:crypto');
});
