import { randomUUID } from 'node:crypto';
import { type Attempts, attemptsExpireAt } from '../../../lib/core/login-attempts.ts';
import { type MailQuota, mailQuotaExpiresAt } from '../../../lib/core/mail-quota.ts';
import type { MailRequest } from '../../../lib/core/mail-request.ts';
import type { CompareAndSwap, LockEffects, ThrottleStore, Versioned } from '../../../lib/core/throttle.ts';
import type { MemoryMailRequests } from './mail-requests.ts';

export type MemoryThrottleStore = ThrottleStore & {
  /** Requests by counter, and the end of the window that the caller gave. */
  requests: Map<string, { count: number; expiresAt: number }>;
  attempts: Map<string, Versioned<Attempts>>;
  mailQuotas: Map<string, Versioned<MailQuota>>;
  /** The mails that were asked for together with a swap. */
  mails: MailRequest[];
  /** The locks that began, and whose they are. */
  locks: NonNullable<LockEffects['entry']>[];
  /** Run before the next swap is compared, as another writer that comes first. Each is run once. */
  interference: (() => void)[];
};

/**
 * Counters in memory. A swap really compares the version that the writer saw, so that a stale writer loses.
 *
 * @param mailRequests also receives the mails that a swap requests
 */
export function memoryThrottleStore(mailRequests?: MemoryMailRequests): MemoryThrottleStore {
  const requests: MemoryThrottleStore['requests'] = new Map();
  const attempts: MemoryThrottleStore['attempts'] = new Map();
  const mailQuotas: MemoryThrottleStore['mailQuotas'] = new Map();
  const mails: MailRequest[] = [];
  const locks: MemoryThrottleStore['locks'] = [];
  const interference: MemoryThrottleStore['interference'] = [];

  function compareAndSwapIn<T>(
    rows: Map<string, Versioned<T>>,
    expiryOf: (value: T) => number | undefined,
  ): CompareAndSwap<T> {
    return async (counter, seen, next, now, also) => {
      interference.shift()?.();
      const stored = rows.get(counter);
      const expiresAt = stored && expiryOf(stored.value);
      const latest = seen === undefined && expiresAt !== undefined && expiresAt <= now ? undefined : stored;
      if (latest?.version !== seen?.version) return { swapped: false, latest: structuredClone(latest) };
      const version = randomUUID();
      if (next === undefined) rows.delete(counter);
      else rows.set(counter, { value: structuredClone(next), version });
      const { mail, entry } = also ?? {};
      if (mail) {
        mails.push(structuredClone(mail));
        await mailRequests?.put(mail);
      }
      if (entry) locks.push(structuredClone(entry));
      return { swapped: true, version };
    };
  }

  return {
    requests,
    attempts,
    mailQuotas,
    mails,
    locks,
    interference,

    async increment(counter, limit, expiresAt) {
      const count = requests.get(counter)?.count ?? 0;
      if (count >= limit) return false;
      requests.set(counter, { count: count + 1, expiresAt });
      return true;
    },

    async decrement(counter) {
      const row = requests.get(counter);
      if (row && row.count > 0) requests.set(counter, { ...row, count: row.count - 1 });
    },

    async count(counter) {
      return requests.get(counter)?.count ?? 0;
    },

    async readAttempts(counter) {
      return structuredClone(attempts.get(counter));
    },

    compareAndSwapAttempts: compareAndSwapIn(attempts, attemptsExpireAt),
    compareAndSwapMailQuota: compareAndSwapIn(mailQuotas, mailQuotaExpiresAt),
  };
}
