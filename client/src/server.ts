import type { AccountClient } from './account.ts';
import { asker, withoutTokens } from './ask.ts';
import { createClient, type LogIn, seam } from './client.ts';
import { GatehouseError } from './gatehouse-error.ts';
import { type Fetch, type Fields, MESSAGE } from './post.ts';
import { fieldsOf, Refusal, requireOwn, sessionCookie } from './server-request.ts';
import { type Registry, type ServerSession, serverSessions } from './server-sessions.ts';
import { memoryStorage } from './storage.ts';

export { localPath } from './server-request.ts';

export type ServerOptions = {
  /** Where Gatehouse answers, such as `https://auth.example.com`. */
  baseUrl: string;
  /** Where browsers find this application, such as `https://app.example.com`: configuration, never a header. */
  origin: string;
  /** Below which path `handler` answers `/auth/…`. Default: `/api`. */
  path?: string;
  /** Further origins that may get the access token by `client.authFetch`, such as that of an API. */
  origins?: readonly string[];
  /** Seconds for which a browser keeps the cookie. Default: 7 days, as long as Gatehouse keeps an unused session. */
  maxAge?: number;
  /**
   * `TRUSTED_PROXY_HEADER` and `TRUSTED_PROXY_SECRET` of Gatehouse. Without them Gatehouse takes all visitors for one
   * client, whose limits they share.
   */
  proxy?: { header: string; secret: string };
  fetch?: Fetch;
};

/** The claims of an access token that this server got from Gatehouse itself. */
export type SessionClaims = {
  userId: string;
  userName: string;
  email: string;
  email_verified?: boolean;
  roles?: string[];
  acr?: 'aal1' | 'aal2';
  /** Seconds since the epoch: when the holder last proved who they are. */
  auth_time?: number;
  sid: string;
};

/** What opens a session is a request of its own, since a session gets a new cookie: see `send`. */
export type VisitClient = Omit<
  AccountClient,
  'logIn' | 'logInWithSecondFactor' | 'verifyEmail' | 'signUp' | 'close'
>;

export type Visit = {
  /** What whoever sent the request may do. Without a session its methods reject with 401. */
  client: VisitClient;
  /**
   * Who sent the request; `undefined` when nobody is logged in. A session that was ended elsewhere counts until its access
   * token expires.
   *
   * @throws GatehouseError when the session has to be refreshed and Gatehouse does not answer
   */
  claims(): Promise<SessionClaims | undefined>;
  /** The lines of `Set-Cookie` that the answer must have; ask when the work is done. */
  cookies(): string[];
};

type Kind = 'open' | 'enters' | 'bearer' | 'either' | 'leaves' | 'session';

/** What a page may ask for. Nothing else is passed on: not the refresh of tokens, and nothing of operators. */
const OPERATIONS: Record<string, Kind | undefined> = {
  'GET /session': 'session',
  'POST ': 'bearer',
  'POST /register': 'open',
  'POST /login': 'enters',
  'POST /login/second-factor': 'enters',
  'POST /login/passkey/options': 'open',
  'POST /login/passkey': 'enters',
  'POST /logout': 'leaves',
  'POST /forget-password': 'open',
  'POST /reset-password': 'open',
  'POST /verify-email': 'either',
  'POST /send-verification': 'either',
  'POST /undo': 'open',
  'POST /step-up': 'bearer',
  'GET /account': 'bearer',
  'POST /profile': 'bearer',
  'POST /change-password': 'bearer',
  'POST /change-email': 'bearer',
  'GET /sessions': 'bearer',
  'POST /sessions/end': 'bearer',
  'GET /export': 'bearer',
  'POST /delete-account': 'bearer',
  'POST /totp': 'bearer',
  'POST /totp/confirm': 'bearer',
  'POST /totp/remove': 'bearer',
  'POST /recovery-codes': 'bearer',
  'POST /passkeys/options': 'bearer',
  'POST /passkeys': 'bearer',
  'POST /passkeys/rename': 'bearer',
  'POST /passkeys/remove': 'bearer',
};

const shared = Symbol.for('gatehouse-client/server');

/** The sessions of an application, shared by all modules of the process: some frameworks bundle each route by itself. */
function registryOf(name: string): Registry {
  const process = globalThis as { [shared]?: Map<string, Registry> };
  process[shared] ??= new Map();
  const registry: Registry = process[shared].get(name) ?? new Map();
  process[shared].set(name, registry);
  return registry;
}

