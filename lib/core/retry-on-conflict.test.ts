import { expect, test, vi } from 'vitest';
import { problemOf } from '../../test/harness/memory/problem-of.ts';
import { CONFLICT, retryOnConflict } from './retry-on-conflict.ts';

test('what meets no other write is done once', async () => {
  const attempt = vi.fn(async () => false);
  expect(await retryOnConflict(3, 'changes', attempt)).toBe(false);
  expect(attempt).toHaveBeenCalledTimes(1);
});

test('each conflict is followed by another try', async () => {
  const attempt = vi.fn<() => Promise<'done' | typeof CONFLICT>>();
  attempt.mockResolvedValueOnce(CONFLICT).mockResolvedValueOnce(CONFLICT).mockResolvedValueOnce('done');
  expect(await retryOnConflict(3, 'changes', attempt)).toBe('done');
});

test('after the last try it is the client’s to try again', async () => {
  const attempt = vi.fn(async () => CONFLICT);
  expect(await problemOf(retryOnConflict(3, 'changes of the account', attempt as never))).toEqual({
    problem: { code: 'unavailable', retryAfter: 1 },
    message: 'other changes of the account keep coming first',
  });
  expect(attempt).toHaveBeenCalledTimes(3);
});

test('what an attempt throws is thrown on, at once', async () => {
  const attempt = vi.fn(async () => {
    throw new Error('refused');
  });
  await expect(retryOnConflict(3, 'changes', attempt)).rejects.toThrow('refused');
  expect(attempt).toHaveBeenCalledTimes(1);
});
