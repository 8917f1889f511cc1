import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import type { HashRenewal, PasswordHasher, User, UserStore } from './account.ts';
import { type AdmitDeps, type LoggedIn, prepareAdmission } from './admit.ts';
import { both } from './both.ts';
import { type BreachDeps, notifyOfBreach } from './breach-notice.ts';
import { type CheckedUser, checkPassword, lockMail, wrongCredentials } from './check-password.ts';
import { normaliseEmail } from './email-address.ts';
import type { ChallengeStore } from './factors.ts';
import { type RawFields, readFields, textSuchAs } from './fields.ts';
import type { Language } from './language.ts';
import { findMigrant, type MigrateDeps, migrateAccount } from './migrate-account.ts';
import { hashSecret } from './opaque-token.ts';
import { normalisePassword } from './password-policy.ts';
import { ProblemError } from './problem.ts';
import type { GivenCode, ProveFactorDeps } from './prove-factor.ts';
import { logInByCode, secondFactorRequired } from './second-step.ts';
import { type LoginAttempt, openAttempt, type Throttle } from './throttle.ts';
import { isTotpCode } from './totp.ts';

export type LogInRequest = {
  fields: RawFields;
  /** Whether the client takes a refresh token. */
  refreshes: boolean;
  /** Whether the code of a second factor comes with the password, not in a second step. */
  takesOtp?: boolean;
  client: string;
  /** A description of the client's device; see `deviceOf`. */
  device?: string | undefined;
  /** The language of the client, and so of a mail about a locked account. */
  language: Language;
};

/** The rules of the fields: any text. What can't be right gets `wrong-credentials`, like any other guess. */
export const logInFields = {
  email: textSuchAs('ada@example.com'),
  password: textSuchAs('correct horse battery staple'),
};

/** Checked only after the right password of an account with a TOTP, and ignored otherwise. */
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

/** The same where a second factor's code comes with the password. */
export const logInWithOtpFields = { ...logInFields, otp };

export type LogInDeps = AdmitDeps &
  BreachDeps &
  ProveFactorDeps & {
    challenges: Pick<ChallengeStore, 'put'>;
    users: Pick<UserStore, 'ownerOf' | 'get'>;
    hasher: PasswordHasher;
    renewals: {
      /**
       * Replaces the hash that was read by a new one. Does nothing when another hash is stored by now: a reset came in
       * between, and its password must stay.
       *
       * @throws ProblemError `unavailable`
       */
      store(renewal: HashRenewal): Promise<void>;
      /** Receives the error when a hash couldn't be replaced. The log-in goes on; the next one tries again. */
      failed(userId: string, error: unknown): void;
    };
    throttle: Throttle;
    /** Present where accounts move in from a previous system, one by one. */
    migration: MigrateDeps['migration'] | undefined;
  };

/**
 * Opens a session for whoever presents the right password. A wrong password, an unknown or disabled account, a malformed
 * address and a password that no account can have get the same answer, after the same calls and hashes.
 *
 * Three round trips. The client's address is counted before the account's attempt is reserved, and the attempt is reserved
 * before the hash is computed: however many passwords arrive at once, no more are checked than the limits allow.
 *
 * @throws ProblemError `invalid-fields`, `wrong-credentials`, `second-factor-required` or `otp-required`, `throttled`,
 * `hook-failed`, `unavailable`
 * @see OWASP ASVS 5.0 6.3.8
 */
export async function logIn(deps: LogInDeps, request: LogInRequest): Promise<LoggedIn> {
  const given = readFields(logInFields, request.fields);
  // A text that isn't an address is looked up by its hash, which no account has: DynamoDB may refuse the text as a key.
  const address = normaliseEmail(given.email);
  const email = address ?? hashSecret(Buffer.from(given.email));

  const attempt = openAttempt(deps.throttle, { email, client: request.client });
  try {
    const [, userId] = await both(attempt.countAddress(), deps.users.ownerOf(email));
    const [, user] = await both(attempt.reserve(), loadUser(deps, userId));
    const timers = { hash: deps.hasher.startTimer(), lookup: deps.migration?.startTimer() };
    const context = { ...request, email, password: given.password, attempt, timers };
    // In parallel, so that a failed log-in takes no longer with the lookup than without.
    const [own, migrated] = await both(
      checkPassword(deps, user, given.password),
      address !== undefined && userId === undefined ? migrate(deps, context) : Promise.resolve(undefined),
    );
    if (migrated?.loggedIn) return migrated.loggedIn;
    const checked = own ?? migrated?.owner;
    if (checked !== undefined) return await completeLogIn(deps, checked, context);
    const locked = await attempt.failed(lockMail(deps, userId, request.language));
    await timers.lookup?.();
    throw wrongCredentials(locked);
  } finally {
    await attempt.release();
  }
}

