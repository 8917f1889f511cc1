import { ALGORITHM } from './signing-keys.ts';
import type { VerificationKeys } from './verification-keys.ts';

export type JsonWebKeySet = {
  keys: { kty: 'RSA'; n: string; e: string; kid: string; alg: typeof ALGORITHM; use: 'sig' }[];
};

export type Discovery = {
  issuer: string;
  jwks_uri: string;
  response_types_supported: [];
  subject_types_supported: ['public'];
  id_token_signing_alg_values_supported: [typeof ALGORITHM];
};

/** The published keys as a JWK Set. @see RFC 7517 section 5 */
export async function jsonWebKeySet(keys: VerificationKeys): Promise<JsonWebKeySet> {
  const published = await keys.all();
  return {
    keys: published.map(({ kid, publicJwk: { kty, n, e } }) => ({
      kty: kty as 'RSA',
      n: n as string,
      e: e as string,
      kid,
      alg: ALGORITHM,
      use: 'sig',
    })),
  };
}

/**
 * What an OpenID Connect library needs to verify our access tokens by itself. We are no OpenID provider: there is no
 * authorization endpoint, and `response_types_supported` says so.
 *
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html section 3
 */
export function discoveryDocument(issuer: string): Discovery {
  return {
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    response_types_supported: [],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [ALGORITHM],
  };
}