/**
 * Gatehouse for a server that renders: the refresh token is in an `HttpOnly` cookie, the access token stays on the server,
 * and pages ask this server in place of Gatehouse.
 *
 * @throws GatehouseError when `baseUrl` or `origin` cannot be used
 */
export function gatehouseServer(options: ServerOptions) {
  const { baseUrl, origins, proxy, path = '/api', maxAge = 604_800 } = options;
  const own = ownOrigin(options.origin);
  const cookie = sessionCookie(own, maxAge);
  const root = createClient({ baseUrl, storage: memoryStorage() })[seam].root;
  const registry = registryOf(`${root} ${own.origin}`);
  const sessionsFor = (visitor: Visitor) =>
    serverSessions(registry, (storage) =>
      createClient({
        baseUrl,
        storage,
        ...(origins && { origins }),
        fetch: sending(root, visitor, options.fetch),
      }),
    );

  /** What Gatehouse should know of the browser: its name for the list of sessions, its language, its address. */
  function visitorOf({ headers }: Pick<Request, 'headers'>, address: string | undefined) {
    const visitor: Visitor = {};
    for (const header of ['user-agent', 'accept-language']) {
      const value = headers.get(header);
      if (value) visitor[header] = value;
    }
    if (proxy && address) {
      visitor[proxy.header] = address;
      visitor['x-trusted-proxy-secret'] = proxy.secret;
    }
    return visitor;
  }

  /** The lines that bring the cookie up to date. */
  function cookiesOf(sent: string | undefined, session: ServerSession): string[] {
    const current = session.current();
    if (current === sent) return [];
    return [current === undefined ? cookie.clear : cookie.write(current)];
  }

  /** Asks Gatehouse for something that opens a session. The one that there was ends: it must not become the new one's. */
  async function enter(visitor: Visitor, operation: string, fields: Fields, sent: string | undefined) {
    const sessions = sessionsFor(visitor);
    const entered = sessions.open();
    const needs = operation === '/verify-email' ? MESSAGE : undefined;
    const answer = await entered.client[seam].logInBy<LogIn & Fields>(operation, fields, needs);
    if (entered.current() === undefined) return { answer, cookies: [] };
    if (sent !== undefined)
      await sessions
        .of(sent)
        .client.logOut()
        .catch(() => undefined);
    return { answer, cookies: cookiesOf(sent, entered) };
  }

  async function askAs(
    session: ServerSession,
    method: string,
    operation: string,
    fields: Fields,
    visitor: Visitor,
  ) {
    const { client } = session;
    const send: Fetch = (input, init) =>
      client.authFetch(input, {
        ...init,
        headers: { ...visitor, ...(init?.headers as Record<string, string>) },
      });
    const ask = asker(client, send);
    const once = () => ask<Fields>(operation, method === 'GET' ? undefined : fields, []).then(withMembers);
    const answer = await once().catch(async (error) => {
      if ((error as GatehouseError).code !== 'step-up-required') throw error;
      // It may have been done in another process: a new token has the session's newest proof.
      await client[seam].store.tokens(await client[seam].store.read());
      return once();
    });
    if (operation === '/delete-account' || (operation === '/sessions/end' && fields.all === true)) {
      const held = await client[seam].store.read();
      if (held) await client[seam].store.logOut(held.id);
    }
    return answer;
  }

  /** Does one operation for a request that is known to be our own page's. */
  async function perform(
    request: Pick<Request, 'headers'>,
    {
      method,
      operation,
      search,
      fields,
    }: { method: string; operation: string; search: string; fields: Fields },
    address: string | undefined,
  ): Promise<Response> {
    const kind = kindOf(method, operation, fields);
    if (kind === undefined) throw new Refusal(404, 'not-found', 'Not found.');
    const visitor = visitorOf(request, address);
    const sent = cookie.read(request.headers);
    const sessions = sessionsFor(visitor);
    if (kind === 'open') {
      const { call } = sessions.open().client[seam];
      return answered(200, withMembers(await call(operation + search, fields, [])));
    }
    if (kind === 'enters') {
      const { answer, cookies } = await enter(visitor, operation, fields, sent);
      return answered(200, withoutTokens(answer), cookies);
    }
    const session = sessions.of(sent);
    try {
      if (kind === 'session')
        return answered(200, { user: (await claimsOf(session)) ?? null }, cookiesOf(sent, session));
      await requireSame(session, request.headers.get('x-gatehouse-session'), kind === 'leaves');
      if (kind === 'leaves') {
        await session.client.logOut();
        return answered(200, { message: 'Logged out.' }, cookiesOf(sent, session));
      }
      const answer = await askAs(session, method, operation, fields, visitor);
      return answered(200, answer, cookiesOf(sent, session));
    } catch (error) {
      return refused(error, cookiesOf(sent, session));
    }
  }

  return {
    /**
     * Answers a request to `<path>/auth/…`, from a page of this origin: what the clients of `gatehouse-client/cookies` send.
     *
     * @param address of the visitor's network, where `proxy` is set
     */
    async handler(request: Request, address?: string): Promise<Response> {
      try {
        const { pathname, search } = new URL(request.url);
        const { method } = request;
        const start = `${path}/auth`;
        const operation = pathname.replace(/\/+$/, '').slice(start.length);
        if (!`${pathname}/`.startsWith(`${start}/`)) throw new Refusal(404, 'not-found', 'Not found.');
        requireOwn(request, own.origin);
        const fields = method === 'POST' ? await fieldsOf(request) : {};
        return await perform(request, { method, operation, search, fields }, address);
      } catch (error) {
        return refused(error, []);
      }
    },

    /**
     * Sends one operation for a form that this server has got itself, such as `send(request, '/login', { email, password })`:
     * the answer has the cookies, and as its body what a page would get. Refuses forms of other sites as `handler` does.
     */
    async send(request: Request, operation: string, fields: Fields, address?: string): Promise<Response> {
      try {
        requireOwn(request, own.origin);
        return await perform(request, { method: 'POST', operation, search: '', fields }, address);
      } catch (error) {
        return refused(error, []);
      }
    },

    /** Whoever sent a request, for what this server renders and does itself. It does not look where the request comes from. */
    visit(request: Pick<Request, 'headers'>, address?: string): Visit {
      const sent = cookie.read(request.headers);
      const session = sessionsFor(visitorOf(request, address)).of(sent);
      const { logIn, logInWithSecondFactor, verifyEmail, signUp, close, ...client } = session.client;
      return { client, claims: () => claimsOf(session), cookies: () => cookiesOf(sent, session) };
    },

    /**
     * The headers of a request with the access token as `Authorization`, for what renders in another process and can set no
     * cookie, such as Server Components behind Next's proxy: that verifies the token by `gatehouse-client/verify`. What the
     * browser sent as `Authorization` is left out.
     *
     * @throws GatehouseError when the session has to be refreshed and Gatehouse does not answer
     */
    async authorized(
      request: Pick<Request, 'headers'>,
      address?: string,
    ): Promise<{ headers: Headers; cookies: string[] }> {
      const sent = cookie.read(request.headers);
      const session = sessionsFor(visitorOf(request, address)).of(sent);
      const headers = new Headers(request.headers);
      headers.delete('authorization');
      const token = await tokenOf(session);
      if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
      return { headers, cookies: cookiesOf(sent, session) };
    },
  };
}

