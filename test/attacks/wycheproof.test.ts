import { readFileSync } from 'node:fs';
import type { JWK } from 'jose';
import { describe, expect, test } from 'vitest';
import { accessTokenVerifier } from '../../lib/tokens/access-token.ts';
import { problemOf } from '../harness/memory/problem-of.ts';

type Vector = { tcId: number; comment: string; jws: string; result: 'valid' | 'invalid' };
type Group = { comment: string; public: JWK; tests: Vector[] };

const { testGroups } = JSON.parse(
  readFileSync(new URL('vectors/json-web-signature.json', import.meta.url), 'utf8'),
) as { testGroups: Group[] };

/** Why our verifier refuses a token where the key of the vectors is published under every name. */
async function refusal(publicJwk: JWK, token: string): Promise<string> {
  const published = {
    all: async () => [],
    forget() {},
    find: async (kid: string) => ({ kid, publicJwk, signsFrom: 0 }),
  };
  const parties = { issuer: 'https://auth.example.com', audience: 'https://app.example.com' };
  const { problem, message } = await problemOf(accessTokenVerifier(published, parties).verify(token, 0));
  expect(problem).toEqual({ code: 'invalid-access-token' });
  return message.replace('access token refused: ', '');
}

/** What jose says of a signed text that is no set of claims: by then it has found the signature good. */
const SIGNATURE_HELD = 'ERR_JWT_INVALID';

describe.each(testGroups.filter(({ public: { alg } }) => alg === 'RS256' || alg === 'ES256'))(
  '$public.alg, $comment',
  (group) => {
    test.each(group.tests)('$tcId $comment is refused as $result', async ({ jws, result }) => {
      const reason = await refusal(group.public, jws);
      if (result === 'valid') expect(reason).toBe(SIGNATURE_HELD);
      else
        expect(reason).toMatch(/^ERR_(JWS_SIGNATURE_VERIFICATION_FAILED|JWS_INVALID|JOSE_ALG_NOT_ALLOWED)$/);
    });
  },
);
