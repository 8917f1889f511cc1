import type { Clock, User } from './account.ts';
import { type MailRequestStore, newMailRequest } from './mail-request.ts';

export type StartResetDeps = {
  mailRequests: Pick<MailRequestStore, 'put'>;
  clock: Clock;
  /** Milliseconds. */
  tagLifetime: number;
};

/**
 * Requests the mail with a reset link for the owner, at an operator's request. The old password and the sessions stay valid
 * until the link is used. The limit of five mails an hour applies, and the owner of a disabled account gets none.
 *
 * @throws ProblemError `unavailable`
 */
export async function startReset(
  { mailRequests, clock, tagLifetime }: StartResetDeps,
  { userId }: Pick<User, 'userId'>,
): Promise<void> {
  await mailRequests.put(newMailRequest({ userId, byOperator: true }, clock(), tagLifetime));
}
