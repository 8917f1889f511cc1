import type { User } from './account.ts';
import type { HookSession } from './hooks.ts';
import type { Evidence, SessionKey } from './session.ts';

/** An access token as a client gets it; `expiresIn` in seconds. */
export type AccessToken = { token: string; expiresIn: number };

/** What a token says of its user, as the account is when the token is issued. */
type TokenUser = Pick<User, 'userId' | 'name' | 'email' | 'emailVerified' | 'roles'>;
/** What a verified token says, for decisions that depend on the token rather than on its session. */
export type Claims = SessionKey & Evidence;

/**
 * Signs an access token with a key and claims that were fetched before, so that nothing but signing can fail.
 *
 * @param authTime when the holder last proved who they are; both in milliseconds since the epoch
 */
export type SignAccessToken = (authTime: number, now: number) => Promise<AccessToken>;

/** Issues access tokens; its signing key is loaded. */
export type TokenIssuer = {
  /** Whether a hook adds claims, which takes time and may fail. */
  hasClaimsHook: boolean;
  /**
   * Gets the claims that a hook adds. Called before anything is written for the token: when the hook fails, nothing
   * may be left behind.
   *
   * @throws ProblemError `hook-failed`
   */
  prepare(user: TokenUser, session: HookSession): Promise<SignAccessToken>;
};

export type AccessTokenSigner = {
  /** Gets the signing key, from memory in a warm function. @throws ProblemError `unavailable` */
  ready(): Promise<TokenIssuer>;
};

/** Verifies access tokens: signature, type, issuer, audience, times and the types of the claims; not the session. */
export type AccessTokenVerifier = {
  /** @throws ProblemError `invalid-access-token`, `unavailable` */
  verify(token: string, now: number): Promise<Claims>;
};
