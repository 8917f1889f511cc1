import type { Clock, User } from './account.ts';
import { newResetRequest, type ResetRequestStore } from './reset-request.ts';

export type StartResetDeps = {
  resetRequests: Pick<ResetRequestStore, 'put'>;
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
  { resetRequests, clock, tagLifetime }: StartResetDeps,
  { userId }: Pick<User, 'userId'>,
): Promise<void> {
  await resetRequests.put(newResetRequest({ userId, byOperator: true }, clock(), tagLifetime));
}
