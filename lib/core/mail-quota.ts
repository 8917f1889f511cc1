const MAILS = 5;
const HOUR_MS = 60 * 60 * 1000;

/** When the last mails to one address were asked for, in milliseconds since the epoch. */
export type MailQuota = { askedAt: readonly number[] };

/**
 * Takes one of the five mails that an address may be sent within any hour.
 *
 * @param now milliseconds since the epoch
 * @returns the quota to store, or `undefined` when none is left: the answer stays the same, no mail goes
 */
export function takeMail(stored: MailQuota | undefined, now: number): MailQuota | undefined {
  const askedAt = stored?.askedAt.filter((time) => time > now - HOUR_MS) ?? [];
  return askedAt.length < MAILS ? { askedAt: [...askedAt, now] } : undefined;
}

/** When the store may forget the quota, in milliseconds since the epoch. */
export function mailQuotaExpiresAt(quota: MailQuota): number {
  return Math.max(...quota.askedAt) + HOUR_MS;
}
