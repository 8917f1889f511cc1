import type { UserStore } from './account.ts';
import type { RecordedEvent } from './account-event.ts';
import { userWithId } from './administer-account.ts';
import { type Authenticator, authenticate, type Bearer } from './authenticate.ts';

/** What the core needs of what happened to accounts. Every method throws ProblemError `unavailable`. */
export type ActivityStore = {
  /** The newest first, whatever happened until now among them. */
  latest(userId: string, atMost: number): Promise<RecordedEvent[]>;
};

/** How much of it its holder is shown, and an operator. */
export const MAX_SHOWN = 50;

/**
 * What happened to the account, for its holder.
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
 * What happened to the account of a user id, for an administrator.
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

/** Who did it, for an operator: `holder` where nobody else is named, nothing where it was done by whoever tried to get in. */
export function actorOf({ by, event: { type } }: RecordedEvent): string | null {
  if (by !== undefined) return by;
  return type === 'log-in.locked' || type === 'session.reuse-detected' ? null : 'holder';
}
