import { describe, expect, test } from 'vitest';
import { bcryptHasher } from './bcrypt.ts';

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

  test('of 72 octets differs by its last', async () => {
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
    ['another algorithm', '$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA'],
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
