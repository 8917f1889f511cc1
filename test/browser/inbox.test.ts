import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { overHttp } from '../harness/client.ts';
import { awaitMails } from '../harness/inbox.ts';
import { mailedTag, signedUp } from '../harness/people.ts';
import { chromiumPath, launch, visitor } from './chromium.ts';

describe.skipIf(chromiumPath === undefined)('the inbox of npm start', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  const newest = (page: Page) => page.locator('#mails > details').first();

  /** The page, and then a mail: it appears without a reload, as the newest and open. */
  async function mailArrives(options = {}) {
    const context = await visitor(browser, options);
    const page = await context.newPage();
    await page.goto(inject('stack').inboxUrl);
    const person = await signedUp(overHttp);
    await mailedTag(overHttp, person);
    await newest(page).filter({ hasText: person.email }).waitFor();
    return { context, page, person };
  }

  test('shows a new mail by itself, and its button opens the page that sets a password', async () => {
    const { context, page } = await mailArrives();
    const button = newest(page).frameLocator('iframe').getByRole('link').first();
    const [opened] = await Promise.all([context.waitForEvent('page'), button.click()]);
    await opened.getByRole('textbox', { name: 'New password' }).fill('battery staple horse');
    await opened.getByRole('button', { name: 'Set the password' }).click();
    await opened
      .getByText(/password (was|has been) changed/i)
      .first()
      .waitFor();
    await page
      .locator('summary', { hasText: /password was changed/i })
      .first()
      .waitFor();
  });

  test('has real links in the text of a mail', async () => {
    const { context, page } = await mailArrives();
    await newest(page).getByText('Text', { exact: true }).click();
    const link = newest(page).locator('pre a').first();
    const [opened] = await Promise.all([context.waitForEvent('page'), link.click()]);
    await opened.getByRole('textbox', { name: 'New password' }).waitFor();
  });

  test('opens a new mail in place of the one before', async () => {
    const { page, person } = await mailArrives();
    await overHttp.send({ path: '/auth/forget-password', body: { email: person.email } });
    await awaitMails(person.email, 2);
    const mine = page.locator('#mails > details', { hasText: person.email });
    await mine.nth(1).waitFor();
    const open = await mine.evaluateAll((all) => all.map((one) => (one as HTMLDetailsElement).open));
    expect(open).toEqual([true, false]);
  });

  test.each([
    ['a phone', { viewport: { width: 320, height: 640 }, isMobile: true }],
    ['a dark desktop', { colorScheme: 'dark' }],
  ] as const)('fits %s, and axe finds nothing', async (_, options) => {
    const { page } = await mailArrives({ ...options, bypassCSP: true });
    const wider = await page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      return scrollWidth - clientWidth;
    });
    expect(wider).toBe(0);
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() =>
      (globalThis as unknown as { axe: typeof axe }).axe.run({ exclude: ['iframe'] }),
    );
    expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
  });
});
