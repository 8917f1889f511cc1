import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify } from 'jose';

/** The claims of an access token of Gatehouse. */
export type AccessTokenClaims = JWTPayload & {
  sub: string;
  /** The session, the same for all its access tokens. */
  sid: string;
  jti: string;
  iat: number;
  exp: number;
  userId: string;
  userName: string;
  /** As it was typed at sign-up. Anybody may have typed it: look at `email_verified` before it means anything. */
  email: string;
  /** Seconds since the epoch: when the holder last proved who they are. A refresh doesn't change it. */
  auth_time?: number;
  /** `aal2`: by a password and a second factor, or by a passkey with user verification. */
  acr?: 'aal1' | 'aal2';
  /** How, by the names of RFC 8176. */
  amr?: string[];
  /** Whether the holder has received an email there. Absent from older services: not verified. */
  email_verified?: boolean;
  /** Absent when the account has none. */
  roles?: string[];
};

export type VerifierOptions = {
  /** `ISSUER` of the service: by default its URL. */
  issuer: string;
  /** `AUDIENCE` of the service. Default: the issuer. */
  audience?: string;
  /** Default: `<issuer>/.well-known/jwks.json`. */
  jwksUrl?: string;
  /** Seconds that this machine's clock may be off. Default: 5. */
  clockTolerance?: number;
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
};

/** Why a request is refused: `status` and `challenge` are the answer's status and its `WWW-Authenticate`. */
export class AccessTokenError extends Error {
  override readonly name = 'AccessTokenError';
  readonly code: 'missing' | 'invalid' | 'expired' | 'keys-unavailable' | 'role-required';
  /** 503 when the keys cannot be read: a 401 would make clients believe that their session is over. 403 for a missing role. */
  readonly status: 401 | 403 | 503;
  readonly challenge: string | undefined;

  constructor(code: AccessTokenError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.status = code === 'keys-unavailable' ? 503 : code === 'role-required' ? 403 : 401;
    if (this.status === 401) this.challenge = code === 'missing' ? 'Bearer' : 'Bearer error="invalid_token"';
    if (this.status === 403) this.challenge = 'Bearer error="insufficient_scope"'; // RFC 6750 section 3.1
  }
}

/**
 * Refuses whoever lacks a role. An operator gives roles (`npm run users -- roles`); a token has those of when it was issued.
 *
 * @param claims what the verifier resolved with
 * @param anyOf one of these is enough
 * @throws AccessTokenError `role-required`
 */
export function requireRole(claims: Pick<AccessTokenClaims, 'roles'>, ...anyOf: [string, ...string[]]): void {
  if (!anyOf.some((role) => claims.roles?.includes(role)))
    throw new AccessTokenError('role-required', `This needs the role ${anyOf.join(' or ')}.`);
}

const MINUTE = 60_000;
/** A key is published for a day before it signs, and an operator may withdraw one: that counts after this long. */
const KEYS_FRESH = 10 * MINUTE;
/** A key id that is not in the set has it read again, at most this often, however many are forged. */
const COOLDOWN = 30_000;
/** For how long the last set is used while the service cannot be reached. */
const KEYS_USABLE = 120 * MINUTE;
/** Characters. Ours have near 1,300, and 50 roles may add 4,500. */
const MAX_LENGTH = 9_216;

/**
 * Verifies access tokens for another server than Gatehouse, by the published keys: one per process, since it keeps them.
 *
 * Algorithm, type, issuer, audience and keys are set here, whatever the token says. A session that has ended is not
 * seen: its access tokens are good until they expire.
 *
 * @returns a function of the header `Authorization` that resolves with the claims
 * @see RFC 8725, RFC 9068 section 4
 */
