import type { Passkey, PasskeyStore } from '../../../lib/core/passkeys.ts';
import type { MemorySessions } from './sessions.ts';
import type { MemoryUsers } from './users.ts';

export type MemoryPasskeys = PasskeyStore & { rows: Map<string, Map<string, Passkey>> };

/** Passkeys in memory, with the conditions that the port asks for. */
export function memoryPasskeys({
  users,
  sessions,
}: {
  users: MemoryUsers;
  sessions: MemorySessions;
}): MemoryPasskeys {
  const rows = new Map<string, Map<string, Passkey>>();
  const used = new Set<string>();

  const ofUser = (userId: string) => rows.get(userId) ?? new Map<string, Passkey>();
  const keep = (userId: string, passkey: Passkey) =>
    rows.set(userId, new Map([...ofUser(userId), [passkey.factorId, structuredClone(passkey)]]));
  const isUnchanged = ({
    userId,
    credentialVersion,
    passkeys = 0,
  }: Parameters<PasskeyStore['remove']>[0]['user']) => {
    const row = users.rows.get(userId);
    return row?.credentialVersion === credentialVersion && (row.passkeys ?? 0) === passkeys;
  };
  const count = (userId: string, passkeys: number) => {
    const row = users.rows.get(userId);
    if (row) users.rows.set(userId, { ...row, passkeys });
  };

  return {
    rows,
    async get(userId, factorId) {
      return structuredClone(ofUser(userId).get(factorId));
    },
    async list(userId) {
      return structuredClone([...ofUser(userId).values()]);
    },
    async ownerOf(factorId) {
      return [...rows].find(([, passkeys]) => passkeys.has(factorId))?.[0];
    },
    async add({ user, passkey, challenge }) {
      if (used.has(challenge.hash)) return 'used';
      if ((await this.ownerOf(passkey.factorId)) !== undefined) return 'taken';
      if (!isUnchanged(user)) return 'changed';
      used.add(challenge.hash);
      keep(user.userId, passkey);
      count(user.userId, (user.passkeys ?? 0) + 1);
      return 'added';
    },
    async use({ userId, seen, counter, backedUp, now, challenge }, effects) {
      if (used.has(challenge.hash)) return 'over';
      if (ofUser(userId).get(seen.factorId)?.uses !== seen.uses) return 'changed';
      used.add(challenge.hash);
      keep(userId, { ...seen, counter, backedUp, lastUsedAt: now, uses: seen.uses + 1 });
      if ('open' in effects) await sessions.open(effects.open);
      return 'used';
    },
    async warn() {},
    async rename(userId, factorId, name) {
      const passkey = ofUser(userId).get(factorId);
      if (passkey) keep(userId, { ...passkey, name });
    },
    async remove({ user, passkey }) {
      if (!isUnchanged(user)) return false;
      ofUser(user.userId).delete(passkey.factorId);
      count(user.userId, (user.passkeys ?? 1) - 1);
      return true;
    },
  };
}
