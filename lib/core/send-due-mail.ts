import { randomUUID } from 'node:crypto';
import type { ClaimStore, Clock, User, UserStore } from './account.ts';
import { normaliseEmail } from './email-address.ts';
import type { Migration } from './hooks.ts';
import { LANGUAGES, type Language } from './language.ts';
import { countMail, type GiveBack, type MailBudget, takeFromBudget } from './mail-budget.ts';
import {
  CODE_LIFETIME_MS,
  type MailCodes,
  newMailCode,
  UNDO_LIFETIME_MS,
  VERIFY_LIFETIME_MS,
} from './mail-code.ts';
import { refusesMail } from './mail-refusal.ts';
import {
  MAX_TRIES,
  type MailedSecret,
  type MailRequest,
  type MailRequestStore,
  type Recipient,
} from './mail-request.ts';
import { type AddressDeps, availabilityOf } from './migrate-account.ts';
import { hashSecret, newMailedSecret, writeResetTag } from './opaque-token.ts';
import type { PendingSignUpStore } from './pending-sign-up.ts';
import { ProblemError } from './problem.ts';
import { type Purpose, rulesOf } from './purpose.ts';
import { type ThrottleStore, takeMailQuota } from './throttle.ts';

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
  /** How many recovery codes are left, for the notice that one was used. */
  recoveryCodesLeft?: number;
  /** Eight digits that say the same as the link for as many minutes. */
  code?: { digits: string; minutes: number };
  /** What else the mail is about: for a change of address, the new one. */
  newEmail?: string;
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

