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
  /** Whether the code of a second factor comes with the password, or in a second step. */
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
    /** Where accounts move in from a system before, one by one. */
    migration: MigrateDeps['migration'] | undefined;
  };

/**
 * Opens a session for whoever presents the right password. A wrong password, an unknown or disabled account, a malformed
 * address and a password that no account can have are one answer, reached by the same calls and hashes.
 *
 * Three round trips: what can be done in parallel is. The address is counted before the account's attempt is reserved,
 * and the attempt before the hash is computed.
 *
 * @throws ProblemError `invalid-fields`, `wrong-credentials`, `second-factor-required` or `otp-required`, `throttled`,
 * `hook-failed`, `unavailable`
 * @see OWASP ASVS 5.0 6.3.8
 */
export async function logIn(deps: LogInDeps, request: LogInRequest): Promise<LoggedIn> {
  const given = readFields(logInFields, request.fields);
  // A text that is not an address is looked up by its hash, which nobody has: DynamoDB might refuse it as a key.
  const address = normaliseEmail(given.email);
  const email = address ?? hashSecret(Buffer.from(given.email));

  const attempt = openAttempt(deps.throttle, { email, client: request.client });
  try {
    const [, userId] = await both(attempt.countAddress(), deps.users.ownerOf(email));
    const [, user] = await both(attempt.reserve(), loadUser(deps, userId));
    const begun = { hash: deps.hasher.begin(), lookup: deps.migration?.begin() };
    const entry = { ...request, email, password: given.password, attempt, begun };
    // In parallel, so that the whole of a failed log-in takes no longer with the lookup.
    const [own, migrated] = await both(
      checkPassword(deps, user, given.password),
      address !== undefined && userId === undefined ? moveIn(deps, entry) : Promise.resolve(undefined),
    );
    if (migrated?.loggedIn) return migrated.loggedIn;
    const checked = own ?? migrated?.owner;
    if (checked !== undefined) return await completeLogIn(deps, checked, entry);
    const locked = await attempt.failed(lockMail(deps, userId, request.language));
    await begun.lookup?.();
    throw wrongCredentials(locked);
  } finally {
    await attempt.release();
  }
}

type Entry = LogInRequest & {
  email: string;
  password: string;
  attempt: LoginAttempt;
  /** Each waits until as much time has passed as it takes at most, and with it any failed log-in. */
  begun: { hash: () => Promise<void>; lookup: (() => Promise<void>) | undefined };
};

/**
 * Lets an account move in. Of two log-ins at once one makes it, and the other finds it made: it goes on as the log-in to an
 * account that there is, with the password checked against the hash that is stored.
 */
async function moveIn(
  { migration, ...deps }: LogInDeps,
  entry: Entry,
): Promise<{ loggedIn?: LoggedIn; owner?: CheckedUser | undefined } | undefined> {
  if (migration === undefined) return undefined;
  const legacy = await findMigrant({ ...deps, migration }, entry);
  if (legacy === undefined) return undefined;
  const loggedIn =
    legacy === 'taken' ? undefined : await migrateAccount({ ...deps, migration }, { ...entry, legacy });
  if (loggedIn) {
    await entry.attempt.succeeded();
    return { loggedIn };
  }
  const userId = await deps.users.ownerOf(entry.email);
  const user = userId === undefined ? undefined : await deps.users.get(userId);
  return { owner: await checkPassword(deps, user, entry.password) };
}

/** The rest of a log-in with the right password. */
async function completeLogIn(deps: LogInDeps, user: CheckedUser, entry: Entry): Promise<LoggedIn> {
  const { password, attempt, refreshes, device, language } = entry;
  if (user.totp) {
    const [loggedIn] = await both(
      completeWithTotp(deps, user, entry),
      notifyOfBreach(deps, user, password, language),
    );
    return loggedIn;
  }
  const open = await prepareAdmission(deps, { user, refreshes, device, amr: ['pwd'], acr: 'aal1' });
  // From here on things are written.
  const entering = async () => {
    if (needsRehash(deps, user, password)) await rehash(deps, user, password);
    return open();
  };
  const [[loggedIn]] = await both(
    both(entering(), attempt.succeeded()),
    notifyOfBreach(deps, user, password, language),
  );
  return loggedIn;
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

/** Whether its hash should be made anew. Another system's may be of a password that ours would cut: it stays. */
function needsRehash({ hasher }: LogInDeps, user: CheckedUser, password: string): boolean {
  const outdated = user.hashIsOverTyped || hasher.isOutdated(user.passwordHash);
  return outdated && hasher.takes(normalisePassword(password));
}

/**
 * The rest of a log-in whose account has an active TOTP. The right password neither counts nor clears failures: it is half
 * of a log-in. Without it nobody gets here, so that nobody else learns that there is a factor.
 */
async function completeWithTotp(deps: LogInDeps, user: CheckedUser, entry: Entry): Promise<LoggedIn> {
  const { attempt, password } = entry;
  const renew = async () => {
    if (needsRehash(deps, user, password)) await rehash(deps, user, password);
  };
  if (!entry.takesOtp) {
    await renew();
    const [required] = await both(secondFactorRequired(deps, user), attempt.release());
    throw required;
  }
  const given = givenOtp(entry.fields.otp);
  if (given === undefined) throw new ProblemError({ code: 'otp-required' });
  const loggedIn = await logInByCode(deps, { ...entry, user, given }).catch(async (error) => {
    if (!isWrongCode(error)) throw error;
    // So that the time doesn't tell a wrong code from a wrong password. The owner's own log-in waits for the place.
    await both(attempt.release(), entry.begun.hash());
    await entry.begun.lookup?.();
    throw new ProblemError({ code: 'wrong-credentials' }, error.message, { notice: error.notice });
  });
  await both(attempt.succeeded(), renew());
  return loggedIn;
}

/** Empty means missing, as in an HTML form. Only text can be a code. */
function givenOtp(otp: unknown): GivenCode | undefined {
  if (otp === undefined || otp === null || otp === '') return undefined;
  const text = typeof otp === 'string' ? otp : '';
  return isTotpCode(text) ? { code: text } : { recoveryCode: text };
}

/** A wrong password and a wrong code get one answer. */
function isWrongCode(error: unknown): error is ProblemError {
  return error instanceof ProblemError && error.problem.code === 'wrong-code';
}

/** The one moment when the password is known and its hash can be made anew, as for those that were imported. */
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
