import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import type { HashRenewal, PasswordHasher, User, UserStore } from './account.ts';
import { type AdmitDeps, admit, type LoggedIn } from './admit.ts';
import { both } from './both.ts';
import { type BreachDeps, tellOfBreach } from './breach-notice.ts';
import { type CheckedUser, checkPassword, lockMail, wrongCredentials } from './check-password.ts';
import { normaliseEmail } from './email-address.ts';
import type { ChallengeStore } from './factors.ts';
import { type RawFields, readFields, textSuchAs } from './fields.ts';
import type { Language } from './language.ts';
import { hashSecret } from './opaque-token.ts';
import { normalisePassword } from './password-policy.ts';
import { ProblemError } from './problem.ts';
import type { GivenCode, ProveFactorDeps } from './prove-factor.ts';
import { enterByCode, secondFactorRequired } from './second-step.ts';
import { type LoginAttempt, openAttempt, type Throttle } from './throttle.ts';
import { isTotpCode } from './totp.ts';

export type LogInRequest = {
  fields: RawFields;
  /** Whether the client takes a refresh token. */
  refreshes: boolean;
  /** Whether the code of a second factor comes beside the password, or in a second step. */
  takesOtp?: boolean;
  client: string;
  /** Words for the client's device; see `deviceOf`. */
  device?: string | undefined;
  /** What the client reads, and so what a mail about a locked account will be written in. */
  language: Language;
};

/** The rules of a log-in's fields: what cannot be right is wrong credentials, like any other guess. */
export const logInFields = {
  email: textSuchAs('ada@example.com'),
  password: textSuchAs('correct horse battery staple'),
};

/** Judged only after the right password of an account with a TOTP, and ignored otherwise. */
const otp = v.optional(
  v.pipe(
    v.unknown(),
    v.metadata({
      description:
        'For an account with a second factor: a code from its app, or a recovery code. Ignored otherwise.',
      examples: ['123456'],
    }),
  ),
);

/** The same where a second factor's code comes beside the password. */
export const logInWithOtpFields = { ...logInFields, otp };

export type LogInDeps = AdmitDeps &
  BreachDeps &
  ProveFactorDeps & {
    challenges: Pick<ChallengeStore, 'put'>;
    users: Pick<UserStore, 'ownerOf' | 'get'>;
    hasher: PasswordHasher;
    renewals: {
      /**
       * Puts a new hash in the place of the one that was read. Does nothing when that is no longer stored: a reset came
       * in between, and its password must stand.
       *
       * @throws ProblemError `unavailable`
       */
      store(renewal: HashRenewal): Promise<void>;
      /** Is given the reason why a hash is still the old one. The log-in goes on; the next one tries again. */
      failed(userId: string, error: unknown): void;
    };
    throttle: Throttle;
  };

/**
 * Opens a session for whoever presents the right password. A wrong password, an unknown or disabled account, a malformed
 * address and a password that no account can have are one answer, reached by the same calls and hashes.
 *
 * Three round trips: what can be done in parallel is. The address is counted before the account's attempt is reserved,
 * and the attempt before the hash is computed.
 *
 * @throws ProblemError `invalid-fields`, `wrong-credentials`, `second-factor-required` or `otp-required`, `throttled`,
 * `unavailable`
 * @see OWASP ASVS 5.0 6.3.8
 */
