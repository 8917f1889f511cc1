import { type Profile, profileOf } from './account.ts';
import { type Authenticator, authenticate, type Bearer } from './authenticate.ts';

/**
 * Whom the access token belongs to.
 *
 * @throws ProblemError `missing-access-token`, `invalid-access-token`, `throttled`, `unavailable`
 */
export async function welcome(deps: Authenticator, request: Bearer): Promise<Profile> {
  const { user } = await authenticate(deps, request);
  return profileOf(user);
}