/** Headers that say for whom this server asks. */
type Visitor = Record<string, string>;

function fill(headers: Headers, more: Visitor): void {
  for (const [header, value] of Object.entries(more)) if (!headers.has(header)) headers.set(header, value);
}

/** `fetch` that says for whom to Gatehouse, and nothing to other origins. */
function sending(root: string, visitor: Visitor, send: Fetch = fetch): Fetch {
  const gatehouse = new URL(root).origin;
  return async (input, init = {}) => {
    const request = input instanceof Request ? input : undefined;
    // Workers refuse these members, and mean the same without them: Gatehouse never answers with a redirect.
    const { credentials, keepalive, redirect, ...rest } = init;
    const headers = new Headers(init.headers ?? request?.headers);
    if (new URL(request?.url ?? String(input)).origin === gatehouse) fill(headers, visitor);
    const how: RequestInit = { ...rest, headers };
    if (redirect) how.redirect = redirect === 'error' ? 'manual' : redirect;
    return send(input, how);
  };
}

/** What a body of `either` says of it: a proof of its own needs no session, and may open one. */
function kindOf(method: string, operation: string, { verification, password }: Fields): Kind | undefined {
  const kind = Object.hasOwn(OPERATIONS, `${method} ${operation}`)
    ? OPERATIONS[`${method} ${operation}`]
    : undefined;
  if (kind !== 'either') return kind;
  if (operation === '/send-verification') return verification === undefined ? 'bearer' : 'open';
  return verification === undefined && password === undefined ? 'bearer' : 'enters';
}

