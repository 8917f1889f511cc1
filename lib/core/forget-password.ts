import { randomUUID } from 'node:crypto';
import type { Clock, UserStore } from './account.ts';
import { emailAddress, type RawFields, readFields } from './fields.ts';
import type { ResetRequestStore } from './reset-request.ts';
import { countRequest, mayMail, type Throttle } from './throttle.ts';

export type ForgetPasswordRequest = { fields: RawFields; client: string };

/** The rules of the fields of a request for a reset mail. */
export const forgetPasswordFields = { email: emailAddress };

export type ForgetPasswordParts = {
  users: Pick<UserStore, 'findByEmail'>;
  resetRequests: Pick<ResetRequestStore, 'put'>;
  throttle: Throttle;
  clock: Clock;
  /** Milliseconds. */
  tagLifetime: number;
};

/**
 * Asks for the mail that resets a password. The same calls and the same answer for every address; the mail itself is
 * sent by `send-mail`, from the stream of the row that is written here, so that no trouble of the mail's reaches the
 * client, nor is lost with it.
 *
 * @returns the name of the request, which opens nothing
 * @throws ProblemError `invalid-fields`, `throttled`, `unavailable`
 * @see OWASP Forgot Password Cheat Sheet
 */
export async function forgetPassword(
  { users, resetRequests, throttle, clock, tagLifetime }: ForgetPasswordParts,
  request: ForgetPasswordRequest,
): Promise<{ tagId: string }> {
  const { email } = readFields(forgetPasswordFields, request.fields);
  await countRequest(throttle, 'forgets', request.client);

  const mails = await mayMail(throttle, email);
  const user = await users.findByEmail(email);
  const known = mails && user?.status === 'active' && user.mailRefused === undefined;
  const tagId = randomUUID();
  await resetRequests.put({
    tagId,
    kind: known ? 'known' : 'unknown',
    state: 'requested',
    userId: user?.userId ?? randomUUID(),
    credentialVersion: user?.credentialVersion ?? 1,
    secretHashes: [],
    expiresAt: clock() + tagLifetime,
  });
  return { tagId };
}