export type SendMailDeps = {
  users: Pick<UserStore, 'get'> & ClaimStore;
  mailRequests: MailRequestStore;
  signUps: Pick<PendingSignUpStore, 'get'>;
  latest: {
    /**
     * Lets the mail be the latest of its purpose, whose link and code work.
     *
     * @returns false when a later one is, or there is nobody to mail
     */
    put(mail: MailRequest): Promise<boolean>;
  };
  codes: MailCodes;
  mailer: Mailer;
  throttle: { store: Pick<ThrottleStore, 'compareAndSwapMailQuota'> & MailBudget['store'] };
  /** See `MailBudget`. */
  unverifiedMails: Pick<MailBudget, 'limit' | 'pauses'>;
  /** Where accounts move in from a system before. */
  migration: (Pick<Migration, 'find'> & Omit<AddressDeps, 'clock' | 'claims'>) | undefined;
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
export async function sendDueMail(deps: SendMailDeps, tagId: string): Promise<DueMail> {
  const { mailRequests, throttle, clock } = deps;
  const request = await mailRequests.get(tagId);
  if (request === undefined || request.kind === 'unknown') return 'nothing due';
  const asked = purposeOf(request);
  if (asked === undefined) return 'nothing due';
  const user = await recipientOf(deps, request).catch(async (error) => {
    if (request.state !== 'requested' || !isHookFailure(error)) throw error;
    // It is tried again with those that wait: the stream would hold up the mails behind it.
    await mailRequests.hold(tagId);
    return 'waiting' as const;
  });
  if (user === 'waiting') return user;
  if (user === undefined || !isDue(asked, request, user)) return 'nothing due';

  if (refusesMail(user, clock())) return 'suppressed';
  // Stored before the rule forbade it, or by somebody else than us.
  if (normaliseEmail(user.email) !== user.email) return 'undeliverable';
  if ((request.tries ?? 0) >= MAX_TRIES) return 'uncertain';
  if (rulesOf(asked).counted && !(await takeMailQuota({ ...throttle, clock }, user.email, request, asked)))
    return 'suppressed';
  const purpose = await purposeToSend(deps, asked, request, user);

  const giveBack = await placeFor(deps, request, user);
  if (giveBack === undefined) {
    await mailRequests.hold(tagId);
    return 'waiting';
  }
  return sendOnce(deps, { asked, purpose, request, user, giveBack });
}

/**
 * A recipient that a row names stands for an account that is no more, or not yet. Mails about a change of address go to
 * the one that they are about, of which nobody knows that it refuses mail.
 */
async function recipientOf(
  deps: SendMailDeps,
  { userId, recipient, signUp, newEmail, undo, legacy }: MailRequest,
): Promise<Addressee | undefined> {
  const { users, signUps } = deps;
  if (signUp !== undefined && (await signUps.get(signUp))?.state !== 'pending') return undefined;
  if (recipient !== undefined) return { status: 'active', credentialVersion: 0, ...recipient };
  const user = await users.get(userId);
  if (user === undefined && legacy !== undefined) return legacyRecipient(deps, legacy.email);
  const other = newEmail === undefined ? undo : { email: newEmail, emailVerified: false };
  if (user === undefined || other === undefined || other.email === user.email) return user;
  const { mailRefused: _, mailRefusedUntil: __, mailBounces: ___, ...rest } = user;
  return { ...rest, email: other.email, emailVerified: other.emailVerified };
}

/**
 * Whoever a system before knows by an address that nobody has here. There is no account yet: the reset makes it, so that
 * a request by a stranger changes nothing, and a log-in with the old password still moves the account in.
 */
async function legacyRecipient(
  { users, migration, clock }: SendMailDeps,
  email: string,
): Promise<Addressee | undefined> {
  if (migration === undefined) return undefined;
  const address = { ...migration, claims: users, clock };
  if ((await availabilityOf(address, email)) !== 'free') return undefined;
  const found = await migration.find({ email });
  if (found === undefined) return undefined;
  const { name, emailVerified } = found;
  return { status: 'active', credentialVersion: 1, email, name, emailVerified, legacy: { email, ...found } };
}

function isHookFailure(error: unknown): boolean {
  return error instanceof ProblemError && error.problem.code === 'hook-failed';
}

/**
 * Whether an address has got an account is seen here, and nowhere that the client's answer waits for. The mail then says
 * so, in the place of the one that was asked for.
 */
async function purposeToSend(
  { users, clock }: SendMailDeps,
  asked: Purpose,
  { userId, newEmail }: MailRequest,
  { email }: Addressee,
): Promise<Purpose> {
  if (asked !== 'verify-sign-up' && asked !== 'change-email') return asked;
  const claimant = await users.claimantOf(email, clock());
  if (asked === 'verify-sign-up') return claimant === undefined ? asked : 'sign-up-taken';
  // One's own former address is free to its former owner; the present one counts as taken.
  const isOwn = claimant === userId && (await users.get(userId))?.email !== newEmail;
  return claimant === undefined || isOwn ? asked : 'change-email-taken';
}

type Addressee = Recipient &
  Pick<User, 'status' | 'credentialVersion' | 'passwordChangedAt' | 'mailBounces'> &
  Pick<MailedSecret, 'legacy'>;

/** Which mail a row asks for; `undefined`: none any more. A used link is followed by the notice that it was used. */
function purposeOf({ state, purpose, notifiedAt }: MailRequest): Purpose | undefined {
  if (state === 'mailed') return undefined;
  if (state !== 'used') return purpose ?? 'reset-password';
  return notifiedAt === undefined && rulesOf(purpose ?? 'reset-password').link === 'reset'
    ? 'password-changed'
    : undefined;
}

function isDue(purpose: Purpose, request: MailRequest, user: Addressee): boolean {
  const { link, evenDisabled } = rulesOf(purpose);
  if (purpose === 'verify-account' && user.emailVerified) return false;
  const bound = link !== false && link !== 'undo';
  return (evenDisabled || user.status === 'active') && !(bound && isAnswered(request, user));
}

/** Whether the password was changed after the request was made, or after a first try to answer it. */
function isAnswered({ requestedAt, credentialVersion }: MailRequest, user: Addressee): boolean {
  const changed = (user.passwordChangedAt ?? 0) > requestedAt;
  return changed || (credentialVersion !== undefined && credentialVersion !== user.credentialVersion);
}

/** What is asked for by the operator, who vouches for the addresses of an import, needs no place. */
async function placeFor(
  { throttle, unverifiedMails, clock }: SendMailDeps,
  { byOperator }: MailRequest,
  { emailVerified }: Addressee,
): Promise<GiveBack | undefined> {
  if (emailVerified || byOperator) return async () => undefined;
  return takeFromBudget({ ...unverifiedMails, store: throttle.store, clock });
}

/** How long the link of a mail works, in milliseconds. */
function lifetimeOf({ tagLifetime }: SendMailDeps, asked: Purpose): number {
  const { link } = rulesOf(asked);
  if (link === 'verify') return VERIFY_LIFETIME_MS;
  return link === 'undo' ? UNDO_LIFETIME_MS : tagLifetime;
}

/** `asked` is what the row asks for, `purpose` what the mail says: that an address is taken, perhaps. */
type Due = {
  asked: Purpose;
  purpose: Purpose;
  request: MailRequest;
  user: Addressee;
  giveBack: GiveBack;
};

/**
 * The secret exists only in this function's memory and in the mail. Its hash is stored before the mail goes, and its
 * thirty minutes begin here: after an outage of the mail service the link that arrives late still works.
 *
 * A try is counted before it is made and taken back when the mail was surely not sent. What is left counts the tries of
 * unknown outcome, a function that died in one among them: a mail service that accepts mails and is slow to say so
 * must not send one for each time that the event is delivered again.
 */
async function sendOnce(deps: SendMailDeps, due: Due): Promise<DueMail> {
  const { mailRequests, mailer, throttle, clock } = deps;
  const { asked, purpose, request, user, giveBack } = due;
  const { tagId, state, requestedAt, language = LANGUAGES[0] } = request;
  const tryId = randomUUID();
  const mailed: PlainSecrets = {
    secret: rulesOf(purpose).link ? newMailedSecret() : undefined,
    digits: rulesOf(purpose).code && newMailCode(),
    lifetime: lifetimeOf(deps, asked),
  };
  let stored: MailedSecret | undefined;
  try {
    stored = await storedOf(deps, due, mailed);
    if (!(await begin(deps, due, tryId, stored))) {
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
      ...(request.newEmail !== undefined && { newEmail: request.newEmail }),
      at: state === 'used' ? (user.passwordChangedAt ?? requestedAt) : requestedAt,
      ...(request.recoveryCodesLeft !== undefined && { recoveryCodesLeft: request.recoveryCodesLeft }),
      ...written(tagId, mailed),
    });
  } catch (error) {
    if (error instanceof MailNotSentError) {
      await mailRequests.takeTryBack(request, tryId, stored);
      await giveBack();
    }
    throw error;
  }
  await (state === 'used' ? mailRequests.markNotified(tagId, clock()) : mailRequests.markMailed(tagId));
  await countMail({ store: throttle.store, clock }, 'sent');
  return 'sent';
}

