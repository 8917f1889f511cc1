import { mkdirSync } from 'node:fs';
import type { Browser, BrowserContext, BrowserContextOptions, CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { readService } from '../../tools/deploy/service.ts';
import { type Api, startApi } from '../../tools/local/api.ts';
import { freePort } from '../../tools/local/ports.ts';
import { changeSession } from '../contract/rows.ts';
import { awaitMails, type Mail } from '../harness/inbox.ts';
import { type Person, somebody } from '../harness/people.ts';
import { chromiumPath, heading, launch, visitor } from './chromium.ts';
import { serveExample } from './example-spa.ts';
import { faultsOf } from './faults.ts';

// The account page of the example, at a service whose APP_URL is the example: addresses are verified after sign-up in one,
// before it in the other.

const pictures = process.env.SCREENSHOTS;
const codeIn = (mail: Mail | undefined) => /(?<!\d)\d{8}(?!\d)/.exec(mail?.body.text ?? '')?.[0] ?? '';
const linkIn = (mail: Mail | undefined, page: string) =>
  new RegExp(`/${page}\\?tag=[\\w-]{64}`).exec(mail?.body.text ?? '')?.[0] ?? '';
const newestTo = async (email: string, count = 1) => (await awaitMails(email, count)).at(-1);

type App = Awaited<ReturnType<typeof serveExample>> & { api: Api };

describe.skipIf(chromiumPath === undefined)('the account page of the example', () => {
  let browser: Browser;
  let after: App;
  let before: App;

  async function serve(mode: 'after' | 'before'): Promise<App> {
    const { environment, inboxUrl } = inject('stack');
    const [port, apiPort] = [await freePort(), await freePort()];
    const env = {
      ...environment,
      ...{ PORT: String(apiPort), APP_URL: `http://localhost:${port}`, EMAIL_VERIFICATION: mode },
    };
    const api = await startApi({ port: apiPort, service: await readService(), env });
    return { ...(await serveExample(api.url, inboxUrl, { port })), api };
  }

  beforeAll(async () => {
    after = await serve('after');
    before = await serve('before');
    browser = await launch();
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    for (const app of [after, before]) {
      await app?.stop();
      await app?.api.stop();
    }
  });

  const says = (page: Page, text: string | RegExp) =>
    page.getByRole('status').filter({ hasText: text }).waitFor({ timeout: 10_000 });
  /** Waits until what was asked for is done, and the page says so. */
  const done = (page: Page) =>
    page.locator('#status.news').filter({ hasText: /./ }).waitFor({ timeout: 10_000 });
  const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
  /** Fills a form's fields by their labels, and sends it. */
  async function submit(page: Page, form: string, fields: Record<string, string>): Promise<void> {
    const within = page.locator(form);
    for (const [label, value] of Object.entries(fields)) {
      await within.getByRole('textbox', { name: label, exact: true }).fill(value);
    }
    await within.locator('button[type=submit]').click();
  }

  async function open(options: BrowserContextOptions = {}, url = after.url) {
    const context = await visitor(browser, options);
    const page = await context.newPage();
    await page.goto(url);
    await heading(page, 'Log in');
    return { context, page };
  }

  const signUp = (page: Page, { name, email, password }: Person) =>
    page
      .getByRole('link', { name: 'Sign up' })
      .click()
      .then(() =>
        submit(page, '#sign-up', {
          Name: name,
          Email: email,
          Password: password,
          'The password again': password,
        }),
      );

  /** Somebody new, on their account page. */
  async function onAccountPage(options: BrowserContextOptions = {}) {
    const { context, page } = await open(options);
    const person = somebody();
    await signUp(page, person);
    await heading(page, 'You');
    await page.getByRole('link', { name: 'Your account' }).click();
    await heading(page, 'Your account');
    return { context, page, person };
  }

  async function picture(page: Page, name: string): Promise<void> {
    if (pictures === undefined) return;
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true });
  }

  /** A device that belongs to the browser, and answers at once. */
  async function device(context: BrowserContext, page: Page): Promise<{ cdp: CDPSession; id: string }> {
    const cdp = await context.newCDPSession(page);
    await cdp.send('WebAuthn.enable');
    const { authenticatorId: id } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true },
        ...{ isUserVerified: true, automaticPresenceSimulation: true },
      },
    });
    return { cdp, id };
  }

  test('says that the address is not verified, sends the mail again, and takes the code', async () => {
    const { page, person } = await onAccountPage();
    await page.getByText('This address is not verified.').waitFor();
    await picture(page, 'example account, not verified');
    expect(await faultsOf(page)).toEqual([]);
    await newestTo(person.email);
    await press(page, 'Send the email again');
    await done(page);
    await submit(page, '#verify-code', { 'Code from the email': '1' });
    await page.locator('#status.fault').waitFor();
    await submit(page, '#verify-code', { 'Code from the email': codeIn(await newestTo(person.email, 2)) });
    await page.locator('#not-verified').waitFor({ state: 'hidden' });
    expect(await page.locator('#verify-code').isVisible()).toBe(false);
    await page.reload();
    await heading(page, 'Your account');
    expect(await page.locator('#not-verified').isVisible()).toBe(false);
  });

  test('changes the address by the code that the new one gets, and the link of the notice takes it back', async () => {
    const { page, person } = await onAccountPage();
    const next = somebody().email;
    await submit(page, '#change-email', { 'New address': 'none' });
    await page.locator('#change-email .error').waitFor();
    await submit(page, '#change-email', { 'New address': next });
    await done(page);
    await submit(page, '#verify-code', { 'Code from the email': codeIn(await newestTo(next)) });
    await page.locator('#account-address').filter({ hasText: next }).waitFor();
    // verification of the sign-up, the warning, and then that it was done
    const undo = linkIn(await newestTo(person.email, 3), 'undo');
    await page.goto(after.url + undo);
    await heading(page, 'It was not you?');
    expect(page.url()).toBe(`${after.url}/undo`);
    expect(await faultsOf(page)).toEqual([]);
    await press(page, 'Take it back');
    await heading(page, 'Log in');
    await done(page);
    await submit(page, '#log-in', { Email: person.email, Password: person.password });
    await heading(page, 'You');
    expect(await page.locator('#me-email').textContent()).toBe(person.email);
  });

  test('keeps a text about oneself, and ends one session of several', async () => {
    const { page, person } = await onAccountPage();
    await submit(page, '#profile', { 'About you': 'Countess of Lovelace\n<b>no markup</b>' });
    await done(page);
    await page.reload();
    await heading(page, 'Your account');
    expect(await page.getByLabel('About you').inputValue()).toBe('Countess of Lovelace\n<b>no markup</b>');

    const others = [
      await open(),
      await open({ userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' }),
    ];
    for (const { page: other } of others) {
      await submit(other, '#log-in', { Email: person.email, Password: person.password });
      await heading(other, 'You');
    }
    await page.reload();
    await heading(page, 'Your account');
    expect(await page.locator('#sessions li').count()).toBe(3);
    await press(page, 'End the session: Firefox on Linux');
    await page.locator('#sessions li').nth(2).waitFor({ state: 'detached' });
    await done(page);
    await press(others[1]?.page as Page, 'Ask again');
    await heading(others[1]?.page as Page, 'Log in');
    await press(others[0]?.page as Page, 'Ask again');
    await says(others[0]?.page as Page, 'Welcome');
  });

  test('adds, renames and removes a passkey, logs in with it, and steps up with it', async () => {
    const { context, page, person } = await onAccountPage();
    const { cdp, id } = await device(context, page);
    await submit(page, '#add-passkey', { 'Name of the passkey': 'My laptop' });
    await page.getByRole('textbox', { name: 'Passkey My laptop' }).waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await picture(page, 'example account, passkey');
    await page.getByRole('textbox', { name: 'Passkey My laptop' }).fill('Laptop');
    await press(page, 'Rename the passkey My laptop');
    await page.getByRole('textbox', { name: 'Passkey Laptop' }).waitFor();

    // This session has its level from the password: what is serious asks for the passkey.
    await submit(page, '#change-password', {
      'Current password': person.password,
      'New password': 'battery staple',
    });
    await page.getByRole('dialog').getByRole('button', { name: 'Use a passkey' }).waitFor();
    expect(await page.locator('#step-up input').isVisible()).toBe(false);
    await press(page, 'Use a passkey');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await done(page);

    await page.getByRole('link', { name: 'Back' }).click();
    await heading(page, 'You');
    // The form offers the passkey by itself, and this device takes every offer.
    await press(page, 'Log out');
    await says(page, `Welcome, ${person.name}!`);
    await cdp.send('WebAuthn.setUserVerified', { authenticatorId: id, isUserVerified: false });
    await press(page, 'Log out');
    await heading(page, 'Log in');
    expect(await page.locator('#log-in input[name=email]').getAttribute('autocomplete')).toBe(
      'username webauthn',
    );
    await cdp.send('WebAuthn.setUserVerified', { authenticatorId: id, isUserVerified: true });
    await press(page, 'Log in with a passkey');
    await heading(page, 'You');
    await page.getByRole('link', { name: 'Your account' }).click();
    await press(page, 'Remove the passkey Laptop');
    // The session was opened with it, and ends with it.
    await heading(page, 'Log in');
    const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId: id });
    expect(credentials.length).toBeLessThan(2);
  });

  test('asks again for a password that is too old, and does what was asked for then', async () => {
    const { context, page, person } = await onAccountPage();
    const asking = page.waitForRequest('**/auth/sessions');
    await page.reload();
    const accessToken = (await (await asking).headerValue('authorization'))?.replace('Bearer ', '') ?? '';
    await changeSession(accessToken, { authTime: Date.now() - 301_000 });
    await context.clock.setFixedTime(Date.now() + 3_600_000); // so that the next token is a new one
    const next = somebody().email;
    await submit(page, '#change-email', { 'New address': next });
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Password' }).fill('not the password');
    await dialog.getByRole('button', { name: 'Go on' }).click();
    await dialog.getByRole('alert').filter({ hasText: /./ }).waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await dialog.getByRole('textbox', { name: 'Password' }).fill(person.password);
    await dialog.getByRole('button', { name: 'Go on' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await newestTo(next);
  });

  test('makes no account before the code, which opens the session', async () => {
    const { page } = await open({}, before.url);
    const person = somebody();
    await signUp(page, person);
    await heading(page, 'Confirm your email address');
    expect(await faultsOf(page)).toEqual([]);
    await newestTo(person.email);
    await press(page, 'Send the email again');
    await done(page);
    await submit(page, '#confirm-sign-up', { Code: codeIn(await newestTo(person.email, 2)) });
    await heading(page, 'You');
    await says(page, `Welcome, ${person.name}!`);
  });

  test('the link of the mail finishes the sign-up with the password, on another device', async () => {
    const { page } = await open({}, before.url);
    const person = somebody();
    await signUp(page, person);
    await heading(page, 'Confirm your email address');
    const { page: elsewhere } = await open({}, before.url);
    await elsewhere.goto(before.url + linkIn(await newestTo(person.email), 'verify-email'));
    await heading(elsewhere, 'Confirm your email address');
    expect(elsewhere.url()).toBe(`${before.url}/verify-email`);
    await submit(elsewhere, '#verify-email', { 'Password of the account': 'not the password' });
    await elsewhere.locator('#status.fault').waitFor();
    await submit(elsewhere, '#verify-email', { 'Password of the account': person.password });
    await heading(elsewhere, 'You');
  });

  test.for<[string, BrowserContextOptions]>([
    ['dark on a desktop', { colorScheme: 'dark' }],
    ['light on a phone', { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true }],
  ])('is clean by axe and fits the window, %s', async ([name, options]) => {
    const { page } = await onAccountPage(options);
    await picture(page, `example account, ${name}`);
    expect(await faultsOf(page)).toEqual([]);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(page.viewportSize()?.width ?? 0);
  });
});
