import type { RecordedEvent } from './account-event.ts';
import { type AccountOverview, type AccountOverviewDeps, factorsOf } from './account-overview.ts';
import type { ActivityStore } from './activity.ts';
import { authenticate, type Bearer } from './authenticate.ts';
import { both } from './both.ts';
import { isLive, type OwnSessionStore, type Session, type SessionStore } from './session.ts';
import { requireStepUp } from './step-up.ts';

export type ExportedSession = Session & { live: boolean; current: boolean };

export type ExportedAccount = AccountOverview & { sessions: ExportedSession[]; activity: RecordedEvent[] };

export type ExportAccountDeps = Omit<AccountOverviewDeps, 'sessions'> & {
  sessions: Pick<SessionStore, 'get'> & Pick<OwnSessionStore, 'all'>;
  activity: ActivityStore;
};

/**
 * Everything that is stored about the holder, for the holder. The dialect leaves out secrets and what is derived from them.
 *
 * @throws ProblemError those of `authenticate`; `step-up-required`, `unavailable`
 * @see GDPR articles 15 and 20
 */
export async function exportAccount(deps: ExportAccountDeps, bearer: Bearer): Promise<ExportedAccount> {
  const { user, session: current, claims } = await authenticate(deps, bearer);
  const now = deps.clock();
  requireStepUp(user, claims, { fresh: true }, now);
  const { userId } = user;
  const [[factors, sessions], activity] = await both(
    both(factorsOf(deps, user), deps.sessions.all(userId)),
    deps.activity.latest(userId, Number.POSITIVE_INFINITY),
  );
  return {
    user,
    ...factors,
    activity,
    sessions: sessions
      .toSorted((one, other) => other.lastUsedAt - one.lastUsedAt)
      .map((session) => ({
        ...session,
        live: isLive(session, user, now),
        current: session.sessionId === current.sessionId,
      })),
  };
}
