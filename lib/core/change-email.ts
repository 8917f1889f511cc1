import { type Authenticator, authenticate, type Bearer } from './authenticate.ts';
import { emailAddress, type RawFields, readFields } from './fields.ts';
import type { Language } from './language.ts';
import { UNDO_LIFETIME_MS, VERIFY_LIFETIME_MS } from './mail-code.ts';
import { type MailRequest, newMailRequest } from './mail-request.ts';
import { requireStepUp } from './step-up.ts';
import { countRequest } from './throttle.ts';

export type ChangeEmailRequest = Bearer & { language: Language; body: () => RawFields };

export const changeEmailFields = { email: emailAddress };

export type ChangeEmailDeps = Authenticator & {
  /** Stores all or none. @throws ProblemError `unavailable` */
  mails: { putAll(mails: readonly MailRequest[]): Promise<void> };
};

/**
 * Requests a change of address. Only two mails become due: one to the new address, which completes the change, and one to
 * the old address, which can undo it. `send-mail` finds out whether the new address is free, so that neither the answer,
 * the calls nor the time reveal it.
 *
 * @throws ProblemError those of `authenticate`; `step-up-required`, `invalid-fields`, `throttled`, `unavailable`
 */
export async function changeEmail(deps: ChangeEmailDeps, request: ChangeEmailRequest): Promise<void> {
  const { user, claims } = await authenticate(deps, request);
  requireStepUp(user, claims, { fresh: true }, deps.clock());
  const { email: newEmail } = readFields(changeEmailFields, request.body());
  await countRequest(deps.throttle, 'verifications', request.client);

  const { userId, email, credentialVersion, emailVerified = false } = user;
  const { language } = request;
  const now = deps.clock();
  const undo = { email, emailVerified, since: now };
  await deps.mails.putAll([
    newMailRequest(
      { userId, language, purpose: 'change-email', newEmail, credentialVersion },
      now,
      VERIFY_LIFETIME_MS,
    ),
    newMailRequest({ userId, language, purpose: 'address-being-changed', undo }, now, UNDO_LIFETIME_MS),
  ]);
}
