import { expect, test } from 'vitest';
import { loggedIn } from '../../test/harness/memory/logged-in.ts';
import { problemOf } from '../../test/harness/memory/problem-of.ts';
import { ADA } from '../../test/harness/memory/users.ts';
import { world } from '../../test/harness/memory/world.ts';
import { proveAgain } from './prove-again.ts';
import { recoveryCodeHash } from './recovery-codes.ts';

const CODE = '0123AB-CDEFGH-JKMNPQ-RSTVWX';

test('a session that ends while its code is used gets no token', async () => {
  const it = world({ ...ADA, passkeys: 1 });
  const { accessToken } = await loggedIn(it);
  it.factors.codes.set(ADA.userId, [recoveryCodeHash(CODE) as string]);
  const factors = { ...it.deps.factors, use: async () => 'over' };
  const request = { accessToken: accessToken.token, client: '192.0.2.7', language: 'en' } as const;
  const proving = proveAgain({ ...it.deps, factors } as never, {
    ...request,
    body: () => ({ recoveryCode: CODE }),
  });
  expect(await problemOf(proving)).toEqual({
    problem: { code: 'invalid-access-token' },
    message: 'ended meanwhile',
  });
});
