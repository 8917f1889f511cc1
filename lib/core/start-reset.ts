import type { Clock, User } from './account.ts';
import { type MailRequestStore, newMailRequest } from './mail-request.ts';

export type StartResetDeps = {
  mailRequests: Pick<MailRequestStore, 'put'>;
  clock: Clock;
  /** Milliseconds. */
  tagLifetime: number;
};

/**
 * Mails the owner a link by which to set a new password, as if they had asked for it. The old password and the sessions
 * stay until then. The five mails of an hour that an address gets hold here too, and the owner of a disabled account gets
 * none.
 *
 * @throws ProblemError `unavailable`
 */
export async function startReset(
  { mailRequests, clock, tagLifetime }: StartResetDeps,
  { userId }: Pick<User, 'userId'>,
): Promise<void> {
  await mailRequests.put(newMailRequest({ userId, byOperator: true }, clock(), tagLifetime));
}
