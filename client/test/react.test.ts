import { Window } from 'happy-dom';
import { createElement as h, type ReactNode, StrictMode, useEffect, useState } from 'react';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import { overHttp } from '../../test/harness/client.ts';
import { eventually } from '../../test/harness/eventually.ts';
import { type Person, signedUp } from '../../test/harness/people.ts';
import { withAccount } from '../src/account.ts';
import { type Client, createClient, memoryStorage, type TokenStorage } from '../src/index.ts';
import {
  createSession,
  GatehouseProvider,
  Guard,
  type Session,
  type SessionState,
  useGatehouse,
  useSession,
  useUser,
} from '../src/react.ts';
import { type InterferedApi, interferedApi, lostBefore } from './interfered-api.ts';

// React with a document of its own. `fetch` and the rest stay Node's: happy-dom has rules for those of its own.

let api: InterferedApi;
let errors: unknown[][];

beforeAll(async () => {
  api = await interferedApi(inject('stack').apiUrl);
});
afterAll(() => api.stop());

/** Time in which React does what it has put off. */
const turnOfTheLoop = () => new Promise((resolve) => setTimeout(resolve, 20));

const leaving = (root: { unmount(): void }) =>
  onTestFinished(async () => {
    root.unmount();
    await turnOfTheLoop(); // while there is a page still
  });

/** Makes this a page from now on, and gives what draws in it. */
async function page() {
  const window = new Window({ url: 'http://localhost/' });
  vi.stubGlobal('window', window);
  vi.stubGlobal('document', window.document);
  onTestFinished(() => void vi.unstubAllGlobals());
  errors = [];
  const spy = vi.spyOn(console, 'error').mockImplementation((...told) => void errors.push(told));
  onTestFinished(() => spy.mockRestore());
  const { createRoot, hydrateRoot } = await import('react-dom/client');
  const container = window.document.createElement('div') as unknown as HTMLElement;
  window.document.body.append(container as never);
  const text = () => container.textContent;
  return {
    container,
    text,
    async draw(node: ReactNode) {
      const root = createRoot(container);
      leaving(root);
      root.render(node);
    },
    async hydrate(node: ReactNode) {
      const root = hydrateRoot(container, node);
      leaving(root);
    },
    /** Waits while what the service answers is drawn. */
    shows: (expected: string) => eventually(() => expect(text()).toBe(expected)),
  };
}

function sessionOn(storage: TokenStorage = memoryStorage()) {
  let made = 0;
  const session = createSession((events) => {
    made += 1;
    const client = createClient({ baseUrl: api.url, storage, ...events });
    onTestFinished(() => client.close());
    return withAccount(client);
  });
  return { session, made: () => made };
}

function Who() {
  const { status } = useSession();
  const user = useUser();
  return h('p', null, user ? `${status}: ${user.name}` : status);
}

const app = (session: Session, inner: ReactNode, initialUser?: SessionState['user'] | null) =>
  h(
    StrictMode,
    null,
    h(GatehouseProvider, { session, ...(initialUser !== undefined && { initialUser }) }, inner),
  );

/** A storage that somebody is logged in with. */
async function loggedIn(person: Person): Promise<TokenStorage> {
  const storage = memoryStorage();
  const client = createClient({ baseUrl: api.url, storage });
  await client.logIn(person);
  client.close();
  return storage;
}

describe('the session in React', () => {
  test('is asked for once, in strict mode and with many components', async () => {
    const person = await signedUp(overHttp);
    const { session, made } = sessionOn(await loggedIn(person));
    expect(made()).toBe(0); // a module that is imported asks nothing
    const asked = api.count('/auth');
    const { draw, shows } = await page();
    await draw(app(session, [h(Who, { key: 1 }), h(Who, { key: 2 })]));
    await shows('logged-in: Ada Lovelacelogged-in: Ada Lovelace');
    expect([made(), api.count('/auth') - asked]).toEqual([1, 1]);
    expect(errors).toEqual([]);
  });

  test('follows log-in, a new name, log-out and the end of the session', async () => {
    const person = await signedUp(overHttp);
    const { session } = sessionOn();
    const { draw, shows } = await page();
    await draw(app(session, h(Who)));
    await shows('logged-out');
    await session.client.logIn(person);
    await shows('logged-in: Ada Lovelace');
    await session.client.profile({ name: 'Augusta' });
    await shows('logged-in: Augusta');
    await session.client.logOut();
    await shows('logged-out');
    expect(session.getState().ended).toBe('logged-out');

    await session.client.logIn(person);
    await shows('logged-in: Augusta');
    await session.client.deleteAccount();
    await shows('logged-out');
    await expect(session.client.signUp({ ...person, confirm: person.password })).resolves.toBeTruthy();
    await shows('logged-out'); // a sign-up logs nobody in
    expect(errors).toEqual([]);
  });

  test('follows what another tab does', async () => {
    const [ada, second] = [await signedUp(overHttp), await signedUp(overHttp)];
    const storage = { ...memoryStorage(), name: `react ${ada.email}` };
    const { session } = sessionOn(storage);
    const other = createClient({ baseUrl: api.url, storage });
    onTestFinished(() => other.close());
    const { draw, shows } = await page();
    await draw(app(session, h(Who)));
    await shows('logged-out');
    await other.logIn(ada);
    await shows('logged-in: Ada Lovelace');
    const { turn } = session.getState();
    await other.logIn(second);
    await eventually(() => expect(session.getState().user?.email).toBe(second.email));
    expect(session.getState().turn).toBeGreaterThan(turn);
    await other.logOut();
    await shows('logged-out');
  });

  test('is unknown while the service cannot be reached, which is not a log-out', async () => {
    const person = await signedUp(overHttp);
    const { session } = sessionOn(await loggedIn(person));
    api.next('/auth', lostBefore);
    function Trouble() {
      const { status, error, reload } = useSession();
      useEffect(() => {
        if (error) setTimeout(reload, 100);
      }, [error, reload]);
      return `${status} ${error?.status ?? ''}`;
    }
    const { draw, shows } = await page();
    await draw(app(session, h(Trouble)));
    await shows('loading 0');
    await shows('logged-in ');
  });

  test('a late answer about whoever was logged in before changes nothing', async () => {
    const [first, second] = [await signedUp(overHttp), await signedUp(overHttp)];
    const { session } = sessionOn();
    const release = Promise.withResolvers<void>();
    await session.client.logIn(first);
    api.next('/auth', async ({ forward, send }) => {
      const answer = await forward();
      await release.promise;
      send(answer);
    });
    const late = session.client.welcome().catch(() => undefined);
    await session.client.logIn(second);
    release.resolve();
    await late;
    expect(session.getState().user?.email).toBe(second.email);
  });
});

