import { again } from './again.ts';
import { GatehouseError } from './gatehouse-error.ts';
import { orAborted } from './patience.ts';
import { caller, contentOf, type Fetch, type Fields, USER } from './post.ts';
import { openStore, type SessionEnd, type Tell } from './session-store.ts';
import { memoryStorage, type TokenStorage } from './storage.ts';
import { tabStorage } from './tab-storage.ts';
import { TOKENS, type Tokens } from './tokens.ts';

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
  const { baseUrl, origins = [], storage, fetch: send = (input, init) => fetch(input, init) } = options;
  const base = urlOf('baseUrl', baseUrl).href.replace(/\/*$/, '/');
  const trusted = [base, ...origins].map((origin) => urlOf('origins', origin).origin);
  const root = `${base}auth`;
  const call = caller(root, send);

  // Later, once we are done ourselves: what the application throws is its own, and stops nothing of ours.
  const tell: Tell = (event, detail) => queueMicrotask(() => options[event]?.(detail as never));
  const inPage = 'window' in globalThis;
  const store = openStore(
    storage ?? (inPage && globalThis.crypto?.subtle ? tabStorage(`gatehouse ${base}`) : memoryStorage()),
    tell,
    call,
  );
  let turn = 0; // of log-ins and log-outs: the last that was asked for counts
  let freshButRefused: string | undefined; // an access token
  let holder: unknown; // the address of whoever has the session, as it was typed here
  /** Whether one process may serve many visitors, and nobody has said where the session of this client belongs. */
  const isShared = !storage && !inPage && !here();

  /** Ends a session at the service, which may not know it any more (400). It arrives though the page is left meanwhile. */
  const revoke = (refreshToken: unknown) =>
    again(() => call('/logout', { refreshToken }, undefined, { keepalive: true }), 3).catch((error) => {
      if (error.status !== 400) throw error;
    });

  /**
   * Opens a session by whatever way in answers as a log-in does, in place of the session there was.
   *
   * @returns the whole answer, tokens and all
   * @param needs may let an answer without tokens through, which opens none
   */
  async function logInBy<Answer extends LogIn>(
    path: string,
    fields: Fields,
    needs = LOG_IN,
  ): Promise<Answer> {
    if (isShared && holder !== fields.email && (await store.read()))
      throw new GatehouseError(0, 'There is a session; create a client for each visitor.');
    const mine = ++turn;
    const since = Date.now();
    const answer = await call<Answer & Fields>(path, fields, needs);
    if (!answer.accessToken) return answer;
    if (!(await store.begin(answer as Answer & Tokens, since, () => turn !== mine))) {
      await revoke(answer.refreshToken).catch(() => undefined);
      throw new GatehouseError(0, 'There is a newer log-in or log-out.');
    }
    holder = fields.email ?? answer.user.email;
    return answer;
  }

  /** Whether an answer came from a server that may have the token: a redirect may have led elsewhere. */
  const isOurs = ({ url }: Response) => !url || trusted.includes(new URL(url).origin);

  /**
   * Whether a refusal is about the token. A redirect to elsewhere lost the token on its way; and a wrong password must not
   * be sent, and counted, twice.
   */
  const isAboutToken = async (response: Response) =>
    isOurs(response) &&
    ((await contentOf(response)).code ?? 'invalid-access-token') === 'invalid-access-token';

  /**
   * `fetch` with the access token, which is refreshed shortly before it expires, or when a 401 comes back; the request
   * is then sent once more. Other origins than ours get the request as it is, without a token.
   *
   * A body that is a stream in `init` cannot be sent twice: its 401 is returned, and the next call has a new token. The
   * body of a `Request` is kept in memory for the second time.
   *
   * @throws GatehouseError 401 when there is no session or it is over; 429, 503 or 0 when it cannot be refreshed now
   */
  async function authFetch(input: Parameters<Fetch>[0], init: RequestInit = {}): Promise<Response> {
    const request = input as Partial<Request>;
    const { headers = request.headers, signal = request.signal } = init;
    // Resolved once, so that what is checked is what is fetched.
    const url = new URL(`${request.url ?? input}`, here());
    if (!trusted.includes(url.origin)) return send(input, init);

    /** Sends it with a token. @param refused tokens that got this answer before */
    const attempt = async (refused?: Tokens, answer?: Response): Promise<Response> => {
      // A caller that gives up does not wait for a refresh, which goes on for the others.
      const held = await orAborted(store.tokens(refused), signal);
      if (answer && 'duplex' in init) return answer; // a stream, which cannot be sent twice
      await answer?.body?.cancel();
      const all = new Headers(headers);
      all.set('authorization', `Bearer ${held.accessToken}`);
      const response = await send(request.clone?.() ?? url, { ...init, headers: all });
      if (response.status !== 401) return response;
      // A server that refuses even new tokens has another reason: it does not get one per request.
      if (refused) freshButRefused = held.accessToken;
      if (held.accessToken === freshButRefused || !(await isAboutToken(response))) return response;
      return attempt(held, response);
    };
    return attempt();
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
    }) => call<LogIn & { verification?: string }>('/register', account, USER),

    /**
     * Logs in: a session of its own, in place of the one there was. An account with a second factor answers with an error
     * of the code `second-factor-required`; go on with its `challenge` by `logInWithSecondFactor` of the account entry.
     */
    async logIn(credentials: { email: string; password: string }): Promise<LogIn> {
      const { message, user } = await logInBy('/login', credentials);
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
    welcome: () => call<LogIn>('', {}, USER, {}, authFetch),

    /** Has an email with a link sent, if the address has an account; the answer is the same if not. */
    forgotPassword: (fields: { email: string }) => call<{ message: string }>('/forget-password', fields),

    /** Sets a new password. Every session of the account is over then. @param token of the link in the email */
    resetPassword: (token: string, fields: { password: string }) =>
      call<{ message: string }>(`/reset-password?token=${encodeURIComponent(token)}`, fields),

    /** Whether there is a session as far as is known here; nothing is asked of the service. */
    hasSession: async (): Promise<boolean> => !!(await store.read()),

    /** An access token that is valid now, for what `authFetch` cannot do, such as a WebSocket. */
    accessToken: async (): Promise<string> => (await store.tokens()).accessToken,

    authFetch,

    /** Stops listening to other tabs. */
    close: store.close,

    [seam]: { call, isOurs, logInBy, root, store },
  };
}

/** The members of an answer to a log-in. */
const LOG_IN = [...USER, ...TOKENS];

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
  throw new GatehouseError(0, `${option} must be a URL with a scheme (https:).`);
}
