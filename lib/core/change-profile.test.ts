import { expect, test } from 'vitest';
import { loggedIn } from '../../test/harness/memory/logged-in.ts';
import { problemOf } from '../../test/harness/memory/problem-of.ts';
import { world } from '../../test/harness/memory/world.ts';
import { changeProfile } from './change-profile.ts';

test('an account that is deleted between the look at the token and the write is gone, not half there', async () => {
  const it = world();
  const { accessToken } = await loggedIn(it);
  const deps = { ...it.deps, accounts: { changeProfile: async () => false } };
  const request = { accessToken: accessToken.token, client: '192.0.2.7', body: () => ({ name: 'Ada King' }) };
  expect(await problemOf(changeProfile(deps, request))).toEqual({
    problem: { code: 'invalid-access-token' },
    message: 'the account is gone',
  });
});
