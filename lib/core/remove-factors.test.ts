import { expect, test } from 'vitest';
import { problemOf } from '../../test/harness/memory/problem-of.ts';
import { ADA } from '../../test/harness/memory/users.ts';
import { world } from '../../test/harness/memory/world.ts';
import { removeAllFactors } from './remove-factors.ts';

const depsOf = (it: ReturnType<typeof world>, removed: boolean[]) => ({
  ...it.deps,
  factors: { removeAll: async () => removed.shift() ?? false },
});

test('an account without a factor is left alone', async () => {
  expect(await removeAllFactors(depsOf(world(), []), ADA.userId, 'operator')).toBe(false);
});

test('an account that changed meanwhile is read again', async () => {
  const it = world({ ...ADA, totp: true });
  expect(await removeAllFactors(depsOf(it, [false, true]), ADA.userId, 'operator')).toBe(true);
});

test('nobody has no factors', async () => {
  const { problem } = await problemOf(removeAllFactors(depsOf(world(), []), 'nobody', 'operator'));
  expect(problem).toEqual({ code: 'unknown-user' });
});
