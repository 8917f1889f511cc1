import type { Clock, PasswordHasher, UserStore } from './account.ts';
import { newPassword, type RawFields, readFields } from './fields.ts';
import { hashSecret, readResetTag } from './opaque-token.ts';
import { ProblemError } from './problem.ts';
import type { ResetRequest, ResetRequestStore } from './reset-request.ts';
import { accountCounter } from './throttle.ts';

export type ResetPasswordRequest = { tag: string | undefined; fields: RawFields };

/** The rules of a reset's fields. @param passwordMinimum code points */
export const resetPasswordFields = (passwordMinimum: number) => ({ password: newPassword(passwordMinimum) });

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
};

export type ResetPasswordParts = {
  users: Pick<UserStore, 'get'>;
  resetRequests: Pick<ResetRequestStore, 'get'>;
  accounts: {
    /**
     * Applies the reset in one transaction, on condition that the request is unused and the version unchanged.
     *
     * @returns false when another reset came first
     * @throws ProblemError `unavailable`
     */
    reset(reset: Reset): Promise<boolean>;
  };
  hasher: Pick<PasswordHasher, 'hash'>;
  clock: Clock;
  passwordMinimum: number;
};

/**
 * Sets a new password for who holds a mailed tag. The tag is judged before the password: a wrong one costs no hash,
 * and a refused password leaves the tag usable.
 *
 * @throws ProblemError `missing-tag`, `wrong-tag`, `expired-tag`, `unknown-user`, `invalid-fields`, `unavailable`
 */
export async function resetPassword(parts: ResetPasswordParts, request: ResetPasswordRequest): Promise<void> {
  const { users, resetRequests, accounts, hasher, clock, passwordMinimum } = parts;
  if (!request.tag) throw new ProblemError({ code: 'missing-tag' });
  const found = await findRequest(resetRequests, request.tag);
  const user = await users.get(found.userId);
  if (user === undefined) throw new ProblemError({ code: 'unknown-user' });
  if (user.status !== 'active' || user.credentialVersion !== found.credentialVersion)
    throw wrongTag('superseded');
  if (clock() >= found.expiresAt) throw new ProblemError({ code: 'expired-tag' });

  const { password } = readFields(resetPasswordFields(passwordMinimum), request.fields, passwordMinimum);
  const applied = await accounts.reset({
    tagId: found.tagId,
    userId: user.userId,
    credentialVersion: user.credentialVersion,
    passwordHash: await hasher.hash(password),
    now: clock(),
    attemptsCounter: accountCounter(user.email),
  });
  if (!applied) throw wrongTag('another reset came first');
}

async function findRequest(store: Pick<ResetRequestStore, 'get'>, tag: string): Promise<ResetRequest> {
  const mailed = readResetTag(tag);
  if (mailed === undefined) throw wrongTag('not a tag');
  const request = await store.get(mailed.tagId);
  if (!request?.secretHashes.includes(hashSecret(mailed.secret))) throw wrongTag('no such tag');
  if (request.state === 'used') throw wrongTag('used');
  return request;
}

function wrongTag(detail: string): ProblemError {
  return new ProblemError({ code: 'wrong-tag' }, detail);
}
