import type { ClaimStore, HashRenewal, User, UserStore } from '../../../lib/core/account.ts';
import type { MailRequest } from '../../../lib/core/mail-request.ts';
import type { PendingSignUp } from '../../../lib/core/pending-sign-up.ts';
import type { Reset } from '../../../lib/core/reset-password.ts';
import type { Session } from '../../../lib/core/session.ts';
import { NOON } from './clock.ts';
import type { MemoryMailRequests } from './mail-requests.ts';
import type { MemorySessions } from './sessions.ts';
import type { MemoryThrottleStore } from './throttle-store.ts';

export const ADA: User = {
  userId: '11111111-1111-4111-8111-111111111111',
  email: 'ada@example.com',
  name: 'Ada Lovelace',
  bio: null,
  passwordHash: 'hash of correct horse',
  status: 'active',
  credentialVersion: 3,
  createdAt: NOON - 86_400_000,
};

export type MemoryUsers = UserStore & ClaimStore & { rows: Map<string, User> };

/** Users in memory; each call gives copies, as a table does. */
export function memoryUsers(...users: User[]): MemoryUsers {
  const rows = new Map(users.map((user) => [user.userId, structuredClone(user)]));
  return {
    rows,
    async get(userId) {
      return structuredClone(rows.get(userId));
    },
    async getEventually(userId) {
      return structuredClone(rows.get(userId));
    },
    async claimantOf(email) {
      return rows.values().find((user) => user.email === email)?.userId;
    },
    async ownerOf(email) {
      return rows.values().find((user) => user.email === email)?.userId;
    },
  };
}

/** Renewals of hashes in memory, on condition that the old one is still there. */
export function memoryRenewals(users: MemoryUsers) {
  const failures: { userId: string; error: unknown }[] = [];
  return {
    failures,
    async store({ userId, from, to }: HashRenewal): Promise<void> {
      const user = users.rows.get(userId);
      if (user?.passwordHash === from) users.rows.set(userId, { ...user, passwordHash: to });
    },
    failed(userId: string, error: unknown): void {
      failures.push({ userId, error });
    },
  };
}

/** The writes that span tables, in memory: both are applied whole or not at all. */
export function memoryAccountWrites(tables: {
  users: MemoryUsers;
  sessions: MemorySessions;
  mailRequests: MemoryMailRequests;
  throttleStore: MemoryThrottleStore;
  pendings?: Map<string, PendingSignUp>;
}) {
  return {
    async create(user: User, session: Session | undefined, mail?: MailRequest): Promise<boolean> {
      const owner = tables.users.rows.values().find(({ email }) => email === user.email);
      if (owner) return owner.userId === user.userId; // our own write, whose answer was lost
      tables.users.rows.set(user.userId, structuredClone(user));
      if (session) await tables.sessions.open(session);
      if (mail) await tables.mailRequests.put(mail);
      return true;
    },

    async createPending(pending: PendingSignUp, mail: MailRequest): Promise<void> {
      tables.pendings?.set(pending.signUpId, pending);
      await tables.mailRequests.put(mail);
    },

    async reset({
      tagId,
      userId,
      credentialVersion,
      passwordHash,
      now,
      attemptsCounter,
    }: Reset): Promise<boolean> {
      const user = tables.users.rows.get(userId);
      const request = tables.mailRequests.rows.get(tagId);
      if (user?.credentialVersion !== credentialVersion || user.status !== 'active') return false;
      if (request === undefined || request.state === 'used') return false;
      const changes = {
        passwordHash,
        credentialVersion: credentialVersion + 1,
        passwordChangedAt: now,
        emailVerified: true,
      };
      tables.users.rows.set(userId, { ...user, ...changes });
      const { tries: _, tryId: __, ...rest } = request;
      tables.mailRequests.rows.set(tagId, { ...rest, state: 'used' });
      tables.throttleStore.attempts.delete(attemptsCounter);
      return true;
    },
  };
}
