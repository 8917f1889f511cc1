import { createServer } from 'node:http';
import { describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import { changeSession } from '../../test/contract/rows.ts';
import { Authenticator } from '../../test/harness/authenticator.ts';
import { overHttp } from '../../test/harness/client.ts';
import { eventually } from '../../test/harness/eventually.ts';
import { mailedTag, type Person, signedUp } from '../../test/harness/people.ts';
import { withAccount } from '../src/account.ts';
import { type CookieClientOptions, createCookieClient } from '../src/cookies.ts';
import type { GatehouseError } from '../src/index.ts';
import { gatehouseServer, localPath, type ServerOptions } from '../src/server.ts';
import { held, interferedApi, lostAfterCommit, unavailableBefore } from './interfered-api.ts';

const APP = 'https://app.example.com';
const COOKIE = '__Host-gatehouse';
const REFRESH = '/auth/refresh-tokens';

/** An application at `APP` in front of the real service, and browsers that visit it. */
async function world(options: Partial<ServerOptions> = {}) {
  const api = await interferedApi(inject('stack').apiUrl);
  onTestFinished(() => api.stop());
  const auth = gatehouseServer({ baseUrl: api.url, origin: APP, ...options });
  const person = await signedUp(overHttp);
  const jar = browserOf(auth.handler);
  return { api, auth, person, ...jar };
}

/** A browser with a page of `APP` open: it keeps the cookie, and says where its requests come from. */
function browserOf(handler: (request: Request) => Promise<Response>) {
  const answers: Response[] = [];
  const jar = { value: undefined as string | undefined };
  const send = async (input: Parameters<typeof fetch>[0], init?: RequestInit) => {
    const request = new Request(new URL(String(input), APP), init);
    request.headers.set('sec-fetch-site', 'same-origin');
    request.headers.set(
      'user-agent',
      'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    );
    if (request.method !== 'GET') request.headers.set('origin', APP);
    if (jar.value !== undefined) request.headers.set('cookie', `theme=dark; ${COOKIE}=${jar.value}`);
    const response = await handler(request);
    answers.push(response.clone());
    take(response);
    return response;
  };
  const take = (response: Response) => {
    for (const line of response.headers.getSetCookie()) {
      const [, value = ''] = /^__Host-gatehouse=([^;]*);/.exec(line) ?? [];
      jar.value = value === '' ? undefined : value;
    }
  };
  const page = (told: Pick<CookieClientOptions, 'onSessionEnd' | 'onSessionStart'> = {}) => {
    const client = createCookieClient({ baseUrl: `${APP}/api`, fetch: send as typeof fetch, ...told });
    onTestFinished(() => client.close());
    return withAccount(client);
  };
  return { jar, send, take, page, answers };
}

const bodyOf = async (response: Response) => (await response.json()) as Record<string, unknown>;
const request = (path: string, headers: Record<string, string> = {}, body?: unknown) =>
  new Request(`${APP}/api${path}`, {
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
  });
const ownPage = { origin: APP, 'sec-fetch-site': 'same-origin' };

/** A request with the cookie as `jar` has it, as a browser sends it when it opens a page. */
const visitWith = (value: string | undefined) =>
  new Request(`${APP}/orders`, { headers: value === undefined ? {} : { cookie: `${COOKIE}=${value}` } });

describe('a session in a cookie', () => {
  test('logs in, is oneself and logs out; no token reaches the page', async () => {
    const { api, auth, person, page, jar, answers } = await world();
    const client = page();
    expect(await client.hasSession()).toBe(false);
    await expect(client.welcome()).rejects.toMatchObject({ status: 401 });
    expect((await client.logIn(person)).user.email).toBe(person.email);
    expect((await client.welcome()).user.email).toBe(person.email);
    expect((await client.account()).user.email).toBe(person.email);
    const { sessions } = await client.sessions();
    expect(sessions).toMatchObject([{ device: 'Firefox on Linux', current: true }]); // not this server's own name
    expect(api.count(REFRESH)).toBe(0);

    const visit = auth.visit(visitWith(jar.value));
    expect(await visit.claims()).toMatchObject({ email: person.email, userName: person.name });
    expect(visit.cookies()).toEqual([]);
    expect((await visit.client.account()).user.email).toBe(person.email);

    const before = jar.value ?? '';
    await client.logOut();
    expect(jar.value).toBeUndefined();
    expect(await client.hasSession()).toBe(false);
    expect(await auth.visit(visitWith(before)).claims()).toBeUndefined();

    for (const answer of answers) {
      const [text, lines] = [await answer.text(), answer.headers.getSetCookie()];
      expect(text).not.toMatch(/accessToken|refreshToken|eyJ[\w-]{20,}/);
      expect(text).not.toContain(before);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      for (const line of lines)
        expect(line).toMatch(
          /^__Host-gatehouse=[\w-]*; Path=\/; Max-Age=(604800|0); HttpOnly; SameSite=Lax; Secure$/,
        );
    }
  });

  test('a second factor, a step-up and a change of password pass through', async () => {
    const { person, page, jar } = await world();
    const client = page();
    await client.logIn(person);
    await expect(client.logIn({ ...person, password: 'not mine' })).rejects.toMatchObject({
      status: 401,
      code: 'wrong-credentials',
    });
    expect((await client.welcome()).user.email).toBe(person.email);
    const { secret } = await client.totp.begin();
    const app = new Authenticator(secret);
    const { recoveryCodes } = await client.totp.confirm({ code: await app.fresh() });
    expect(await client.changePassword({ password: person.password, newPassword: 'battery staple' })).toEqual(
      {
        message: expect.any(String),
      },
    );
    await expect(client.stepUp({ code: app.wrong() })).rejects.toMatchObject({ code: 'wrong-code' });
    await client.stepUp({ recoveryCode: recoveryCodes[0] ?? '' });
    await client.logOut();

    const error = await client.logIn({ ...person, password: 'battery staple' }).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'second-factor-required', methods: ['totp', 'recovery-code'] });
    expect(jar.value).toBeUndefined();
    const { challenge } = error as GatehouseError;
    await client.logInWithSecondFactor({ challenge: challenge ?? '', recoveryCode: recoveryCodes[1] ?? '' });
    expect((await client.account()).recoveryCodesLeft).toBe(8);
    expect(await client.deleteAccount()).toEqual({ message: expect.any(String) });
    expect(jar.value).toBeUndefined();
  });

  test('a step-up that is required is asked for, and lifted for the session', async () => {
    const { auth, person, page, jar } = await world();
    const client = page();
    await client.logIn(person);
    const token = await auth.authorized(visitWith(jar.value));
    await changeSession(token.headers.get('authorization')?.slice(7) ?? '', {
      authTime: Date.now() - 301_000,
    });
    await forgotten(auth, jar);
    const asking = withAccount(client, {
      async onStepUpRequired(request) {
        expect(request).toEqual({ acrValues: ['aal1'], maxAge: 300 });
        await client.stepUp({ password: person.password });
        return true;
      },
    });
    expect((await asking.export()).user.email).toBe(person.email);
  });

  test('every tab hears of a log-in, a log-out and the end of the session', async () => {
    const { person, page } = await world();
    const told: string[] = [];
    const hearing = (tab: string) => ({
      onSessionStart: () => void told.push(`${tab} start`),
      onSessionEnd: (reason: string) => void told.push(`${tab} ${reason}`),
    });
    const hear = async (...expected: string[]) => {
      await eventually(() => expect([...told].sort()).toEqual(expected));
      told.length = 0;
    };
    const [one, two] = [page(hearing('one')), page(hearing('two'))];
    expect(await two.hasSession()).toBe(false);
    await one.logIn(person);
    await hear('two start');
    expect((await two.welcome()).user.email).toBe(person.email);
    await two.logOut();
    await hear('one logged-out', 'two logged-out');
    expect(await one.hasSession()).toBe(false);

    await one.logIn(person);
    await hear('two start');
    const tag = await mailedTag(overHttp, person);
    const body = { password: 'battery staple' };
    await overHttp.send({ path: `/auth/reset-password?token=${tag}`, body });
    await expect(two.welcome()).rejects.toMatchObject({ status: 401 });
    await hear('one refused', 'two refused');
    await expect(one.accessToken()).rejects.toThrow('stays on the server');
  });

  test('a page that shows one person does nothing for the next person, who logged in in another tab', async () => {
    const { person, page, jar, auth } = await world();
    const second = await signedUp(overHttp);
    const started: string[] = [];
    const [one, other] = [page({ onSessionStart: () => void started.push('start') }), page()];
    await one.logIn(person);
    one.close(); // it hears nothing of other tabs
    await other.logIn(second);
    const refusal = { status: 401, code: 'other-session' };
    await forgotten(auth, jar); // nor does this process know more than the cookie
    await expect(one.deleteAccount()).rejects.toMatchObject(refusal);
    expect(started).toEqual(['start']); // and shows whoever is logged in now
    await one.logOut();
    await other.logIn(second);
    await one.logIn(person);
    await expect(other.logOut()).rejects.toMatchObject(refusal);
    expect((await auth.visit(visitWith(jar.value)).claims())?.email).toBe(person.email);
    expect((await one.welcome()).user.email).toBe(person.email);
  });

  test('a step-up that was done in another process counts here', async () => {
    const { api, auth, person, page, jar } = await world();
    const client = page();
    await client.logIn(person);
    const tokenNow = async () =>
      (await auth.authorized(visitWith(jar.value))).headers.get('authorization')?.slice(7) ?? '';
    await changeSession(await tokenNow(), { authTime: Date.now() - 301_000 });
    await forgotten(auth, jar);
    await client.welcome(); // with a token whose proof is too old
    await expect(client.export()).rejects.toMatchObject({ code: 'step-up-required' });
    const headers = { authorization: `Bearer ${await tokenNow()}` };
    await overHttp.send({ path: '/auth/step-up', headers, body: { password: person.password } });
    const refreshes = api.count(REFRESH);
    expect((await client.export()).user.email).toBe(person.email);
    expect(api.count(REFRESH)).toBe(refreshes + 1);
  });

  test('a form that this server gets itself logs in and out', async () => {
    const { auth, person, take, jar } = await world();
    const form = () => new Request(`${APP}/login`, { method: 'POST', headers: ownPage });
    const wrong = await auth.send(form(), '/login', { ...person, password: 'not mine' });
    expect([wrong.status, (await bodyOf(wrong)).code]).toEqual([401, 'wrong-credentials']);
    const right = await auth.send(form(), '/login', person);
    take(right);
    expect([right.status, Object.keys(await bodyOf(right))]).toEqual([200, ['message', 'user']]);
    const request = new Request(form(), { headers: { ...ownPage, cookie: `${COOKIE}=${jar.value}` } });
    take(await auth.send(request, '/logout', {}));
    expect(jar.value).toBeUndefined();
  });

  test('what another process renders gets the access token, and nobody else’s', async () => {
    const { auth, person, page, jar } = await world();
    await page().logIn(person);
    const forged = { authorization: 'Bearer forged', 'x-own': '1' };
    const none = await auth.authorized(new Request(APP, { headers: forged }));
    expect([none.headers.get('authorization'), none.headers.get('x-own'), none.cookies]).toEqual([
      null,
      '1',
      [],
    ]);
    const { headers } = await auth.authorized(
      new Request(APP, { headers: { ...forged, cookie: `${COOKIE}=${jar.value}` } }),
    );
    const authorization = headers.get('authorization') ?? '';
    const welcome = await overHttp.send({ path: '/auth', headers: { authorization } });
    expect(welcome.status).toBe(200);
  });
});

