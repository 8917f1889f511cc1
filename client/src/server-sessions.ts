import { type AccountClient, withAccount } from './account.ts';
import type { Client } from './client.ts';
import type { TokenStorage } from './storage.ts';
import type { Tokens } from './tokens.ts';

/** A session that this process knows. Every request of it shares one client, and so one refresh. */
export type ServerSession = {
  client: AccountClient;
  /** The refresh token that its cookie should have, `undefined` when the session is over. */
  current(): string | undefined;
};

/**
 * Milliseconds for which a replaced refresh token still leads to its session here: requests that a browser has sent before
 * it read the new cookie, and an answer that was lost on its way. Later Gatehouse judges it, and takes it for stolen.
 */
const REPLACED = 60_000;
/** Sessions kept in memory. One that was left out is refreshed when it comes back. */
const MOST = 10_000;

/** What each client of this process is called by: refresh tokens, the newest and those that were replaced just now. */
export type Registry = Map<string, { session: ServerSession; until: number }>;

/** The sessions of one application. @param make a client of its own for each */
export function serverSessions(registry: Registry, make: (storage: TokenStorage) => Client) {
  function register(refreshToken: string, session: ServerSession): void {
    registry.delete(refreshToken); // so that the newest are last
    registry.set(refreshToken, { session, until: Number.POSITIVE_INFINITY });
    const [oldest] = registry.keys();
    if (registry.size > MOST && oldest !== undefined) registry.delete(oldest);
  }

  function retire(refreshToken: string | undefined): void {
    const entry = refreshToken === undefined ? undefined : registry.get(refreshToken);
    if (entry) entry.until = performance.now() + REPLACED;
  }

  /** A session of its own. @param refreshToken of the cookie; without one nobody is logged in */
  function open(refreshToken?: string): ServerSession {
    let current = refreshToken;
    let secret = refreshToken && JSON.stringify(unknown(refreshToken));
    const names = new Set<string>();
    const storage: TokenStorage = {
      get: () => secret,
      set(next) {
        secret = next;
        const tokens = JSON.parse(next) as Tokens;
        if (tokens.refreshToken === current) return;
        retire(current);
        current = tokens.refreshToken;
        names.add(current);
        register(current, session);
      },
      remove() {
        secret = current = undefined;
        for (const name of names) registry.delete(name);
      },
    };
    const session = { client: withAccount(make(storage)), current: () => current };
    if (refreshToken !== undefined) {
      names.add(refreshToken);
      register(refreshToken, session);
    }
    return session;
  }

  return {
    open,
    /** The session of a cookie. */
    of(refreshToken: string | undefined): ServerSession {
      const entry = refreshToken === undefined ? undefined : registry.get(refreshToken);
      return entry && performance.now() < entry.until ? entry.session : open(refreshToken);
    },
  };
}

/** Tokens of which only the refresh token is known, so that a new access token is asked for at once. */
function unknown(refreshToken: string): Tokens {
  return { id: `cookie${Math.random()}`, accessToken: '', refreshToken, expiresIn: 0, since: 0 };
}
