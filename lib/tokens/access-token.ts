import { randomUUID } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import * as v from 'valibot';
import type { AccessTokenSigner, AccessTokenVerifier, TokenIssuer } from '../core/access-token.ts';
import type { AskClaims } from '../core/hooks.ts';
import { ProblemError } from '../core/problem.ts';
import { AUTH_METHODS } from '../core/session.ts';
import { ALGORITHMS, algorithmOf } from './algorithms.ts';
import type { SigningKeys } from './signing-keys.ts';
import type { VerificationKeys } from './verification-keys.ts';

const TYPE = 'at+jwt';
/** Characters. Ours are near 1,300; 50 roles may add 4,500 and a hook 2,800; an authorization header of API Gateway ends at 10,240. */
const MAX_LENGTH = 9_216;

/** Issuer and audience, both checked at verification. */
export type Parties = { issuer: string; audience: string };

/**
 * Signs access tokens.
 *
 * @param lifetime seconds
 * @param ask gets the claims of a hook; see docs/hooks.md
 * @see RFC 9068 section 2, OpenID Connect Core 1.0 section 2 (`auth_time`, `acr`, `amr`), RFC 8176; the claims `userId`, `userName` and `email` are for clients of `/api/user/*`
 */
export function accessTokenSigner(
  keys: SigningKeys,
  parties: Parties,
  lifetime: number,
  ask: AskClaims | undefined,
): AccessTokenSigner {
  return {
    async ready() {
      const { kid, algorithm, privateKey } = await keys.current();
      const prepare: TokenIssuer['prepare'] = async (user, { sessionId, acr, amr }) => {
        const added = await ask?.(user, { sessionId, acr, amr });
        const { userId, name, email, emailVerified = false, roles = [] } = user;
        return async (authTime, now) => {
          const issuedAt = Math.floor(now / 1000);
          const claims = {
            ...added,
            client_id: parties.audience,
            sid: sessionId,
            auth_time: Math.floor(authTime / 1000),
            acr,
            amr,
            userId,
            userName: name,
            email,
            email_verified: emailVerified,
            ...(roles.length > 0 && { roles }),
          };
          const token = await new SignJWT(claims)
            .setProtectedHeader({ alg: algorithm, typ: TYPE, kid })
            .setIssuer(parties.issuer)
            .setAudience(parties.audience)
            .setSubject(userId)
            .setJti(randomUUID())
            .setIssuedAt(issuedAt)
            .setExpirationTime(issuedAt + lifetime)
            .sign(privateKey);
          return { token, expiresIn: lifetime };
        };
      };
      return { hasClaimsHook: ask !== undefined, prepare };
    },
  };
}

/** The claims that we use. jose doesn't check their types. */
const claimTypes = v.object({
  aud: v.string(),
  sub: v.pipe(v.string(), v.uuid()),
  sid: v.pipe(v.string(), v.uuid()),
  jti: v.string(),
  iat: v.pipe(v.number(), v.integer()),
  exp: v.pipe(v.number(), v.integer()),
  // A token without these may have been issued by an older release within the last hour. It proves the least.
  auth_time: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0),
  acr: v.optional(v.picklist(['aal1', 'aal2']), 'aal1'),
  amr: v.optional(v.array(v.picklist(AUTH_METHODS)), ['pwd']),
  email_verified: v.optional(v.boolean()),
  roles: v.optional(v.array(v.string())),
});

/**
 * Verifies access tokens with our algorithm, type, issuer, audience and keys, whatever the token's header says.
 *
 * @see RFC 8725 sections 3.1, 3.8, 3.9 and 3.11; RFC 9068 section 4
 */
export function accessTokenVerifier(keys: VerificationKeys, parties: Parties): AccessTokenVerifier {
  return {
    async verify(token, now) {
      if (token.length > MAX_LENGTH) throw invalid('longer than any of ours');
      try {
        const { payload } = await jwtVerify(
          token,
          async ({ kid, alg }) => {
            const key = kid === undefined ? undefined : await keys.find(kid);
            if (key === undefined) throw new errors.JWKSNoMatchingKey();
            if (alg !== algorithmOf(key.publicJwk)) throw new errors.JOSEAlgNotAllowed('the key has another');
            return key.publicJwk; // jose caches the imported key by this object
          },
          {
            algorithms: [...ALGORITHMS],
            typ: TYPE,
            issuer: parties.issuer,
            audience: parties.audience,
            requiredClaims: ['exp', 'iat', 'sub', 'sid', 'jti'],
            currentDate: new Date(now),
          },
        );
        const claims = v.parse(claimTypes, payload);
        return {
          userId: claims.sub,
          sessionId: claims.sid,
          authTime: claims.auth_time * 1000,
          acr: claims.acr,
          amr: claims.amr,
        };
      } catch (error) {
        // Without the keys a token can't be verified, which doesn't make it invalid.
        if (error instanceof ProblemError) throw error;
        throw invalid(error instanceof errors.JOSEError ? error.code : 'a claim of the wrong type');
      }
    },
  };
}

function invalid(detail: string): ProblemError {
  return new ProblemError({ code: 'invalid-access-token' }, `access token refused: ${detail}`);
}
