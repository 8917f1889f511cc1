import { randomUUID } from 'node:crypto';
import type { AccessToken } from './access-token.ts';
import { type PasswordHasher, type Profile, profileOf, type User } from './account.ts';
import { type AdmitDeps, admit } from './admit.ts';
import {
  biography,
  confirmationOf,
  emailAddress,
  newPassword,
  personName,
  type RawFields,
  readFields,
  refuseBreached,
} from './fields.ts';
import type { PasswordPolicy } from './password-policy.ts';
import { ProblemError } from './problem.ts';
import type { Session } from './session.ts';
import { countRequest, type Throttle } from './throttle.ts';

export type SignUpRequest = {
  fields: RawFields;
  /** Whether `confirm` has to be there and equal `password`. */
  confirmed: boolean;
  /** Whether the client is logged in by signing up. */
  opensSession: boolean;
  client: string;
  /** Words for the client's device; see `deviceOf`. */
  device?: string | undefined;
};

export type SignedUp = { profile: Profile; accessToken?: AccessToken };

export type SignUpDeps = Omit<AdmitDeps, 'sessions'> & {
  accounts: {
    /**
     * Creates the user, the claim on the address and the session in one transaction.
     *
     * @returns false when the address already has an owner
     * @throws ProblemError `unavailable`
     */
    create(user: User, session: Session | undefined): Promise<boolean>;
  };
  hasher: Pick<PasswordHasher, 'hash'>;
  throttle: Throttle;
  passwordPolicy: PasswordPolicy;
};

/**
 * Opens an account. The token is signed before the one write, so that nothing can fail between the account's
 * existence and the answer but the answer's own way.
 *
 * @throws ProblemError `invalid-fields`, `email-taken`, `throttled`, `unavailable`
 */
export async function signUp(deps: SignUpDeps, request: SignUpRequest): Promise<SignedUp> {
  const rules = request.confirmed
    ? confirmedSignUpFields(deps.passwordPolicy, request.fields)
    : signUpFields(deps.passwordPolicy, request.fields);
  const { name, bio, email, password } = readFields(rules, request.fields, deps.passwordPolicy);
  await countRequest(deps.throttle, 'signUps', request.client);
  await refuseBreached(deps.passwordPolicy, password);

  // A key that cannot be had costs no hash.
  if (request.opensSession) await deps.signer.ready();
  const user: User = {
    userId: randomUUID(),
    email,
    name,
    bio,
    passwordHash: await deps.hasher.hash(password),
    status: 'active',
    credentialVersion: 1,
    createdAt: deps.clock(),
  };
  const create = async (session: Session | undefined) => {
    if (!(await deps.accounts.create(user, session))) throw new ProblemError({ code: 'email-taken' });
  };
  if (request.opensSession) {
    const { device } = request;
    const admission = { user, device, refreshes: false, amr: ['pwd'], acr: 'aal1' } as const;
    return admit({ ...deps, sessions: { open: create } }, admission);
  }
  await create(undefined);
  return { profile: profileOf(user) };
}

/** The rules of a sign-up's fields. @param fields as they came: the password may not be made of the others */
const signUpFields = (policy: PasswordPolicy, fields: RawFields = {}) => ({
  name: personName,
  bio: biography,
  email: emailAddress,
  password: newPassword(policy, [fields.name, fields.email]),
});

/** The same for a dialect without a biography. */
export const signUpFieldsWithoutBio = (policy: PasswordPolicy) => {
  const { bio: _, ...others } = signUpFields(policy);
  return others;
};

/** The same with the password twice. */
export const confirmedSignUpFields = (policy: PasswordPolicy, fields: RawFields = {}) => ({
  ...signUpFields(policy, fields),
  confirm: confirmationOf(fields.password),
});
