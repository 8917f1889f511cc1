import type { User, UserStore } from './account.ts';
import { type AdmitDeps, type LoggedIn, prepareAdmission } from './admit.ts';
import { type Authenticator, authenticate, type Bearer } from './authenticate.ts';
import { type ProveDeps, type Prover, withPassword } from './check-password.ts';
import {
  bodyIfReadable,
  invalidFields,
  type RawFields,
  readFields,
  readOneOf,
  text,
  textSuchAs,
} from './fields.ts';
import { isMailCode, MAX_CODE_TRIES, type MailCodes } from './mail-code.ts';
import { type CodeTries, type MailRequest, type MailRequestStore, newMailRequest } from './mail-request.ts';
import { hashSecret, readResetTag } from './opaque-token.ts';
import type { PendingSignUp, PendingSignUpStore } from './pending-sign-up.ts';
import { ProblemError } from './problem.ts';
import { rulesOf } from './purpose.ts';
import { countingRefusals } from './throttle.ts';

export type VerifyEmailRequest = Bearer & Prover & { device?: string | undefined; body: () => RawFields };

const code = textSuchAs('12345678');
const token = textSuchAs('the-tag-of-the-mailed-link');

/** The tab that signed up; the link and a password; the logged-in owner with either. */
export const verifyEmailFields = [
  { verification: text, code },
  { token, password: textSuchAs('correct horse battery staple') },
  { token },
  { code },
];

/** Marks an address as verified, or moves the account to it: one transaction, on condition that the user hasn't changed. */
export type AddressWrites = {
  /** @returns false when the condition did not hold */
  confirmAddress(user: User, mail: MailRequest, now: number): Promise<boolean>;
  /**
   * Claims the new address, holds the old one, and asks for the notice.
   *
   * @returns `taken` when the new address has got another owner, `changed` when the user or the mail did
   */
  moveAddress(move: AddressMove): Promise<'moved' | 'taken' | 'changed'>;
};

export type AddressMove = {
  user: User;
  mail: MailRequest;
  newEmail: string;
  notice: MailRequest;
  /** Milliseconds since the epoch. */
  now: number;
};

export type VerifyEmailDeps = Omit<Authenticator, 'sessions'> &
  ProveDeps &
  Omit<AdmitDeps, 'sessions'> & {
    sessions: Authenticator['sessions'];
    users: Pick<UserStore, 'get'>;
    mailRequests: Pick<MailRequestStore, 'get'> & CodeTries;
    signUps: PendingSignUpStore;
    accounts: AddressWrites;
    codes: MailCodes;
  };

/** `loggedIn` where the verification has completed a sign-up. */
export type Verified = { loggedIn?: LoggedIn };

/** The fields of the page's form. */
export type VerifyOnPageRequest = Prover & { tag: string | undefined; password: unknown };

/** A page hands out no tokens: it reads no signing key, and completes a sign-up without a session. */
const NO_SIGNER: VerifyEmailDeps['signer'] = {
  ready: async () => ({
    hasClaimsHook: false,
    prepare: async () => async () => ({ token: '', expiresIn: 0 }),
  }),
};

/**
 * Verifies an address by the link and a password, on a page.
 *
 * @throws ProblemError `missing-tag`, and those of `verifyEmail`
 */
export async function verifyOnPage(
  deps: Omit<VerifyEmailDeps, 'signer' | 'verifier' | 'sessions' | 'codes' | 'mailRequests'> & {
    mailRequests: Pick<MailRequestStore, 'get'>;
  },
  { tag, password, ...prover }: VerifyOnPageRequest,
): Promise<void> {
  if (!tag) throw new ProblemError({ code: 'missing-tag' });
  const signUps: PendingSignUpStore = {
    ...deps.signUps,
    complete: ({ session: _, ...completion }) => deps.signUps.complete(completion),
  };
  const body = () => ({ token: tag, ...(password !== undefined && { password }) });
  // A request without an access token and a code never uses the dependencies that are left out.
  const withoutTokens = { ...deps, signUps, signer: NO_SIGNER } as unknown as VerifyEmailDeps;
  readFields({ password: text }, body());
  await verifyEmail(withoutTokens, { ...prover, accessToken: undefined, body });
}

