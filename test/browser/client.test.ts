import { buildSync } from 'esbuild';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import type * as entry from '../../client/src/index.ts';
import { overHttp } from '../harness/client.ts';
import { eventually } from '../harness/eventually.ts';
import { type Person, signedUp } from '../harness/people.ts';
import { chromiumPath, launch } from './chromium.ts';

const HOUR = 3_600_000;
const [bundle] = buildSync({
  entryPoints: ['client/src/index.ts'],
  bundle: true,
  format: 'iife',
  globalName: 'gatehouse',
  write: false,
}).outputFiles;

type Tab = { client: entry.Client; told: string[] };
declare const gatehouse: typeof entry;
declare const tab: Tab;

/** Breaks one capability of a page before anything of it runs. */
const refusals: Record<string, string> = {
  'Web Locks, by throwing': 'LockManager.prototype.request = refuse;',
  'Web Locks, by rejecting': 'LockManager.prototype.request = async () => refuse();',
  'Web Locks, by never answering': 'LockManager.prototype.request = () => new Promise(() => {});',
  'access to Web Locks': "Object.defineProperty(Navigator.prototype, 'locks', { get: refuse });",
  'BroadcastChannel, when it is made': 'globalThis.BroadcastChannel = class { constructor() { refuse(); } };',
  'BroadcastChannel, when it is used': 'BroadcastChannel.prototype.postMessage = refuse;',
  'access to sessionStorage': "Object.defineProperty(globalThis, 'sessionStorage', { get: refuse });",
  'what is written to sessionStorage': 'Storage.prototype.setItem = refuse;',
  'access to IndexedDB': "Object.defineProperty(globalThis, 'indexedDB', { get: refuse });",
  'IndexedDB, by throwing': 'IDBFactory.prototype.open = refuse;',
  'IndexedDB, by never answering': 'IDBFactory.prototype.open = () => ({});',
  'transactions of IndexedDB': 'IDBDatabase.prototype.transaction = refuse;',
};
const refuse =
  "const refuse = () => { throw new DOMException('The operation is insecure.', 'SecurityError'); };";

