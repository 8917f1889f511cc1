import type { UserStore } from './account.ts';
import type { RecordedEvent } from './account-event.ts';
import { userWithId } from './administer-account.ts';
import { type Authenticator, authenticate, type Bearer } from './authenticate.ts';

/** The events of accounts, as the core needs them. Every method throws ProblemError `unavailable`. */
export type ActivityStore = {
  /** The newest first. Includes events that the stream hasn't delivered yet. */
  latest(userId: string, atMost: number): Promise<RecordedEvent[]>;
};

/** How many events holders and operators are shown. */
export const MAX_SHOWN = 50;

/**
 * The latest events of the account, for its holder.
 *
 * @throws ProblemError those of `authenticate`; `unavailable`
 */
export async function listActivity(
  deps: Authenticator & { activity: ActivityStore },
  bearer: Bearer,
): Promise<RecordedEvent[]> {
  const { user } = await authenticate(deps, bearer);
  return deps.activity.latest(user.userId, MAX_SHOWN);
}

/**
 * The latest events of the account with this user id, for an administrator.
 *
 * @throws ProblemError `unknown-user`, `unavailable`
 */
export async function activityOfUser(
  { users, activity }: { users: Pick<UserStore, 'get'>; activity: ActivityStore },
  about: { userId: string },
): Promise<RecordedEvent[]> {
  const { userId } = await userWithId(users, about.userId);
  return activity.latest(userId, MAX_SHOWN);
}

/** Who caused an event, for operators: `holder` unless somebody else is named; `null` for an attempt to get in. */
export function actorOf({ by, event: { type } }: RecordedEvent): string | null {
  if (by !== undefined) return by;
  return type === 'log-in.locked' || type === 'session.reuse-detected' ? null : 'holder';
}