const REFUSALS = ['wrong-code', 'wrong-tag', 'expired-tag'] as const;

/**
 * Verifies an address for whoever has the mail and also proves to hold the account: by its password, by a live session, or in
 * the tab that signed up. Somebody who signs up with a stranger's address can't verify it, and neither can the stranger who
 * only opens the mail.
 *
 * Verifying twice succeeds again, but opens no second session.
 *
 * @throws ProblemError those of `authenticate`; `invalid-fields`, `wrong-credentials`, `wrong-code`, `wrong-tag`,
 * `expired-tag`, `throttled`, `hook-failed`, `unavailable`
 */
export async function verifyEmail(deps: VerifyEmailDeps, request: VerifyEmailRequest): Promise<Verified> {
  const { throttle } = deps;
  const limited = { throttle, limit: 'verifications', client: request.client } as const;
  return countingRefusals(limited, REFUSALS, () => verify(deps, request));
}

async function verify(deps: VerifyEmailDeps, request: VerifyEmailRequest): Promise<Verified> {
  if (request.accessToken !== undefined) {
    // A body with a proof of its own makes the token irrelevant; any other body is read after the token is checked.
    const sent = bodyIfReadable(request.body);
    if (sent?.password === undefined && sent?.verification === undefined) return verifyOwn(deps, request);
  }
  const given = readOneOf(verifyEmailFields, request.body()) as Record<string, string>;
  if (given.verification !== undefined)
    return verifySignUp(deps, request, { verification: given.verification, code: given.code as string });
  // The remaining forms need a session.
  if (given.password === undefined) throw invalidFields([]);
  return verifyByPassword(deps, request, { token: given.token as string, password: given.password });
}

/** For the tab that signed up. An unknown sign-up gets `wrong-code`, as every code for a taken address does. */
async function verifySignUp(
  deps: VerifyEmailDeps,
  request: VerifyEmailRequest,
  given: { verification: string; code: string },
): Promise<Verified> {
  const opened = readResetTag(given.verification);
  const pending = opened && (await deps.signUps.get(opened.tagId));
  if (pending === undefined || pending.secretHash !== hashSecret(opened?.secret as Buffer))
    throw wrongCode('no such sign-up');
  await matchCode(deps, pending.latest.tagId, given.code);
  // What was completed is still so only while the account is there.
  if (pending.state === 'completed' && (await deps.users.get(pending.userId))?.status !== 'active')
    throw wrongCode('no such account');
  return (await prepareCompletion(deps, request, pending))();
}

/** @throws ProblemError `wrong-code`, `expired-tag`, `unavailable` */
async function matchCode(
  { mailRequests, codes, clock }: VerifyEmailDeps,
  tagId: string,
  typed: string,
): Promise<MailRequest> {
  if (!isMailCode(typed)) throw wrongCode('not eight digits');
  const [hash, now] = [await codes.hash(tagId, typed), clock()];
  const tried = await mailRequests.tryCode(tagId, hash, now);
  if (tried === undefined) throw wrongCode('no such mail');
  const { counted, row } = tried;
  const { codeUntil = Number.POSITIVE_INFINITY, codeTries = 0 } = row;
  const isOver = !counted && (codeTries >= MAX_CODE_TRIES || now >= codeUntil);
  if (isOver && row.state !== 'used') throw expired('the code has run out of time or tries');
  if (!row.codeHashes?.includes(hash)) throw wrongCode('another code');
  return row;
}

