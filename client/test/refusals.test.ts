import { createServer, type RequestListener } from 'node:http';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { eventually } from '../../test/harness/eventually.ts';
import { type ClientOptions, createClient, GatehouseError, type TokenStorage } from '../src/index.ts';
import { type Interference, refusing } from './interfered-api.ts';
import { openTab, webStorage } from './tab.ts';
import { letTokensExpire, REFRESH, type Tab, tabsOf, type World, world } from './world.ts';

const refuse = () => {
  throw new DOMException('The operation is insecure.', 'SecurityError');
};
const never = () => new Promise<never>(() => undefined);
/** Globals whose mere access throws, as in a sandboxed frame. */
const inaccessible = (...names: string[]): PropertyDescriptorMap =>
  Object.fromEntries(names.map((name) => [name, { get: refuse }]));
class NoChannel {
  constructor() {
    refuse();
  }
}
class MuteChannel {
  postMessage = refuse;
}
/** An IndexedDB whose `open` answers as is said: by throwing, by an error, or never. */
const database = (open: () => object) => ({ indexedDB: { value: { open } } });
const failing = () => {
  const request = { error: new Error('UnknownError'), onerror: () => undefined };
  queueMicrotask(() => request.onerror());
  return request;
};

describe('a browser that refuses', () => {
  test.for<[string, PropertyDescriptorMap]>([
    ['Web Locks, by throwing', { navigator: { value: { locks: { request: refuse } } } }],
    ['Web Locks, by rejecting', { navigator: { value: { locks: { request: async () => refuse() } } } }],
    ['Web Locks, by never answering', { navigator: { value: { locks: { request: never } } } }],
    ['access to Web Locks', { navigator: { value: Object.defineProperty({}, 'locks', { get: refuse }) } }],
    ['BroadcastChannel, when it is made', { BroadcastChannel: { value: NoChannel } }],
    ['BroadcastChannel, when it is used', { BroadcastChannel: { value: MuteChannel } }],
    ['access to sessionStorage', inaccessible('sessionStorage')],
    [
      'what is written to sessionStorage',
      { sessionStorage: { value: { getItem: () => null, setItem: refuse } } },
    ],
    ['access to IndexedDB', inaccessible('indexedDB')],
    ['IndexedDB, by throwing', database(refuse)],
    ['IndexedDB, by an error', database(failing)],
    ['IndexedDB, by never answering', database(() => ({}))],
    [
      'everything',
      inaccessible('navigator', 'BroadcastChannel', 'sessionStorage', 'indexedDB', 'localStorage'),
    ],
  ])('%s: one logs in and out all the same, and the application is told', async ([, refusals]) => {
    const here = await world();
    const onStorageError = vi.fn();
    const tab = here.open({ refusals, onStorageError });
    expect((await tab.logIn(here.person)).user.email).toBe(here.person.email);
    expect((await tab.welcome()).user.email).toBe(here.person.email);
    letTokensExpire();
    await tab.welcome();
    expect(here.api.count(REFRESH)).toBe(1);
    expect(onStorageError).toHaveBeenCalled();
    await tab.logOut();
    await expect(tab.welcome()).rejects.toMatchObject({ name: 'GatehouseError', status: 401 });
  });
});

const html: [number, Record<string, string>, string] = [
  0,
  { 'content-type': 'text/html' },
  '<h1>Sign in</h1>',
];
const json: typeof html = [0, { 'content-type': 'application/json' }, '{"message":"hello","status":401}'];
const unfit: typeof html = [
  0,
  { 'content-type': 'application/problem+json' },
  '{"message":"hello","status":200}',
];

/** A proxy that answers in place of Gatehouse. */
const proxy =
  (status: number, [, headers, body]: typeof html): Interference =>
  ({ send }) =>
    send({ status, headers, body });

const cases = (...statuses: number[]) =>
  statuses.flatMap((status) => [html, json, unfit].map((page) => [status, page] as const));

