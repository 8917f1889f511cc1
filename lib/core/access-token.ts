import type { User } from './account.ts';
import type { Evidence, SessionKey } from './session.ts';

/** An access token as a client gets it; `expiresIn` in seconds. */
export type AccessToken = { token: string; expiresIn: number };

/** What a token says of its user: the account's own at the moment it is issued. */
type TokenUser = Pick<User, 'userId' | 'name' | 'email' | 'emailVerified' | 'roles'>;
/** What it says of its session. */
type TokenSession = Evidence & Pick<SessionKey, 'sessionId'>;

/** What a verified token says, for decisions that rest on the token rather than on its session. */
export type Claims = SessionKey & Evidence;

/** Signs an access token with a key that is at hand, and so depends on nobody. @param now milliseconds since the epoch */
type SignAccessToken = (user: TokenUser, session: TokenSession, now: number) => Promise<AccessToken>;

export type AccessTokenSigner = {
  /** Gets the signing key, from memory in a warm function. @throws ProblemError `unavailable` */
  ready(): Promise<SignAccessToken>;
};

/** Verifies access tokens: signature, type, issuer, audience, times and the types of the claims; not the session. */
export type AccessTokenVerifier = {
  /** @throws ProblemError `invalid-access-token`, `unavailable` */
  verify(token: string, now: number): Promise<Claims>;
};
