import { expect, test, vi } from 'vitest';
import { problemOf } from '../../test/harness/memory/problem-of.ts';
import { CONFLICT, retryOnConflict } from './retry-on-conflict.ts';

test('what meets no other write is done once', async () => {
  const attempt = vi.fn(async () => false);
  expect(await retryOnConflict('changes', attempt)).toBe(false);
  expect(attempt).toHaveBeenCalledTimes(1);
});

test('each conflict is followed by another try', async () => {
  const attempt = vi.fn<() => Promise<'done' | typeof CONFLICT>>();
  attempt.mockResolvedValueOnce(CONFLICT).mockResolvedValueOnce(CONFLICT).mockResolvedValueOnce('done');
  expect(await retryOnConflict('changes', attempt)).toBe('done');
});

test('tries again after a random time, longer each time, and in the end leaves it to the client', async () => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(1);
  const times: number[] = [];
  const attempt = vi.fn(async () => {
    times.push(Date.now());
    return CONFLICT;
  });
  const problem = problemOf(retryOnConflict('changes of the account', attempt as never));
  await vi.runAllTimersAsync();
  expect(await problem).toEqual({
    problem: { code: 'unavailable', retryAfter: 1 },
    message: 'other changes of the account keep coming first',
  });
  const pauses = times.slice(1).map((time, index) => time - (times[index] as number));
  expect(pauses).toEqual([20, 40, 80, 160, ...Array(19).fill(250)]);
  vi.restoreAllMocks();
  vi.useRealTimers();
});

test('what an attempt throws is thrown on, at once', async () => {
  const attempt = vi.fn(async () => {
    throw new Error('refused');
  });
  await expect(retryOnConflict('changes', attempt)).rejects.toThrow('refused');
  expect(attempt).toHaveBeenCalledTimes(1);
});
