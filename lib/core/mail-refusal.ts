const DAY_MS = 24 * 60 * 60 * 1000;
/** How long the first, the second and every later bounce in a row keep mail from an address. */
const BLOCKED_MS = [1 * DAY_MS, 7 * DAY_MS, 30 * DAY_MS] as const;

/** Why an address gets no mail: a mail bounced permanently, or its owner marked one as spam. */
export type MailRefusal = 'bounced' | 'complained';

/** The part of the user's row about refused mail. Times are milliseconds since the epoch. */
export type MailRefusalMark = {
  mailRefused?: MailRefusal;
  /** When mail may go again; absent: only after an operator allows it. */
  mailRefusedUntil?: number;
  /** How often the address has bounced. */
  mailBounces?: number;
};

/** Whether no mail may go to the user now. */
export function refusesMail(
  { mailRefused, mailRefusedUntil = Number.POSITIVE_INFINITY }: MailRefusalMark,
  now: number,
): boolean {
  return mailRefused !== undefined && now < mailRefusedUntil;
}

/**
 * The mark after a report by the mail service. A mailbox that bounced may work again, so bounces block for a day, a week,
 * then a month at a time; a complaint blocks until an operator lifts it.
 *
 * @returns `undefined` when nothing changes: the same report twice, or one about a mail from before the block
 */
export function markAfterReport(
  mark: MailRefusalMark,
  reason: MailRefusal,
  now: number,
): MailRefusalMark | undefined {
  if (mark.mailRefused === 'complained') return undefined;
  const { mailBounces = 0 } = mark;
  if (reason === 'complained') return { mailRefused: reason, mailBounces };
  if (refusesMail(mark, now)) return undefined;
  const length = BLOCKED_MS[mailBounces] ?? BLOCKED_MS[2];
  return { mailRefused: reason, mailRefusedUntil: now + length, mailBounces: mailBounces + 1 };
}
