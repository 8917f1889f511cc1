import type { User } from './account.ts';
import { type Authenticator, authenticate, type Bearer } from './authenticate.ts';
import { isLive, type OwnSessionStore, type Session } from './session.ts';

/** A session as its holder may see it. */
export type ListedSession = Pick<Session, 'sessionId' | 'createdAt' | 'lastUsedAt' | 'acr'> & {
  device: string | undefined;
  /** When it expires unless it is used, in milliseconds since the epoch. */
  expiresAt: number;
  /** Whether this session made the request. */
  current: boolean;
};

export type ListSessionsDeps = Omit<Authenticator, 'sessions'> & {
  sessions: Pick<OwnSessionStore, 'all'>;
};

const MAX_LISTED = 100;

/**
 * The live sessions of the account, the most recently used first, at most a hundred.
 *
 * @throws ProblemError those of `authenticate`; `unavailable`
 */
export async function listSessions(deps: ListSessionsDeps, bearer: Bearer): Promise<ListedSession[]> {
  let all: readonly Session[] = [];
  // `authenticate` reads one session. Reading all of them in its place makes the list one round trip.
  const sessions: Authenticator['sessions'] = {
    async get({ userId, sessionId }) {
      all = await deps.sessions.all(userId);
      return all.find((session) => session.sessionId === sessionId);
    },
  };
  const { user, session } = await authenticate({ ...deps, sessions }, bearer);
  return liveSessions(all, user, session, deps.clock());
}

function liveSessions(all: readonly Session[], user: User, current: Session, now: number): ListedSession[] {
  return all
    .filter((session) => isLive(session, user, now))
    .toSorted((one, other) => other.lastUsedAt - one.lastUsedAt)
    .slice(0, MAX_LISTED)
    .map((session) => ({
      sessionId: session.sessionId,
      device: session.device,
      createdAt: session.createdAt,
      lastUsedAt: session.lastUsedAt,
      expiresAt: Math.min(session.idleExpiresAt, session.absoluteExpiresAt),
      acr: session.acr,
      current: session.sessionId === current.sessionId,
    }));
}
