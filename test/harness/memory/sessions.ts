import type { OwnSessionStore, Session, SessionKey, SessionStore } from '../../../lib/core/session.ts';

export type MemorySessions = SessionStore &
  OwnSessionStore & {
    /** The one session there is; fails where there is none or several. */
    only(): Session;
    rows: Map<string, Session>;
  };

const keyOf = ({ userId, sessionId }: SessionKey) => `${userId}/${sessionId}`;

export const isAsItWas = (session: Session, seen: Session) =>
  session.credentialVersion === seen.credentialVersion &&
  session.endedAt === undefined &&
  session.authTime === seen.authTime &&
  session.acr === seen.acr &&
  session.amr.join() === seen.amr.join();

/** Sessions in memory, with the conditions that the port asks for. */
export function memorySessions(): MemorySessions {
  const rows = new Map<string, Session>();

  function end(session: Session, now: number) {
    rows.set(keyOf(session), { ...session, endedAt: session.endedAt ?? now });
  }

  return {
    rows,
    only() {
      const [session, ...others] = rows.values();
      if (session === undefined || others.length > 0) throw new Error(`there are ${rows.size} sessions`);
      return structuredClone(session);
    },

    async open(session) {
      rows.set(keyOf(session), structuredClone(session));
    },

    async get(key) {
      return structuredClone(rows.get(keyOf(key)));
    },

    async rotate(rotation) {
      const session = rows.get(keyOf(rotation));
      const { now, idleExpiresAt, familyHash, fromHash, toHash, sealedSuccessor } = rotation;
      if (
        session?.refresh === undefined ||
        session.refresh.familyHash !== familyHash ||
        session.refresh.currentHash !== fromHash ||
        session.endedAt !== undefined ||
        session.idleExpiresAt <= now ||
        session.absoluteExpiresAt <= now
      ) {
        return { rotated: false, session: structuredClone(session) };
      }
      const previous = { hash: fromHash, sealedSuccessor, rotatedAt: now };
      const refresh = { familyHash, currentHash: toHash, previous };
      const rotated = { ...session, idleExpiresAt, lastUsedAt: now, refresh };
      rows.set(keyOf(rotation), rotated);
      return { rotated: true, session: structuredClone(rotated) };
    },

    async moveGrace(key, toHash, rotatedAt) {
      const session = rows.get(keyOf(key));
      if (session?.refresh?.previous === undefined || session.refresh.currentHash !== toHash) return;
      const previous = { ...session.refresh.previous, rotatedAt };
      rows.set(keyOf(key), { ...session, refresh: { ...session.refresh, previous } });
    },

    async end(key, now) {
      const session = rows.get(keyOf(key));
      if (session === undefined) return undefined;
      end(session, now);
      const { endedAt, ...before } = structuredClone(session);
      return endedAt === undefined || endedAt === now ? before : { ...before, endedAt }; // the same end, tried again
    },

    async endFamily(key, familyHash, now) {
      const session = rows.get(keyOf(key));
      if (session?.refresh?.familyHash !== familyHash) return false;
      end(session, now);
      return true;
    },

    async prove(seen, { authTime, acr, amr }, now) {
      const session = rows.get(keyOf(seen));
      if (session === undefined || !isAsItWas(session, seen))
        return { proved: false, session: structuredClone(session) };
      rows.set(keyOf(seen), { ...session, authTime, acr, amr, lastUsedAt: now });
      return { proved: true };
    },

    async all(userId) {
      return structuredClone([...rows.values()].filter((session) => session.userId === userId));
    },
  };
}
