import { describeError, log } from '../log.ts';
import { ALGORITHMS, algorithmOf, type SigningAlgorithm } from './algorithms.ts';
import type { VerificationKeys } from './verification-keys.ts';

/** The members of RFC 7518 section 6 and RFC 8037 that a public key has, and no other. */
type PublicMembers =
  | { kty: 'RSA'; n: string; e: string }
  | { kty: 'EC'; crv: string; x: string; y: string }
  | { kty: 'OKP'; crv: string; x: string };

export type JsonWebKeySet = {
  keys: (PublicMembers & { kid: string; alg: SigningAlgorithm; use: 'sig' })[];
};

export type Discovery = {
  issuer: string;
  jwks_uri: string;
  response_types_supported: [];
  subject_types_supported: ['public'];
  id_token_signing_alg_values_supported: SigningAlgorithm[];
};

const PUBLIC_MEMBERS = ['kty', 'n', 'e', 'crv', 'x', 'y'] as const;

/** The published keys as a JWK Set. @see RFC 7517 section 5 */
export async function jsonWebKeySet(keys: VerificationKeys): Promise<JsonWebKeySet> {
  const published = await keys.all();
  return {
    keys: published.map(({ kid, publicJwk }) => {
      const members = PUBLIC_MEMBERS.flatMap((name) => (name in publicJwk ? [[name, publicJwk[name]]] : []));
      const jwk = Object.fromEntries(members) as PublicMembers;
      return { ...jwk, kid, alg: algorithmOf(publicJwk), use: 'sig' };
    }),
  };
}

/**
 * What an OpenID Connect library needs to verify our access tokens. Gatehouse isn't an OpenID provider: there is no
 * authorization endpoint, and `response_types_supported` says so.
 *
 * Libraries such as go-oidc refuse a token whose algorithm isn't listed. So those of all published keys are listed: after a
 * change of the setting the older key signs for a day, and verifies for longer. While the keys can't be read, every
 * algorithm is listed that they may have.
 *
 * @param algorithm of new keys. RS256 is always listed, since the standard requires it and older keys may have it
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html section 3
 */
export async function discoveryDocument(
  issuer: string,
  algorithm: SigningAlgorithm,
  keys: VerificationKeys,
): Promise<Discovery> {
  const published = await keys.all().then(
    (all) => all.map(({ publicJwk }) => algorithmOf(publicJwk)),
    (error: unknown) => {
      log.error('keys', { outcome: 'not read', failure: describeError(error) });
      return [...ALGORITHMS];
    },
  );
  return {
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    response_types_supported: [],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [...new Set<SigningAlgorithm>(['RS256', algorithm, ...published])],
  };
}
