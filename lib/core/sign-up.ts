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
import type { JudgeSignUp } from './hooks.ts';
import type { Language } from './language.ts';
import { UNDO_LIFETIME_MS, VERIFY_LIFETIME_MS } from './mail-code.ts';
import { type MailRequest, newMailRequest } from './mail-request.ts';
import { hashSecret, newSecret, writeResetTag } from './opaque-token.ts';
import type { PasswordPolicy } from './password-policy.ts';
import type { PendingSignUp } from './pending-sign-up.ts';
import { ProblemError } from './problem.ts';
import type { Session } from './session.ts';
import { countRequest, type Throttle } from './throttle.ts';

export type SignUpRequest = {
  fields: RawFields;
  /** Whether `confirm` is required and must equal `password`. */
  confirmed: boolean;
  /** Whether the client is logged in by signing up. */
  opensSession: boolean;
  client: string;
  /** The language of a mail to verify the address. */
  language?: Language;
  /** A description of the client's device; see `deviceOf`. */
  device?: string | undefined;
  /** As the client sent it, only for the hook. */
  userAgent?: string | undefined;
};

/** @property verification the secret of the pending sign-up, where the address has to be verified before the account exists */
export type SignedUp = { profile: Profile; accessToken?: AccessToken; verification?: string };

export type SignUpDeps = Omit<AdmitDeps, 'sessions'> & {
  accounts: {
    /**
     * Creates the user, the claim on the address and the session in one transaction.
     *
     * @returns false when the address already has an owner
     * @throws ProblemError `unavailable`
     */
    create(user: User, session: Session | undefined, mail?: MailRequest): Promise<boolean>;
    /** Stores a sign-up until its address is verified, and requests the mail. @throws ProblemError `unavailable` */
    createPending(pending: PendingSignUp, mail: MailRequest): Promise<void>;
  };
  hasher: Pick<PasswordHasher, 'hash'>;
  throttle: Throttle;
  passwordPolicy: PasswordPolicy;
  /** Whether addresses are verified, and if so, before or after the account exists. */
  emailVerification?: 'off' | 'after' | 'before';
  /** The hook `beforeSignUp`. */
  beforeSignUp?: JudgeSignUp | undefined;
};

/**
 * Creates an account. The token is signed before the one write, so that nothing of ours can fail between the account's
 * creation and the answer.
 *
 * Where an address is verified before the account exists, it isn't looked up here: a free and a taken address get the same
 * calls and the same answer, and only the mail says which it is.
 *
 * @throws ProblemError `invalid-fields`, `email-taken`, `verification-required`, `sign-up-refused`, `throttled`,
 * `hook-failed`, `unavailable`
 */
export async function signUp(deps: SignUpDeps, request: SignUpRequest): Promise<SignedUp> {
  const { emailVerification } = deps;
  if (emailVerification === 'before' && request.opensSession)
    throw new ProblemError({ code: 'verification-required' });
  const rules = request.confirmed
    ? confirmedSignUpFields(deps.passwordPolicy, request.fields)
    : signUpFields(deps.passwordPolicy, request.fields);
  const { name, bio, email, password } = readFields(rules, request.fields, deps.passwordPolicy);
  await countRequest(deps.throttle, 'signUps', request.client);
  await refuseBreached(deps.passwordPolicy, password);
  await deps.beforeSignUp?.({ email, name, client: { userAgent: request.userAgent } });

  // First of all, so that an outage of the signing key costs no hash.
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
  if (emailVerification === 'before') return createPending(deps, user, request.language);
  const mail = emailVerification === 'after' ? verificationMailOf(user, request.language) : undefined;
  const create = async (session: Session | undefined) => {
    const created = await deps.accounts.create(
      mail ? { ...user, verifyMail: { tagId: mail.tagId, at: mail.requestedAt } } : user,
      session,
      mail,
    );
    if (!created) throw new ProblemError({ code: 'email-taken' });
  };
  if (request.opensSession) {
    const { device } = request;
    const admission = { user, device, refreshes: false, amr: ['pwd'], acr: 'aal1' } as const;
    return admit({ ...deps, sessions: { open: create } }, admission);
  }
  await create(undefined);
  return { profile: profileOf(user) };
}

/** The request for the mail that verifies the address of a new account. */
export function verificationMailOf(
  { userId, credentialVersion, createdAt }: User,
  language: Language | undefined,
): MailRequest {
  const asked = {
    userId,
    credentialVersion,
    purpose: 'verify-account',
    ...(language && { language }),
  } as const;
  return newMailRequest(asked, createdAt, VERIFY_LIFETIME_MS);
}

async function createPending(
  { accounts }: Pick<SignUpDeps, 'accounts'>,
  user: User,
  language: Language | undefined,
): Promise<SignedUp> {
  const { userId, email, name, bio, passwordHash, createdAt } = user;
  const [signUpId, secret] = [randomUUID(), newSecret()];
  const mail = newMailRequest(
    {
      ...{ userId, purpose: 'verify-sign-up', signUp: signUpId, recipient: { email, name } },
      ...(language && { language }),
    },
    createdAt,
    VERIFY_LIFETIME_MS,
  );
  await accounts.createPending(
    {
      ...{
        signUpId,
        secretHash: hashSecret(secret),
        state: 'pending',
        expiresAt: createdAt + UNDO_LIFETIME_MS,
      },
      ...{ userId, email, name, bio, ...(passwordHash !== undefined && { passwordHash }) },
      latest: { tagId: mail.tagId, at: mail.requestedAt },
    },
    mail,
  );
  return { profile: profileOf(user), verification: writeResetTag({ tagId: signUpId, secret }) };
}

/** The rules of the fields. @param fields as they came: the password must not consist of the name and address */
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
