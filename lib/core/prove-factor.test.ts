import { expect, test, vi } from 'vitest';
import { problemOf } from '../../test/harness/memory/problem-of.ts';
import { ADA } from '../../test/harness/memory/users.ts';
import { world } from '../../test/harness/memory/world.ts';
import { proveFactor } from './prove-factor.ts';
import { recoveryCodeHash } from './recovery-codes.ts';

const CODE = '0123AB-CDEFGH-JKMNPQ-RSTVWX';

function withCode() {
  const it = world();
  it.factors.codes.set(ADA.userId, [recoveryCodeHash(CODE) as string]);
  return it;
}

test('a code is looked for again when another one was used in between', async () => {
  const it = withCode();
  const apply = vi.fn().mockResolvedValueOnce('changed').mockResolvedValueOnce('used');
  expect(await proveFactor(it.deps, ADA.userId, { recoveryCode: CODE }, apply)).toMatchObject({
    by: 'recovery-code',
  });
  expect(apply).toHaveBeenCalledTimes(2);
});

test('a code that was used meanwhile is wrong, and counts', async () => {
  const it = withCode();
  const proving = proveFactor(it.deps, ADA.userId, { recoveryCode: CODE }, async () => 'wrong');
  expect((await problemOf(proving)).problem).toEqual({ code: 'wrong-code' });
});