/** @throws GatehouseError other than that nobody is logged in */
async function tokenOf({ client }: ServerSession): Promise<string | undefined> {
  try {
    return await client.accessToken();
  } catch (error) {
    const { status } = error as GatehouseError;
    if (status === 401 || status === 400) return undefined;
    throw error;
  }
}

/**
 * All tabs of a browser share the cookie: a page that shows one person must not act for the next, who has logged in in
 * another tab.
 *
 * @param leaves a log-out waits for no refresh: a session of which no token is known here is taken as it is named
 * @throws GatehouseError
 */
async function requireSame(session: ServerSession, named: string | null, leaves: boolean): Promise<void> {
  if (named === null) return;
  const held = await session.client[seam].store.read();
  const sid =
    held?.accessToken || leaves ? payloadOf(held?.accessToken)?.sid : (await claimsOf(session))?.sid;
  if (sid !== undefined && sid !== named)
    throw new GatehouseError(401, 'Somebody else has logged in meanwhile.', {
      ...{ title: 'Unauthorized', code: 'other-session' },
    });
}

const claimsOf = async (session: ServerSession): Promise<SessionClaims | undefined> =>
  payloadOf(await tokenOf(session));

function payloadOf(accessToken: string | undefined): SessionClaims | undefined {
  const payload = accessToken?.split('.')[1];
  if (payload === undefined) return undefined;
  const binary = atob(payload.replaceAll('-', '+').replaceAll('_', '/'));
  const text = new TextDecoder().decode(Uint8Array.from(binary, (character) => character.charCodeAt(0)));
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const ALWAYS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', vary: 'Cookie' };

function answered(
  status: number,
  body: Fields,
  cookies: readonly string[] = [],
  more: Record<string, string> = {},
): Response {
  const headers = new Headers({ ...ALWAYS, 'content-type': 'application/json; charset=utf-8', ...more });
  for (const line of cookies) headers.append('set-cookie', line);
  return new Response(JSON.stringify(body), { status, headers });
}

/** The problem details of an error, as Gatehouse itself has them. */
function refused(error: unknown, cookies: readonly string[]): Response {
  const problem = { 'content-type': 'application/problem+json' };
  if (error instanceof Refusal) {
    const { status, code, message } = error;
    return answered(status, { title: 'Refused', status, code, message }, [], problem);
  }
  if (!(error instanceof GatehouseError)) throw error;
  const { title, code, message, errors, challenge, methods, acrValues, maxAge, retryAfter } = error;
  // 0: Gatehouse gave no answer, so that the same may work later.
  const status = error.status || 503;
  const later = retryAfter ?? (status === 503 ? 1 : undefined);
  return answered(
    status,
    {
      title,
      status,
      message,
      code,
      challenge,
      methods,
      acrValues,
      maxAge,
      ...(errors.length > 0 && { errors }),
    },
    cookies,
    { ...problem, ...(later !== undefined && { 'retry-after': String(later) }) },
  );
}

/** @throws GatehouseError */
function ownOrigin(origin: string): URL {
  try {
    const url = new URL(origin);
    const local = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
    if (
      url.origin === origin.replace(/\/$/, '') &&
      (url.protocol === 'https:' || (local && url.protocol === 'http:'))
    )
      return url;
  } catch {}
  throw new GatehouseError(
    0,
    'origin must be an origin with https://, such as https://app.example.com (http:// for localhost alone).',
  );
}

/** An answer, if it is one of Gatehouse at all; what it has, the page asks itself. @throws GatehouseError */
function withMembers(answer: Fields): Fields {
  if (Object.keys(answer).length > 0) return answer;
  throw new GatehouseError(0, 'The service did not answer as Gatehouse does; check baseUrl.');
}
