import type { User } from './account.ts';
import type { MailRequest, MailRequestStore } from './mail-request.ts';

/**
 * The latest mail by which a change of address can still be completed.
 *
 * @param now milliseconds since the epoch
 * @throws ProblemError `unavailable`
 */
export async function waitingChange(
  mailRequests: Pick<MailRequestStore, 'get'>,
  { changeMail, credentialVersion }: Pick<User, 'changeMail' | 'credentialVersion'>,
  now: number,
): Promise<(MailRequest & { newEmail: string }) | undefined> {
  const mail = changeMail && (await mailRequests.get(changeMail.tagId));
  if (mail?.newEmail === undefined || mail.state === 'used') return undefined;
  if (mail.credentialVersion !== credentialVersion || now >= mail.expiresAt) return undefined;
  return { ...mail, newEmail: mail.newEmail };
}
