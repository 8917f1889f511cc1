import type { User } from '../../../lib/core/account.ts';
import type { PasswordChange } from '../../../lib/core/change-password.ts';
import type { ProfileChange } from '../../../lib/core/change-profile.ts';
import type { MailRequest } from '../../../lib/core/mail-request.ts';
import type { Evidence, Session } from '../../../lib/core/session.ts';
import type { Tombstone } from '../../../lib/core/tombstone.ts';
import type { MemoryMailRequests } from './mail-requests.ts';
import { isAsItWas, type MemorySessions } from './sessions.ts';
import type { MemoryUsers } from './users.ts';

/** What holders change about their own accounts, in memory: each is applied whole or not at all. */
export function memoryOwnAccounts(tables: {
  users: MemoryUsers;
  sessions: MemorySessions;
  mailRequests: MemoryMailRequests;
}) {
  const { users, sessions, mailRequests } = tables;
  const tombstones = new Map<string, Tombstone>();

  function isStill({ userId, credentialVersion }: User): boolean {
    const user = users.rows.get(userId);
    return user?.credentialVersion === credentialVersion && user.status === 'active';
  }

  const keyOf = ({ userId, sessionId }: Session) => `${userId}/${sessionId}`;

  function keep(session: Session, evidence: Evidence, now: number): boolean {
    const stored = sessions.rows.get(keyOf(session));
    if (stored === undefined || !isAsItWas(stored, session)) return false;
    const { authTime, acr, amr } = evidence;
    const credentialVersion = stored.credentialVersion + 1;
    sessions.rows.set(keyOf(session), { ...stored, authTime, acr, amr, credentialVersion, lastUsedAt: now });
    return true;
  }

  return {
    /** The tombstones of deleted accounts, by their ids. */
    tombstones,

    async changePassword({ user, session, passwordHash, evidence, now, notice }: PasswordChange) {
      if (!isStill(user) || !keep(session, evidence, now)) return false;
      const stored = users.rows.get(user.userId) as User;
      const credentialVersion = user.credentialVersion + 1;
      users.rows.set(user.userId, { ...stored, passwordHash, credentialVersion, passwordChangedAt: now });
      await mailRequests.put(notice);
      return true;
    },

    async raiseVersion(user: User, kept: Session | undefined, now: number) {
      const stored = users.rows.get(user.userId);
      if (stored === undefined) return false;
      if (kept !== undefined && !(isStill(user) && keep(kept, kept, now))) return false;
      users.rows.set(user.userId, { ...stored, credentialVersion: stored.credentialVersion + 1 });
      return true;
    },

    async changeProfile(userId: string, change: ProfileChange) {
      const user = users.rows.get(userId);
      if (user !== undefined) users.rows.set(userId, { ...user, ...change });
      return user !== undefined;
    },

    async deleteOwn(user: User, tombstone: Tombstone, lastMail: MailRequest) {
      if (!isStill(user)) return false;
      users.rows.delete(user.userId);
      tombstones.set(tombstone.id, tombstone);
      await mailRequests.put(lastMail);
      return true;
    },
  };
}
