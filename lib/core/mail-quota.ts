const MAILS = 5;
const HOUR_MS = 60 * 60 * 1000;
/** The hours for which the stream keeps trying to send a mail, and the hour before. */
const KEPT_MS = 7 * HOUR_MS;

/** The mails that one address was allowed: the request of each, and when it was made, in milliseconds since the epoch. */
export type MailQuota = { taken: readonly { tagId: string; requestedAt: number }[] };

/** `next`: the quota to store, if it changed. */
export type QuotaDecision = { allowed: true; next?: MailQuota } | { allowed: false };

/**
 * Takes one of the five mails that an address may get within any hour. The time of the request counts, so that an outage
 * of the mail service, after which many mails go at once, uses up no quota. A request takes one mail however often it is
 * tried.
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

/** When the store may delete the quota, in milliseconds since the epoch. */
export function mailQuotaExpiresAt({ taken }: MailQuota): number {
  return Math.max(...taken.map(({ requestedAt }) => requestedAt)) + KEPT_MS;
}