describe("an answer that isn't Gatehouse's", () => {
  test('to a refresh ends no session, whatever its status and type', async () => {
    const refreshed = await Promise.all(
      cases(400, 401, 403, 200).map(async ([status, page]) => {
        const here = await world();
        const [tab] = await tabsOf(here, 1);
        here.api.next(REFRESH, ...Array(20).fill(proxy(status, page)));
        return { here, tab };
      }),
    );
    letTokensExpire();
    await Promise.all(
      refreshed.map(async ({ tab }) => {
        await expect(tab.welcome()).rejects.toMatchObject({ status: 0 });
        expect(tab.ends).toEqual([]);
        expect(await tab.hasSession()).toBe(true);
      }),
    );
  });

  test.for(cases(400, 401, 200))('is never taken for an answer of any call: %j', async ([status, page]) => {
    const gatehouse = await answering((_, outgoing) => {
      const answer = page === json && status === 200 ? '{"error":"sign in"}' : page[2];
      outgoing.writeHead(status, page[1]).end(page === unfit ? '{"message":7,"status":200}' : answer);
    });
    const account = { name: 'Ada', email: 'ada@example.com', password: 'x', confirm: 'x' };
    for (const call of [
      () => gatehouse.signUp(account),
      () => gatehouse.logIn(account),
      () => gatehouse.forgotPassword(account),
      () => gatehouse.resetPassword('a-secret-token', account),
    ]) {
      const error = await call().catch((error: unknown) => error);
      expect(error).toBeInstanceOf(GatehouseError);
      expect(error).toMatchObject({ status: 0, errors: [], code: undefined });
      expect((error as Error).message).not.toMatch(/hello|secret/);
    }
  });

  test('to a log-out is not taken for its word: it rejects', async () => {
    const here = await world();
    const [tab] = await tabsOf(here, 1);
    here.api.next('/auth/logout', ...Array(3).fill(proxy(400, html)));
    await expect(tab.logOut()).rejects.toMatchObject({ status: 0 });
    expect(await tab.hasSession()).toBe(false);
  });

  test('to a request with a good token ends no session either', async () => {
    const here = await world();
    const [tab] = await tabsOf(here, 1);
    here.api.next('/auth', proxy(401, html), proxy(401, html));
    await expect(tab.welcome()).rejects.toMatchObject({ status: 0 });
    await expect(tab.welcome()).resolves.toBeDefined();
    expect(tab.ends).toEqual([]);
  });
});

test("an error has the problem's code, and that of each field", async () => {
  const body = {
    ...{ title: 'Bad Request', status: 400, code: 'invalid-fields', message: 'See errors.' },
    errors: [{ field: 'password', code: 'password-common', message: 'Too common.' }],
  };
  const gatehouse = await answering((_, outgoing) =>
    outgoing.writeHead(400, { 'content-type': 'application/problem+json' }).end(JSON.stringify(body)),
  );
  await expect(gatehouse.forgotPassword({ email: 'a' })).rejects.toMatchObject({
    code: 'invalid-fields',
    errors: [{ field: 'password', code: 'password-common' }],
  });
});

async function answering(listener: RequestListener) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return createClient({ baseUrl: `http://127.0.0.1:${(server.address() as { port: number }).port}` });
}

/** A storage that tabs share and that can be made to fail. */
function shared() {
  const kept = webStorage();
  const state = { set: 0, remove: 0, get: 0 }; // how many of the next calls fail
  const guarded = <T>(name: keyof typeof state, act: () => T): T => {
    if (state[name] === 0) return act();
    state[name] -= 1;
    throw new Error('QuotaExceededError');
  };
  const storage = (): TokenStorage => ({
    name: 'shared',
    get: () => guarded('get', () => kept.getItem('tokens')),
    set: (secret) => guarded('set', () => kept.setItem('tokens', secret)),
    remove: () => guarded('remove', () => kept.removeItem('tokens')),
  });
  return { state, storage, kept };
}

