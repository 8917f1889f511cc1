import type { User } from '../../../lib/core/account.ts';
import type { MailRequest } from '../../../lib/core/mail-request.ts';
import type { PendingSignUp, PendingSignUpStore } from '../../../lib/core/pending-sign-up.ts';
import type { Undoing } from '../../../lib/core/undo.ts';
import type { AddressMove, AddressWrites } from '../../../lib/core/verify-email.ts';
import type { MemoryMailRequests } from './mail-requests.ts';
import type { MemorySessions } from './sessions.ts';
import type { MemoryUsers } from './users.ts';

/** What mails decide, in memory: sign-ups that wait, and the addresses of accounts. Nothing is held here. */
export function memoryVerification(tables: {
  users: MemoryUsers;
  sessions: MemorySessions;
  mailRequests: MemoryMailRequests;
  pendings: Map<string, PendingSignUp>;
}) {
  const { users, sessions, mailRequests, pendings } = tables;
  const use = (mail: MailRequest) => mailRequests.rows.set(mail.tagId, { ...mail, state: 'used' });
  const isFree = (email: string) => !users.rows.values().some((user) => user.email === email);

  const signUps: PendingSignUpStore = {
    async get(signUpId) {
      return structuredClone(pendings.get(signUpId));
    },
    async complete({ pending, user, session, tagId }) {
      if (pendings.get(pending.signUpId)?.state !== 'pending') return 'completed';
      if (!isFree(user.email)) return 'taken';
      const { passwordHash: _, ...rest } = pending;
      pendings.set(pending.signUpId, { ...rest, state: 'completed' });
      users.rows.set(user.userId, user);
      if (session) await sessions.open(session);
      use(mailRequests.rows.get(tagId) as MailRequest);
      return 'created';
    },
  };

  const writes: AddressWrites = {
    async confirmAddress(user, mail) {
      users.rows.set(user.userId, { ...user, emailVerified: true });
      use(mail);
      return true;
    },
    async moveAddress({ user, mail, newEmail, notice }: AddressMove) {
      if (!isFree(newEmail)) return 'taken';
      users.rows.set(user.userId, { ...user, email: newEmail, emailVerified: true });
      use(mail);
      await mailRequests.put(notice);
      return 'moved';
    },
  };

  return {
    signUps,
    latest: { put: async () => true },
    codes: { hash: async (tagId: string, code: string) => `${tagId} ${code}` },
    mails: mailRequests,
    accounts: {
      ...writes,
      async undo({ user, mail, resetMail }: Undoing) {
        const changes: Partial<User> = {
          email: mail.undo.email,
          credentialVersion: user.credentialVersion + 1,
        };
        users.rows.set(user.userId, { ...user, ...changes });
        use(mail);
        await mailRequests.put(resetMail);
        return 'undone' as const;
      },
    },
  };
}