export function accessTokenVerifier(options: VerifierOptions) {
  const issuer = options.issuer.replace(/\/+$/, ''); // as the service itself does
  const { audience = issuer, clockTolerance = 5 } = options;
  const keys = createRemoteJWKSet(new URL(options.jwksUrl ?? `${issuer}/.well-known/jwks.json`), {
    cacheMaxAge: KEYS_FRESH,
    cooldownDuration: COOLDOWN,
    [customFetch]: lastGood(options.fetch ?? ((url, init) => fetch(url, init))),
  });

  /** @throws AccessTokenError */
  return async (authorization: string | null | undefined): Promise<AccessTokenClaims> => {
    const token = /^Bearer +([\w.~+/-]+=*) *$/i.exec(authorization ?? '')?.[1];
    if (token === undefined)
      throw new AccessTokenError('missing', 'Send an access token in the header Authorization: Bearer.');
    if (token.length > MAX_LENGTH) throw invalid();
    try {
      const { payload } = await jwtVerify(token, keys, {
        algorithms: ['RS256', 'ES256', 'EdDSA'], // and of these the one that the published key names
        typ: 'at+jwt',
        issuer,
        audience,
        clockTolerance,
      });
      if (!hasOurClaims(payload)) throw invalid();
      return payload;
    } catch (cause) {
      throw cause instanceof AccessTokenError ? cause : errorOf(cause);
    }
  };
}

const invalid = (options?: ErrorOptions) =>
  new AccessTokenError('invalid', 'The access token is invalid.', options);

function errorOf(cause: unknown): AccessTokenError {
  if (cause instanceof errors.JWTExpired)
    return new AccessTokenError('expired', 'The access token has expired; refresh it.', { cause });
  // What jose says of a token is a JOSEError of its own class; the plain one and all others are about fetching keys.
  const ofKeys =
    !(cause instanceof errors.JOSEError) ||
    cause instanceof errors.JWKSTimeout ||
    cause instanceof errors.JWKSInvalid ||
    cause.code === 'ERR_JOSE_GENERIC';
  return ofKeys
    ? new AccessTokenError('keys-unavailable', 'The keys of Gatehouse cannot be read; try again.', { cause })
    : invalid({ cause });
}

const isTextList = (claim: unknown) =>
  Array.isArray(claim) && claim.every((entry) => typeof entry === 'string');

/** Claims that a token of an older service doesn't have. */
const LATER_CLAIMS: Record<string, (claim: unknown) => boolean> = {
  auth_time: (claim) => typeof claim === 'number',
  acr: (claim) => claim === 'aal1' || claim === 'aal2',
  amr: isTextList,
  email_verified: (claim) => typeof claim === 'boolean',
  roles: isTextList,
};

/** jose accepts a token that has no `exp`, or an object as `sub`. */
function hasOurClaims(payload: JWTPayload): payload is AccessTokenClaims {
  const { sub, sid, jti, iat, exp, userId, userName, email } = payload;
  return (
    [sub, sid, jti, userId, userName, email].every((claim) => typeof claim === 'string') &&
    [iat, exp].every((claim) => typeof claim === 'number') &&
    Object.entries(LATER_CLAIMS).every(([name, fits]) => payload[name] === undefined || fits(payload[name]))
  );
}

type FetchKeys = (url: string, init: RequestInit) => Promise<Response>;

/** The last good answer in place of a failure, for as long as it is usable: an outage there is not one here. */
function lastGood(fetchKeys: FetchKeys): FetchKeys {
  let good: { text: string; at: number } | undefined;
  return async (url, init) => {
    try {
      const response = await fetchKeys(url, init);
      const text = await response.text();
      if (response.status !== 200) throw new Error(`${url} answered ${response.status}.`);
      if (!JSON.parse(text).keys[0].kty) throw new Error(`${url} did not answer with keys.`);
      good = { text, at: Date.now() };
    } catch (error) {
      if (good === undefined || Date.now() - good.at > KEYS_USABLE) throw error;
    }
    return new Response(good.text, { headers: { 'content-type': 'application/json' } });
  };
}