/** Fetches what the account's first token needs, and writes nothing. @returns a function that creates the account */
async function prepareCompletion(
  deps: VerifyEmailDeps,
  { device }: VerifyEmailRequest,
  pending: PendingSignUp,
): Promise<() => Promise<Verified>> {
  const { userId, email, name, bio, passwordHash, latest } = pending;
  if (pending.state === 'completed' || passwordHash === undefined) return async () => ({});
  const user: User = {
    ...{ userId, email, name, bio, passwordHash },
    ...{ status: 'active', credentialVersion: 1, createdAt: deps.clock(), emailVerified: true },
  };
  let outcome: Awaited<ReturnType<PendingSignUpStore['complete']>> = 'created';
  const sessions: AdmitDeps['sessions'] = {
    async open(session) {
      outcome = await deps.signUps.complete({ pending, user, session, tagId: latest.tagId });
    },
  };
  const open = await prepareAdmission(
    { ...deps, sessions },
    { user, device, refreshes: true, amr: ['pwd'], acr: 'aal1' },
  );
  return async () => {
    const loggedIn = await open();
    if ((outcome as string) === 'taken') throw expired('another sign-up with the address came first');
    return outcome === 'created' ? { loggedIn } : {};
  };
}

/** For the link on any device, with the password of the account or the one chosen at sign-up. */
async function verifyByPassword(
  deps: VerifyEmailDeps,
  request: VerifyEmailRequest,
  given: { token: string; password: string },
): Promise<Verified> {
  const mail = await findMail(deps, given.token);
  if (mail.signUp !== undefined) return verifySignUpByPassword(deps, request, mail, given.password);
  const user = await deps.users.get(mail.userId);
  if (user?.status !== 'active') throw wrongTag('no such account');
  refuseSuperseded(deps, mail, user);
  await withPassword(
    deps,
    { ...request, user, typed: given.password },
    async () => () => verifyAccount(deps, request, mail, user),
  );
  return {};
}

async function verifySignUpByPassword(
  deps: VerifyEmailDeps,
  request: VerifyEmailRequest,
  mail: MailRequest,
  typed: string,
): Promise<Verified> {
  const pending = await deps.signUps.get(mail.signUp as string);
  if (pending?.latest.tagId !== mail.tagId) throw wrongTag('a newer mail has replaced it');
  const completed = pending.state === 'completed';
  if (!completed) refuseExpired(deps, mail);
  const owner = completed ? await deps.users.get(pending.userId) : pendingOwner(pending);
  if (owner === undefined) throw wrongTag('no such account');
  return withPassword(deps, { ...request, user: owner, typed }, () =>
    prepareCompletion(deps, request, pending),
  );
}

/** A pending sign-up in the shape of a user, so that its password can be checked before the account exists. */
function pendingOwner({ userId, email, name, bio, passwordHash }: PendingSignUp): User {
  return {
    ...{ userId, email, name, bio, status: 'active', credentialVersion: 1, createdAt: 0 },
    ...(passwordHash !== undefined && { passwordHash }),
  };
}

/** For the logged-in owner. */
async function verifyOwn(deps: VerifyEmailDeps, request: VerifyEmailRequest): Promise<Verified> {
  const { user } = await authenticate(deps, request);
  const given = readOneOf(verifyEmailFields, request.body()) as Record<string, string>;
  if (given.code !== undefined) {
    await verifyByCode(deps, request, user, given.code);
    return {};
  }
  const mail = await findMail(deps, given.token as string);
  if (mail.userId !== user.userId) throw wrongTag("another account's");
  if (mail.signUp === undefined) {
    refuseSuperseded(deps, mail, user);
    await verifyAccount(deps, request, mail, user);
  } else if (mail.state !== 'used') throw wrongTag('a sign-up is completed by its password');
  return {};
}

