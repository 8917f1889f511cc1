import { createRemoteJWKSet, customFetch, errors, jwtVerify } from 'jose';
import { describe, expect, inject, test } from 'vitest';
import { clients } from '../harness/client.ts';
import { loggedIn, signedUp } from '../harness/people.ts';
import { expectAnswer } from './answers.ts';
import { twinOf } from './minted-tokens.ts';

const cacheable = { 'cache-control': 'public, max-age=300' };

describe.each(clients)('$name', (client) => {
  const get = (path: string) => client.send({ method: 'GET', path });

  describe.each(['/.well-known/jwks.json', '/.well-known/jwks.json/'])('GET %s', (path) => {
    test('publishes RSA keys for RS256 signatures, cacheable, with no private member', async () => {
      const reply = await get(path);
      const keys = (reply.json as { keys: unknown[] }).keys.map(() => ({
        kty: 'RSA',
        n: expect.stringMatching(/^[\w-]{342,}$/), // 2,048 bits at least
        e: 'AQAB',
        kid: expect.stringMatching(/./),
        alg: 'RS256',
        use: 'sig',
      }));
      expect(keys).not.toEqual([]);
      expectAnswer(reply, { status: 200, headers: cacheable, body: { keys } });
    });

    test('names every key once', async () => {
      const { keys } = (await get(path)).json as { keys: { kid: string }[] };
      expect(new Set(keys.map(({ kid }) => kid)).size).toBe(keys.length);
    });
  });

  describe.each(['/.well-known/openid-configuration', '/.well-known/openid-configuration/'])(
    'GET %s',
    (path) => {
      test('says who issues and where the keys are, cacheable', async () => {
        const { ISSUER: issuer } = inject('stack').environment;
        expectAnswer(await get(path), {
          status: 200,
          headers: cacheable,
          body: {
            issuer,
            jwks_uri: `${issuer}/.well-known/jwks.json`,
            response_types_supported: [],
            subject_types_supported: ['public'],
            id_token_signing_alg_values_supported: ['RS256'],
          },
        });
      });
    },
  );

  describe('a service that verifies by itself, with what the discovery document tells', () => {
    async function verify(accessToken: string, expected: { audience?: string } = {}) {
      const { issuer, jwks_uri } = (await get('/.well-known/openid-configuration')).json as {
        issuer: string;
        jwks_uri: string;
      };
      const keys = createRemoteJWKSet(new URL(jwks_uri), {
        // The issuer's port may answer on 127.0.0.1 alone.
        [customFetch]: (url, options) => fetch(url.replace('//localhost:', '//127.0.0.1:'), options),
      });
      return jwtVerify(accessToken, keys, { issuer, audience: issuer, typ: 'at+jwt', ...expected });
    }

    test("takes every dialect's access token", async () => {
      const { email, password } = await signedUp(client);
      const { accessToken } = await loggedIn(client, { name: '', bio: null, email, password });
      const replies = [
        await client.send({ path: '/accounts/auth/', body: { username: email, password } }),
        await client.send({ path: '/api/user/login', body: { email, password } }),
      ];
      const tokens = [accessToken, ...replies.map(({ json }) => (json as { token: string }).token)];
      for (const token of tokens) expect((await verify(token)).payload).toMatchObject({ email });
    });

    test('refuses a token with another signature, and one that is meant for others', async () => {
      const { accessToken } = await loggedIn(client, await signedUp(client));
      const [header, , signature] = accessToken.split('.');
      const payload = (await twinOf(accessToken, {})).split('.')[1];
      await expect(verify([header, payload, signature].join('.'))).rejects.toThrow(
        errors.JWSSignatureVerificationFailed,
      );
      await expect(verify(accessToken, { audience: 'https://other.example' })).rejects.toThrow(
        errors.JWTClaimValidationFailed,
      );
    });
  });
});
