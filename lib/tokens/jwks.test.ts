import { expect, test } from 'vitest';
import { frozenClock, NOON } from '../../test/harness/memory/clock.ts';
import { memoryKeyStore } from '../../test/harness/memory/key-store.ts';
import { ProblemError } from '../core/problem.ts';
import { discoveryDocument, jsonWebKeySet } from './jwks.ts';
import { verificationKeys } from './verification-keys.ts';

test('the JWKS holds the keys that are published, with what a verifier needs', async () => {
  const store = memoryKeyStore();
  const jwk = { kty: 'RSA', n: 'the modulus', e: 'AQAB' };
  await store.add({ kid: 'a', publicJwk: jwk, signsFrom: NOON }, 'sealed', undefined);
  await store.add({ kid: 'b', publicJwk: jwk, signsFrom: NOON + 1 }, 'sealed', 'a');
  await store.add({ kid: 'c', publicJwk: jwk, signsFrom: 0, verifiesUntil: NOON }, 'sealed', 'b');
  const key = { kty: 'RSA', n: 'the modulus', e: 'AQAB', alg: 'RS256', use: 'sig' };
  expect(await jsonWebKeySet(verificationKeys(store, frozenClock()))).toEqual({
    keys: [
      { ...key, kid: 'a' },
      { ...key, kid: 'b' },
    ],
  });
});

test('the JWKS holds no private member, not even of a row that has one by mistake', async () => {
  const store = memoryKeyStore();
  const publicJwk = { kty: 'RSA', n: 'n', e: 'e', d: 'secret', p: 'secret', q: 'secret', k: 'secret' };
  await store.add({ kid: 'a', publicJwk, signsFrom: NOON }, 'secret', undefined);
  const set = await jsonWebKeySet(verificationKeys(store, frozenClock()));
  expect(JSON.stringify(set)).not.toContain('secret');
});

test('before the first key the JWKS is empty', async () => {
  expect(await jsonWebKeySet(verificationKeys(memoryKeyStore(), frozenClock()))).toEqual({ keys: [] });
});

test('the discovery document leads to the JWKS and promises no more than there is', async () => {
  const none = verificationKeys(memoryKeyStore(), frozenClock());
  expect(await discoveryDocument('https://auth.example.com/v1', 'RS256', none)).toEqual({
    issuer: 'https://auth.example.com/v1',
    jwks_uri: 'https://auth.example.com/v1/.well-known/jwks.json',
    response_types_supported: [],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
  });
});

test('JWKS and discovery document have every algorithm of published keys, whatever new keys sign with', async () => {
  const store = memoryKeyStore();
  const ec = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' };
  const okp = { kty: 'OKP', crv: 'Ed25519', x: 'x' };
  await store.add({ kid: 'a', publicJwk: ec, signsFrom: NOON }, 'sealed', undefined);
  await store.add({ kid: 'b', publicJwk: okp, signsFrom: NOON + 1 }, 'sealed', 'a');
  const keys = verificationKeys(store, frozenClock());
  expect(await jsonWebKeySet(keys)).toEqual({
    keys: [
      { ...ec, kid: 'a', alg: 'ES256', use: 'sig' },
      { ...okp, kid: 'b', alg: 'EdDSA', use: 'sig' },
    ],
  });
  // Until the key of before has signed its last token, a library that reads this list has to take it.
  expect(await discoveryDocument('https://auth.example.com', 'RS256', keys)).toMatchObject({
    id_token_signing_alg_values_supported: ['RS256', 'ES256', 'EdDSA'],
  });
});

test('the discovery document needs no database: it then has every algorithm that keys may have', async () => {
  const down = { list: () => Promise.reject(new ProblemError({ code: 'unavailable', retryAfter: 1 })) };
  const keys = verificationKeys(down, frozenClock());
  expect(await discoveryDocument('https://auth.example.com', 'RS256', keys)).toMatchObject({
    id_token_signing_alg_values_supported: ['RS256', 'ES256', 'EdDSA'],
  });
});
