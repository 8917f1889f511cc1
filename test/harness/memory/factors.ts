import type {
  Challenge,
  ChallengeStore,
  FactorChange,
  FactorChanges,
  FactorList,
  FactorStore,
  PendingTotp,
  Totp,
  TotpSealing,
} from '../../../lib/core/factors.ts';
import type { MailRequest } from '../../../lib/core/mail-request.ts';
import type { Evidence, SessionKey } from '../../../lib/core/session.ts';
import type { MemorySessions } from './sessions.ts';
import type { MemoryThrottleStore } from './throttle-store.ts';
import type { MemoryUsers } from './users.ts';

export type MemoryFactors = FactorStore &
  FactorChanges &
  FactorList & {
    challenges: ChallengeStore & { rows: Map<string, Challenge> };
    /** The mails that were asked for together with a change. */
    mails: MailRequest[];
    totps: Map<string, Totp>;
    codes: Map<string, readonly string[]>;
  };

/** Second factors in memory, with the conditions that the port asks for. */
export function memoryFactors(tables: {
  users: MemoryUsers;
  sessions: MemorySessions;
  throttleStore: MemoryThrottleStore;
}): MemoryFactors {
  const { users, sessions, throttleStore } = tables;
  const totps = new Map<string, Totp>();
  const pendings = new Map<string, PendingTotp>();
  const codes = new Map<string, readonly string[]>();
  const challenges = new Map<string, Challenge>();
  const mails: MailRequest[] = [];

  const sessionOf = ({ userId, sessionId }: SessionKey) => {
    const session = sessions.rows.get(`${userId}/${sessionId}`);
    return session?.endedAt === undefined ? session : undefined;
  };
  const raise = (key: SessionKey, evidence: Evidence, version?: number) => {
    const session = sessionOf(key);
    if (session === undefined) return;
    const credentialVersion = version ?? session.credentialVersion;
    const raised = { ...session, ...evidence, lastUsedAt: evidence.authTime, credentialVersion };
    sessions.rows.set(`${key.userId}/${key.sessionId}`, raised);
  };
  const isUnchanged = ({ user }: FactorChange) => {
    const now = users.rows.get(user.userId);
    return (
      now?.credentialVersion === user.credentialVersion &&
      now.status === 'active' &&
      (now.passkeys ?? 0) === (user.passkeys ?? 0)
    );
  };
  const hasFactor = ({ user }: FactorChange) => {
    const { totp, passkeys = 0 } = users.rows.get(user.userId) ?? {};
    return totp === true || passkeys > 0;
  };
  const ask = (mail: MailRequest | undefined) => {
    if (mail) mails.push(structuredClone(mail));
  };

  return {
    totps,
    codes,
    mails,
    challenges: {
      rows: challenges,
      async put(hash, challenge) {
        challenges.set(hash, structuredClone(challenge));
      },
      async get(hash) {
        return structuredClone(challenges.get(hash));
      },
    },

    async totp(userId) {
      return structuredClone(totps.get(userId));
    },

    async pendingTotp(userId) {
      return structuredClone(pendings.get(userId));
    },

    async recoveryCodes(userId) {
      return structuredClone(codes.get(userId));
    },

    async list(userId) {
      const totp = totps.get(userId);
      return {
        factors: totp
          ? [
              {
                ...{ factorId: totp.id, type: 'totp' as const, name: totp.name },
                ...{ createdAt: totp.createdAt, lastUsedAt: totp.lastUsedAt },
              },
            ]
          : [],
        recoveryCodesLeft: codes.get(userId)?.length ?? null,
      };
    },

    async putPendingTotp(userId, pending) {
      pendings.set(userId, structuredClone(pending));
    },

    async use(use, effects) {
      if (effects.challenge !== undefined && !challenges.has(effects.challenge)) return 'over';
      if (effects.raise && sessionOf(effects.raise.session) === undefined) return 'over';
      if (use.by === 'totp') {
        const totp = totps.get(use.userId);
        if (totp?.id !== use.id || totp.lastStep >= use.step) return 'wrong';
        totps.set(use.userId, { ...totp, lastStep: use.step, lastUsedAt: use.now });
      } else {
        const hashes = codes.get(use.userId) ?? [];
        if (!hashes.includes(use.hash)) return 'wrong';
        if (hashes.length !== use.left + 1) return 'changed';
        codes.set(
          use.userId,
          hashes.filter((hash) => hash !== use.hash),
        );
      }
      if (effects.challenge !== undefined) challenges.delete(effects.challenge);
      if (effects.raise) raise(effects.raise.session, effects.raise.evidence);
      if (effects.open) await sessions.open(effects.open);
      for (const counter of effects.forget ?? []) throttleStore.attempts.delete(counter);
      ask(effects.mail);
      return 'used';
    },

    async activateTotp(change) {
      const { user, pending, step, now, hashes, session, evidence } = change;
      const { userId } = user;
      const row = users.rows.get(userId);
      const live = sessionOf(session);
      if (pendings.get(userId)?.id !== pending.id || !isUnchanged(change) || row?.totp) return false;
      if (live?.credentialVersion !== user.credentialVersion) return false;
      const { id, name, sealedSecret } = pending;
      pendings.delete(userId);
      totps.set(userId, { id, name, sealedSecret, lastStep: step, createdAt: now, lastUsedAt: now });
      codes.set(userId, [...hashes]);
      const next = user.credentialVersion + 1;
      users.rows.set(userId, { ...(row as NonNullable<typeof row>), totp: true, credentialVersion: next });
      raise(session, evidence, next);
      ask(change.mail);
      return true;
    },

    async removeTotp(change) {
      if (!isUnchanged(change) || !hasFactor(change)) return false;
      const { userId, passkeys = 0 } = change.user;
      const { totp: _, ...rest } = users.rows.get(userId) as NonNullable<ReturnType<typeof users.rows.get>>;
      users.rows.set(userId, rest);
      totps.delete(userId);
      if (passkeys === 0) codes.delete(userId);
      ask(change.mail);
      return true;
    },

    async replaceRecoveryCodes(change) {
      if (!isUnchanged(change) || !hasFactor(change)) return false;
      codes.set(change.user.userId, [...change.hashes]);
      ask(change.mail);
      return true;
    },
  };
}

/** Hides nothing, but knows whose it is. */
export const memorySealing: TotpSealing = {
  async seal(secret, { userId, id }) {
    return `${userId} ${id} ${Buffer.from(secret).toString('hex')}`;
  },
  async unseal(sealed, owner) {
    const [userId, id, secret = ''] = sealed.split(' ');
    if (userId !== owner.userId || id !== owner.id) throw new Error('not the owner');
    return Buffer.from(secret, 'hex');
  },
};