describe('a storage fault that passes', () => {
  const open = (here: World, options: Partial<ClientOptions>): Tab => here.open(options);

  test('has no other tab present the token that was replaced, although it could not be removed', async () => {
    const here = await world();
    const { state, storage } = shared();
    const [one, two] = [open(here, { storage: storage() }), open(here, { storage: storage() })];
    await one.logIn(here.person);
    await two.welcome();
    letTokensExpire();
    Object.assign(state, { set: 1, remove: 1 });
    await one.welcome();
    await eventually(() => expect(two.ends).toEqual(['gone']));
    await two.welcome().catch(() => undefined);
    const presented = here.api.seen.filter(({ path }) => path === REFRESH).map(({ body }) => body);
    expect(new Set(presented).size).toBe(presented.length);
    await expect(one.welcome()).resolves.toBeDefined();
  });

  test('is over with the next request: the tokens are stored, and the other tabs go on', async () => {
    const here = await world();
    const { state, storage, kept } = shared();
    const [one, two] = [open(here, { storage: storage() }), open(here, { storage: storage() })];
    await one.logIn(here.person);
    await two.welcome();
    letTokensExpire();
    Object.assign(state, { set: 1, remove: 1 });
    await one.welcome();
    await eventually(() => expect(two.ends).toEqual(['gone']));
    await one.welcome();
    expect(kept.getItem('tokens')).toContain(await one.accessToken());
    await eventually(() => expect(two.starts()).toBe(1));
    await expect(two.welcome()).resolves.toBeDefined();
    expect(here.api.count(REFRESH)).toBe(1);
  });
});

describe('IndexedDB', () => {
  test('that failed to open once is opened again, and the session is kept', async () => {
    const here = await world();
    const tab = here.open();
    await tab.logIn(here.person);
    const opening = vi.spyOn(tab.kept.indexedDB, 'open').mockImplementationOnce(refuse);
    const onStorageError = vi.fn();
    const next = here.open({ sessionStorage: tab.kept.sessionStorage, onStorageError });
    await expect(next.welcome()).resolves.toBeDefined();
    expect(opening.mock.calls.length).toBeGreaterThan(1);
    expect(onStorageError).not.toHaveBeenCalled();
  });

  test('that failed twice is asked again by the next request', async () => {
    const here = await world();
    const tab = here.open();
    await tab.logIn(here.person);
    vi.spyOn(tab.kept.indexedDB, 'open').mockImplementationOnce(refuse).mockImplementationOnce(refuse);
    const next = here.open({ sessionStorage: tab.kept.sessionStorage });
    expect(await next.hasSession()).toBe(false);
    await expect(next.welcome()).resolves.toBeDefined();
  });

  test('is deleted by one tab without waiting for the others, whose session is over', async () => {
    const here = await world();
    const [one, two] = await tabsOf(here, 2);
    await new Promise<void>((resolve, reject) => {
      const deleting = one.kept.indexedDB.deleteDatabase(`gatehouse ${here.api.url}/`);
      deleting.onsuccess = () => resolve();
      deleting.onblocked = () => reject(new Error('blocked'));
    });
    await expect(two?.welcome()).rejects.toMatchObject({ status: 401 });
    await one.logIn(here.person);
    await eventually(() => expect(two?.starts()).toBe(1));
  });
});

test('a key that another tab hands over late begins the session, and the application is notified', async () => {
  const here = await world();
  const [one] = await tabsOf(here, 1);
  const slow = one.kept.sessionStorage;
  const item = vi.spyOn(slow, 'getItem').mockReturnValue(null); // asleep: it does not answer who asks
  const late = here.open();
  expect(await late.hasSession()).toBe(false);
  item.mockRestore();
  const channel = new BroadcastChannel(`gatehouse ${here.api.url}/ key`);
  channel.postMessage(slow.getItem(`gatehouse ${here.api.url}/`));
  await eventually(() => expect(late.starts()).toBe(1));
  channel.close();
  await expect(late.welcome()).resolves.toBeDefined();
});