/** Another process, or this one after a restart: it knows nothing but the cookie. */
async function forgotten(auth: ReturnType<typeof gatehouseServer>, jar: { value: string | undefined }) {
  vi.resetModules();
  const all = (globalThis as Record<symbol, unknown>)[Symbol.for('gatehouse-client/server')];
  for (const registry of (all as Map<string, Map<string, unknown>>).values())
    registry.delete(jar.value ?? '');
  return auth;
}

describe('a refresh', () => {
  test('is one for many requests at once, whose answers all have the new cookie', async () => {
    const { api, auth, person, page, jar } = await world();
    await page().logIn(person);
    await forgotten(auth, jar);
    const visits = Array.from({ length: 20 }, () => auth.visit(visitWith(jar.value)));
    const claims = await Promise.all(visits.map((visit) => visit.claims()));
    expect(new Set(claims.map((one) => one?.email))).toEqual(new Set([person.email]));
    expect(api.count(REFRESH)).toBe(1);
    const lines = new Set(visits.flatMap((visit) => visit.cookies()));
    expect(lines.size).toBe(1);
    // A request that the browser sent before it had the cookie: no refresh, and the cookie once more.
    const late = auth.visit(visitWith(jar.value));
    expect((await late.claims())?.email).toBe(person.email);
    expect(late.cookies()).toEqual([...lines]);
    expect(api.count(REFRESH)).toBe(1);
  });

  test('of two processes at once leaves the session whole', async () => {
    const { api, auth, person, page, jar } = await world();
    await page().logIn(person);
    await forgotten(auth, jar);
    const one = auth.visit(visitWith(jar.value));
    await forgotten(auth, jar);
    const two = auth.visit(visitWith(jar.value));
    const both = await Promise.all([one.claims(), two.claims()]);
    expect(both.map((claims) => claims?.email)).toEqual([person.email, person.email]);
    expect(api.count(REFRESH)).toBe(2);
    expect(one.cookies()).toEqual(two.cookies()); // the service answers both with the same successor
  });

  test('whose answer is lost is asked for again', async () => {
    const { api, auth, person, page, jar } = await world();
    await page().logIn(person);
    await forgotten(auth, jar);
    api.next(REFRESH, lostAfterCommit);
    const visit = auth.visit(visitWith(jar.value));
    expect((await visit.claims())?.email).toBe(person.email);
    expect(visit.cookies()).toHaveLength(1);
  });

  test('that the service refuses ends the session, and takes the cookie away', async () => {
    const { auth, person, page, jar } = await world();
    const client = page();
    await client.logIn(person);
    const tag = await mailedTag(overHttp, person);
    await overHttp.send({ path: `/auth/reset-password?token=${tag}`, body: { password: 'battery staple' } });
    await expect(client.welcome()).rejects.toMatchObject({ status: 401 });
    expect(jar.value).toBeUndefined();
    expect(await client.hasSession()).toBe(false);
    expect(await auth.visit(visitWith('made-up')).claims()).toBeUndefined();
  });

  test('is not needed by a log-out with a cookie that Gatehouse does not know: the cookie is taken away', async () => {
    const { send, jar } = await world();
    jar.value = 'made-up';
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
    expect((await send('/api/auth/logout', init)).status).toBe(200);
    expect(jar.value).toBeUndefined();
  });

  test('that cannot be had now keeps the cookie, and says when to try again', async () => {
    const { api, auth, person, page, jar, answers } = await world();
    const client = page();
    await client.logIn(person);
    const before = jar.value;
    await forgotten(auth, jar);
    api.next(REFRESH, ...Array.from({ length: 3 }, () => unavailableBefore(30)));
    await expect(client.welcome()).rejects.toMatchObject({ status: 503, retryAfter: 30 });
    expect(answers.at(-1)?.headers.getSetCookie()).toEqual([]);
    await expect(auth.visit(visitWith(jar.value)).claims()).rejects.toMatchObject({ status: 503 });
    expect(jar.value).toBe(before);
  });

  test('that is under way at a log-out brings nobody back', async () => {
    const { api, auth, person, page, jar } = await world();
    const client = page();
    await client.logIn(person);
    const before = jar.value;
    await forgotten(auth, jar);
    const slow = held();
    api.next(REFRESH, slow.interference);
    const visit = auth.visit(visitWith(before));
    const claims = visit.claims();
    await slow.answered;
    await client.logOut();
    slow.release();
    expect(await claims).toBeUndefined();
    expect([jar.value, visit.cookies()]).toEqual([undefined, [expect.stringContaining('Max-Age=0')]]);
    expect(await auth.visit(visitWith(before)).claims()).toBeUndefined();
  });
});

