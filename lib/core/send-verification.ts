import { randomUUID } from 'node:crypto';
import type { User } from './account.ts';
import { type Authenticator, authenticate, type Bearer } from './authenticate.ts';
import { bodyIfReadable, invalidFields, type RawFields, readFields, text } from './fields.ts';
import type { Language } from './language.ts';
import { VERIFY_LIFETIME_MS } from './mail-code.ts';
import { type MailRequest, type MailRequestStore, newMailRequest } from './mail-request.ts';
import { hashSecret, readResetTag } from './opaque-token.ts';
import { pendingChange } from './pending-change.ts';
import type { PendingSignUpStore } from './pending-sign-up.ts';
import { countRequest } from './throttle.ts';

export type SendVerificationRequest = Bearer & { language: Language; body: () => RawFields };

export const sendVerificationFields = [{ verification: text }, {}];

export type SendVerificationDeps = Authenticator & {
  mailRequests: Pick<MailRequestStore, 'get' | 'put'>;
  signUps: Pick<PendingSignUpStore, 'get'>;
};

/**
 * Requests another mail to verify an address: of a pending sign-up, of the account, or the new address of a pending change.
 * `send-mail` decides whether a mail goes; the link and code of the mail before work until then.
 *
 * @throws ProblemError those of `authenticate`; `invalid-fields`, `throttled`, `unavailable`
 */
export async function sendVerification(
  deps: SendVerificationDeps,
  request: SendVerificationRequest,
): Promise<void> {
  const sent = request.accessToken === undefined ? request.body() : bodyIfReadable(request.body);
  if (sent?.verification !== undefined) return sendAgain(deps, request, sent);
  if (request.accessToken === undefined) throw invalidFields([]);
  const { user } = await authenticate(deps, request);
  request.body();
  await countRequest(deps.throttle, 'verifications', request.client);
  for (const mail of await mailsDueTo(deps, user, request.language)) await deps.mailRequests.put(mail);
}

/** For an unknown sign-up it writes a row, too, for which no mail is sent, so that the answer takes as long. */
async function sendAgain(
  { signUps, mailRequests, throttle, clock }: SendVerificationDeps,
  { client, language }: SendVerificationRequest,
  sent: RawFields,
): Promise<void> {
  const { verification } = readFields({ verification: text }, sent);
  await countRequest(throttle, 'verifications', client);
  const opened = readResetTag(verification);
  const pending = await signUps.get(opened?.tagId ?? randomUUID());
  const known = pending !== undefined && pending.secretHash === hashSecret(opened?.secret as Buffer);
  const subject =
    known && pending.state === 'pending'
      ? {
          userId: pending.userId,
          signUp: pending.signUpId,
          recipient: { email: pending.email, name: pending.name },
        }
      : { userId: undefined };
  const mail = newMailRequest(
    { ...subject, language, purpose: 'verify-sign-up' },
    clock(),
    VERIFY_LIFETIME_MS,
  );
  await mailRequests.put(mail);
}

async function mailsDueTo(
  { mailRequests, clock }: SendVerificationDeps,
  user: User,
  language: Language,
): Promise<MailRequest[]> {
  const { userId, credentialVersion, emailVerified } = user;
  const now = clock();
  const change = await pendingChange(mailRequests, user, now);
  const mail = (subject: Pick<MailRequest, 'purpose' | 'newEmail' | 'since'>) =>
    newMailRequest({ userId, language, credentialVersion, ...subject }, now, VERIFY_LIFETIME_MS);
  const due: MailRequest[] = [];
  if (!emailVerified) due.push(mail({ purpose: 'verify-account' }));
  if (change) {
    const { newEmail, since = change.requestedAt } = change;
    due.push(mail({ purpose: 'change-email', newEmail, since }));
  }
  return due;
}
