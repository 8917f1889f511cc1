import { again } from './again.ts';
import { GatehouseError } from './gatehouse-error.ts';
import { orAborted } from './patience.ts';
import { contentOf, type Fetch, type Fields, hasTexts, post } from './post.ts';
import { refresher } from './refresher.ts';
import { openStore, type SessionEnd, type Tell } from './session-store.ts';
import type { TokenStorage } from './storage.ts';
import { defaultStorage } from './tab-storage.ts';
import { hasTokens, type Tokens } from './tokens.ts';

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
  /**
   * Told when the browser refuses the storage, the lock or the channel between tabs, by throwing or by never answering.
   * Everything goes on without: the tokens are in memory then.
   */
  onStorageError?(error: unknown): void;
  fetch?: Fetch;
};

export type Client = ReturnType<typeof createClient>;

/** What a log-in answers to callers. */
export type LogIn = { message: string; user: User };

/** Where the further entries of this package find what they need of a client. Applications have no use for it. */
export const seam = Symbol();

/**
 * A client of Gatehouse's `/auth*` API. Every method rejects with a GatehouseError. One per page is enough; on a server
 * each visitor needs one of their own.
 *
 * @throws GatehouseError when `baseUrl` or one of `origins` is not a URL that can be used here
 */
export function createClient(options: ClientOptions) {
  const { baseUrl, origins = [], storage } = options;
  const base = urlOf('baseUrl', baseUrl).href.replace(/\/*$/, '/');
  const trusted = [base, ...origins].map((origin) => urlOf('origins', origin).origin);
  const send: Fetch = options.fetch ?? ((input, init) => fetch(input, init));
  const urlOfPath = (path: string) => `${base}auth${path}`;
  const call = <Answer>(path: string, fields: Fields, fits = hasMessage, init?: RequestInit) =>
    post(send, urlOfPath(path), fields, fits, init) as Promise<Answer>;

  // Later, once we are done ourselves: what the application throws is its own, and stops nothing of ours.
  const tell: Tell = (event, detail) => queueMicrotask(() => options[event]?.(detail as never));
  const store = openStore(storage ?? defaultStorage(`gatehouse ${base}`), tell);
  const tokens = refresher(store, (refreshToken, signal) =>
    call('/refresh-tokens', { refreshToken }, hasTokens, { signal }),
  );
  let turn = 0; // of log-ins and log-outs: the last that was asked for counts
  let freshButRefused: string | undefined; // an access token
  let holder: string | undefined; // whose session it is, as far as was typed here

  /** Ends a session at the service. A string that the service doesn't know needs no ending. */
  async function revoke(refreshToken: string): Promise<void> {
    // It arrives though the page is left meanwhile.
    const ask = () => call('/logout', { refreshToken }, hasMessage, { keepalive: true });
    await again(ask, 3).catch((error: GatehouseError) => {
      if (error.status !== 400) throw error;
    });
  }

  /**
   * Opens a session by whatever way in answers as a log-in does, in place of the session there was.
   *
   * @returns the whole answer, tokens and all
   * @param fits may let an answer without tokens through, which opens none
   * @param email whose session it will be, where that is known beforehand
   */
  async function logInBy<Answer extends LogIn>(
    path: string,
    fields: Fields,
    fits = isLogIn,
    email?: string,
  ): Promise<Answer> {
    if (isServer(storage) && holder !== email && (await store.read()))
      throw new GatehouseError(
        0,
        'Somebody else is logged in. On a server, create a client for each visitor.',
      );
    const mine = ++turn;
    const since = Date.now();
    const answer = await call<Answer & Fields>(path, fields, fits);
    if (!hasTokens(answer)) return answer;
    if (!(await store.begin(answer, since, () => turn !== mine))) {
      await revoke(String(answer.refreshToken)).catch(() => undefined);
      throw new GatehouseError(0, 'Another log-in or a log-out came in between.');
    }
    holder = email ?? answer.user.email;
    return answer;
  }

  /** Whether an answer came from a server that may have the token: a redirect may have led elsewhere. */
  const isOurs = ({ url }: Response) => url === '' || trusted.includes(new URL(url).origin);

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
    const { url = input, headers, signal } = input as Partial<Request>;
    // Resolved once, so that what is checked is what is fetched.
    const resolved = new URL(`${url}`, here());
    if (!trusted.includes(resolved.origin)) return send(input, init);

    const attempt = ({ accessToken }: Tokens) => {
      const all = new Headers(init?.headers ?? headers);
      all.set('authorization', `Bearer ${accessToken}`);
      return send(headers ? (input as Request).clone() : resolved, { ...init, headers: all });
    };
    // A caller that gives up does not wait for a refresh, which goes on for the others.
    const usable = (refused?: Tokens) => orAborted(tokens(refused), init?.signal ?? signal);
    const held = await usable();
    const response = await attempt(held);
    if (
      response.status !== 401 ||
      !isOurs(response) || // fetch itself takes the token away then
      held.accessToken === freshButRefused ||
      // About something else than the token: a wrong password must not be sent, and counted, twice.
      ![undefined, 'invalid-access-token'].includes((await contentOf(response)).code as string | undefined)
    )
      return response;

    const renewed = await usable(held);
    if (isStream(init)) return response;
    await response.body?.cancel();
    const again = await attempt(renewed);
    // A server that refuses even new tokens has another reason: it does not get one per request.
    if (again.status === 401) freshButRefused = renewed.accessToken;
    return again;
  }

  return {
    /**
     * Makes an account; logs nobody in. `errors` of the error has an entry per refused field. Where addresses are verified
     * before there is an account, the answer has a `verification` for `verifyEmail` of the account entry.
     */
    signUp: (account: {
      name: string;
      bio?: string | null;
      email: string;
      password: string;
      confirm: string;
    }) => call<LogIn & { verification?: string }>('/register', account, hasUser),

    /**
     * Logs in: a session of its own, in place of the one there was. An account with a second factor answers with an error
     * of the code `second-factor-required`; go on with its `challenge` by `logInWithSecondFactor` of the account entry.
     */
    async logIn(credentials: { email: string; password: string }): Promise<LogIn> {
      const { message, user } = await logInBy('/login', credentials, isLogIn, credentials.email);
      return { message, user };
    },

    /**
     * Logs out, here and in every tab, at once and whatever happens. Rejects when the service could not be reached: then
     * the session is forgotten here, and ends there by its idle lifetime.
     */
    async logOut(): Promise<void> {
      turn += 1;
      const held = await store.read();
      if (!held) return;
      // An older token of the session will do: the service ends it all the same, and the successor with it.
      await Promise.all([revoke(held.refreshToken), store.logOut(held.id)]);
    },

    /** Who is logged in. */
    welcome: () => post(authFetch, urlOfPath(''), {}, hasUser) as Promise<LogIn>,

    /** Has an email with a link sent, if the address has an account; the answer is the same if not. */
    forgotPassword: (fields: { email: string }) => call<{ message: string }>('/forget-password', fields),

    /** Sets a new password. Every session of the account is over then. @param token of the link in the email */
    resetPassword: (token: string, fields: { password: string }) =>
      call<{ message: string }>(`/reset-password?token=${encodeURIComponent(token)}`, fields),

    /** Whether there is a session as far as is known here; nothing is asked of the service. */
    hasSession: async (): Promise<boolean> => !!(await store.read()),

    /** An access token that is valid now, for what `authFetch` cannot do, such as a WebSocket. */
    accessToken: async (): Promise<string> => (await tokens()).accessToken,

    authFetch,

    /** Stops listening to other tabs. */
    close: store.close,

    [seam]: { call, isOurs, logInBy, store, tokens, urlOfPath },
  };
}

