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

/** A mail that was surely not sent. After any other error of a mailer it may have been sent. */
export class MailNotSentError extends Error {
  override readonly name = 'MailNotSentError';
}

/** The content of a mail. */
export type MailToSend = {
  purpose: Purpose;
  to: string;
  name: string;
  language: Language;
  /** When the subject of the mail happened, in milliseconds since the epoch. */
  at: number;
  /** For purposes with a link: the tag, and for how many minutes it is valid. */
  link?: { tag: string; minutes: number };
  /** How many recovery codes are left, for the notice that one was used. */
  recoveryCodesLeft?: number;
  /** Eight digits that do the same as the link, and for how many minutes they work. */
  code?: { digits: string; minutes: number };
  /** For a change of address: the new one. */
  newEmail?: string;
};

export type Mailer = {
  /** One try. @throws MailNotSentError, or another error when the mail may have been sent */
  send(mail: MailToSend): Promise<void>;
  /** Whether the mail service answers, without sending anything. */
  answers(): Promise<boolean>;
};

/**
 * The outcome of a due mail.
 * - `waiting`: the budget for unverified addresses is used up, or a hook failed; `sendWaiting` tries it later.
 * - `suppressed`: the address is blocked after a bounce or a complaint, or had its five mails of the hour.
 * - `undeliverable`: no mail service would accept the address.
 * - `uncertain`: each of two tries may have sent it, so there is no third.
 */
export type DueMail = 'sent' | 'nothing due' | 'waiting' | 'suppressed' | 'undeliverable' | 'uncertain';

export type SendMailDeps = {
  users: Pick<UserStore, 'get'> & ClaimStore;
  mailRequests: MailRequestStore;
  signUps: Pick<PendingSignUpStore, 'get'>;
  latest: {
    /**
     * Makes the mail the latest of its purpose, whose link and code work.
     *
     * @returns false when there is a later one, or the account is gone
     */
    put(mail: MailRequest): Promise<boolean>;
  };
  codes: MailCodes;
  mailer: Mailer;
  throttle: { store: Pick<ThrottleStore, 'compareAndSwapMailQuota'> & MailBudget['store'] };
  /** See `MailBudget`. */
  unverifiedMails: Pick<MailBudget, 'limit' | 'pauses'>;
  /** Present where accounts move in from a previous system. */
  migration: (Pick<Migration, 'find'> & Omit<AddressDeps, 'clock' | 'claims'>) | undefined;
  clock: Clock;
  /** Milliseconds. */
  tagLifetime: number;
};

/**
 * Sends the mail that is due for a row of the outbox: the requested one, or the notice after a reset link was used. It
 * decides by the stored row, not by the event, so that an event delivered twice, late or out of order sends nothing twice.
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
    // It waits for the next sweep, since a failed record of the stream would hold up the mails behind it.
    await mailRequests.hold(tagId);
    return 'waiting' as const;
  });
  if (user === 'waiting') return user;
  if (user === undefined || !isDue(asked, request, user)) return 'nothing due';

  if (refusesMail(user, clock())) return 'suppressed';
  // An address that was stored before today's rules, or by another program.
  if (normaliseEmail(user.email) !== user.email) return 'undeliverable';
  if ((request.tries ?? 0) >= MAX_TRIES) return 'uncertain';
  if (rulesOf(asked).counted && !(await takeMailQuota({ ...throttle, clock }, user.email, request, asked)))
    return 'suppressed';
  const purpose = await purposeToSend(deps, asked, request, user);

  const giveBack = await reserveInBudget(deps, request, user);
  if (giveBack === undefined) {
    await mailRequests.hold(tagId);
    return 'waiting';
  }
  return sendOnce(deps, { asked, purpose, request, user, giveBack });
}

/**
 * A row has its own recipient where the account is gone, or doesn't exist yet. Mails about a change of address go to the
 * address that they are about, which the user's refusal mark says nothing about.
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
 * A user of the previous system with an address that nobody has here. Only the completed reset creates the account, so that
 * a stranger's request changes nothing, and a log-in with the old password still moves the account in.
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
 * Here, and not while the client waits for its answer, the service finds out whether an address already has an account. The
 * mail then says so, instead of the one that was requested.
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
  // A former address is free for its former owner; the current address counts as taken.
  const isOwn = claimant === userId && (await users.get(userId))?.email !== newEmail;
  return claimant === undefined || isOwn ? asked : 'change-email-taken';
}

type Addressee = Recipient &
  Pick<User, 'status' | 'credentialVersion' | 'passwordChangedAt' | 'mailBounces'> &
  Pick<MailedSecret, 'legacy'>;

/** The mail that is due for a row; `undefined`: none. A used reset link is followed by a notice. */
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

/** A mail that an operator requested, who vouches for imported addresses, takes nothing from the budget. */
async function reserveInBudget(
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

/** `asked` is what the row requests, `purpose` what the mail says, which may be that the address is taken. */
type Due = {
  asked: Purpose;
  purpose: Purpose;
  request: MailRequest;
  user: Addressee;
  giveBack: GiveBack;
};

/**
 * Makes the secrets, stores their hashes and sends the mail. The secrets exist only in this function's memory and in the
 * mail. Their lifetime begins here, so that a link that arrives late, after an outage of the mail service, still works.
 *
 * A try is counted before it is made, and taken back when the mail was surely not sent. So the count is that of tries with
 * an unknown outcome, including those of crashed functions: a mail service that accepts mails but confirms too late must
 * not send another mail each time the event is delivered again.
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
    stored = await secretsToStore(deps, due, mailed);
    if (!(await beginTry(deps, due, tryId, stored))) {
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
      ...linkAndCode(tagId, mailed),
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

/** @returns false when nothing is due any more: another try has begun, or there is a later mail */
async function beginTry(
  { mailRequests, mailer, latest }: SendMailDeps,
  { request }: Due,
  tryId: string,
  stored: MailedSecret | undefined,
): Promise<boolean> {
  // The last try waits until the service answers, or one outage would use up both.
  if (request.tries && !(await mailer.answers())) throw new MailNotSentError('SES does not answer');
  if (!(await mailRequests.beginTry(request, tryId, stored))) return false;
  // From here on the link and the code of the mail before stop working.
  return stored?.codeUntil === undefined || latest.put({ ...request, expiresAt: stored.expiresAt });
}

/** The secrets in the form in which the mail has them. */
function linkAndCode(
  tagId: string,
  { secret, digits, lifetime }: PlainSecrets,
): Pick<MailToSend, 'link' | 'code'> {
  return {
    ...(secret && { link: { tag: writeResetTag({ tagId, secret }), minutes: lifetime / 60_000 } }),
    ...(digits && { code: { digits, minutes: CODE_LIFETIME_MS / 60_000 } }),
  };
}

/**
 * What is stored of a mail's secrets. A mail that says an address is taken has none, but its row expires and runs out of
 * tries like any other, or a client could tell the two apart.
 */
async function secretsToStore(
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
 * Sends waiting mails, the oldest request first, until the budget is used up.
 *
 * @param handle sends one mail, see `sendDueMail`, and never throws
 * @param hasTime whether there is time for another mail
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