/** Tries the code against both mails that may wait for one, the newer first. A wrong code counts against each. */
async function verifyByCode(
  deps: VerifyEmailDeps,
  request: Prover,
  user: User,
  typed: string,
): Promise<void> {
  const waiting = [user.changeMail, user.verifyMail]
    .filter((latest) => latest !== undefined)
    .sort((one, other) => other.at - one.at);
  let refusal = wrongCode('no mail waits for a code');
  for (const [index, { tagId }] of waiting.entries()) {
    const mail = await mailOfCode(deps, tagId, typed, user);
    if (!(mail instanceof ProblemError)) return verifyAccount(deps, request, mail, user);
    if (index === 0 || mail.problem.code === 'wrong-code') refusal = mail;
  }
  throw refusal;
}

/** @returns the mail, or why this isn't its code */
async function mailOfCode(
  deps: VerifyEmailDeps,
  tagId: string,
  typed: string,
  user: User,
): Promise<MailRequest | ProblemError> {
  try {
    const mail = await matchCode(deps, tagId, typed);
    const superseded = mail.state !== 'used' && mail.credentialVersion !== user.credentialVersion;
    return superseded ? wrongCode('superseded') : mail;
  } catch (error) {
    const refused =
      error instanceof ProblemError && ['wrong-code', 'expired-tag'].includes(error.problem.code);
    if (refused) return error;
    throw error;
  }
}

/** @throws ProblemError `wrong-tag`, `unavailable` */
async function findMail({ mailRequests }: VerifyEmailDeps, tag: string): Promise<MailRequest> {
  const mailed = readResetTag(tag);
  const mail = mailed && (await mailRequests.get(mailed.tagId));
  if (!mail?.secretHashes?.includes(hashSecret(mailed?.secret as Buffer))) throw wrongTag('no such tag');
  if (rulesOf(mail.purpose ?? 'reset-password').link !== 'verify') throw wrongTag('for something else');
  return mail;
}

/** Refuses a link that isn't the latest of its purpose, is older than the account's `credentialVersion`, or has expired. */
function refuseSuperseded(deps: VerifyEmailDeps, mail: MailRequest, user: User): void {
  if (mail.state === 'used') return;
  const latest = mail.newEmail === undefined ? user.verifyMail : user.changeMail;
  if (latest?.tagId !== mail.tagId || mail.credentialVersion !== user.credentialVersion)
    throw wrongTag('superseded');
  refuseExpired(deps, mail);
}

function refuseExpired({ clock }: VerifyEmailDeps, { expiresAt, codeTries = 0 }: MailRequest): void {
  if (clock() >= expiresAt || codeTries >= MAX_CODE_TRIES) throw expired('out of time or tries');
}

/** Applies a mail whose link or code was right. Doing it twice is harmless. */
async function verifyAccount(
  deps: VerifyEmailDeps,
  { language }: Prover,
  mail: MailRequest,
  user: User,
): Promise<void> {
  if (mail.state === 'used') return;
  if (await apply(deps, { mail, user, language })) return;
  // Two tabs at once: if the other one was first, the address is verified.
  const now = await deps.mailRequests.get(mail.tagId);
  if (now?.state !== 'used') throw wrongTag('the account was changed meanwhile');
}

async function apply(
  { accounts, clock }: VerifyEmailDeps,
  { mail, user, language }: { mail: MailRequest; user: User } & Pick<Prover, 'language'>,
): Promise<boolean> {
  if (mail.newEmail === undefined) return accounts.confirmAddress(user, mail, clock());
  const [now, { userId, email, emailVerified = false }] = [clock(), user];
  const undo = { email, emailVerified, since: mail.since ?? mail.requestedAt };
  const notice = newMailRequest({ userId, language, purpose: 'address-changed', undo }, now, 0);
  const outcome = await accounts.moveAddress({ user, mail, newEmail: mail.newEmail, notice, now });
  if (outcome === 'taken') throw expired('the address has got another owner');
  return outcome === 'moved';
}

const wrongTag = (detail: string) => new ProblemError({ code: 'wrong-tag' }, detail);
const wrongCode = (detail: string) => new ProblemError({ code: 'wrong-code' }, detail);
const expired = (detail: string) => new ProblemError({ code: 'expired-tag' }, detail);
