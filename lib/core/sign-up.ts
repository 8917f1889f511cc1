import { randomUUID } from 'node:crypto';
import type { AccessToken, AccessTokenSigner } from './access-token.ts';
import { type Clock, type PasswordHasher, type Profile, profileOf, type User } from './account.ts';
import {
  biography,
  confirmationOf,
  emailAddress,
  newPassword,
  personName,
  type RawFields,
  readFields,
} from './fields.ts';
import { ProblemError } from './problem.ts';
import { newSession, type Session, type SessionLifetimes } from './session.ts';
import { countRequest, type Throttle } from './throttle.ts';

export type SignUpRequest = {
  fields: RawFields;
  /** Whether `confirm` has to be there and equal `password`. */
  confirmed: boolean;
  /** Whether the client is logged in by signing up. */
  opensSession: boolean;
  client: string;
};

export type SignedUp = { profile: Profile; accessToken?: AccessToken };

export type SignUpParts = {
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
  signer: AccessTokenSigner;
  throttle: Throttle;
  clock: Clock;
  passwordMinimum: number;
  lifetimes: SessionLifetimes;
};

/**
 * Opens an account. The token is signed before the one write, so that nothing can fail between the account's
 * existence and the answer but the answer's own way.
 *
 * @throws ProblemError `invalid-fields`, `email-taken`, `throttled`, `unavailable`
 */
export async function signUp(parts: SignUpParts, request: SignUpRequest): Promise<SignedUp> {
  const rules = request.confirmed
    ? confirmedSignUpFields(parts.passwordMinimum, request.fields.password)
    : signUpFields(parts.passwordMinimum);
  const { name, bio, email, password } = readFields(rules, request.fields, parts.passwordMinimum);
  await countRequest(parts.throttle, 'signUps', request.client);

  const sign = request.opensSession ? await parts.signer.ready() : undefined;
  const passwordHash = await parts.hasher.hash(password);
  const now = parts.clock();
  const user: User = {
    userId: randomUUID(),
    email,
    name,
    bio,
    passwordHash,
    status: 'active',
    credentialVersion: 1,
    createdAt: now,
  };
  const session = sign && newSession(user, randomUUID(), parts.lifetimes, now);
  const accessToken = session && (await sign(user, session.sessionId, now));

  const created = await parts.accounts.create(user, session);
  if (!created) throw new ProblemError({ code: 'email-taken' });
  return { profile: profileOf(user), ...(accessToken && { accessToken }) };
}

/** The rules of a sign-up's fields. @param passwordMinimum code points */
const signUpFields = (passwordMinimum: number) => ({
  name: personName,
  bio: biography,
  email: emailAddress,
  password: newPassword(passwordMinimum),
});

/** The same for a dialect without a biography. */
export const signUpFieldsWithoutBio = (passwordMinimum: number) => {
  const { bio: _, ...others } = signUpFields(passwordMinimum);
  return others;
};

/** The same with the password twice. @param password as it came */
export const confirmedSignUpFields = (passwordMinimum: number, password?: unknown) => ({
  ...signUpFields(passwordMinimum),
  confirm: confirmationOf(password),
});
