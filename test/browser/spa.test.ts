import { mkdirSync } from 'node:fs';
import { build } from 'esbuild';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { readService } from '../../tools/deploy/service.ts';
import { startApi } from '../../tools/local/api.ts';
import { freePort } from '../../tools/local/ports.ts';
import { Authenticator } from '../harness/authenticator.ts';
import { overHttp } from '../harness/client.ts';
import { eventually } from '../harness/eventually.ts';
import { awaitMails } from '../harness/inbox.ts';
import { mailedTag, type Person, signedUp, somebody } from '../harness/people.ts';
import { chromiumPath, launch, visitor } from './chromium.ts';
import { serveExample } from './example-spa.ts';
import { faultsOf } from './faults.ts';

const HOUR = 3_600_000;
const REFRESH = '/auth/refresh-tokens';
/** Where pictures go when somebody wants to look at them: SCREENSHOTS=/tmp/pictures npm run test:browser */
const pictures = process.env.SCREENSHOTS;

describe.skipIf(chromiumPath === undefined)('the example app', () => {
  let browser: Browser;
  let app: Awaited<ReturnType<typeof serveExample>>;

  beforeAll(async () => {
    const { apiUrl, inboxUrl } = inject('stack');
    app = await serveExample(apiUrl, inboxUrl);
    browser = await launch();
  }, 180_000); // with `npm ci` of the example

  afterAll(async () => {
    await browser?.close();
    await app?.stop();
  });

  const heading = (page: Page) => page.getByRole('heading', { level: 1 });
  const status = (page: Page) => page.getByRole('status');

  async function expectText(of: ReturnType<Page['locator']>, text: string | RegExp): Promise<void> {
    await of.filter({ hasText: text }).waitFor({ timeout: 10_000 });
  }

  async function submit(page: Page, fields: Record<string, string>, button: string): Promise<void> {
    for (const [label, value] of Object.entries(fields)) {
      await page.getByRole('textbox', { name: label, exact: true }).fill(value);
    }
    await page.getByRole('button', { name: button, exact: true }).click();
  }

  async function open(context: BrowserContext, path = '/'): Promise<Page> {
    const page = await context.newPage();
    await page.goto(app.url + path);
    return page;
  }

  async function logIn(page: Page, { email, password }: Person): Promise<void> {
    await submit(page, { Email: email, Password: password }, 'Log in');
    await expectText(heading(page), 'You');
  }

  async function picture(page: Page, name: string): Promise<void> {
    if (pictures === undefined) return;
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: `${pictures}/${name}.png` });
  }

  /** The paths under /auth that the pages of a context ask for. */
  function requestsOf(context: BrowserContext): string[] {
    const paths: string[] = [];
    context.on('request', (request) => {
      const { pathname } = new URL(request.url());
      if (pathname.startsWith('/auth')) paths.push(pathname);
    });
    return paths;
  }

  const refreshes = (requests: readonly string[]) => requests.filter((path) => path === REFRESH).length;

  test('signs up, is oneself, is still oneself after a reload, and logs out', async () => {
    const context = await visitor(browser);
    const page = await open(context);
    const { name, email, password } = somebody();
    await expectText(heading(page), 'Log in');
    await picture(page, 'log-in');

    await page.getByRole('link', { name: 'Sign up' }).click();
    await submit(page, { Name: '', Email: 'no address', Password: password }, 'Sign up');
    const field = page.getByRole('textbox', { name: 'Email' });
    await expectText(page.locator('.error').first(), /./);
    expect(await field.getAttribute('aria-invalid')).toBe('true');
    await picture(page, 'refused');
    await submit(
      page,
      { Name: name, Email: email, Password: password, 'The password again': password },
      'Sign up',
    );
    await expectText(status(page), `Welcome, ${name}!`);
    expect(await page.locator('#me-email').textContent()).toBe(email);
    await picture(page, 'me');

    await page.reload();
    await expectText(status(page), `Welcome, ${name}!`);
    await page.getByRole('button', { name: 'Log out' }).click();
    await expectText(status(page), 'You are logged out.');
    await page.reload();
    await expectText(heading(page), 'Log in');
    expect(await storedIn(page)).toEqual({ indexedDB: '[[]]', web: '[{},{}]' });
  });

  test.for(['the API', 'the app itself'])(
    'gets a new password by the link in the real inbox page, at %s',
    async (at, { skip }) => {
      const { apiUrl } = inject('stack');
      if (at === 'the API' && !(await servesPage(`${apiUrl}/reset-password`))) {
        console.warn('SKIPPED: the API serves no page at /reset-password.');
        skip();
      }
      const person = await signedUp(overHttp);
      const context = await visitor(browser);
      const page = await open(context, '/#forgot-password');
      await submit(page, { Email: person.email }, 'Send me a link');
      await expectText(status(page), 'an email is on its way');
      await picture(page, 'forgot-password');
      await awaitMails(person.email, 1);
      await page.getByRole('link', { name: 'the inbox' }).click();
      const mail = page.locator('#mails > details', { hasText: person.email }).first();
      await mail.getByText('Text', { exact: true }).click();
      const link =
        (await mail.locator('pre a', { hasText: 'reset-password?tag=' }).getAttribute('href')) ?? '';
      await picture(page, 'inbox');

      const { pathname, search } = new URL(link);
      await page.goto(at === 'the API' ? link : app.url + pathname + search);
      await expectText(heading(page), 'Choose a new password');
      expect(at === 'the API' || !page.url().includes('tag')).toBe(true);
      await picture(page, `reset-password at ${at}`);
      await submit(page, { 'New password': 'short' }, 'Set the password');
      await expectText(page.locator('body'), 'at least 8');
      await submit(page, { 'New password': 'battery staple' }, 'Set the password');
      await expectText(page.locator('body'), /password was changed/);

      await page.goto(app.url);
      await submit(page, { Email: person.email, Password: person.password }, 'Log in');
      await expectText(status(page), 'The email or the password is wrong.');
      await logIn(page, { ...person, password: 'battery staple' });
    },
  );

  test('has an account page: name, second factor with a QR code, log-in by it, step-up, deletion', async () => {
    const context = await visitor(browser);
    const person = await signedUp(overHttp);
    const page = await open(context);
    await logIn(page, person);
    await page.getByRole('link', { name: 'Your account' }).click();
    await expectText(heading(page), 'Your account');
    await expectText(page.locator('#account-address'), person.email);
    await page.locator('#profile').getByLabel('Name').fill('Augusta');
    await page.getByRole('button', { name: 'Save' }).click();
    await eventually(async () => expect(await status(page).getAttribute('class')).toBe('news'));

    await page.getByRole('button', { name: 'Set up an authenticator app' }).click();
    await page.locator('#totp-picture path').waitFor();
    const app = new Authenticator((await page.locator('#totp-secret').textContent()) ?? '');
    await picture(page, 'second factor');
    expect(await faultsOf(page)).toEqual([]);
    await page.getByLabel('Code from your app', { exact: true }).fill(await app.fresh());
    await page.getByRole('button', { name: 'Confirm', exact: true }).click();
    await page.locator('#recovery-codes li').first().waitFor();
    const [recoveryCode = '', another = ''] = await page.locator('#recovery-codes li').allTextContents();

    await page.getByRole('link', { name: 'Back' }).click();
    await expectText(status(page), 'Welcome, Augusta!');
    await page.getByRole('button', { name: 'Log out' }).click();
    await expectText(heading(page), 'Log in');
    await submit(page, { Email: person.email, Password: person.password }, 'Log in');
    await expectText(heading(page), 'One more step');
    await page.locator('#second-factor input').fill(recoveryCode);
    await page.getByRole('button', { name: 'Go on' }).click();
    await expectText(heading(page), 'You');

    await page.getByRole('link', { name: 'Your account' }).click();
    await expectText(heading(page), 'Your account');
    // A token cannot be made old here: the refusal is the contract's, the proof and the second try are real.
    await page.route(
      '**/auth/delete-account',
      (route) =>
        route.fulfill({
          status: 401,
          contentType: 'application/problem+json',
          body: JSON.stringify({
            ...{ title: 'Unauthorized', status: 401, message: 'Prove again who you are.' },
            ...{ code: 'step-up-required', acrValues: ['aal2'], maxAge: 300 },
          }),
        }),
      { times: 1 },
    );
    page.on('dialog', (dialog) => void dialog.accept());
    await page.getByRole('button', { name: 'Delete the account' }).click();
    await expectText(page.getByRole('heading', { level: 2 }), 'Is it still you?');
    await page.locator('#step-up input').fill(another);
    await page.getByRole('dialog').getByRole('button', { name: 'Go on' }).click();
    await expectText(heading(page), 'Log in');
    await submit(page, { Email: person.email, Password: person.password }, 'Log in');
    await expectText(status(page), 'The email or the password is wrong.');
  });

  describe('in five tabs', () => {
    async function fiveTabs() {
      const context = await visitor(browser);
      const person = await signedUp(overHttp);
      const first = await open(context);
      await logIn(first, person);
      const pages = [first, ...(await Promise.all(Array.from({ length: 4 }, () => open(context))))];
      await Promise.all(pages.map((page) => expectText(heading(page), 'You')));
      return { context, person, pages, requests: requestsOf(context) };
    }

    test('that ask at once with an expired token, one refreshes for all, and nobody is logged out', async () => {
      const { context, pages, requests } = await fiveTabs();
      const welcomes = () => requests.filter((path) => path === '/auth').length;
      for (let round = 1; round <= 3; round++) {
        await context.clock.setFixedTime(Date.now() + round * HOUR);
        await Promise.all(pages.map((page) => page.getByRole('button', { name: 'Ask again' }).click()));
        await eventually(() => expect(welcomes()).toBe(5 * round));
        expect(refreshes(requests)).toBe(round);
      }
      for (const page of pages) await expectText(status(page), 'Welcome, Ada Lovelace!');
    });

    test('that are loaded at once with an expired token, one refreshes for all', async () => {
      const { context, pages, requests } = await fiveTabs();
      await context.clock.setFixedTime(Date.now() + HOUR);
      await Promise.all(pages.map((page) => page.reload()));
      for (const page of pages) await expectText(status(page), 'Welcome, Ada Lovelace!');
      expect(refreshes(requests)).toBe(1);
    });

    test('a log-out in one is one in all, and so is the next log-in', async () => {
      const { person, pages } = await fiveTabs();
      await pages[2]?.getByRole('button', { name: 'Log out' }).click();
      for (const page of pages) await expectText(status(page), 'You are logged out.');
      await logIn(pages[4] as Page, person);
      for (const page of pages) await expectText(status(page), 'Welcome, Ada Lovelace!');
    });

    test('a session that was ended by a reset elsewhere is over in all, without a word from four', async () => {
      const { person, pages } = await fiveTabs();
      await overHttp.send({
        path: `/auth/reset-password?token=${await mailedTag(overHttp, person)}`,
        body: { password: 'battery staple' },
      });
      await pages[1]?.getByRole('button', { name: 'Ask again' }).click();
      for (const page of pages) await expectText(status(page), 'Your session is over; log in again.');
    });

    test('leave nothing usable behind when all are closed', async () => {
      const { context, pages } = await fiveTabs();
      for (const page of pages) await page.close();
      const page = await open(context);
      await expectText(heading(page), 'Log in');
      const stored = await storedIn(page);
      expect(stored.indexedDB).toMatch(/^\[\[\d+(,\d+)+\]\]$|^\[\["\d+(,\d+)+"\]\]$/); // bytes under a lost key
      expect(stored.web).toBe('[{},{}]');
    });
  });

  test.for<[string, BrowserContextOptions]>([
    ['light on a desktop', {}],
    ['dark on a desktop', { colorScheme: 'dark' }],
    ['light on a phone', { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true }],
    ['dark on a phone', { viewport: { width: 390, height: 800 }, colorScheme: 'dark', isMobile: true }],
  ])('is clean by axe and fits the window, %s', async ([name, options]) => {
    const context = await visitor(browser, options);
    const person = await signedUp(overHttp);
    const page = await open(context);
    for (const view of ['log-in', 'sign-up', 'forgot-password', 'me']) {
      await page.goto(`${app.url}/#${view === 'me' ? 'log-in' : view}`);
      if (view === 'me') {
        await expectText(heading(page), 'Log in'); // the form before has an address, too
        await logIn(page, person);
      }
      await page.locator(`#${view}`).waitFor();
      if (view === 'sign-up') {
        await page.getByRole('button', { name: 'Sign up' }).click();
        await page.locator('.error').first().waitFor();
      }
      await picture(page, `${view}, ${name}`);
      expect(await faultsOf(page)).toEqual([]);
      // Not innerWidth, which on a phone grows with what does not fit.
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(width).toBeLessThanOrEqual(page.viewportSize()?.width ?? 0);
    }
  });

  test('asks the API itself, from another origin, when it is built for that', async () => {
    const { environment, inboxUrl } = inject('stack');
    const [port, apiPort] = [await freePort(), await freePort()];
    const env = { ...environment, PORT: String(apiPort), CORS_ORIGINS: `http://localhost:${port}` };
    const { url: apiUrl, stop } = await startApi({ port: apiPort, service: await readService(), env });
    onTestFinished(stop);
    const direct = await serveExample(apiUrl, inboxUrl, { port, direct: true });
    onTestFinished(direct.stop);
    const context = await visitor(browser);
    const asked: string[] = [];
    context.on('response', (response) => asked.push(`${response.request().method()} ${response.url()}`));
    const person = await signedUp(overHttp);
    const page = await context.newPage();
    await page.goto(direct.url);
    await logIn(page, person);
    expect(asked).toContain(`POST ${apiUrl}/auth/login`);
    await page.getByRole('button', { name: 'Log out' }).click();
    await expectText(status(page), 'You are logged out.');
  });

  test('says so when a field is empty, and shows a fault as one', async () => {
    const context = await visitor(browser);
    const requests = requestsOf(context);
    const page = await open(context);
    await page.getByRole('button', { name: 'Log in', exact: true }).click();
    await expectText(page.locator('.error').first(), 'Please enter your email.');
    await expectText(page.locator('.error').last(), 'Please enter your password.');
    expect(await status(page).getAttribute('class')).toBe('fault');
    expect(requests).not.toContain('/auth/login');
  });

  test('leads on from a link that is dead or incomplete', async () => {
    const context = await visitor(browser);
    const page = await open(context, `/reset-password?tag=${'A'.repeat(64)}`);
    await submit(page, { 'New password': 'battery staple' }, 'Set the password');
    await page.getByRole('link', { name: 'Send me a new link' }).click();
    await expectText(heading(page), 'Forgot your password?');
    await page.goto(`${app.url}/reset-password`);
    await expectText(status(page), 'This link is incomplete.');
    await page.getByRole('link', { name: 'Send me a new link' }).click();
    await expectText(heading(page), 'Forgot your password?');
  });

  test('says that it is busy while it waits', async () => {
    const context = await visitor(browser);
    const person = await signedUp(overHttp);
    const page = await open(context);
    let answer = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await page.route('**/auth/login', async (route) => {
      await held;
      await route.continue();
    });
    await submit(page, { Email: person.email, Password: person.password }, 'Log in');
    await expectText(status(page), 'One moment');
    answer();
    await expectText(heading(page), 'You');
  });

  test('is used by keyboard alone', async () => {
    const context = await visitor(browser);
    const { email, password } = await signedUp(overHttp);
    const page = await open(context);
    await expectText(heading(page), 'Log in');
    await page.getByRole('textbox', { name: 'Email' }).focus();
    await page.keyboard.type(email);
    await page.keyboard.press('Tab');
    await page.keyboard.type(password);
    await page.keyboard.press('Enter');
    await expectText(heading(page), 'You');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('You');
    for (const key of ['Tab', 'Tab', 'Enter']) await page.keyboard.press(key);
    await expectText(status(page), 'You are logged out.');
  });

  test('runs its client in a worker too', async () => {
    const { apiUrl } = inject('stack');
    const person = await signedUp(overHttp);
    const context = await visitor(browser, { bypassCSP: true });
    const page = await context.newPage();
    await page.goto(`${apiUrl}/.well-known/jwks.json`); // of the origin
    const { outputFiles } = await build({
      stdin: {
        contents: `
          import { createClient } from './client/src/index.ts';
          onmessage = async ({ data: { baseUrl, person } }) => {
            const gatehouse = createClient({ baseUrl });
            await gatehouse.logIn(person);
            postMessage((await gatehouse.welcome()).message);
          };`,
        resolveDir: process.cwd(),
      },
      bundle: true,
      write: false,
    });
    const message = await page.evaluate(
      ([script = '', baseUrl, person]) =>
        new Promise((resolve, reject) => {
          const worker = new Worker(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })));
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = reject;
          worker.postMessage({ baseUrl, person: JSON.parse(person ?? '') });
        }),
      [outputFiles[0]?.text, apiUrl, JSON.stringify(person)],
    );
    expect(message).toBe('Welcome, Ada Lovelace!');
  });
});

/** All that the origin keeps in the browser. */
function storedIn(page: Page) {
  return page.evaluate(async () => {
    const all = (await indexedDB.databases()).map(
      ({ name = '' }) =>
        new Promise((resolve) => {
          const opening = indexedDB.open(name);
          opening.onsuccess = () => {
            const reading = opening.result.transaction('tokens').objectStore('tokens').getAll();
            reading.onsuccess = () => resolve(reading.result);
          };
        }),
    );
    return {
      indexedDB: JSON.stringify(await Promise.all(all)),
      web: JSON.stringify([{ ...localStorage }, { ...sessionStorage }]),
    };
  });
}

async function servesPage(url: string): Promise<boolean> {
  const { headers } = await fetch(url);
  return headers.get('content-type')?.startsWith('text/html') ?? false;
}
