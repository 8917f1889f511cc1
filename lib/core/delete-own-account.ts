import type { User } from './account.ts';
import { type Authenticator, authenticate, type Bearer, readLive } from './authenticate.ts';
import type { RawFields } from './fields.ts';
import type { Language } from './language.ts';
import { type MailRequest, newMailRequest } from './mail-request.ts';
import { CONFLICT, retryOnConflict } from './retry-on-conflict.ts';
import { requireStepUp } from './step-up.ts';
import { type Tombstone, type TombstoneStore, tombstoneFor } from './tombstone.ts';

export type DeleteOwnAccountRequest = Bearer & { language: Language; body: () => RawFields };

export type DeleteOwnAccountDeps = Authenticator & {
  accounts: {
    /**
     * Deletes the account, its claims on addresses and its factors, writes the tombstone and requests the last mail: one
     * transaction, on condition that the account is as it was read.
     *
     * @returns false when the condition did not hold
     * @throws ProblemError `unavailable`
     */
    deleteOwn(user: User, tombstone: Tombstone, lastMail: MailRequest): Promise<boolean>;
  };
  tombstones: Pick<TombstoneStore, 'key'>;
  /** Milliseconds. */
  tagLifetime: number;
};

/**
 * Deletes the account at its holder's request. Its tokens are refused from then on, since each use of them reads the
 * account, and the address can sign up again.
 *
 * @throws ProblemError those of `authenticate`; `step-up-required`, `unavailable`, and those of an unreadable body
 * @see GDPR article 17
 */
export async function deleteOwnAccount(
  deps: DeleteOwnAccountDeps,
  request: DeleteOwnAccountRequest,
): Promise<void> {
  const found = await authenticate(deps, request);
  requireStepUp(found.user, found.claims, { fresh: true }, deps.clock());
  request.body(); // has no fields, but a malformed body is refused
  const key = await deps.tombstones.key();
  let { user, session } = found;
  await retryOnConflict('changes of the account', async () => {
    const now = deps.clock();
    const tombstone = tombstoneFor(key, user.email, now);
    const lastMail = lastMailTo(user, request.language, now, deps.tagLifetime);
    if (await deps.accounts.deleteOwn(user, tombstone, lastMail)) return;
    ({ user, session } = await readLive(deps, session, now));
    return CONFLICT;
  });
}

/** The row carries its recipient: when the mail is sent, the account is gone. */
function lastMailTo(user: User, language: Language, now: number, lifetime: number): MailRequest {
  const { userId, email, name, emailVerified, mailRefused, mailRefusedUntil } = user;
  return {
    ...newMailRequest({ userId, language, purpose: 'account-deleted' }, now, lifetime),
    recipient: {
      email,
      name,
      ...(emailVerified && { emailVerified }),
      ...(mailRefused && { mailRefused }),
      ...(mailRefusedUntil !== undefined && { mailRefusedUntil }),
    },
  };
}
