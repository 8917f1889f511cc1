import type { Clock, UserStore } from './account.ts';
import { emailAddress, type RawFields, readFields } from './fields.ts';
import type { Language } from './language.ts';
import { type MailRequestStore, newMailRequest } from './mail-request.ts';
import { countRequest, type Throttle } from './throttle.ts';

export type ForgetPasswordRequest = {
  fields: RawFields;
  client: string;
  /** The language of the client, and so of the mail. */
  language: Language;
};

/** The rules of the fields of a request for a reset mail. */
export const forgetPasswordFields = { email: emailAddress };

export type ForgetPasswordDeps = {
  users: Pick<UserStore, 'ownerOf'>;
  mailRequests: Pick<MailRequestStore, 'put'>;
  throttle: Throttle;
  clock: Clock;
  /** Milliseconds. */
  tagLifetime: number;
  /** Whether the previous system may know an address that nobody has here; `send-mail` asks it. */
  migrates: boolean;
};

/**
 * Requests the mail that resets a password. Every address gets the same calls and the same answer. `send-mail` reads the
 * row that is written here from the table's stream and decides whether a mail goes, so that the answer reveals nothing and
 * an outage of the mail service loses no mail.
 *
 * @returns the id of the request, which opens nothing
 * @throws ProblemError `invalid-fields`, `throttled`, `unavailable`
 * @see OWASP Forgot Password Cheat Sheet
 */
export async function forgetPassword(
  { users, mailRequests, throttle, clock, tagLifetime, migrates }: ForgetPasswordDeps,
  request: ForgetPasswordRequest,
): Promise<{ tagId: string }> {
  const { email } = readFields(forgetPasswordFields, request.fields);
  const [userId] = await Promise.all([
    users.ownerOf(email),
    countRequest(throttle, 'forgets', request.client),
  ]);

  const legacy = migrates && userId === undefined ? { legacy: { email } } : {};
  const asked = newMailRequest({ userId, language: request.language, ...legacy }, clock(), tagLifetime);
  await mailRequests.put(asked);
  return { tagId: asked.tagId };
}
