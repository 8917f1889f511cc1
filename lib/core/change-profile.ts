import * as v from 'valibot';
import { type Profile, profileOf, type User } from './account.ts';
import { type Authenticator, authenticate, type Bearer } from './authenticate.ts';
import { invalidFields, otherBiography, personName, type RawFields, readFields } from './fields.ts';
import { ProblemError } from './problem.ts';

export type ChangeProfileRequest = Bearer & { body: () => RawFields };

/** The rules of the fields of a profile. A field that is left out stays as it is. */
export const profileFields = { name: v.optional(personName), bio: otherBiography };

export type ProfileChange = Partial<Pick<User, 'name' | 'bio'>>;

export type ChangeProfileDeps = Authenticator & {
  accounts: {
    /** @returns false when the account is gone. @throws ProblemError `unavailable` */
    changeProfile(userId: string, change: ProfileChange): Promise<boolean>;
  };
};

/**
 * Changes the name, the biography, or both. Access tokens carry a new name from the next refresh on.
 *
 * @throws ProblemError those of `authenticate`; `invalid-fields`, `unavailable`
 */
export async function changeProfile(
  deps: ChangeProfileDeps,
  request: ChangeProfileRequest,
): Promise<Profile> {
  const { user } = await authenticate(deps, request);
  const { name, bio } = readFields(profileFields, request.body());
  if (name === undefined && bio === undefined) throw invalidFields([]);
  const change = { ...(name !== undefined && { name }), ...(bio !== undefined && { bio }) };
  if (!(await deps.accounts.changeProfile(user.userId, change)))
    throw new ProblemError({ code: 'invalid-access-token' }, 'the account is gone');
  return profileOf({ ...user, ...change });
}