describe('a guard', () => {
  const guarded = (inner: ReactNode) => h(Guard, { fallback: 'log in first', loading: 'one moment' }, inner);

  test('shows its content to whoever is logged in, and keeps nothing of one person for the next', async () => {
    const [first, second] = [await signedUp(overHttp), await signedUp(overHttp)];
    const { session } = sessionOn();
    function Draft() {
      const [draft] = useState(Math.random);
      return `draft ${draft}`;
    }
    const { draw, shows, text } = await page();
    await draw(app(session, guarded(h(Draft))));
    await shows('log in first');
    await session.client.logIn(first);
    await eventually(() => expect(text()).toMatch(/^draft/));
    const draft = text();
    await session.client.profile({ name: 'Augusta' });
    await turnOfTheLoop();
    expect(text()).toBe(draft);
    await session.client.logIn(second);
    await eventually(() => expect(text()).not.toBe(draft));
    expect(text()).toMatch(/^draft/);
    await session.client.logOut();
    await shows('log in first');
  });

  test('a hook without a provider says what is missing', async () => {
    const { renderToString } = await import('react-dom/server');
    expect(() => renderToString(h(Who))).toThrow('There is no GatehouseProvider around this component.');
  });
});

describe('on a server', () => {
  const ada = { name: 'Ada Lovelace', bio: null, email: 'ada@example.com' };

  test('nothing is asked and no client made; what is rendered is what the server knows', async () => {
    const { renderToString } = await import('react-dom/server');
    const { session, made } = sessionOn();
    function Form() {
      const { logIn } = useGatehouse();
      return typeof logIn;
    }
    const rendered = (initialUser?: SessionState['user'] | null) =>
      renderToString(
        app(session, [h(Who, { key: 1 }), h(Guard, { key: 2, fallback: 'out' }, 'in')], initialUser),
      );
    expect(rendered()).toBe('<p>loading</p>');
    expect(rendered(null)).toBe('<p>logged-out</p>out');
    expect(rendered(ada)).toBe('<p>logged-in: Ada Lovelace</p>in');
    expect(renderToString(app(session, h(Form)))).toBe('function');
    expect(made()).toBe(0);
  });

  test('its page is hydrated without a difference, and then follows the session', async () => {
    const person = await signedUp(overHttp);
    const storage = await loggedIn(person);
    const { renderToString } = await import('react-dom/server');
    const { session } = sessionOn(storage);
    const node = (): ReactNode =>
      app(session, h(Guard, { fallback: 'out', loading: 'loading' }, h(Who)), {
        ...ada,
        email: person.email,
      });
    const markup = renderToString(node());
    const { container, hydrate, shows } = await page();
    container.innerHTML = markup;
    const seen: string[] = [];
    const observer = new (window as unknown as Window).MutationObserver(() =>
      seen.push(container.textContent ?? ''),
    );
    observer.observe(container as never, { subtree: true, childList: true, characterData: true });
    await hydrate(node());
    await shows('logged-in: Ada Lovelace');
    observer.disconnect();
    expect(seen.filter((text) => !text.includes('logged-in'))).toEqual([]); // no flicker
    await session.client.logOut();
    await shows('out');
    expect(errors).toEqual([]);
  });

  test('a client that is used there rejects, and says what to use', async () => {
    const { renderToString } = await import('react-dom/server');
    const clients: Client[] = [];
    function Form() {
      clients.push(useGatehouse());
      return null;
    }
    renderToString(app(sessionOn().session, h(Form)));
    await expect(clients[0]?.welcome()).rejects.toThrow(/on a server use gatehouse-client\/server/);
  });
});
