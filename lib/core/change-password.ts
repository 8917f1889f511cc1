import type { AccessToken, AccessTokenSigner } from './access-token.ts';
import type { User } from './account.ts';
import {
  type Authenticated,
  type Authenticator,
  authenticate,
  type Bearer,
  readLive,
} from './authenticate.ts';
import { both } from './both.ts';
import { type ProveDeps, type Prover, withPassword, wrongCredentials } from './check-password.ts';
import { combineEvidence } from './combine-evidence.ts';
import { newPassword, type RawFields, readFields, refuseBreached, textSuchAs } from './fields.ts';
import { type MailRequest, newMailRequest } from './mail-request.ts';
import type { PasswordPolicy } from './password-policy.ts';
import { CONFLICT, retryOnConflict } from './retry-on-conflict.ts';
import type { Evidence, Session } from './session.ts';
import { requireStepUp } from './step-up.ts';

export type ChangePasswordRequest = Bearer & Prover & { body: () => RawFields };

/** The rules of the fields. @param user the new password must not consist of this user's name and address */
export const changePasswordFields = (policy: PasswordPolicy, user?: Pick<User, 'name' | 'email'>) => ({
  password: textSuchAs('correct horse battery staple'),
  newPassword: newPassword(policy, [user?.name, user?.email]),
});

/** A new password that ends every session of the user but one. */
export type PasswordChange = {
  /** User and session as they were read. */
  user: User;
  session: Session;
  passwordHash: string;
  /** The evidence of the session from then on. */
  evidence: Evidence;
  /** Milliseconds since the epoch. */
  now: number;
  notice: MailRequest;
};

export type ChangePasswordDeps = Authenticator &
  ProveDeps & {
    signer: AccessTokenSigner;
    accounts: {
      /**
       * Sets the new hash, raises `credentialVersion` for the user and for the session that stays, and requests the
       * notice: one transaction, on condition that neither version has changed and the session hasn't ended.
       *
       * @returns false when the condition did not hold
       * @throws ProblemError `unavailable`
       */
      changePassword(change: PasswordChange): Promise<boolean>;
    };
    passwordPolicy: PasswordPolicy;
  };

/** What typing the old password proves. */
const PASSWORD = { amr: ['pwd'] } as const;

/**
 * Gives the account another password. Every other session ends in the same transaction; this one and its access tokens
 * stay valid. A log-in that began with the old password and ends later opens a session under the old version, which is
 * never valid.
 *
 * @throws ProblemError those of `authenticate`; `step-up-required`, `invalid-fields`, `wrong-credentials`, `throttled`,
 * `hook-failed`, `unavailable`
 * @see OWASP ASVS 5.0 6.2.2, 6.2.3 and 7.4.3
 */
export async function changePassword(
  deps: ChangePasswordDeps,
  request: ChangePasswordRequest,
): Promise<AccessToken> {
  const [found, issuer] = await both(authenticate(deps, request), deps.signer.ready());
  const { user, session, claims } = found;
  requireStepUp(user, claims, { fresh: false }, deps.clock());
  const { passwordPolicy } = deps;
  const fields = changePasswordFields(passwordPolicy, user);
  const given = readFields(fields, request.body(), passwordPolicy);

  return withPassword(deps, { ...request, user, typed: given.password }, async () => {
    await refuseBreached(passwordPolicy, given.newPassword, 'newPassword');
    const sign = await issuer.prepare(user, {
      ...session,
      ...combineEvidence(session, PASSWORD, deps.clock()),
    });
    const passwordHash = await deps.hasher.hash(given.newPassword);
    return async () => {
      const { authTime } = await apply(deps, found, passwordHash, request);
      return sign(authTime, authTime);
    };
  });
}

/** @returns the session that stays, as it is now */
async function apply(
  deps: ChangePasswordDeps,
  found: Authenticated,
  passwordHash: string,
  { language }: Prover,
): Promise<Session> {
  let { user, session }: { user: User; session: Session } = found;
  return retryOnConflict('changes of the account', async () => {
    const now = deps.clock();
    const evidence = combineEvidence(session, PASSWORD, now);
    const { userId } = user;
    const notice = newMailRequest({ userId, language, purpose: 'new-password' }, now, deps.tagLifetime);
    if (await deps.accounts.changePassword({ user, session, passwordHash, evidence, now, notice }))
      return { ...session, ...evidence };
    ({ user, session } = await readLive(deps, session, now));
    // Another change of the password came first: the password that was typed is no longer the right one.
    if (user.passwordChangedAt !== found.user.passwordChangedAt) throw wrongCredentials(false);
    return CONFLICT;
  });
}
