import type { Clock, User, UserStore } from './account.ts';
import type { By } from './account-event.ts';
import { type MailRequest, newMailRequest } from './mail-request.ts';
import { ProblemError } from './problem.ts';
import { CONFLICT, retryOnConflict } from './retry-on-conflict.ts';

export type RemoveFactorsDeps = {
  users: Pick<UserStore, 'get'>;
  factors: {
    /**
     * Removes every factor and every recovery code, raises `credentialVersion`, stores when, and requests the mail: all or
     * nothing.
     *
     * @returns false when the account was changed meanwhile
     * @throws ProblemError `unavailable`
     */
    removeAll(user: User, now: number, mail: MailRequest, by: By): Promise<boolean>;
  };
  clock: Clock;
  /** Milliseconds. */
  tagLifetime: number;
};

/**
 * Removes every second factor of somebody who lost them: the next log-in needs the password alone. All sessions end, since
 * it may have been a thief who asked the operator. The owner gets a mail, and the account keeps when it was done.
 *
 * @returns false when there was no factor
 * @throws ProblemError `unknown-user`, `unavailable`
 */
export async function removeAllFactors(deps: RemoveFactorsDeps, userId: string, by: By): Promise<boolean> {
  return retryOnConflict('changes', async () => {
    const user = await deps.users.get(userId);
    if (user === undefined) throw new ProblemError({ code: 'unknown-user' });
    if (!user.totp && !user.passkeys) return false;
    const now = deps.clock();
    const asked = { userId, purpose: 'factors-removed', byOperator: true } as const;
    const mail = newMailRequest(asked, now, deps.tagLifetime);
    return (await deps.factors.removeAll(user, now, mail, by)) || CONFLICT;
  });
}
