import { randomUUID } from 'node:crypto';
import type { Clock, User, UserStore } from './account.ts';
import { normaliseEmail } from './email-address.ts';
import { LANGUAGES, type Language } from './language.ts';
import { type GiveBack, type MailBudget, takeFromBudget, tally } from './mail-budget.ts';
import { refusesMail } from './mail-refusal.ts';
import { hashSecret, newMailedSecret, writeResetTag } from './opaque-token.ts';
import { PURPOSES, type Purpose } from './purpose.ts';
import { MOST_TRIES, type Recipient, type ResetRequest, type ResetRequestStore } from './reset-request.ts';
import { mayMail, type ThrottleStore } from './throttle.ts';

/** A mail that was surely not sent; anything else that a mailer throws may have been. */
export class MailNotSentError extends Error {
  override readonly name = 'MailNotSentError';
}

/** What a mail is made of. */
export type MailToSend = {
  purpose: Purpose;
  to: string;
  name: string;
  language: Language;
  /** When it happened that the mail is about, in milliseconds since the epoch. */
  at: number;
  /** For purposes with a link: the tag, and for how many minutes it is valid. */
  link?: { tag: string; minutes: number };
  /** Of the notice that a recovery code was used. */
  recoveryCodesLeft?: number;
};

export type Mailer = {
  /** One try. @throws MailNotSentError, or another error when the mail may have been sent */
  send(mail: MailToSend): Promise<void>;
  /** Whether the mail service answers, without sending anything. */
  answers(): Promise<boolean>;
};

/**
 * What became of the mail.
 * - `waiting`: the budget for unverified addresses is used up; `sendWaiting` sends it later.
 * - `suppressed`: its address takes none, or had its five of the hour.
 * - `undeliverable`: no mail service would take its address.
 * - `uncertain`: each of two tries may have sent it, so that there is no third.
 */
export type DueMail = 'sent' | 'nothing due' | 'waiting' | 'suppressed' | 'undeliverable' | 'uncertain';

export type ResetMailParts = {
  users: Pick<UserStore, 'get'>;
  resetRequests: ResetRequestStore;
  mailer: Mailer;
  throttle: { store: Pick<ThrottleStore, 'compareAndSwapMailQuota'> & MailBudget['store'] };
  /** See `MailBudget`. */
  unverifiedMails: Pick<MailBudget, 'limit' | 'pauses'>;
  clock: Clock;
  /** Milliseconds. */
  tagLifetime: number;
};

/**
 * Sends the mail that a row of the outbox is due: a link when it was asked for, a notice when the link was used. Decides
 * by the stored row, not by the event, so that an event delivered twice, late or out of order sends nothing twice.
 *
 * @throws what the stores and the mailer throw: the stream then delivers the event again
 */
export async function sendDueMail(parts: ResetMailParts, tagId: string): Promise<DueMail> {
  const { users, resetRequests, throttle, clock } = parts;
  const request = await resetRequests.get(tagId);
  if (request === undefined || request.kind === 'unknown') return 'nothing due';
  const user = await recipientOf(users, request);
  const purpose = purposeOf(request);
  if (user === undefined || purpose === undefined || !isDue(purpose, request, user)) return 'nothing due';

  if (refusesMail(user, clock())) return 'suppressed';
  // Stored before the rule forbade it, or by somebody else than us.
  if (normaliseEmail(user.email) !== user.email) return 'undeliverable';
  if ((request.tries ?? 0) >= MOST_TRIES) return 'uncertain';
  if (PURPOSES[purpose].counted && !(await mayMail({ ...throttle, clock }, user.email, request)))
    return 'suppressed';

  const giveBack = await placeFor(parts, request, user);
  if (giveBack === undefined) {
    await resetRequests.hold(tagId);
    return 'waiting';
  }
  return sendOnce(parts, { purpose, request, user, giveBack });
}

/** A recipient that a row names stands for an account that is no more. */
function recipientOf(
  users: ResetMailParts['users'],
  { userId, recipient }: ResetRequest,
): Promise<Addressee | undefined> {
  if (recipient === undefined) return users.get(userId);
  return Promise.resolve({ status: 'active', credentialVersion: 0, ...recipient });
}

type Addressee = Recipient & Pick<User, 'status' | 'credentialVersion' | 'passwordChangedAt'>;

