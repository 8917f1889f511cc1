import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { Secret, TOTP, URI } from 'otpauth';
import { describe, expect, test } from 'vitest';
import {
  isTotpCode,
  matchingTotpStep,
  newTotpSecret,
  totpCode,
  totpStepAt,
  totpUri,
  writeTotpSecret,
} from './totp.ts';

const RFC_SECRET = Buffer.from('12345678901234567890');
const NOON = Date.UTC(2026, 10, 27, 12);
const STEP = totpStepAt(NOON);

/** Another's implementation, as an authenticator app has one. */
const appWith = (secret: Uint8Array) =>
  new TOTP({
    secret: Secret.fromHex(Buffer.from(secret).toString('hex')),
    algorithm: 'SHA1',
    digits: 6,
    period: 30,
  });

test.each([
  [0, '755224'],
  [1, '287082'],
  [2, '359152'],
  [3, '969429'],
  [4, '338314'],
  [5, '254676'],
  [6, '287922'],
  [7, '162583'],
  [8, '399871'],
  [9, '520489'],
])('RFC 4226 appendix D: the code of counter %i is %s', (counter, code) => {
  expect(totpCode(RFC_SECRET, counter)).toBe(code);
});

test.each([
  [59, '287082'],
  [1111111109, '081804'],
  [1111111111, '050471'],
  [1234567890, '005924'],
  [2000000000, '279037'],
  [20000000000, '353130'],
])('RFC 6238 appendix B: the last six digits of second %i are %s', (second, code) => {
  expect(totpCode(RFC_SECRET, totpStepAt(second * 1000))).toBe(code);
});

test('every code is that of another implementation', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 20, maxLength: 20 }),
      fc.integer({ min: 0, max: 8_000_000_000_000 }),
      (secret, now) => {
        expect(totpCode(secret, totpStepAt(now))).toBe(appWith(secret).generate({ timestamp: now }));
      },
    ),
  );
});

test('a secret has 20 random bytes, and an app reads what is typed of it', () => {
  const secret = newTotpSecret();
  expect(secret).toHaveLength(20);
  expect(newTotpSecret()).not.toEqual(secret);
  expect(writeTotpSecret(secret)).toMatch(/^[A-Z2-7]{32}$/);
  expect(Buffer.from(Secret.fromBase32(writeTotpSecret(secret)).bytes)).toEqual(secret);
});

describe('a code', () => {
  const secret = randomBytes(20);
  const codeOf = (step: number) => totpCode(secret, step);

  test.each([
    [-2, undefined],
    [-1, STEP - 1],
    [0, STEP],
    [1, STEP + 1],
    [2, undefined],
  ])('of %i steps from now is that of step %s', (away, step) => {
    expect(matchingTotpStep(secret, codeOf(STEP + away), -1, NOON)).toBe(step);
  });

  test('is good at the last moment of its step and not at the end of the next but one', () => {
    const code = codeOf(STEP);
    expect(matchingTotpStep(secret, code, -1, NOON + 59_999)).toBe(STEP);
    expect(matchingTotpStep(secret, code, -1, NOON + 60_000)).toBeUndefined();
    expect(matchingTotpStep(secret, code, -1, NOON - 30_000)).toBe(STEP);
    expect(matchingTotpStep(secret, code, -1, NOON - 30_001)).toBeUndefined();
  });

  test('is refused when its step or a later one was used', () => {
    expect(matchingTotpStep(secret, codeOf(STEP), STEP - 1, NOON)).toBe(STEP);
    expect(matchingTotpStep(secret, codeOf(STEP), STEP, NOON)).toBeUndefined();
    expect(matchingTotpStep(secret, codeOf(STEP), STEP + 1, NOON)).toBeUndefined();
    expect(matchingTotpStep(secret, codeOf(STEP - 1), STEP, NOON)).toBeUndefined();
    expect(matchingTotpStep(secret, codeOf(STEP + 1), STEP, NOON)).toBe(STEP + 1);
  });

  test.each(['', '12345', '1234567', '12345a', ' 123456', '123456\n', '１２３４５６', '-12345'])(
    'is not %j',
    (text) => {
      expect(isTotpCode(text)).toBe(false);
    },
  );
});

describe('the URI of the QR code', () => {
  test('says what the contract says, and an app reads it', () => {
    const secret = randomBytes(20);
    const uri = totpUri(secret, { brand: 'Gatehouse', email: 'ada@example.com' });
    expect(decodeURIComponent(uri)).toBe(
      `otpauth://totp/Gatehouse:ada@example.com?secret=${writeTotpSecret(secret)}&issuer=Gatehouse&algorithm=SHA1&digits=6&period=30`,
    );
    const app = URI.parse(uri) as TOTP;
    expect(app).toMatchObject({
      issuer: 'Gatehouse',
      label: 'ada@example.com',
      algorithm: 'SHA1',
      digits: 6,
      period: 30,
    });
    expect(app.generate({ timestamp: NOON })).toBe(totpCode(secret, STEP));
  });

  test.each(['Änne & Söhne', 'A/B?c=d#e', '100 %', '"Acme", Inc.', '日本'])(
    'survives the brand %s',
    (brand) => {
      const email = 'a+b%c@xn--bcher-kva.example';
      const app = URI.parse(totpUri(randomBytes(20), { brand, email }));
      expect(app).toMatchObject({ issuer: brand, label: email });
    },
  );

  test('has no colon in the brand, which would end it', () => {
    const app = URI.parse(totpUri(randomBytes(20), { brand: 'Acme: Login', email: 'ada@example.com' }));
    expect(app).toMatchObject({ issuer: 'Acme Login', label: 'ada@example.com' });
  });
});
