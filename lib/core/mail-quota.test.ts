import { expect, test } from 'vitest';
import { NOON } from '../../test/harness/memory/clock.ts';
import { type MailQuota, mailQuotaExpiresAt, takeFromQuota } from './mail-quota.ts';

const HOUR = 3_600_000;

const requestAt = (requestedAt: number, tagId = `asked at ${requestedAt}`) => ({ tagId, requestedAt });
const quotaOf = (...times: number[]): MailQuota => ({ taken: times.map((time) => requestAt(time)) });

test('an address that was never mailed may be', () => {
  expect(takeFromQuota(undefined, requestAt(NOON))).toEqual({ allowed: true, next: quotaOf(NOON) });
});

test('the fifth mail within an hour goes, the sixth does not', () => {
  const four = quotaOf(NOON, NOON + 1, NOON + 2, NOON + 3);
  const fifth = takeFromQuota(four, requestAt(NOON + 4));
  expect(fifth).toEqual({ allowed: true, next: quotaOf(NOON, NOON + 1, NOON + 2, NOON + 3, NOON + 4) });
  const next = fifth.allowed ? fifth.next : undefined;
  expect(takeFromQuota(next, requestAt(NOON + 5))).toEqual({ allowed: false });
});

test('a mail counts for exactly an hour, by the times at which mails were asked for', () => {
  const five = quotaOf(NOON, NOON + 1, NOON + 2, NOON + 3, NOON + 4);
  expect(takeFromQuota(five, requestAt(NOON + HOUR - 1))).toEqual({ allowed: false });
  expect(takeFromQuota(five, requestAt(NOON + HOUR))).toMatchObject({ allowed: true });
});

test('a request that comes late, after those of the next hours, has the places of its own hour', () => {
  const five = [2, 3, 4, 5, 6].map((minutes) => NOON + HOUR + minutes * 60_000);
  expect(takeFromQuota(quotaOf(...five), requestAt(NOON))).toMatchObject({ allowed: true });
  expect(takeFromQuota(quotaOf(...five), requestAt(NOON + HOUR))).toEqual({ allowed: false });
});

test('a request takes one mail, however often it is tried', () => {
  const five = quotaOf(NOON, NOON + 1, NOON + 2, NOON + 3, NOON + 4);
  expect(takeFromQuota(five, requestAt(NOON + 2))).toEqual({ allowed: true });
});

test('the mails of the last seven hours are remembered, as long as the stream may try one again', () => {
  const stored = quotaOf(NOON - 7 * HOUR, NOON - 7 * HOUR + 1);
  expect(takeFromQuota(stored, requestAt(NOON))).toEqual({
    allowed: true,
    next: quotaOf(NOON - 7 * HOUR + 1, NOON),
  });
});

test('the quota may be forgotten seven hours after the latest mail', () => {
  expect(mailQuotaExpiresAt(quotaOf(NOON, NOON + 7, NOON + 3))).toBe(NOON + 7 + 7 * HOUR);
});