type PlainSecrets = { secret: Buffer | undefined; digits: string | undefined; lifetime: number };

/** @returns false when another try was begun, or a later mail is there, so that nothing is due any more */
async function begin(
  { mailRequests, mailer, latest }: SendMailDeps,
  { request }: Due,
  tryId: string,
  stored: MailedSecret | undefined,
): Promise<boolean> {
  // The last try is kept for a service that answers, or an outage would use both up.
  if (request.tries && !(await mailer.answers())) throw new MailNotSentError('SES does not answer');
  if (!(await mailRequests.beginTry(request, tryId, stored))) return false;
  // The mail before it is dead from here on.
  return stored?.codeUntil === undefined || latest.put({ ...request, expiresAt: stored.expiresAt });
}

/** The secrets as the mail has them. */
function written(
  tagId: string,
  { secret, digits, lifetime }: PlainSecrets,
): Pick<MailToSend, 'link' | 'code'> {
  return {
    ...(secret && { link: { tag: writeResetTag({ tagId, secret }), minutes: lifetime / 60_000 } }),
    ...(digits && { code: { digits, minutes: CODE_LIFETIME_MS / 60_000 } }),
  };
}

/**
 * What is stored of a mail's secrets. One that says an address is taken has none, and yet runs out of time and tries like
 * the one that was asked for.
 */
async function storedOf(
  { codes, clock }: SendMailDeps,
  { asked, request, user }: Due,
  mailed: PlainSecrets,
): Promise<MailedSecret | undefined> {
  const { code } = rulesOf(asked);
  if (mailed.secret === undefined && !code) return undefined;
  return {
    ...(mailed.secret && { secretHash: hashSecret(mailed.secret) }),
    ...(mailed.digits && { codeHash: await codes.hash(request.tagId, mailed.digits) }),
    ...(code && { codeUntil: clock() + CODE_LIFETIME_MS }),
    ...(user.legacy && { legacy: user.legacy }),
    credentialVersion: user.credentialVersion,
    expiresAt: clock() + mailed.lifetime,
  };
}

/**
 * Sends mails that wait for their place in the budget, those that were asked for first before the others, until there is
 * no place left.
 *
 * @param handle sends one; see `sendDueMail`. It throws nothing
 * @param hasTime whether there is time for one more
 */
export async function sendWaiting(
  { mailRequests }: { mailRequests: Pick<MailRequestStore, 'waiting'> },
  handle: (tagId: string) => Promise<DueMail | 'failed'>,
  hasTime: () => boolean,
): Promise<void> {
  const waiting = await mailRequests.waiting();
  for (const { tagId } of waiting.toSorted((one, other) => one.requestedAt - other.requestedAt)) {
    if (!hasTime() || (await handle(tagId)) === 'waiting') return;
  }
}
