import { randomBytes } from 'node:crypto';
import type { User } from '../../../lib/core/account.ts';
import type { AccountAdministration, Change } from '../../../lib/core/administer-account.ts';
import type { ImportStore } from '../../../lib/core/import-users.ts';
import type { Tombstone, TombstoneStore } from '../../../lib/core/tombstone.ts';
import type { MemoryMailRequests } from './mail-requests.ts';
import type { MemoryUsers } from './users.ts';

export type MemoryTombstones = TombstoneStore & { rows: Map<string, Tombstone> };

/** Tombstones in memory, and the stage's key once somebody asked for it. */
export function memoryTombstones(): MemoryTombstones {
  const rows = new Map<string, Tombstone>();
  let key: Uint8Array | undefined;
  return {
    rows,
    async key() {
      key ??= randomBytes(32);
      return key;
    },
    async existingKey() {
      return key;
    },
    async deletedAt(ids) {
      return new Map(ids.flatMap((id) => (rows.has(id) ? [[id, rows.get(id)?.deletedAt as number]] : [])));
    },
  };
}

/** An operator's writes in memory. The claim on an address is the account itself: they can't disagree here. */
export function memoryAdministration(
  users: MemoryUsers,
  tombstones: MemoryTombstones,
): AccountAdministration {
  function update(userId: string, change: (user: User) => User | undefined): Change {
    const user = users.rows.get(userId);
    if (user === undefined) return 'gone';
    const changed = change(user);
    if (changed === undefined) return 'unchanged';
    users.rows.set(userId, changed);
    return 'changed';
  }
  const some = <K extends keyof User>(user: User, attributes: readonly K[]) =>
    Object.fromEntries(attributes.filter((name) => name in user).map((name) => [name, user[name]])) as Pick<
      User,
      K
    >;
  const raised = (user: User) => ({ ...user, credentialVersion: user.credentialVersion + 1 });

  return {
    async setStatus(userId, status) {
      return update(userId, (user) =>
        user.status === status ? undefined : { ...(status === 'disabled' ? raised(user) : user), status },
      );
    },
    async endSessions(userId) {
      return update(userId, raised) === 'changed';
    },
    async verifyEmail({ userId, email }) {
      if (users.rows.get(userId)?.email !== email) return 'gone';
      return update(userId, (user) => (user.emailVerified ? undefined : { ...user, emailVerified: true }));
    },
    async setRoles(userId, roles) {
      return update(userId, ({ roles: before = [], ...user }) => {
        if (before.join() === roles.join()) return undefined;
        return roles.length === 0 ? user : { ...user, roles };
      });
    },
    async allowMail(userId) {
      return update(userId, ({ mailRefused, ...user }) => (mailRefused === undefined ? undefined : user));
    },
    async delete({ userId, email }, tombstone) {
      if (users.rows.get(userId)?.email !== email) return false;
      users.rows.delete(userId);
      tombstones.rows.set(tombstone.id, tombstone);
      return true;
    },
    async one<K extends keyof User>(userId: string, attributes: readonly K[]) {
      const user = users.rows.get(userId);
      return user && some(user, attributes);
    },
    async *ids() {
      yield* [...users.rows.keys()];
    },
    async *all<K extends keyof User>(attributes: readonly K[]) {
      for (const user of [...users.rows.values()]) yield some(user, attributes);
    },
    async page<K extends keyof User>(
      attributes: readonly K[],
      { limit, after }: { limit: number; after: string | undefined },
    ) {
      const sorted = [...users.rows.values()].sort((one, other) => (one.userId < other.userId ? -1 : 1));
      const behind = sorted.filter(({ userId }) => after === undefined || userId > after);
      const found = behind.slice(0, limit);
      return {
        users: found.map((user) => some(user, attributes)),
        last: behind.length > limit ? found.at(-1)?.userId : undefined,
      };
    },
  };
}

/** Imports into memory. */
export function memoryImportStore(users: MemoryUsers, mailRequests: MemoryMailRequests): ImportStore {
  return {
    async ownersOf(emails) {
      const owners = new Map<string, string>();
      for (const { email, userId } of users.rows.values())
        if (emails.includes(email)) owners.set(email, userId);
      return owners;
    },
    async add(accounts) {
      return Promise.all(
        accounts.map(async ({ user, mailRequest }) => {
          const owner = await users.ownerOf(user.email);
          if (owner !== undefined) return { added: false, owner };
          if (users.rows.has(user.userId)) return { added: false };
          users.rows.set(user.userId, structuredClone(user));
          if (mailRequest) await mailRequests.put(mailRequest);
          return { added: true };
        }),
      );
    },
  };
}