export async function logIn(deps: LogInDeps, request: LogInRequest): Promise<LoggedIn> {
  const given = readFields(logInFields, request.fields);
  // What is no address is looked up by its hash, which nobody has: as it is, no table might take it for a key.
  const email = normaliseEmail(given.email) ?? hashSecret(Buffer.from(given.email));

  const attempt = openAttempt(deps.throttle, { email, client: request.client });
  try {
    const [, userId] = await both(attempt.countAddress(), deps.users.ownerOf(email));
    const [, user] = await both(attempt.reserve(), loadUser(deps, userId));
    const evenOut = deps.hasher.begin();
    const checked = await checkPassword(deps, user, given.password);
    if (checked === undefined)
      throw wrongCredentials(await attempt.failed(lockMail(deps, userId, request.language)));
    const telling = tellOfBreach(deps, checked, given.password, request.language);
    const entering = checked.totp
      ? enterWithTotp(deps, checked, given.password, { request, attempt, evenOut })
      : both(enter(deps, checked, given.password, request), attempt.succeeded()).then(([entered]) => entered);
    const [loggedIn] = await both(entering, telling);
    return loggedIn;
  } finally {
    await attempt.release();
  }
}

/** An address without an owner is looked up all the same, under an id that nobody has: as many calls, as much time. */
async function loadUser(
  { users, signer }: LogInDeps,
  userId: string = randomUUID(),
): Promise<User | undefined> {
  // On a cold start, fetch the signing key in parallel; it is cached by the time we sign.
  const [user] = await both(users.get(userId), signer.ready());
  return user;
}

async function enter(
  deps: LogInDeps,
  user: CheckedUser,
  password: string,
  { refreshes, device }: LogInRequest,
): Promise<LoggedIn> {
  if (isToBeRenewed(deps, user, password)) await renewHash(deps, user, password);
  return admit(deps, { user, refreshes, device, amr: ['pwd'], acr: 'aal1' });
}

/** Whether its hash should be made anew. Another system's may be of a password that ours would cut: it stays. */
function isToBeRenewed({ hasher }: LogInDeps, user: CheckedUser, password: string): boolean {
  const outdated = user.hashIsOverTyped || hasher.isOutdated(user.passwordHash);
  return outdated && hasher.takes(normalisePassword(password));
}

/**
 * The rest of a log-in whose account has an active TOTP. The right password neither counts nor clears failures: it is half
 * of a log-in. Without it nobody gets here, so that nobody else learns that there is a factor.
 */
async function enterWithTotp(
  deps: LogInDeps,
  user: CheckedUser,
  password: string,
  {
    request,
    attempt,
    evenOut,
  }: { request: LogInRequest; attempt: LoginAttempt; evenOut: () => Promise<void> },
): Promise<LoggedIn> {
  if (isToBeRenewed(deps, user, password)) await renewHash(deps, user, password);
  if (!request.takesOtp) {
    const [required] = await both(secondFactorRequired(deps, user), attempt.release());
    throw required;
  }
  const given = givenOtp(request.fields.otp);
  if (given === undefined) throw new ProblemError({ code: 'otp-required' });
  const loggedIn = await enterByCode(deps, { ...request, user, given }).catch(async (error) => {
    await evenOut(); // so that the time doesn't tell a wrong code from a wrong password
    throw asWrongCredentials(error);
  });
  await attempt.succeeded();
  return loggedIn;
}

/** Empty is missing, as in an HTML form. What is no text can be no code. */
function givenOtp(otp: unknown): GivenCode | undefined {
  if (otp === undefined || otp === null || otp === '') return undefined;
  const text = typeof otp === 'string' ? otp : '';
  return isTotpCode(text) ? { code: text } : { recoveryCode: text };
}

/** One answer for a wrong password and a wrong code. */
function asWrongCredentials(error: unknown): unknown {
  if (!(error instanceof ProblemError) || error.problem.code !== 'wrong-code') return error;
  return new ProblemError({ code: 'wrong-credentials' }, error.message, { notice: error.notice });
}

/** The one moment when the password is known and its hash can be made anew, as for those that were imported. */
async function renewHash(
  { hasher, renewals }: LogInDeps,
  { userId, passwordHash: from }: CheckedUser,
  password: string,
): Promise<void> {
  try {
    await renewals.store({ userId, from, to: await hasher.hash(normalisePassword(password)) });
  } catch (error) {
    renewals.failed(userId, error);
  }
}
