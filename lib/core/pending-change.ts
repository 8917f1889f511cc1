import type { User } from './account.ts';
import type { MailRequest, MailRequestStore } from './mail-request.ts';

/**
 * The mail that can still complete a change of address, if there is one.
 *
 * @param now milliseconds since the epoch
 * @throws ProblemError `unavailable`
 */
export async function pendingChange(
  mailRequests: Pick<MailRequestStore, 'get'>,
  { changeMail, credentialVersion }: Pick<User, 'changeMail' | 'credentialVersion'>,
  now: number,
): Promise<(MailRequest & { newEmail: string }) | undefined> {
  const mail = changeMail && (await mailRequests.get(changeMail.tagId));
  if (mail?.newEmail === undefined || mail.state === 'used') return undefined;
  if (mail.credentialVersion !== credentialVersion || now >= mail.expiresAt) return undefined;
  return { ...mail, newEmail: mail.newEmail };
}
