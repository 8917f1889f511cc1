import { GatehouseError } from './gatehouse-error.ts';
import { type Fetch, type Fields, post } from './post.ts';
import { openSession, pause, type SessionEnd, type Tokens } from './session.ts';
import { defaultStorage, type TokenStorage } from './storage.ts';

export type User = { name: string; bio: string | null; email: string };

export type ClientOptions = {
  /** Where Gatehouse answers, such as `https://auth.example.com`. In a page, `''` is the page's own origin. */
  baseUrl: string;
  /** Further origins that may get the access token by `authFetch`, such as `https://api.example.com`. */
  origins?: readonly string[];
  /** Default: in a page `tabStorage`, else `memoryStorage`. */
  storage?: TokenStorage;
  /** Told once in every tab when the session is over, whoever ended it; not in one that logs in anew itself. */
  onSessionEnd?(reason: SessionEnd): void;
  /** Told when another tab has logged in. */
  onSessionStart?(): void;
  /** Told when the storage throws; the tokens are kept in memory then. */
  onStorageError?(error: unknown): void;
  fetch?: Fetch;
};

export type Client = ReturnType<typeof createClient>;

/** A client of Gatehouse's `/auth*` API. Every method rejects with a GatehouseError. One per page is enough. */
export function createClient(options: ClientOptions) {
  const { baseUrl, origins = [], onSessionEnd, onSessionStart, onStorageError } = options;
  const base = new URL(`${baseUrl.replace(/\/+$/, '')}/`, here());
  const trusted = new Set([base.origin, ...origins.map((origin) => new URL(origin).origin)]);
  const send: Fetch = options.fetch ?? ((input, init) => fetch(input, init));
  const call = <Answer>(path: string, fields: Fields, init?: RequestInit) =>
    post(send, `${base}auth${path}`, fields, init) as Promise<Answer>;

  const session = openSession({
    storage: options.storage ?? defaultStorage(`gatehouse ${base}`),
    exchange: (refreshToken, signal) => call('/refresh-tokens', { refreshToken }, { signal }),
    onStart: () => later(() => onSessionStart?.()),
    onEnd: (reason) => later(() => onSessionEnd?.(reason)),
    onStorageError: (error) => later(() => onStorageError?.(error)),
  });
  let turn = 0; // of log-ins and log-outs: the last that was asked for counts
  let stubborn: string | undefined; // an access token that was new and refused all the same

  /** Ends a session at the service. A string that the service does not know needs no ending. */
  async function revoke(refreshToken: string): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await call('/logout', { refreshToken }, { keepalive: true }); // though the page is left meanwhile
        return;
      } catch (error) {
        const { status } = error as GatehouseError;
        if (status === 400) return;
        if (tries === 3 || (status > 0 && status < 500)) throw error;
        await pause(500 * tries);
      }
    }
  }

  /**
   * `fetch` with the access token, which is refreshed shortly before it expires, or when a 401 comes back; the request
   * is then sent once more. Other origins than ours get the request as it is, without a token.
   *
   * A body that is a stream in `init` cannot be sent twice: its 401 is returned, and the next call has a new token. The
   * body of a `Request` is kept in memory for the second time.
   *
   * @throws GatehouseError 401 when there is no session or it is over; 429, 503 or 0 when it cannot be refreshed now
   */
  async function authFetch(input: Parameters<Fetch>[0], init?: RequestInit): Promise<Response> {
    const request = input instanceof Request ? input : undefined;
    // Resolved once, so that what is checked is what is fetched.
    const url = new URL(request?.url ?? String(input), here());
    if (!trusted.has(url.origin)) return send(input, init);

    const signal = init?.signal ?? request?.signal;
    const attempt = ({ accessToken }: Tokens) => {
      const headers = new Headers(init?.headers ?? request?.headers);
      headers.set('authorization', `Bearer ${accessToken}`);
      return send(request ? request.clone() : url, { ...init, headers });
    };
    const tokens = await orAborted(session.tokens(), signal);
    const response = await attempt(tokens);
    // A redirect may have led to a server that is not ours; fetch itself takes the token away then.
    const theirs = response.url !== '' && !trusted.has(new URL(response.url).origin);
    if (response.status !== 401 || theirs || tokens.accessToken === stubborn) return response;

    const renewed = await orAborted(session.tokens(tokens), signal);
    if (isStream(init?.body)) return response;
    await response.body?.cancel();
    const again = await attempt(renewed);
    // A server that refuses even new tokens has another reason: it does not get one per request.
    if (again.status === 401) stubborn = renewed.accessToken;
    return again;
  }

  return {
    /** Makes an account; logs nobody in. `errors` of the error has an entry per refused field. */
    signUp: (account: {
      name: string;
      bio?: string | null;
      email: string;
      password: string;
      confirm: string;
    }) => call<{ message: string; user: User }>('/register', account),

    /** Logs in: a session of its own, in place of the one there was. */
    async logIn(credentials: { email: string; password: string }): Promise<{ message: string; user: User }> {
      const mine = ++turn;
      const since = Date.now();
      const answer = await call<Fields & { message: string; user: User }>('/login', credentials);
      if (!(await session.begin(answer, since, () => turn !== mine))) {
        await revoke(String(answer.refreshToken)).catch(() => undefined);
        throw new GatehouseError(0, 'Another log-in or a log-out came in between.');
      }
      return { message: answer.message, user: answer.user };
    },

    /**
     * Logs out, here and in every tab, at once and whatever happens. Rejects when the service could not be told: then
     * the session is forgotten here, and ends there by its idle lifetime.
     */
    async logOut(): Promise<void> {
      turn += 1;
      const tokens = await session.read();
      if (tokens === undefined) return;
      // An older token of the session will do: the service ends it all the same, and the successor with it.
      await Promise.all([revoke(tokens.refreshToken), session.end(tokens)]);
    },

    /** Who is logged in. */
    welcome: () => post(authFetch, `${base}auth`, {}) as Promise<{ message: string; user: User }>,

    /** Has a mail sent with a link, if the address has an account; the answer is the same if not. */
    forgotPassword: (fields: { email: string }) => call<{ message: string }>('/forget-password', fields),

    /** Sets a new password. Every session of the account is over then. @param token of the mailed link */
    resetPassword: (token: string, fields: { password: string }) =>
      call<{ message: string }>(`/reset-password?token=${encodeURIComponent(token)}`, fields),

    /** Whether there is a session as far as is known here; nothing is asked of the service. */
    hasSession: async (): Promise<boolean> => (await session.read()) !== undefined,

    /** An access token that is valid now, for what `authFetch` cannot do, such as a WebSocket. */
    accessToken: async (): Promise<string> => (await session.tokens()).accessToken,

    authFetch,

    /** Stops listening to other tabs. */
    close: () => session.close(),
  };
}

/** What relative URLs are relative to; nothing in Node. */
function here(): string | undefined {
  const { document, location } = globalThis as {
    document?: { baseURI: string };
    location?: { href: string };
  };
  return document?.baseURI ?? location?.href;
}

/** A body that can be read once. */
function isStream(body: unknown): boolean {
  return (
    typeof body === 'object' &&
    body !== null &&
    (body instanceof ReadableStream || Symbol.asyncIterator in body)
  );
}

/** A caller that gives up does not wait for a refresh, which goes on for the others. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal | null | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const give = () => reject(signal.reason);
    if (signal.aborted) give();
    signal.addEventListener('abort', give);
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', give));
  });
}

/** Tells the application once we are done ourselves: what it throws is its own, and stops nothing of ours. */
function later(tell: () => void): void {
  queueMicrotask(tell);
}
