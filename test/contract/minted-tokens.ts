import { randomUUID } from 'node:crypto';
import { decodeJwt, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';
import { readConfig } from '../../lib/config.ts';
import { openDatabase } from '../../lib/dynamodb/database.ts';
import { keyStore } from '../../lib/dynamodb/keys.ts';
import { openSigningKeys } from '../../lib/tokens/open-keys.ts';

const config = readConfig(process.env);
const { signing, published } = openSigningKeys(config, keyStore(openDatabase(config.tablePrefix)));

/** A good access token's twin, signed by the service's own key, with some members changed; `undefined` leaves one out. */
export async function twinOf(
  accessToken: string,
  changed: { header?: Partial<JWTHeaderParameters>; claims?: JWTPayload },
): Promise<string> {
  const { kid, privateKey } = await signing.current();
  return new SignJWT({ ...decodeJwt(accessToken), jti: randomUUID(), ...changed.claims })
    .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid, ...changed.header })
    .sign(privateKey);
}

/** The claims of a good access token under HMAC, keyed by what an attacker has of the RSA key: its public part. */
export async function signedWithPublicKey(accessToken: string): Promise<string> {
  const [key] = await published.all();
  const secret = new TextEncoder().encode(JSON.stringify(key?.publicJwk));
  return new SignJWT(decodeJwt(accessToken))
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: key?.kid ?? '' })
    .sign(secret);
}

/** The claims of a good access token, unsigned (RFC 7519 section 6). */
export function unsigned(accessToken: string): string {
  const header = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url');
  return `${header}.${accessToken.split('.')[1]}.`;
}
