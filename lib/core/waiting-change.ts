import type { User } from './account.ts';
import type { ResetRequest, ResetRequestStore } from './reset-request.ts';

/**
 * The latest mail by which a change of address can still be completed.
 *
 * @param now milliseconds since the epoch
 * @throws ProblemError `unavailable`
 */
export async function waitingChange(
  resetRequests: Pick<ResetRequestStore, 'get'>,
  { changeMail, credentialVersion }: Pick<User, 'changeMail' | 'credentialVersion'>,
  now: number,
): Promise<(ResetRequest & { newEmail: string }) | undefined> {
  const mail = changeMail && (await resetRequests.get(changeMail.tagId));
  if (mail?.newEmail === undefined || mail.state === 'used') return undefined;
  if (mail.credentialVersion !== credentialVersion || now >= mail.expiresAt) return undefined;
  return { ...mail, newEmail: mail.newEmail };
}