/** Whoever makes a browser send a request that no page of ours has sent. */
const strangers: [string, Record<string, string>][] = [
  ['a page of another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
  ['another site, in a browser without Sec-Fetch-Site', { origin: 'https://evil.example' }],
  ['a subdomain', { origin: 'https://blog.app.example.com', 'sec-fetch-site': 'same-site' }],
  ['a subdomain, in a browser without Sec-Fetch-Site', { origin: 'https://blog.app.example.com' }],
  ['the same host over HTTP', { origin: 'http://app.example.com', 'sec-fetch-site': 'same-site' }],
  ['another port', { origin: 'https://app.example.com:8443', 'sec-fetch-site': 'same-site' }],
  ['a host that begins alike', { origin: 'https://app.example.com.evil.example' }],
  ['a sandboxed frame', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
  ['a sandboxed frame, in a browser without Sec-Fetch-Site', { origin: 'null' }],
  ['whoever leaves Origin out', {}],
  ['whoever leaves Origin out, though the browser says same-origin', { 'sec-fetch-site': 'same-origin' }],
  ['a bookmark', { 'sec-fetch-site': 'none' }],
  ['our origin, of which the browser says cross-site', { origin: APP, 'sec-fetch-site': 'cross-site' }],
];

describe('attacks on the handler', () => {
  const victim = async () => {
    const { auth, person, page, jar, ...rest } = await world();
    await page().logIn(person);
    return { auth, person, cookie: `${COOKIE}=${jar.value}`, value: jar.value ?? '', page, jar, ...rest };
  };

  test('a POST of anything but our own pages does nothing', async () => {
    const { api, auth, person, cookie, value } = await victim();
    const asked = api.seen.length;
    const attempts: [string, object][] = [
      ['/auth/delete-account', {}],
      ['/auth/logout', {}],
      ['/auth/login', person],
      ['/auth/sessions/end', { all: true }],
    ];
    for (const [who, headers] of strangers) {
      for (const [path, body] of attempts) {
        const response = await auth.handler(request(path, { ...headers, cookie }, body));
        expect([who, response.status, (await bodyOf(response)).code]).toEqual([who, 403, 'cross-site']);
        expect(response.headers.getSetCookie()).toEqual([]);
        expect(response.headers.get('access-control-allow-origin')).toBeNull();
      }
      const form = await auth.send(request('/login', { ...headers, cookie }, person), '/login', person);
      expect([who, form.status, form.headers.getSetCookie()]).toEqual([who, 403, []]);
    }
    expect(api.seen.length).toBe(asked);
    expect((await auth.visit(visitWith(value)).claims())?.email).toBe(person.email);
  });

  test('a form of our own page counts, whose policy sends no referrer and so no origin', async () => {
    const { auth, person } = await victim();
    const headers = { origin: 'null', 'sec-fetch-site': 'same-origin' };
    expect((await auth.send(request('/login', headers, person), '/login', person)).status).toBe(200);
  });

  test('a form of another site that looks like JSON is not accepted as JSON', async () => {
    const { auth, cookie } = await victim();
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'application/jsonp',
    ]) {
      const response = await auth.handler(
        new Request(`${APP}/api/auth/logout`, {
          ...{ method: 'POST', body: '{"all":true}' },
          headers: { ...ownPage, cookie, 'content-type': type },
        }),
      );
      expect(response.status).toBe(415);
    }
  });

  test('a GET changes nothing, whatever it names, and reads nothing for other sites', async () => {
    const { api, auth, person, cookie, value } = await victim();
    const asked = api.seen.length;
    for (const path of [
      'logout',
      'delete-account',
      'login',
      'sessions/end',
      'step-up',
      'refresh-tokens',
      '',
    ]) {
      for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
        const asking = new Request(`${APP}/api/auth/${path}`, { method, headers: { ...ownPage, cookie } });
        const response = await auth.handler(asking);
        expect([response.status, response.headers.getSetCookie()]).toEqual([404, []]);
      }
    }
    for (const site of ['cross-site', 'same-site']) {
      for (const path of ['account', 'export', 'session', 'sessions']) {
        const response = await auth.handler(request(`/auth/${path}`, { cookie, 'sec-fetch-site': site }));
        expect(response.status).toBe(403);
      }
    }
    expect(api.seen.length).toBe(asked);
    expect((await auth.visit(visitWith(value)).claims())?.email).toBe(person.email);
    const opened = await auth.handler(request('/auth/export', { cookie, 'sec-fetch-site': 'none' }));
    expect([opened.status, opened.headers.get('cache-control')]).toEqual([200, 'no-store']);
  });

  test('nothing but what pages need is passed on', async () => {
    const { api, auth, cookie, value } = await victim();
    const asked = api.seen.length;
    const paths = [
      'refresh-tokens',
      'admin/users',
      '../admin/users',
      'login/../refresh-tokens',
      'constructor',
    ];
    for (const path of [...paths, '__proto__', 'login/second-factor/x', '%6cogin']) {
      const body = { refreshToken: value };
      const response = await auth.handler(request(`/auth/${path}`, { ...ownPage, cookie }, body));
      expect([path, response.status, api.seen.length]).toEqual([path, 404, asked]);
    }
  });

  test('a cookie that a subdomain or a script has tossed in counts for nothing', async () => {
    const { auth, person, value } = await victim();
    const attacker = await victim();
    const claims = async (cookie: string) =>
      (await auth.visit(new Request(APP, { headers: { cookie } })).claims())?.email;
    expect(await claims(`${COOKIE}=${value}`)).toBe(person.email);
    for (const cookie of [
      `${COOKIE}=${attacker.value}; ${COOKIE}=${value}`, // two of them: a path of its own, or an older browser
      `${COOKIE}=${value}; ${COOKIE}=${attacker.value}`,
      `gatehouse=${attacker.value}`, // without the prefix anybody may set it
      `__host-gatehouse=${attacker.value}`,
      `__Secure-gatehouse=${attacker.value}`,
      `\u00a0${COOKIE}=${attacker.value}`, // white space that some servers trim
      `${COOKIE} =${attacker.value}`,
      `"${COOKIE}"=${attacker.value}`,
      `${COOKIE}="${attacker.value}"`,
      `${COOKIE}=${attacker.value}%20`,
      `x="; ${COOKIE}=${attacker.value}`.replace(`; ${COOKIE}`, `, ${COOKIE}`),
    ])
      expect(await claims(cookie)).toBeUndefined();
  });

  test('whoever had planted a session of their own does not get that of the next log-in', async () => {
    const { auth, page, jar, person, value } = await victim(); // whose cookie the attacker has copied
    const next = await signedUp(overHttp);
    await page().logIn(next);
    expect((await auth.visit(visitWith(jar.value)).claims())?.email).toBe(next.email);
    const copied = auth.visit(visitWith(value));
    expect((await copied.claims())?.email).not.toBe(next.email);
    expect(copied.cookies().join()).not.toContain(jar.value);
    expect(await overHttp.send({ path: REFRESH, body: { refreshToken: value } })).toMatchObject({
      status: 401,
    }); // it ended
    expect(person.email).not.toBe(next.email);
  });

  test('a replaced cookie that comes later than a browser sends one is judged by Gatehouse', async () => {
    const { api, auth, person, value, jar } = await victim();
    await forgotten(auth, jar);
    const visit = auth.visit(visitWith(value));
    await visit.claims();
    const line = visit.cookies()[0] ?? '';
    const newer = /=([\w-]+);/.exec(line)?.[1];
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 61_000);
    onTestFinished(() => void vi.restoreAllMocks());
    const asked = api.count(REFRESH);
    await auth.visit(visitWith(value)).claims();
    expect(api.count(REFRESH)).toBe(asked + 1); // Gatehouse judges it: within its grace it is forgiven
    vi.restoreAllMocks();
    expect((await auth.visit(visitWith(newer)).claims())?.email).toBe(person.email);
  });

  test('a body that is too long, broken or no object is refused before anything is asked', async () => {
    const { api, auth, cookie } = await victim();
    const asked = api.seen.length;
    const send = async (body: BodyInit) => {
      const headers = { ...ownPage, cookie, 'content-type': 'application/json' };
      const init = { method: 'POST', headers, body, duplex: 'half' } as RequestInit;
      return (await auth.handler(new Request(`${APP}/api/auth/profile`, init))).status;
    };
    let pulled = 0;
    const endless = new ReadableStream({
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(16_384));
      },
    });
    expect(await send(`{"name":"${'a'.repeat(32_768)}"}`)).toBe(413);
    expect(await send(endless)).toBe(413);
    expect(pulled).toBeLessThan(8);
    for (const body of ['{', '[]', 'null', '"text"', '1']) expect(await send(body)).toBe(400);
    expect(api.seen.length).toBe(asked);
  });

  test('an answer that is not Gatehouse’s is refused, and a redirect is not followed', async () => {
    const seen: string[] = [];
    const elsewhere = createServer(async (incoming, outgoing) => {
      seen.push(incoming.url ?? '');
      if (incoming.url === '/auth/login') outgoing.writeHead(307, { location: '/stolen' }).end();
      else outgoing.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Sign in</h1>');
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void elsewhere.close());
    const { port } = elsewhere.address() as { port: number };
    const auth = gatehouseServer({ baseUrl: `http://127.0.0.1:${port}`, origin: APP });
    const response = await auth.handler(
      request('/auth/login', ownPage, { email: 'a@example.com', password: 'x' }),
    );
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect(seen).toEqual(['/auth/login']);
    expect((await auth.handler(request('/auth/undo', ownPage, { token: 'x' }))).status).toBe(503);
  });

  test('where a page may send people back to is a path of this site', () => {
    for (const [to, expected] of [
      ['/orders?page=2#last', '/orders?page=2#last'],
      ['/a/../b', '/b'],
      ['//evil.example', '/'],
      ['/\\evil.example', '/'],
      ['/\t/evil.example', '/'],
      ['/.//evil.example', '/'],
      ['/%2e//evil.example', '/'],
      ['https://evil.example', '/'],
      ['https:evil.example', '/'],
      ['javascript:alert(1)', '/'],
      ['\\\\evil.example', '/'],
      [' /orders', '/'],
      ['', '/'],
      [null, '/'],
      [undefined, '/'],
    ] as const)
      expect(localPath(to)).toBe(expected);
    expect(localPath('//evil.example', '/home')).toBe('/home');
  });
});

