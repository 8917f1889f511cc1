import { expect, test } from 'vitest';
import { ADA } from '../../test/harness/memory/users.ts';
import { world } from '../../test/harness/memory/world.ts';
import { secondFactorRequired } from './second-step.ts';

test.each([
  [undefined, ['totp']],
  [['a hash'], ['totp', 'recovery-code']],
])('with recovery codes %j the challenge names the ways %j', async (codes, methods) => {
  const it = world();
  if (codes) it.factors.codes.set(ADA.userId, codes);
  const { problem } = await secondFactorRequired(it.deps, ADA);
  expect(problem).toMatchObject({ code: 'second-factor-required', methods });
});
