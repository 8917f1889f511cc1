import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { JWK } from 'jose';
import { describe, expect, test } from 'vitest';
import { algorithmOf } from '../../lib/tokens/algorithms.ts';
import { decodeJws, isSigned } from '../../lib/tokens/jws.ts';

type Vector = { tcId: number; comment: string; jws: string; result: 'valid' | 'invalid' };
type Group = { comment: string; public: JWK; tests: Vector[] };

const { testGroups } = JSON.parse(
  readFileSync(new URL('vectors/json-web-signature.json', import.meta.url), 'utf8'),
) as { testGroups: Group[] };

/** Whether a signature holds under the key of the vectors, by the one algorithm that the key has. */
function holds(publicJwk: JWK, token: string): boolean {
  const jws = decodeJws(token);
  const algorithm = algorithmOf(publicJwk);
  const { alg } = Object(jws?.header);
  const key = createPublicKey({ key: publicJwk as JsonWebKey, format: 'jwk' });
  return jws !== undefined && alg === algorithm && isSigned(jws, algorithm, key);
}

describe.each(testGroups.filter(({ public: { alg } }) => alg === 'RS256' || alg === 'ES256'))(
  '$public.alg, $comment',
  (group) => {
    test.each(group.tests)('$tcId $comment is $result', ({ jws, result }) => {
      expect(holds(group.public, jws)).toBe(result === 'valid');
    });
  },
);
