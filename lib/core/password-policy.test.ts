import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normalisePassword, refusedPassword } from './password-policy.ts';

describe('a password may be set', () => {
  test.each([
    ['of eight characters', 'abcdefgh'],
    ['of eight code points that are two UTF-16 units each', '🔑'.repeat(8)],
    ['of 72 bytes', 'a'.repeat(72)],
    ['of 72 bytes in 18 code points', '🔑'.repeat(18)],
    ['of 72 bytes after NFC that were 108 before', 'u\u{308}'.repeat(36)],
    ['of spaces', ' '.repeat(8)],
    ['with control characters', 'tab\tand\nline feed'],
  ])('%s', (_, password) => {
    expect(refusedPassword(password, { minimum: 8 })).toBeUndefined();
  });
});

describe('a password is refused', () => {
  test.each([
    ['of seven characters', 'abcdefg', 'password-too-short'],
    ['of seven code points in fourteen UTF-16 units', '🔑'.repeat(7), 'password-too-short'],
    ['of eight code points that NFC makes seven', 'u\u{308}bcdefg', 'password-too-short'],
    ['that is empty', '', 'password-too-short'],
    ['of 73 bytes', 'a'.repeat(73), 'password-too-long'],
    ['of 37 characters that are 74 bytes', 'ü'.repeat(37), 'password-too-long'],
    ['of 72 bytes that NFC makes more', `${'a'.repeat(68)}\u{fb2c}a`, 'password-too-long'],
    ['with NUL, at which bcrypt would end', 'abcdefgh\0', 'password-unusable-characters'],
    ['with a high surrogate alone', 'abcdefgh\u{d83d}', 'password-unusable-characters'],
    ['with a low surrogate alone', '\u{dd11}abcdefgh', 'password-unusable-characters'],
    ['that is too short and has NUL', '\0', 'password-unusable-characters'],
  ])('%s', (_, password, reason) => {
    expect(refusedPassword(password, { minimum: 8 })).toBe(reason);
  });

  test('below the minimum that is configured', () => {
    expect(refusedPassword('a'.repeat(11), { minimum: 12 })).toBe('password-too-short');
    expect(refusedPassword('a'.repeat(12), { minimum: 12 })).toBeUndefined();
    expect(refusedPassword('', { minimum: 1 })).toBe('password-too-short');
    expect(refusedPassword('a', { minimum: 1 })).toBeUndefined();
  });
});

test('a password typed as letter and accent is the password typed as one character', () => {
  expect(normalisePassword('u\u{308}ber')).toBe('\u{fc}ber');
});

test('compatibility characters stay what they are: NFC, not NFKC', () => {
  expect(normalisePassword('ﬁﬃ①')).toBe('ﬁﬃ①');
});

const password = fc.string({
  unit: fc.constantFrom('a', ' ', 'ü', 'u\u{308}', '🔑', '\u{fb2c}', 'か\u{3099}', '\0'),
});

describe('whatever the password', () => {
  test('one that may be set has 8 code points and at most 72 bytes in the form that is hashed', () => {
    fc.assert(
      fc.property(fc.oneof(password, fc.string({ unit: 'binary', maxLength: 90 })), (text) => {
        fc.pre(refusedPassword(text, { minimum: 8 }) === undefined);
        const hashed = normalisePassword(text);
        expect([...hashed].length).toBeGreaterThanOrEqual(8);
        expect(Buffer.byteLength(hashed)).toBeLessThanOrEqual(72);
        expect(hashed).not.toContain('\0');
        expect(Buffer.from(hashed).toString()).toBe(hashed);
      }),
    );
  });

  test('its normal form is judged as it is, and is normal', () => {
    fc.assert(
      fc.property(password, (text) => {
        const normal = normalisePassword(text);
        expect(normalisePassword(normal)).toBe(normal);
        expect(refusedPassword(normal, { minimum: 8 })).toBe(refusedPassword(text, { minimum: 8 }));
        expect(refusedPassword(text.normalize('NFD'), { minimum: 8 })).toBe(
          refusedPassword(text, { minimum: 8 }),
        );
      }),
    );
  });
});

describe('under a policy that refuses common passwords', () => {
  const policy = {
    minimum: 8,
    isCommon: (password: string) => ['password1', 'übercool'].includes(password),
    words: ['Gatehouse'],
  };
  const ADA = ['Ada Lovelace', 'ada.l@example.com'];

  test.each([
    ...['password1', 'PassWord1', 'u\u{308}bercool', 'ÜBERCOOL'],
    ...['Gatehouse', 'gatehouse2026', 'G-a-t-e-h-o-u-s-e!'],
    ...['Lovelace', 'ada lovelace', 'AdaLovelace1815', 'lovelace-ada', 'ada.l@example.com', '1815Lovelace!'],
    ...['adalovelacegatehouse', 'example.com'],
  ])('%s is refused', (password) => {
    expect(refusedPassword(password, policy, ADA)).toBe('password-common');
  });

  test.each([
    ...['correct horse', 'password12', 'Lovelace loves lace', 'ada and charles', '12341234', '........'],
    ...['gatehouse keeper', 'an example.com'],
  ])('%s is taken', (password) => {
    expect(refusedPassword(password, policy, ADA)).toBeUndefined();
  });

  test('a short name refuses nothing that only has its letters', () => {
    expect(refusedPassword('jojojojo', policy, ['Jo', 'jo@example.com'])).toBeUndefined();
  });

  test('everything of it is taken where none are refused', () => {
    for (const password of ['password1', 'Gatehouse', 'AdaLovelace'])
      expect(refusedPassword(password, { minimum: 8 }, ADA)).toBeUndefined();
  });
});

describe('where characters are counted', () => {
  const policy = { minimum: 8, maximum: 256 };
  test.each([
    ['256', '🔑'.repeat(256), undefined],
    ['257', '🔑'.repeat(257), 'password-too-long'],
    ['73', 'x'.repeat(73), undefined],
  ])('%s are taken or refused', (_, password, reason) => {
    expect(refusedPassword(password, policy)).toBe(reason);
  });
});
