import { randomUUID } from 'node:crypto';
import { type Attempts, attemptsExpireAt, type PendingAttempt } from '../../../lib/core/login-attempts.ts';
import { type MailQuota, mailQuotaExpiresAt } from '../../../lib/core/mail-quota.ts';
import type { Swap, ThrottleStore, Versioned } from '../../../lib/core/throttle.ts';

export type MemoryThrottleStore = ThrottleStore & {
  /** Requests by counter, and the end of the window as the store was told it. */
  requests: Map<string, { count: number; expiresAt: number }>;
  attempts: Map<string, Versioned<Attempts>>;
  mailQuotas: Map<string, Versioned<MailQuota>>;
  /** Runs before the next swap is compared: another writer who comes first. Each is run once. */
  interference: (() => void)[];
};

/** Counters in memory. A swap really compares the version that the writer saw, so that a stale writer loses. */
export function memoryThrottleStore(): MemoryThrottleStore {
  const requests: MemoryThrottleStore['requests'] = new Map();
  const attempts: MemoryThrottleStore['attempts'] = new Map();
  const mailQuotas: MemoryThrottleStore['mailQuotas'] = new Map();
  const interference: MemoryThrottleStore['interference'] = [];

  function swapIn<T>(rows: Map<string, Versioned<T>>, expiryOf: (value: T) => number | undefined): Swap<T> {
    return async (counter, seen, next, now) => {
      interference.shift()?.();
      const stored = rows.get(counter);
      const expiresAt = stored && expiryOf(stored.value);
      const latest = seen === undefined && expiresAt !== undefined && expiresAt <= now ? undefined : stored;
      if (latest?.version !== seen?.version) return { swapped: false, latest: structuredClone(latest) };
      const version = randomUUID();
      if (next === undefined) rows.delete(counter);
      else rows.set(counter, { value: structuredClone(next), version });
      return { swapped: true, version };
    };
  }

  return {
    requests,
    attempts,
    mailQuotas,
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

    async addAttempt(counter, attempt, most, now) {
      interference.shift()?.();
      const stored = attempts.get(counter);
      const next = withSilent(stored?.value, attempt, most, now);
      if (next === undefined) return { added: false, latest: structuredClone(stored) };
      const latest = { value: next, version: randomUUID() };
      attempts.set(counter, latest);
      return { added: true, latest: structuredClone(latest) };
    },

    async readAttempts(counter) {
      return structuredClone(attempts.get(counter));
    },

    swapAttempts: swapIn(attempts, attemptsExpireAt),
    swapMailQuota: swapIn(mailQuotas, mailQuotaExpiresAt),
  };
}

/** What a silent attempt makes of what is stored, by the condition that the port asks for; `undefined`: it is refused. */
export function withSilent(
  stored: Attempts | undefined,
  attempt: PendingAttempt,
  most: number,
  now: number,
): Attempts | undefined {
  const clean = { failures: 0, lockedUntil: 0, quietAt: 0 };
  if (stored === undefined) return { ...clean, pending: [attempt] };
  const expired = (attemptsExpireAt(stored) ?? Number.POSITIVE_INFINITY) <= now;
  if ((stored.failures > 0 && !expired) || stored.pending.length >= most) return undefined;
  return { ...clean, pending: [...stored.pending, attempt] };
}
