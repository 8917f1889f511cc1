import type { User, UserStore } from './account.ts';
import type { RawFields } from './fields.ts';
import { readFields, textSuchAs } from './fields.ts';
import type { Language } from './language.ts';
import { UNDO_LIFETIME_MS } from './mail-code.ts';
import { type MailRequest, type MailRequestStore, newMailRequest, type Undo } from './mail-request.ts';
import { hashSecret, readResetTag } from './opaque-token.ts';
import { ProblemError } from './problem.ts';
import { rulesOf } from './purpose.ts';
import { CONFLICT, retryOnConflict } from './retry-on-conflict.ts';
import { countRequest, type Throttle } from './throttle.ts';

export type UndoRequest = { fields: RawFields; client: string; language: Language };

export const undoFields = { token: textSuchAs('the-tag-of-the-mailed-link') };

/** One undo, which is one transaction. */
export type Undoing = {
  /** The user as it was read. */
  user: User;
  mail: MailRequest & { undo: Undo };
  /** The mail with a reset link to the restored address. */
  resetMail: MailRequest;
  /** Milliseconds since the epoch. */
  now: number;
};

export type UndoDeps = {
  users: Pick<UserStore, 'get'>;
  mailRequests: Pick<MailRequestStore, 'get'>;
  accounts: {
    /**
     * @returns `taken` when the address has another owner by now; `changed` when the user has changed, or the link was used
     * @throws ProblemError `unavailable`
     */
    undo(undoing: Undoing): Promise<'undone' | 'taken' | 'changed'>;
  };
  throttle: Throttle;
  clock: Throttle['clock'];
  /** Milliseconds. */
  tagLifetime: number;
};

/**
 * Undoes the change that a notice was about: ends every session, restores the address that the notice was sent to, cancels a
 * pending change of address, removes the factors that the notice names, and mails a reset link to the restored address.
 *
 * @throws ProblemError `invalid-fields`, `wrong-tag`, `expired-tag`, `throttled`, `unavailable`
 */
export async function undo(deps: UndoDeps, request: UndoRequest): Promise<void> {
  const { token } = readFields(undoFields, request.fields);
  await countRequest(deps.throttle, 'verifications', request.client);
  await retryOnConflict('changes of the account', async () => {
    const { mail, user } = await findUndo(deps, token);
    const now = deps.clock();
    const { userId } = user;
    const { language } = request;
    const resetMail = newMailRequest({ userId, language, purpose: 'undone' }, now, deps.tagLifetime);
    const outcome = await deps.accounts.undo({ user, mail, resetMail, now });
    if (outcome === 'undone') return;
    if (outcome === 'taken')
      throw new ProblemError({ code: 'expired-tag' }, 'the address has got another owner');
    return CONFLICT;
  });
}

async function findUndo(
  { users, mailRequests, clock }: Pick<UndoDeps, 'users' | 'mailRequests' | 'clock'>,
  token: string,
): Promise<{ mail: MailRequest & { undo: Undo }; user: User }> {
  const mailed = readResetTag(token);
  const mail = mailed && (await mailRequests.get(mailed.tagId));
  if (!mail?.secretHashes?.includes(hashSecret(mailed?.secret as Buffer))) throw wrongTag('no such tag');
  const { undo: what, purpose = 'reset-password', state, requestedAt } = mail;
  if (what === undefined || rulesOf(purpose).link !== 'undo') throw wrongTag('for something else');
  const user = await users.get(mail.userId);
  if (user?.status !== 'active') throw wrongTag('no such account');
  const isUndone = user.undone?.some(({ from, until }) => from <= requestedAt && requestedAt <= until);
  if (state === 'used' || isUndone) throw wrongTag('used, or undone with an earlier one');
  if (clock() >= mail.expiresAt) throw new ProblemError({ code: 'expired-tag' });
  return { mail: { ...mail, undo: what }, user };
}

/** The attributes of the user's row after an undo, and the addresses that it frees. */
export function afterUndo({ user, mail, now }: Pick<Undoing, 'user' | 'mail' | 'now'>) {
  const { since, email } = mail.undo;
  const isLater = (held: { until: number }) => held.until - UNDO_LIFETIME_MS >= since;
  const held = (user.heldEmails ?? []).filter(({ until }) => until > now);
  return {
    /** Addresses held since the undone change: those of the thief. */
    freed: held.filter((one) => isLater(one) && one.email !== email).map((one) => one.email),
    heldEmails: held.filter((one) => !isLater(one) && one.email !== email),
    undone: [
      ...(user.undone ?? []).filter(({ until }) => until > now - 2 * UNDO_LIFETIME_MS),
      { from: since, until: now },
    ],
  };
}

/** What the link of a notice restores: the account as it is now, without these factors. */
export function undoOf(
  user: Pick<User, 'email' | 'emailVerified'>,
  now: number,
  factorIds: readonly string[],
): Undo {
  const { email, emailVerified = false } = user;
  return { email, emailVerified, since: now, factorIds };
}

const wrongTag = (detail: string) => new ProblemError({ code: 'wrong-tag' }, detail);
