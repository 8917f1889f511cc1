import type { Clock, UserStore } from './account.ts';
import { emailAddress, type RawFields, readFields } from './fields.ts';
import type { Language } from './language.ts';
import { type MailRequestStore, newMailRequest } from './mail-request.ts';
import { countRequest, type Throttle } from './throttle.ts';

export type ForgetPasswordRequest = {
  fields: RawFields;
  client: string;
  /** What the client reads, and so what the mail will be written in. */
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
  /** Whether a system before may know an address that nobody has; `send-mail` asks it. */
  migrates: boolean;
};

/**
 * Asks for the mail that resets a password. The same calls and the same answer for every address; whether a mail goes,
 * and the mail itself, is up to `send-mail`, which reads the row that is written here from the table's stream, so that
 * no trouble of the mail's reaches the client, nor is lost with it.
 *
 * @returns the name of the request, which opens nothing
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
