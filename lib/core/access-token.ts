import type { Profile } from './account.ts';
import type { SessionKey } from './session.ts';

/** An access token as a client gets it; `expiresIn` in seconds. */
export type AccessToken = { token: string; expiresIn: number };

/** Signs access tokens. */
export type AccessTokenSigner = {
  /** @param now milliseconds since the epoch. @throws ProblemError `unavailable` */
  sign(user: Profile, sessionId: string, now: number): Promise<AccessToken>;
};

/** Verifies access tokens: signature, type, issuer, audience, times and the types of the claims; not the session. */
export type AccessTokenVerifier = {
  /** @throws ProblemError `invalid-access-token`, `unavailable` */
  verify(token: string, now: number): Promise<SessionKey>;
};