// What the documented answers have; what else answers 200 is not Gatehouse.
export const hasMessage = (answer: Fields) => hasTexts(answer, 'message');
export const hasUser = (answer: Fields) => hasMessage(answer) && hasTexts(answer.user ?? {}, 'name', 'email');
const isLogIn = (answer: Fields) => hasUser(answer) && hasTokens(answer);

type Page = { document?: { baseURI: string }; location?: { href: string } };

/** What relative URLs are relative to; nothing in Node. */
const here = () => (globalThis as Page).document?.baseURI ?? (globalThis as Page).location?.href;

/**
 * The URL of an option. Only `''` and paths are relative to the page: `auth.example.com` without a scheme would be a
 * file beside it.
 *
 * @throws GatehouseError
 */
function urlOf(option: string, value: string): URL {
  try {
    const url = new URL(value || '/', /^(\/|$)/.test(value) ? here() : undefined);
    if (/^https?:[^@?#]+$/.test(url.href)) return url;
  } catch {}
  throw new GatehouseError(0, `${option} must be a URL with a scheme, such as https://auth.example.com.`);
}

/** Whether one process may serve many visitors, and nobody has said where the session of this client belongs. */
const isServer = (storage: unknown) => !storage && !('window' in globalThis) && !here();

/** Whether a body can be read only once: `fetch` takes no stream without this member. */
export const isStream = (init?: RequestInit & { duplex?: string }) => !!init?.duplex;
