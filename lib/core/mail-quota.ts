const MAILS = 5;
const HOUR_MS = 60 * 60 * 1000;
/** As long as the stream may go on trying to send a mail, and the hour before it. */
const KEPT_MS = 7 * HOUR_MS;

/** The mails to one address that were let through: for which request, and when it was made, in milliseconds since the epoch. */
export type MailQuota = { taken: readonly { tagId: string; requestedAt: number }[] };

/** `next` is the quota to store, where it changed. */
export type QuotaDecision = { allowed: true; next?: MailQuota } | { allowed: false };

/**
 * Takes one of the five mails that an address may be sent within any hour, by the time at which they were asked for:
 * an outage of the mail service, after which many go at once, costs nobody theirs. A request takes one however often
 * its mail is tried.
 */
export function takeFromQuota(
  stored: MailQuota | undefined,
  request: { tagId: string; requestedAt: number },
): QuotaDecision {
  const taken = stored?.taken ?? [];
  if (taken.some(({ tagId }) => tagId === request.tagId)) return { allowed: true };
  const within = (ms: number) => (mail: { requestedAt: number }) =>
    Math.abs(mail.requestedAt - request.requestedAt) < ms;
  if (taken.filter(within(HOUR_MS)).length >= MAILS) return { allowed: false };
  const { tagId, requestedAt } = request;
  return { allowed: true, next: { taken: [...taken.filter(within(KEPT_MS)), { tagId, requestedAt }] } };
}

/** When the store may forget the quota, in milliseconds since the epoch. */
export function mailQuotaExpiresAt({ taken }: MailQuota): number {
  return Math.max(...taken.map(({ requestedAt }) => requestedAt)) + KEPT_MS;
}
