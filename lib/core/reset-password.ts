import type { Clock, PasswordHasher, User, UserStore } from './account.ts';
import { newPassword, type RawFields, readFields, refuseBreached } from './fields.ts';
import type { MailRequest, MailRequestStore } from './mail-request.ts';
import { migratedUser } from './migrate-account.ts';
import { hashSecret, readResetTag } from './opaque-token.ts';
import type { PasswordPolicy } from './password-policy.ts';
import { ProblemError } from './problem.ts';
import { rulesOf } from './purpose.ts';
import { accountCounter } from './throttle.ts';

/** What a valid tag reveals: whose password it resets. */
export type LiveTag = { email: string };

export type TagDeps = {
  users: Pick<UserStore, 'get'>;
  mailRequests: Pick<MailRequestStore, 'get'>;
  clock: Clock;
};

export type ResetPasswordRequest = { tag: string | undefined; fields: RawFields };

/** The rules of the fields. @param user the password must not consist of this user's name and address */
export const resetPasswordFields = (policy: PasswordPolicy, user?: Pick<User, 'name' | 'email'>) => ({
  password: newPassword(policy, [user?.name, user?.email]),
});

/** A password change that ends every session and every open reset request of the user. */
export type Reset = {
  tagId: string;
  userId: string;
  credentialVersion: number;
  passwordHash: string;
  /** Milliseconds since the epoch. */
  now: number;
  /** The counter of the account's failed log-ins, which a reset clears. */
  attemptsCounter: string;
  /** An account of the previous system that the reset creates. */
  migrant?: User;
  /** Whether nobody had proved the address before. */
  provesAddress: boolean;
};

export type ResetPasswordDeps = TagDeps & {
  accounts: {
    /**
     * Applies the reset in one transaction, on condition that the request is unused and the version unchanged; for a
     * migrant, that nobody has the address.
     *
     * @returns false when another reset came first, or the address has got an owner
     * @throws ProblemError `unavailable`
     */
    reset(reset: Reset): Promise<boolean>;
  };
  hasher: Pick<PasswordHasher, 'hash'>;
  passwordPolicy: PasswordPolicy;
};

/**
 * Sets a new password for whoever has a mailed tag. The tag is checked before the password: a wrong tag costs no hash, and a
 * refused password leaves the tag usable.
 *
 * @throws ProblemError `missing-tag`, `wrong-tag`, `expired-tag`, `unknown-user`, `invalid-fields`, `unavailable`
 */
export async function resetPassword(deps: ResetPasswordDeps, request: ResetPasswordRequest): Promise<void> {
  const { accounts, hasher, clock, passwordPolicy } = deps;
  const { found, user, migrates } = await findByTag(deps, request.tag);

  const { password } = readFields(resetPasswordFields(passwordPolicy, user), request.fields, passwordPolicy);
  await refuseBreached(passwordPolicy, password);
  const applied = await accounts.reset({
    tagId: found.tagId,
    userId: user.userId,
    credentialVersion: user.credentialVersion,
    passwordHash: await hasher.hash(password),
    now: clock(),
    attemptsCounter: accountCounter(user.email),
    ...(migrates && { migrant: user }),
    provesAddress: user.emailVerified !== true,
  });
  if (!applied) throw wrongTag('another reset came first');
}

/**
 * Checks a mailed tag without using it. Nothing is written, so that a link can be opened any number of times, also by
 * programs that scan mails. It reveals nothing new: the caller must have the whole tag, and could use it.
 *
 * @throws ProblemError `missing-tag`, `wrong-tag`, `expired-tag`, `unknown-user`, `unavailable`
 */
export async function inspectTag(deps: TagDeps, tag: string | undefined): Promise<LiveTag> {
  const { user } = await findByTag(deps, tag);
  return { email: user.email };
}

async function findByTag(
  { users, mailRequests, clock }: TagDeps,
  tag: string | undefined,
): Promise<{ found: MailRequest; user: User; migrates: boolean }> {
  if (!tag) throw new ProblemError({ code: 'missing-tag' });
  const found = await findRequest(mailRequests, tag);
  const stored = await users.get(found.userId);
  const user = stored ?? migrantOf(found, clock());
  if (user === undefined) throw new ProblemError({ code: 'unknown-user' });
  if (user.status !== 'active' || user.credentialVersion !== found.credentialVersion)
    throw wrongTag('superseded');
  if (clock() >= found.expiresAt) throw new ProblemError({ code: 'expired-tag' });
  return { found, user, migrates: stored === undefined };
}

/** The account that the link will create, if the address is one of the previous system. */
function migrantOf({ userId, legacy }: MailRequest, now: number): User | undefined {
  if (legacy?.name === undefined) return undefined;
  const { email, name, roles } = legacy;
  return migratedUser({ userId, email, legacy: { name, emailVerified: true, roles } }, now);
}

async function findRequest(store: Pick<MailRequestStore, 'get'>, tag: string): Promise<MailRequest> {
  const mailed = readResetTag(tag);
  if (mailed === undefined) throw wrongTag('not a tag');
  const request = await store.get(mailed.tagId);
  if (!request?.secretHashes.includes(hashSecret(mailed.secret))) throw wrongTag('no such tag');
  if (rulesOf(request.purpose ?? 'reset-password').link !== 'reset') throw wrongTag('for something else');
  if (request.state === 'used') throw wrongTag('used');
  return request;
}

function wrongTag(detail: string): ProblemError {
  return new ProblemError({ code: 'wrong-tag' }, detail);
}
