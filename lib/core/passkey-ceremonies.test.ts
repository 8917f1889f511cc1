import { expect, test, vi } from 'vitest';
import { loggedIn } from '../../test/harness/memory/logged-in.ts';
import { ADA } from '../../test/harness/memory/users.ts';
import { world } from '../../test/harness/memory/world.ts';
import { provePasskey } from './prove-passkey.ts';
import { registerPasskey } from './register-passkey.ts';
import { stepUpByPasskey } from './step-up-by-passkey.ts';

// What doesn't depend on what a browser answers: defects of ours, and other writes that come in between.

const defect = () => {
  throw new TypeError('a defect of ours');
};

test('a defect of ours while reading a response is not reported as a refusal', async () => {
  const it = world();
  const { accessToken } = await loggedIn(it);
  const party = { registration: defect, assertion: defect };
  const deps = { ...it.deps, party } as never;
  const body = () => ({ response: {}, name: 'Phone' });
  const request = { accessToken: accessToken.token, client: '192.0.2.7', language: 'en', body } as const;
  await expect(registerPasskey(deps, request)).rejects.toThrow(TypeError);
  await expect(provePasskey(deps, { response: {}, language: 'en' }, async () => 'used')).rejects.toThrow(
    TypeError,
  );
});

test('a session that was raised while a passkey was used is read again', async () => {
  const it = world({ ...ADA, passkeys: 1 });
  await loggedIn(it);
  const session = it.sessions.only();
  const passkey = { credentialId: 'one', counter: 0, backupEligible: true };
  const use = vi.fn().mockResolvedValueOnce('changed').mockResolvedValueOnce('used');
  const assertion = {
    ...passkey,
    userId: ADA.userId,
    challenge: 'c',
    backedUp: true,
    isSignedBy: () => true,
  };
  const deps = {
    ...it.deps,
    party: { assertion: () => assertion },
    challenges: { check: async () => ({ hash: 'h' }) },
    passkeys: { get: async () => passkey, ownerOf: async () => ADA.userId, warn: async () => undefined, use },
  } as never;
  const issuer = await it.deps.signer.ready();
  const given = { response: {}, language: 'en' } as const;
  const reads = () => it.calls.filter((call) => call === 'sessions.get').length;
  const before = reads();
  await stepUpByPasskey(deps, given, { user: ADA, session, client: '192.0.2.7', issuer });
  expect([use.mock.calls.length, reads() - before]).toEqual([2, 1]);
});

test('a passkey is added once more when another change of the factors came first', async () => {
  const it = world();
  const { accessToken } = await loggedIn(it);
  const credential = { credentialId: 'one', counter: 0, backupEligible: true };
  const add = vi.fn().mockResolvedValueOnce('changed').mockResolvedValueOnce('added');
  const deps = {
    ...it.deps,
    party: { registration: () => ({ credential, challenge: 'c' }) },
    challenges: { check: async () => ({ hash: 'h', issuedAt: it.deps.clock() }) },
    passkeys: { add },
  } as never;
  const body = () => ({ response: {}, name: 'Phone' });
  const request = { accessToken: accessToken.token, client: '192.0.2.7', language: 'en', body } as const;
  expect(await registerPasskey(deps, request)).toMatchObject({ credentialId: 'one', name: 'Phone' });
  expect(add).toHaveBeenCalledTimes(2);
});
