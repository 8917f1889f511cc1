import { openChannel } from './channel.ts';
import { type Client, type ClientOptions, createClient, type LogIn, seam } from './client.ts';
import { GatehouseError, noSession } from './gatehouse-error.ts';
import type { Fetch, Fields } from './post.ts';
import type { SessionEnd } from './session-store.ts';
import { memoryStorage } from './storage.ts';
import type { Tokens } from './tokens.ts';

export type CookieClientOptions = Pick<ClientOptions, 'onSessionEnd' | 'onSessionStart' | 'fetch'> & {
  /** Where this site's server has mounted `handler` of `gatehouse-client/server`. Default: `/api`. */
  baseUrl?: string;
};

/** What tabs tell each other. */
type News = { began: string } | { ended: SessionEnd };

/**
 * The client for pages whose server keeps the session in a cookie (`gatehouse-client/server`): the same methods, and no
 * token in the page. `withAccount` and `withPasskeys` take it as they take any other.
 *
 * @throws GatehouseError when `baseUrl` is not a URL that can be used here
 */
export function createCookieClient(options: CookieClientOptions = {}): Client {
  const { baseUrl = '/api', onSessionEnd, onSessionStart } = options;
  const send: Fetch = (input, init) =>
    (options.fetch ?? fetch)(input, { ...init, credentials: 'same-origin' }); // the cookie goes along
  const base = createClient({ baseUrl, storage: memoryStorage(), fetch: send });
  const { isOurs, root } = base[seam];
  /** The id of the session as this tab knows it; `null` when nobody is logged in, `undefined` before it has asked. */
  let known: string | null | undefined;
  const channel = openChannel<News>(`gatehouse cookie ${root}`, hear);

  function hear(news: News): void {
    if ('ended' in news) forget(news.ended);
    else {
      known = news.began;
      onSessionStart?.();
    }
  }

  function forget(reason: SessionEnd): void {
    const hadSession = known;
    known = null;
    if (hadSession) onSessionEnd?.(reason);
  }

  function end(reason: SessionEnd): void {
    forget(reason);
    channel.post({ ended: reason });
  }

  async function begin(): Promise<void> {
    known = await look();
    if (known !== null) channel.post({ began: known });
  }

  /**
   * Sends one request for the session that this tab knows. Where the server has another one by now, nothing is done: all
   * tabs share the cookie, and a page that shows one person must not act for the next.
   */
  const authFetch: Fetch = async (input, init) => {
    const before = known;
    const response = await send(
      input,
      before && isToServer(input) ? { ...init, headers: named(init, before) } : init,
    );
    if (response.status === 401 && before && isOurs(response)) await compare(before);
    return response;
  };

  const isToServer = (input: Parameters<Fetch>[0]) => String(input).startsWith(root);

  function named(init: RequestInit | undefined, session: string): Headers {
    const headers = new Headers(init?.headers);
    headers.set('x-gatehouse-session', session);
    return headers;
  }

  /** After a refusal: whether the session is over, or another one has begun. */
  async function compare(before: string): Promise<void> {
    const now = await look();
    if (known !== before || now === before) return;
    if (now === null) end('refused');
    else hear({ began: now });
  }

  /** Asks the server which session there is. */
  async function look(): Promise<string | null> {
    const { user } = await base[seam].call<Fields>('/session', undefined, [], { method: 'GET' });
    if (user === undefined)
      throw new GatehouseError(0, 'The server did not say who is logged in; check baseUrl.');
    return (user as { sid: string } | null)?.sid ?? null;
  }

  async function read(): Promise<{ id: string } | undefined> {
    if (known === undefined) known = await look();
    return known === null ? undefined : { id: known };
  }

  async function tokens(): Promise<Tokens> {
    const held = await read();
    if (held === undefined) throw noSession();
    return held as Tokens;
  }

  const call: Client[typeof seam]['call'] = (path, fields, needs, init, by = authFetch) =>
    base[seam].call(path, fields, needs, init, by);

  /** The tokens are out of the answer that a page gets: its user says that there is a session now. */
  async function logInBy<Answer extends LogIn>(path: string, fields: Fields): Promise<Answer> {
    const answer = await call<Answer>(path, fields);
    if (answer.user) await begin();
    return answer;
  }

  return {
    ...base,
    authFetch,
    signUp: (account) => call('/register', account),
    async logIn(credentials) {
      const { message, user } = await logInBy('/login', credentials);
      return { message, user };
    },
    async logOut() {
      const held = await read();
      if (!held) return;
      try {
        await call('/logout', {});
      } finally {
        if (known === held.id) end('logged-out');
      }
    },
    welcome: () => call('', {}),
    hasSession: async () => (await read()) !== undefined,
    accessToken: async () => {
      throw new GatehouseError(0, 'The access token stays on the server.');
    },
    close: channel.close,
    [seam]: {
      ...base[seam],
      call,
      logInBy,
      // What of a store the further entries ask for: here the server has it.
      store: {
        ...base[seam].store,
        read: read as typeof tokens,
        tokens,
        logOut: async () => end('logged-out'),
      },
    },
  };
}
