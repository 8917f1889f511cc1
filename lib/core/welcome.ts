import { type Profile, profileOf } from './account.ts';
import { type Authenticator, authenticate, type Bearer } from './authenticate.ts';
import type { SessionState } from './session.ts';

/**
 * The profile of the access token's owner.
 *
 * @throws ProblemError `missing-access-token`, `invalid-access-token`, `throttled`, `unavailable`
 */
export async function welcome(deps: Authenticator<SessionState>, request: Bearer): Promise<Profile> {
  const { user } = await authenticate(deps, request);
  return profileOf(user);
}
