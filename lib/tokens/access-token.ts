import { createPublicKey, type JsonWebKey, type KeyObject, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import * as v from 'valibot';
import type { AccessTokenSigner, AccessTokenVerifier, TokenIssuer } from '../core/access-token.ts';
import type { AskClaims } from '../core/hooks.ts';
import { ProblemError } from '../core/problem.ts';
import { AUTH_METHODS } from '../core/session.ts';
import { unavailable } from '../unavailable.ts';
import { ALGORITHMS, algorithmOf, type SigningAlgorithm } from './algorithms.ts';
import { decodeJws, isSigned, parseJson } from './jws.ts';
import type { PublicKey } from './key-store.ts';
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

type Opened = { algorithm: SigningAlgorithm; publicKey: KeyObject };

const second = v.pipe(v.number(), v.integer());
const uuid = v.pipe(v.string(), v.uuid());

/** What a header has to be. Other keys and certificates that it brings along are ignored; extensions are refused. */
const headerRules = v.object({
  alg: v.picklist(ALGORITHMS),
  typ: v.literal(TYPE),
  kid: v.string(),
  crit: v.optional(v.never()),
});

const claimRules = ({ issuer, audience }: Parties) =>
  v.object({
    iss: v.literal(issuer),
    aud: v.literal(audience),
    sub: uuid,
    sid: uuid,
    jti: v.string(),
    iat: second,
    exp: second,
    nbf: v.optional(v.number()),
    // A token without these may have been issued by an older release within the last hour. It proves the least.
    auth_time: v.optional(v.pipe(second, v.minValue(0)), 0),
    acr: v.optional(v.picklist(['aal1', 'aal2']), 'aal1'),
    amr: v.optional(v.array(v.picklist(AUTH_METHODS)), ['pwd']),
    email_verified: v.optional(v.boolean()),
    roles: v.optional(v.array(v.string())),
  });

/**
 * Verifies access tokens with our algorithm, type, issuer, audience and keys, whatever the token's header says. The tests
 * compare it with jose.
 *
 * @see RFC 8725 sections 3.1, 3.8, 3.9 and 3.11; RFC 9068 section 4
 */
export function accessTokenVerifier(keys: VerificationKeys, parties: Parties): AccessTokenVerifier {
  const rules = claimRules(parties);
  const opened = new WeakMap<PublicKey, Opened>(); // `keys` gives the same object until it reads the table anew

  /** @throws ProblemError `unavailable` for a damaged row: what can't be judged isn't said to be wrong */
  function open(key: PublicKey): Opened {
    try {
      const known = opened.get(key) ?? {
        algorithm: algorithmOf(key.publicJwk),
        publicKey: createPublicKey({ key: key.publicJwk as JsonWebKey, format: 'jwk' }),
      };
      opened.set(key, known);
      return known;
    } catch (cause) {
      throw unavailable(
        `the published key ${key.kid} is damaged: withdraw it by \`npm run keys -- withdraw\``,
        { cause },
      );
    }
  }

  return {
    async verify(token, now) {
      if (token.length > MAX_LENGTH) throw invalid('longer than any of ours');
      const jws = decodeJws(token);
      if (jws === undefined) throw invalid('not a JWS');
      const { alg, kid } = read(headerRules, jws.header, 'header');
      const key = await keys.find(kid);
      if (key === undefined) throw invalid('no published key has its kid');
      const { algorithm, publicKey } = open(key);
      if (alg !== algorithm) throw invalid('its key has another algorithm');
      if (!isSigned(jws, algorithm, publicKey)) throw invalid('wrong signature');
      const claims = read(rules, parseJson(jws.payload), 'claim');
      if (claims.exp * 1000 <= now) throw invalid('expired');
      if ((claims.nbf ?? 0) * 1000 > now) throw invalid('not valid yet');
      return {
        userId: claims.sub,
        sessionId: claims.sid,
        authTime: claims.auth_time * 1000,
        acr: claims.acr,
        amr: claims.amr,
      };
    },
  };
}

/** @throws ProblemError `invalid-access-token`, naming the member that breaks the rules */
function read<Rules extends v.GenericSchema>(
  rules: Rules,
  value: unknown,
  part: string,
): v.InferOutput<Rules> {
  const result = v.safeParse(rules, value, { abortEarly: true });
  if (result.success) return result.output;
  throw invalid(`${part} ${result.issues[0].path?.[0]?.key ?? 'set'} is missing or wrong`);
}

function invalid(detail: string): ProblemError {
  return new ProblemError({ code: 'invalid-access-token' }, `access token refused: ${detail}`);
}
