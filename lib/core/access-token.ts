import type { Profile } from './account.ts';
import type { SessionKey } from './session.ts';

/** An access token as a client gets it; `expiresIn` in seconds. */
export type AccessToken = { token: string; expiresIn: number };

/** Signs an access token with a key that is at hand, and so depends on nobody. @param now milliseconds since the epoch */
type SignAccessToken = (user: Profile, sessionId: string, now: number) => Promise<AccessToken>;

export type AccessTokenSigner = {
  /** Gets the signing key, from memory in a warm function. @throws ProblemError `unavailable` */
  ready(): Promise<SignAccessToken>;
};

/** Verifies access tokens: signature, type, issuer, audience, times and the types of the claims; not the session. */
export type AccessTokenVerifier = {
  /** @throws ProblemError `invalid-access-token`, `unavailable` */
  verify(token: string, now: number): Promise<SessionKey>;
};