describe('settings', () => {
  test('a page on this machine has a cookie without the prefix, which nothing but HTTPS may have', async () => {
    const { apiUrl: baseUrl } = inject('stack');
    const origin = 'http://localhost:3001';
    const person = await signedUp(overHttp);
    const auth = gatehouseServer({ baseUrl, origin });
    const headers = { origin, 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body: JSON.stringify(person) };
    const response = await auth.handler(new Request(`${origin}/api/auth/login`, init));
    expect(response.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^gatehouse=[\w-]+; Path=\/; Max-Age=604800; HttpOnly; SameSite=Lax$/),
    ]);
    for (const wrong of [
      'http://app.example.com',
      'https://app.example.com/path',
      'app.example.com',
      '*',
      'null',
      'ftp://localhost',
    ])
      expect(() => gatehouseServer({ baseUrl, origin: wrong })).toThrow(/origin must be/);
    expect(() => gatehouseServer({ baseUrl: 'auth.example.com', origin })).toThrow(/baseUrl must be/);
  });

  test('the visitor’s address goes to Gatehouse with the secret of its proxy, and to nobody else', async () => {
    const sent: { url: string; headers: Headers }[] = [];
    const proxy = { header: 'x-client-address', secret: 's'.repeat(32) };
    const spy = (async (input, init) => {
      sent.push({ url: String(input), headers: new Headers(init?.headers) });
      return fetch(input, init);
    }) as typeof fetch;
    const { apiUrl: baseUrl } = inject('stack');
    const elsewhere = await interferedApi(baseUrl);
    onTestFinished(() => elsewhere.stop());
    const person: Person = await signedUp(overHttp);
    const auth = gatehouseServer({ baseUrl, origin: APP, proxy, fetch: spy, origins: [elsewhere.url] });
    const headers = { ...ownPage, 'x-client-address': '203.0.113.9', 'x-trusted-proxy-secret': 'guess' };
    const response = await auth.handler(request('/auth/login', headers, person), '198.51.100.7');
    expect(response.status).toBe(200);
    const cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const visit = auth.visit(new Request(APP, { headers: { cookie } }), '198.51.100.7');
    await visit.client.authFetch(`${elsewhere.url}/auth`, { method: 'POST' });
    const seen = sent.map(({ url, headers }) => [
      new URL(url).origin,
      headers.get('x-client-address'),
      headers.get('x-trusted-proxy-secret'),
    ]);
    expect(seen).toEqual([
      [baseUrl, '198.51.100.7', proxy.secret],
      [elsewhere.url, null, null],
    ]);
    const own = await auth.handler(request('/auth/undo', headers, { token: 'x' }));
    expect(own.status).toBe(401);
    expect(sent.at(-1)?.headers.get('x-trusted-proxy-secret')).toBeNull(); // a header of the browser is not passed on
  });
});
