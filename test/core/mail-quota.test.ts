import { expect, test } from 'vitest';
import { mailQuotaExpiresAt, takeMail } from '../../lib/core/mail-quota.ts';
import { NOON } from './memory/clock.ts';

const HOUR = 3_600_000;

test('an address that was never mailed may be', () => {
  expect(takeMail(undefined, NOON)).toEqual({ askedAt: [NOON] });
});

test('the fifth mail within an hour goes, the sixth does not', () => {
  const four = { askedAt: [NOON, NOON + 1, NOON + 2, NOON + 3] };
  const five = takeMail(four, NOON + 4);
  expect(five).toEqual({ askedAt: [...four.askedAt, NOON + 4] });
  expect(takeMail(five, NOON + 5)).toBeUndefined();
});

test('a mail counts for exactly an hour', () => {
  const five = { askedAt: [NOON, NOON + 1, NOON + 2, NOON + 3, NOON + 4] };
  expect(takeMail(five, NOON + HOUR - 1)).toBeUndefined();
  expect(takeMail(five, NOON + HOUR)).toEqual({
    askedAt: [NOON + 1, NOON + 2, NOON + 3, NOON + 4, NOON + HOUR],
  });
});

test('the quota may be forgotten an hour after the latest mail', () => {
  expect(mailQuotaExpiresAt({ askedAt: [NOON, NOON + 7, NOON + 3] })).toBe(NOON + 7 + HOUR);
});
