import type { Clock, User, UserStore } from './account.ts';
import { LANGUAGES, type Language } from './language.ts';
import { hashSecret, newMailedSecret, writeResetTag } from './opaque-token.ts';
import type { ResetRequest, ResetRequestStore } from './reset-request.ts';
import { mayMail, type ThrottleStore } from './throttle.ts';

/** A mail that was refused before it was accepted, so that none was sent; anything else thrown may have been sent. */
export class MailNotSentError extends Error {
  override readonly name: string = 'MailNotSentError';
}

/** A mail that will never be accepted, because of its own address: to try it again would only hold up others. */
export class UndeliverableMailError extends MailNotSentError {
  override readonly name = 'UndeliverableMailError';
}

export type Mailer = {
  /** @param minutes how long the link is valid. @throws MailNotSentError, or another error when it may have been sent */
  sendResetLink(to: string, name: string, tag: string, minutes: number, language: Language): Promise<void>;
  /** The same link, to the owner of an account that a hundred failed log-ins have locked. */
  sendLocked(to: string, name: string, tag: string, minutes: number, language: Language): Promise<void>;
  sendPasswordChanged(to: string, name: string, language: Language): Promise<void>;
};

/** What became of the mail; `suppressed`: it was asked for, but its address takes none, or had its five of the hour. */
export type DueMail = 'sent' | 'nothing due' | 'suppressed';

export type ResetMailParts = {
  users: Pick<UserStore, 'get'>;
  resetRequests: ResetRequestStore;
  mailer: Mailer;
  throttle: { store: Pick<ThrottleStore, 'compareAndSwapMailQuota'> };
  clock: Clock;
  /** Milliseconds. */
  tagLifetime: number;
};

/**
 * Sends the mail that a reset request is due: the link when it was made, a notice when it was used. Decides by the
 * stored row, not by the event, so that an event delivered twice, late or out of order sends nothing twice.
 *
 * The secret exists only in this function's memory and in the mail. Its hash is stored before the mail goes, and its
 * thirty minutes begin here: after an outage of the mail service the link that arrives late still works.
 *
 * @throws what the stores and the mailer throw: the stream then delivers the event again, unless it is an
 * UndeliverableMailError
 */
export async function sendDueMail(parts: ResetMailParts, tagId: string): Promise<DueMail> {
  const { users, resetRequests, mailer, throttle, clock } = parts;
  const request = await resetRequests.get(tagId);
  if (request === undefined || request.kind === 'unknown') return 'nothing due';
  const user = await users.get(request.userId);
  if (user === undefined) return 'nothing due';

  if (request.state === 'used') {
    if (request.notifiedAt !== undefined) return 'nothing due';
    if (user.mailRefused) return 'suppressed';
    await mailer.sendPasswordChanged(user.email, user.name, languageOf(request));
    await resetRequests.markNotified(tagId, clock());
    return 'sent';
  }
  if (request.state !== 'requested' || user.status !== 'active' || isAnswered(request, user))
    return 'nothing due';
  if (user.mailRefused) return 'suppressed';
  // There is one about a lock, and those that anybody may ask for must not use it up.
  const limited = request.purpose !== 'locked';
  if (limited && !(await mayMail({ ...throttle, clock }, user.email, request))) return 'suppressed';
  return sendLink(parts, request, user);
}

/** Whether the password was changed after the request was made, or after a first try to answer it. */
function isAnswered({ requestedAt, credentialVersion }: ResetRequest, user: User): boolean {
  const changed = (user.passwordChangedAt ?? 0) > requestedAt;
  return changed || (credentialVersion !== undefined && credentialVersion !== user.credentialVersion);
}

async function sendLink(
  { resetRequests, mailer, clock, tagLifetime }: ResetMailParts,
  request: ResetRequest,
  user: User,
): Promise<DueMail> {
  const { tagId } = request;
  const secret = newMailedSecret();
  const secretHash = hashSecret(secret);
  const { credentialVersion } = user;
  const expiresAt = clock() + tagLifetime;
  if (!(await resetRequests.addSecret(tagId, { secretHash, credentialVersion, expiresAt })))
    return 'nothing due';
  try {
    const tag = writeResetTag({ tagId, secret });
    const send = request.purpose === 'locked' ? mailer.sendLocked : mailer.sendResetLink;
    await send(user.email, user.name, tag, tagLifetime / 60_000, languageOf(request));
  } catch (error) {
    if (error instanceof MailNotSentError) await resetRequests.removeSecret(tagId, secretHash);
    throw error;
  }
  await resetRequests.markMailed(tagId);
  return 'sent';
}

function languageOf({ language }: ResetRequest): Language {
  return language ?? LANGUAGES[0];
}
