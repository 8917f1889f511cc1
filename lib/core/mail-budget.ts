import type { Clock } from './account.ts';
import type { ThrottleStore } from './throttle.ts';

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

/** SES puts an account under review at 5 % bounces. */
const MAX_BOUNCE_SHARE = 0.03;
/** Fewer bounces prove nothing: SES also judges by a representative volume. Half of the default budget of an hour. */
const MIN_BOUNCES = 25;

export type MailBudget = {
  store: Pick<ThrottleStore, 'increment' | 'decrement' | 'count'>;
  /** How many mails may go to unverified addresses within an hour. */
  limit: number;
  /** Whether bounces pause these mails. Without reports from the mail service, as locally, there is nothing to count. */
  pauses: boolean;
  clock: Clock;
};

/**
 * Takes one of the mails that this stage may send to unverified addresses within an hour. The attack: somebody signs up
 * with made-up addresses, every mail to them bounces, and SES stops an AWS account whose mails bounce. While more than 3 %
 * of the mails of today and yesterday bounced, no mail goes to an unverified address.
 *
 * @returns a function that gives the mail back, for one that was surely not sent; `undefined` when the mail has to wait
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

/** Counts a mail that was sent or that bounced, for the share that pauses mails to unverified addresses. */
export async function countMail(
  { store, clock }: { store: Pick<ThrottleStore, 'increment'>; clock: Clock },
  what: 'sent' | 'bounced',
): Promise<void> {
  const now = clock();
  await store.increment(counterOf(what, dayOf(now)), Number.MAX_SAFE_INTEGER, now + 3 * DAY_MS);
}

const counterOf = (what: 'sent' | 'bounced', day: string) => `mails-${what}#${day}`;
const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10);
