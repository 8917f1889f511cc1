import type { Clock } from './account.ts';
import type { ThrottleStore } from './throttle.ts';

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

/** From this share of bounces on SES is close to a review, which begins at 5 %. */
const MAX_BOUNCE_SHARE = 0.03;
/** Fewer say little: SES, too, judges by a representative number of mails. Half an hour's budget by default. */
const MIN_BOUNCES = 25;

export type MailBudget = {
  store: Pick<ThrottleStore, 'increment' | 'decrement' | 'count'>;
  /** Mails an hour that may go to addresses which nobody has verified. */
  limit: number;
  /** Whether bounces pause these mails. Where no mail service reports them, as locally, there is nothing to count. */
  pauses: boolean;
  clock: Clock;
};

/**
 * Takes one of the mails that this stage may send within an hour to addresses that nobody has proved to own. Whoever
 * signs up with made-up addresses and asks for mails to them makes each bounce, and SES stops the mail of an AWS account
 * whose mails bounce. While more than 3 % of the mails of today and yesterday did, none goes to such an address.
 *
 * @returns how to give it back, for a mail that was surely not sent; `undefined` when the mail has to wait
 * @throws ProblemError `unavailable`
 */
export async function takeFromBudget({
  store,
  limit,
  pauses,
  clock,
}: MailBudget): Promise<GiveBack | undefined> {
  if (pauses && (await isPaused({ store, clock }))) return undefined;
  const hour = Math.floor(clock() / HOUR_MS);
  const counter = `unverified-mails#${hour}`;
  const taken = await store.increment(counter, limit, (hour + 2) * HOUR_MS);
  return taken ? () => store.decrement(counter) : undefined;
}

export type GiveBack = () => Promise<void>;

async function isPaused({ store, clock }: Pick<MailBudget, 'store' | 'clock'>): Promise<boolean> {
  const days = [dayOf(clock()), dayOf(clock() - DAY_MS)];
  const sum = async (what: 'sent' | 'bounced') => {
    const counts = await Promise.all(days.map((day) => store.count(counterOf(what, day))));
    return counts.reduce((total, count) => total + count, 0);
  };
  const [sent, bounced] = await Promise.all([sum('sent'), sum('bounced')]);
  return bounced >= MIN_BOUNCES && bounced > sent * MAX_BOUNCE_SHARE;
}

/** Counts a mail that was sent, or one that bounced, for the share that pauses mails to unverified addresses. */
export async function countMail(
  { store, clock }: { store: Pick<ThrottleStore, 'increment'>; clock: Clock },
  what: 'sent' | 'bounced',
): Promise<void> {
  const now = clock();
  await store.increment(counterOf(what, dayOf(now)), Number.MAX_SAFE_INTEGER, now + 3 * DAY_MS);
}

const counterOf = (what: 'sent' | 'bounced', day: string) => `mails-${what}#${day}`;
const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10);
