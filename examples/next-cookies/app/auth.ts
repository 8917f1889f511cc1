import { gatehouseServer } from 'gatehouse-client/server';
import { type AccessTokenClaims, AccessTokenError, accessTokenVerifier } from 'gatehouse-client/verify';
import { headers } from 'next/headers';

const { GATEHOUSE_URL = 'http://localhost:3000', ORIGIN = 'http://localhost:3001' } = process.env;

/** Keeps the session in a cookie: for the proxy, and for what pages ask at /api/auth. */
export const auth = gatehouseServer({ baseUrl: GATEHOUSE_URL, origin: ORIGIN });

const verify = accessTokenVerifier({ issuer: process.env.ISSUER ?? GATEHOUSE_URL });

/**
 * Who asked for what a Server Component, a Server Action or a Route Handler answers. The proxy has put the access token
 * there; it is verified, so that a request that went around the proxy gains nothing.
 */
export async function currentUser(): Promise<AccessTokenClaims | undefined> {
  const authorization = (await headers()).get('authorization');
  if (!authorization) return undefined;
  try {
    return await verify(authorization);
  } catch (error) {
    if (error instanceof AccessTokenError && error.status === 401) return undefined;
    throw error;
  }
}