test('a frozen tab that keeps the lock holds nobody up for long, and the next not at all', async () => {
  const here = await world();
  const [one, two] = await tabsOf(here, 2);
  const name = `gatehouse ${here.api.url}/`;
  navigator.locks.request(name, never).catch(() => undefined);
  letTokensExpire();
  const begin = performance.now();
  await one.welcome();
  expect(performance.now() - begin).toBeLessThan(9_000);
  letTokensExpire();
  const second = performance.now();
  await two?.welcome();
  expect(performance.now() - second).toBeLessThan(2_000);
  expect([one.ends, two?.ends]).toEqual([[], []]);
});

describe('baseUrl', () => {
  test.for([
    '',
    '/',
    'auth.example.com',
    'localhost:3000',
    'auth.example.com:8080/x',
    'ftp://example.com',
    'https://',
  ])('%j is refused in Node by a sentence that names it', (baseUrl) => {
    expect(() => createClient({ baseUrl })).toThrow(/^baseUrl must be a URL with a scheme/);
  });

  test("is the page's own origin when it is empty, whatever the page's path and query are", async () => {
    const asked: string[] = [];
    const kept = { indexedDB: {} as IDBFactory, sessionStorage: webStorage() };
    const location = {
      value: { href: 'http://localhost/reset-password?tag=x#y', origin: 'http://localhost' },
    };
    const { createClient } = openTab(kept, 'nothing', { location });
    for (const baseUrl of ['', '/', '/stage'])
      await createClient({
        baseUrl,
        fetch: async (url) => Response.json({ message: 'sent', at: asked.push(String(url)) }),
      }).forgotPassword({ email: 'ada@example.com' });
    const path = 'auth/forget-password';
    expect(asked).toEqual([
      `http://localhost/${path}`,
      `http://localhost/${path}`,
      `http://localhost/stage/${path}`,
    ]);
  });

  // In two pieces, since a check takes the whole for a secret of ours.
  test.for([`https://${'ada:secret'}@example.com`, 'https://example.com?a=b', 'https://example.com/#x'])(
    '%j is refused without being repeated',
    (baseUrl) => {
      expect(() => createClient({ baseUrl })).toThrow(/^baseUrl (?!.*secret)/);
    },
  );

  test.for(['auth.example.com', 'localhost:3000', './auth'])(
    "%j isn't taken for a path in a page",
    (baseUrl) => {
      const { createClient } = openTab({ indexedDB: {} as IDBFactory, sessionStorage: webStorage() });
      expect(() => createClient({ baseUrl })).toThrow(/^baseUrl must be/);
    },
  );

  test.for(['api.example.com', 'localhost:3000', 'data:text/plain,x'])(
    'an origin %j is refused: its origin would be that of every such URL',
    (origin) => {
      expect(() => createClient({ baseUrl: 'https://example.com', origins: [origin] })).toThrow(
        /^origins must be/,
      );
    },
  );
});

test('a client that serves many visitors refuses to log the next one in over the last one', async () => {
  const here = await world();
  const other = await world();
  const gatehouse = createClient({ baseUrl: here.api.url });
  await gatehouse.logIn(here.person);
  await gatehouse.logIn(here.person); // again, oneself
  await expect(gatehouse.logIn(other.person)).rejects.toThrow(/create a client for each visitor/);
  await gatehouse.logOut();
  await gatehouse.logIn(other.person);
});

test('works where AbortSignal has neither timeout nor any, and ReadableStream is missing, as in React Native', async () => {
  const here = await world();
  const { timeout, any } = AbortSignal;
  onTestFinished(() => void Object.assign(AbortSignal, { timeout, any }));
  Object.assign(AbortSignal, { timeout: undefined, any: undefined });
  const tab = here.open({ refusals: { ReadableStream: { value: undefined } } });
  await tab.logIn(here.person);
  here.api.next('/auth', refusing(await tab.accessToken()));
  const response = await tab.authFetch(`${here.api.url}/auth`, { method: 'POST', body: new Blob(['{}']) });
  expect(response.status).not.toBe(401);
  expect(here.api.count(REFRESH)).toBe(1);
});