/** Which mail a row asks for; `undefined`: none any more. A used link is followed by the notice that it was used. */
function purposeOf({ state, purpose, notifiedAt }: ResetRequest): Purpose | undefined {
  if (state === 'mailed') return undefined;
  if (state !== 'used') return purpose ?? 'reset-password';
  return notifiedAt === undefined ? 'password-changed' : undefined;
}

function isDue(purpose: Purpose, request: ResetRequest, user: Addressee): boolean {
  const { link, evenDisabled } = PURPOSES[purpose];
  return (evenDisabled || user.status === 'active') && !(link && isAnswered(request, user));
}

/** Whether the password was changed after the request was made, or after a first try to answer it. */
function isAnswered({ requestedAt, credentialVersion }: ResetRequest, user: Addressee): boolean {
  const changed = (user.passwordChangedAt ?? 0) > requestedAt;
  return changed || (credentialVersion !== undefined && credentialVersion !== user.credentialVersion);
}

/** What is asked for by the operator, who vouches for the addresses of an import, needs no place. */
async function placeFor(
  { throttle, unverifiedMails, clock }: ResetMailParts,
  { byOperator }: ResetRequest,
  { emailVerified }: Addressee,
): Promise<GiveBack | undefined> {
  if (emailVerified || byOperator) return async () => undefined;
  return takeFromBudget({ ...unverifiedMails, store: throttle.store, clock });
}

type Due = { purpose: Purpose; request: ResetRequest; user: Addressee; giveBack: GiveBack };

/**
 * The secret exists only in this function's memory and in the mail. Its hash is stored before the mail goes, and its
 * thirty minutes begin here: after an outage of the mail service the link that arrives late still works.
 *
 * A try is counted before it is made and taken back when the mail was surely not sent. What is left counts the tries of
 * unknown outcome, a function that died in one among them: a mail service that accepts mails and is slow to say so
 * must not send one for each time that the event is delivered again.
 */
async function sendOnce(parts: ResetMailParts, due: Due): Promise<DueMail> {
  const { resetRequests, mailer, throttle, clock, tagLifetime } = parts;
  const { purpose, request, user, giveBack } = due;
  const { tagId, state, requestedAt, language = LANGUAGES[0] } = request;
  const tryId = randomUUID();
  const secret = PURPOSES[purpose].link ? newMailedSecret() : undefined;
  const stored = secret && {
    secretHash: hashSecret(secret),
    credentialVersion: user.credentialVersion,
    expiresAt: clock() + tagLifetime,
  };
  try {
    // The last try is kept for a service that answers, or an outage would use both up.
    if (request.tries && !(await mailer.answers())) throw new MailNotSentError('SES does not answer');
    if (!(await resetRequests.beginTry(request, tryId, stored))) {
      await giveBack();
      return 'nothing due';
    }
  } catch (error) {
    await giveBack();
    throw error;
  }
  try {
    await mailer.send({
      purpose,
      to: user.email,
      name: user.name,
      language,
      at: state === 'used' ? (user.passwordChangedAt ?? requestedAt) : requestedAt,
      ...(request.recoveryCodesLeft !== undefined && { recoveryCodesLeft: request.recoveryCodesLeft }),
      ...(secret && { link: { tag: writeResetTag({ tagId, secret }), minutes: tagLifetime / 60_000 } }),
    });
  } catch (error) {
    if (error instanceof MailNotSentError) {
      await resetRequests.takeTryBack(request, tryId, stored?.secretHash);
      await giveBack();
    }
    throw error;
  }
  await (state === 'used' ? resetRequests.markNotified(tagId, clock()) : resetRequests.markMailed(tagId));
  await tally({ store: throttle.store, clock }, 'sent');
  return 'sent';
}

/**
 * Sends mails that wait for their place in the budget, those that were asked for first before the others, until there is
 * no place left.
 *
 * @param handle sends one; see `sendDueMail`. It throws nothing
 * @param hasTime whether there is time for one more
 */
export async function sendWaiting(
  { resetRequests }: { resetRequests: Pick<ResetRequestStore, 'waiting'> },
  handle: (tagId: string) => Promise<DueMail | 'failed'>,
  hasTime: () => boolean,
): Promise<void> {
  const waiting = await resetRequests.waiting();
  for (const { tagId } of waiting.toSorted((one, other) => one.requestedAt - other.requestedAt)) {
    if (!hasTime() || (await handle(tagId)) === 'waiting') return;
  }
}
