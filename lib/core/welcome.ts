import { type Profile, profileOf } from './account.ts';
import { type Authenticator, authenticate } from './authenticate.ts';

/** Whom the access token belongs to. @throws ProblemError `missing-access-token`, `invalid-access-token`, `unavailable` */
export async function welcome(
  parts: Authenticator,
  request: { accessToken: string | undefined },
): Promise<Profile> {
  return profileOf(await authenticate(parts, request.accessToken));
}