/** A log-in under way. */
type Context = LogInRequest & {
  email: string;
  password: string;
  attempt: LoginAttempt;
  /** Each waits until a failed log-in has taken as long as every other one; see `PasswordHasher` and `Migration`. */
  timers: { hash: () => Promise<void>; lookup: (() => Promise<void>) | undefined };
};

/**
 * Moves an account in from the previous system. Of two log-ins at once one creates the account; the other finds it created,
 * and continues like any log-in, with the password checked against the stored hash.
 */
async function migrate(
  { migration, ...deps }: LogInDeps,
  context: Context,
): Promise<{ loggedIn?: LoggedIn; owner?: CheckedUser | undefined } | undefined> {
  if (migration === undefined) return undefined;
  const legacy = await findMigrant({ ...deps, migration }, context);
  if (legacy === undefined) return undefined;
  const loggedIn =
    legacy === 'taken' ? undefined : await migrateAccount({ ...deps, migration }, { ...context, legacy });
  if (loggedIn) {
    await context.attempt.succeeded();
    return { loggedIn };
  }
  const userId = await deps.users.ownerOf(context.email);
  const user = userId === undefined ? undefined : await deps.users.get(userId);
  return { owner: await checkPassword(deps, user, context.password) };
}

/** The rest of a log-in with the right password. */
async function completeLogIn(deps: LogInDeps, user: CheckedUser, context: Context): Promise<LoggedIn> {
  const { password, attempt, refreshes, device, language } = context;
  if (user.totp) {
    const [loggedIn] = await both(
      completeWithTotp(deps, user, context),
      notifyOfBreach(deps, user, password, language),
    );
    return loggedIn;
  }
  const open = await prepareAdmission(deps, { user, refreshes, device, amr: ['pwd'], acr: 'aal1' });
  // Nothing is written before this point.
  const rehashAndOpen = async () => {
    if (needsRehash(deps, user, password)) await rehash(deps, user, password);
    return open();
  };
  const [[loggedIn]] = await both(
    both(rehashAndOpen(), attempt.succeeded()),
    notifyOfBreach(deps, user, password, language),
  );
  return loggedIn;
}

/** For an address without an owner it reads an id that nobody has, so that it takes the same calls and time. */
async function loadUser(
  { users, signer }: LogInDeps,
  userId: string = randomUUID(),
): Promise<User | undefined> {
  // On a cold start, fetch the signing key in parallel; it is cached by the time we sign.
  const [user] = await both(users.get(userId), signer.ready());
  return user;
}

/** Whether the hash should be replaced. It stays where our scheme can't hash the whole password, as bcrypt beyond 72 bytes. */
function needsRehash({ hasher }: LogInDeps, user: CheckedUser, password: string): boolean {
  const outdated = user.hashIsOverTyped || hasher.isOutdated(user.passwordHash);
  return outdated && hasher.canHash(normalisePassword(password));
}

/**
 * The rest of a log-in to an account with an active TOTP. The right password alone neither counts nor clears failures: it is
 * half of a log-in. Only whoever knows the password gets here, so that nobody else learns of the factor.
 */
async function completeWithTotp(deps: LogInDeps, user: CheckedUser, context: Context): Promise<LoggedIn> {
  const { attempt, password } = context;
  const rehashIfNeeded = async () => {
    if (needsRehash(deps, user, password)) await rehash(deps, user, password);
  };
  if (!context.takesOtp) {
    await rehashIfNeeded();
    const [required] = await both(secondFactorRequired(deps, user), attempt.release());
    throw required;
  }
  const given = givenOtp(context.fields.otp);
  if (given === undefined) throw new ProblemError({ code: 'otp-required' });
  const loggedIn = await logInByCode(deps, { ...context, user, given }).catch(async (error) => {
    if (!isWrongCode(error)) throw error;
    // Wait as long as a wrong password takes, or the time would reveal that the password was right. The place is freed in
    // parallel, since the owner's own log-in may be waiting for it.
    await both(attempt.release(), context.timers.hash());
    await context.timers.lookup?.();
    throw new ProblemError({ code: 'wrong-credentials' }, error.message, { notice: error.notice });
  });
  await both(attempt.succeeded(), rehashIfNeeded());
  return loggedIn;
}

/** Empty means missing, as in an HTML form. Only text can be a code. */
function givenOtp(otp: unknown): GivenCode | undefined {
  if (otp === undefined || otp === null || otp === '') return undefined;
  const text = typeof otp === 'string' ? otp : '';
  return isTotpCode(text) ? { code: text } : { recoveryCode: text };
}

/** Dialects that take code and password together answer a wrong code like a wrong password. */
function isWrongCode(error: unknown): error is ProblemError {
  return error instanceof ProblemError && error.problem.code === 'wrong-code';
}

/** Replaces the hash, for example an imported one, at the only moment when the password is known. */
async function rehash(
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
