import { randomBytes } from 'node:crypto';
import { decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { memoryKeyStore } from '../../test/harness/memory/key-store.ts';
import { type LocalKms, startLocalKms } from '../../test/harness/memory/kms.ts';
import { problemOf } from '../../test/harness/memory/problem-of.ts';
import { ADA } from '../../test/harness/memory/users.ts';
import type { Config } from '../config.ts';
import type { AccessToken, AccessTokenSigner } from '../core/access-token.ts';
import { accessTokenVerifier } from './access-token.ts';
import { openSealing, openSigner, openSigningKeys } from './open-keys.ts';
import { makeKey } from './signing-keys.ts';

const SESSION = {
  sessionId: '22222222-2222-4222-8222-222222222222',
  authTime: 1_700_000_000_000,
  acr: 'aal1',
  amr: ['pwd'],
} as const;
const KMS_KEY = 'arn:aws:kms:eu-central-1:000000000000:key/1';

let kms: LocalKms;

beforeAll(async () => {
  kms = await startLocalKms();
});
afterAll(() => kms.stop());

function configOf(sealing: Config['sealing']): Config {
  const parties = { issuer: 'https://auth.example.com', audience: 'https://app.example.com' };
  return { ...parties, sealing, accessTokenSeconds: 60 } as Config;
}

/** The table after a deployment, which makes the first key. */
async function storeWithKey(config: Config) {
  const store = memoryKeyStore();
  const { key, sealed } = await makeKey(openSealing(config), Date.now(), 'RS256');
  await store.add(key, sealed, undefined);
  return store;
}

async function signed(signer: AccessTokenSigner): Promise<AccessToken> {
  const { prepare } = await signer.ready();
  const sign = await prepare(ADA, SESSION);
  return sign(SESSION.authTime, Date.now());
}

test.each([
  ['a secret', { secret: randomBytes(32) }, false],
  ['KMS', { kmsKey: KMS_KEY }, true],
])(
  'with keys sealed by %s, one function signs what another verifies',
  async (_, sealing, wraps) => {
    const config = configOf(sealing);
    const store = await storeWithKey(config);
    const { token, expiresIn } = await signed(openSigner(config, store, undefined));
    const { published, signing } = openSigningKeys(config, store);
    expect(await accessTokenVerifier(published, config).verify(token, Date.now())).toEqual({
      userId: ADA.userId,
      ...SESSION,
    });
    expect(expiresIn).toBe(60);
    const [row] = store.rows.values();
    expect((await signing.current()).kid).toBe(row?.key.kid);
    expect('wrapped' in decodeProtectedHeader(row?.sealed ?? '')).toBe(wraps);
    expect(row?.key.signsFrom).toBeGreaterThan(Date.now() - 60_000);
  },
  60_000,
);

test('a key sealed by one secret is of no use to a function that has another', async () => {
  const store = await storeWithKey(configOf({ secret: randomBytes(32) }));
  const other = openSigner(configOf({ secret: randomBytes(32) }), store, undefined);
  expect((await problemOf(other.ready())).problem.code).toBe('unavailable');
}, 60_000);