describe.skipIf(chromiumPath === undefined)('the client in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
  });

  async function context(): Promise<BrowserContext> {
    const made = await browser.newContext({ bypassCSP: true });
    onTestFinished(() => made.close());
    return made;
  }

  /** A page on the origin of the API with a client in it. */
  async function open(of: BrowserContext, refusal = ''): Promise<Page> {
    const { apiUrl } = inject('stack');
    const page = await of.newPage();
    if (refusal) await page.addInitScript(`{ ${refuse} ${refusal} }`);
    await page.goto(`${apiUrl}/.well-known/jwks.json`);
    await start(page, apiUrl);
    return page;
  }

  const start = (page: Page, baseUrl: string) =>
    page.evaluate(`${bundle?.text}
      globalThis.gatehouse = gatehouse;
      const told = [];
      globalThis.tab = { told, client: gatehouse.createClient({
        baseUrl: ${JSON.stringify(baseUrl)},
        onStorageError: () => told.push('refused'),
        onSessionEnd: (reason) => told.push(reason),
        onSessionStart: () => told.push('start'),
      }) }; undefined`);

  const logIn = (page: Page, person: Person) =>
    page.evaluate(
      ({ email, password }) => tab.client.logIn({ email, password }).then(() => undefined),
      person,
    );
  const welcome = (page: Page) =>
    page.evaluate(() =>
      tab.client.welcome().then(
        ({ user }) => user.email,
        (error) => `${error.name} ${error.status}`,
      ),
    );
  const told = (page: Page) => page.evaluate(() => tab.told);

  test.for(Object.entries(refusals))('goes on when it refuses %s', async ([, refusal]) => {
    const person = await signedUp(overHttp);
    const page = await open(await context(), refusal);
    await logIn(page, person);
    expect(await welcome(page)).toBe(person.email);
    expect(await told(page)).toContain('refused');
    await page.evaluate(() => tab.client.logOut());
    expect(await welcome(page)).toBe('GatehouseError 401');
  });

  test("keeps the session when a proxy answers a refresh in Gatehouse's place", async () => {
    const person = await signedUp(overHttp);
    const browsing = await context();
    const page = await open(browsing);
    await logIn(page, person);
    await browsing.clock.setFixedTime(Date.now() + HOUR);
    await page.route('**/auth/refresh-tokens', (route) =>
      route.fulfill({ status: 401, contentType: 'text/html', body: '<h1>Sign in to the network</h1>' }),
    );
    expect(await welcome(page)).toBe('GatehouseError 0');
    await page.unroute('**/auth/refresh-tokens');
    await eventually(async () => expect(await welcome(page)).toBe(person.email)); // it rests for a second
    expect(await told(page)).toEqual([]);
  });

  test('opens IndexedDB again when it failed once, and lets another tab delete it', async () => {
    const person = await signedUp(overHttp);
    const browsing = await context();
    const [one, two] = [await open(browsing), await open(browsing)];
    await logIn(one, person);
    expect(await welcome(two)).toBe(person.email);
    await one.evaluate(() => {
      const { transaction } = IDBDatabase.prototype;
      IDBDatabase.prototype.transaction = () => {
        IDBDatabase.prototype.transaction = transaction;
        throw new DOMException('The connection is closing.', 'InvalidStateError');
      };
    });
    expect(await welcome(one)).toBe(person.email);
    expect(await told(one)).toEqual([]);
    const deleted = await one.evaluate(async () => {
      const [{ name = '' } = {}] = await indexedDB.databases();
      return new Promise((resolve) => {
        const deleting = indexedDB.deleteDatabase(name);
        deleting.onsuccess = () => resolve('deleted');
        deleting.onblocked = () => resolve('blocked');
      });
    });
    expect(deleted).toBe('deleted');
    expect(await welcome(two)).toBe('GatehouseError 401');
    await logIn(one, person);
    expect(await welcome(two)).toBe(person.email);
  });

  test('does not wait for a tab that keeps the lock', async () => {
    const person = await signedUp(overHttp);
    const browsing = await context();
    const [frozen, page] = [await open(browsing), await open(browsing)];
    await logIn(page, person);
    expect(await welcome(frozen)).toBe(person.email);
    await frozen.evaluate(async () => {
      const [{ name = '' } = {}] = await indexedDB.databases();
      await new Promise((granted) => navigator.locks.request(name, () => new Promise(() => granted(0))));
    });
    await browsing.clock.setFixedTime(Date.now() + HOUR);
    expect(await welcome(page)).toBe(person.email);
    expect(await welcome(frozen)).toBe(person.email);
  });

  test('logs in within a sandboxed frame that has no storage at all', async () => {
    const { apiUrl } = inject('stack');
    const person = await signedUp(overHttp);
    const browsing = await context();
    // What is tested is the frame, not CORS: its origin is `null`.
    await browsing.route(`${apiUrl}/auth**`, async (route) => {
      const response = await route.fetch();
      await route.fulfill({
        response,
        headers: { ...response.headers(), 'access-control-allow-origin': 'null' },
      });
    });
    const page = await browsing.newPage();
    await page.goto(`${apiUrl}/.well-known/jwks.json`);
    await page.evaluate(() => {
      const frame = document.createElement('iframe');
      frame.sandbox.add('allow-scripts');
      frame.srcdoc = '<p>sandboxed</p>';
      document.body.append(frame);
      return new Promise((resolve) => frame.addEventListener('load', resolve));
    });
    const frame = page.frames().find((one) => one !== page.mainFrame()) as unknown as Page;
    await start(frame, apiUrl);
    await logIn(frame, person);
    expect(await welcome(frame)).toBe(person.email);
    expect(await told(frame)).toContain('refused');
  });
});
