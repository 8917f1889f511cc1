import { existsSync } from 'node:fs';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { somebody } from '../harness/people.ts';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const present = existsSync(CHROMIUM);
if (!present)
  console.warn(`SKIPPED test/browser: there is no browser at ${CHROMIUM} (apt-get install chromium).`);

describe.skipIf(!present)('the API reference', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  });
  afterAll(() => browser?.close());

  /** Opens the page; what the browser complained of, its Content-Security-Policy included, and whom it asked. */
  async function open(path: string, colorScheme: 'light' | 'dark' = 'light') {
    const page = await browser.newPage({ colorScheme, viewport: { width: 1200, height: 900 } });
    const complaints: string[] = [];
    const hosts = new Set<string>();
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith('data:')) hosts.add(new URL(request.url()).origin);
    });
    await page.goto(inject('stack').apiUrl + path);
    await page.getByText('/auth/register').waitFor();
    return { page, complaints, hosts };
  }

  const operation = (page: Page, id: string) => page.locator(`[id$="-${id}"]`);

  test.each(['/docs', '/docs/'])('loads at %s without a complaint and asks nobody else', async (path) => {
    const { page, complaints, hosts } = await open(path);
    expect(await page.locator('.opblock').count()).toBe(15);
    expect(complaints).toEqual([]);
    expect([...hosts]).toEqual([inject('stack').apiUrl]);
    await page.close();
  });

  test('tries an operation: signs up, with what the page proposes but the address', async () => {
    const { page, complaints } = await open('/docs');
    const { email } = somebody();
    const signUp = operation(page, 'authSignUp');
    await signUp.locator('.opblock-summary-control').click();
    const body = signUp.locator('textarea.body-param__text');
    const proposed = JSON.parse(await body.inputValue());
    await body.fill(JSON.stringify({ ...proposed, email }));
    await signUp.getByRole('button', { name: 'Execute' }).click();
    const answer = signUp.locator('.live-responses-table');
    await answer.waitFor();
    expect(await answer.locator('tbody .response-col_status').first().innerText()).toContain('201');
    expect(await answer.innerText()).toContain(email);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('tries an operation with an access token', async () => {
    const { page, complaints } = await open('/docs');
    await page.locator('.auth-wrapper .authorize').click();
    const dialog = page.locator('.modal-ux');
    await dialog.locator('input').first().fill('no.access.token');
    await dialog.getByRole('button', { name: 'Apply credentials' }).first().click();
    await dialog.getByRole('button', { name: 'Close' }).first().click();
    const welcome = operation(page, 'authWelcome');
    await welcome.locator('.opblock-summary-control').click();
    await welcome.getByRole('button', { name: 'Execute' }).click();
    const answer = welcome.locator('.live-responses-table');
    await answer.waitFor();
    expect(await answer.innerText()).toContain('www-authenticate: Bearer error="invalid_token"');
    // A 401 is an error to Chromium's console, and the only one.
    expect(complaints.filter((text) => !text.includes('status of 401'))).toEqual([]);
    await page.close();
  });

  test('fills in the access token and the refresh token of a log-in, so that what it proposes runs', async () => {
    const { page, complaints } = await open('/docs');
    const email = somebody().email;
    const run = async (id: string, change: object = {}) => {
      const block = operation(page, id);
      await block.locator('.opblock-summary-control').click();
      const body = block.locator('textarea.body-param__text');
      if (Object.keys(change).length > 0)
        await body.fill(JSON.stringify({ ...JSON.parse(await body.inputValue()), ...change }));
      await block.getByRole('button', { name: 'Execute' }).click();
      const answer = block.locator('.live-responses-table');
      await answer.waitFor();
      return (await answer.locator('tbody .response-col_status').first().innerText()).slice(0, 3);
    };
    expect(await run('authSignUp', { email })).toBe('201');
    expect(await run('authLogIn', { email })).toBe('200');
    expect(await run('authWelcome')).toBe('200');
    expect(await run('authRefresh')).toBe('200');
    expect(await run('authLogOut')).toBe('200');
    await page.locator('.auth-wrapper .authorize').click();
    const named = await page.locator('.modal-ux .auth-container').allInnerTexts();
    expect(named).toHaveLength(2);
    expect(new Set(named.map((text) => text.replace(/.*\n/, ''))).size).toBe(2);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('lists the pages, says the shared headers once, and unfolds an operation to a page or two', async () => {
    const { page } = await open('/docs');
    const origin = inject('stack').apiUrl;
    const link = page.locator('.info a', { hasText: '/forgot-password' });
    expect(await link.evaluate((anchor) => (anchor as { href?: string }).href)).toBe(
      `${origin}/forgot-password`,
    );
    await page.locator('.info').getByText('/reset-password', { exact: false }).first().waitFor();
    await operation(page, 'authLogIn').locator('.opblock-summary-control').click();
    await operation(page, 'authLogIn').getByText('Example Value').first().waitFor();
    expect(await page.getByText('Strict-Transport-Security').count()).toBe(1);
    const box = await operation(page, 'authLogIn').boundingBox();
    expect(box?.height).toBeLessThan(2_400);
    await page.close();
  });

  test.each(['light', 'dark'] as const)(
    'axe finds no contrast or landmark that is wrong: %s',
    async (scheme) => {
      const { page } = await open('/docs', scheme);
      for (const id of ['authLogIn', 'accountsLogOut']) {
        await operation(page, id).locator('.opblock-summary-control').click();
        await operation(page, id).locator('.responses-table').waitFor();
      }
      await page.locator('.models-control').first().click();
      await page.waitForTimeout(600); // what unfolds fades in
      await page.evaluate(axe.source);
      const found = (await page.evaluate(
        `axe.run({ runOnly: ['cat.color', 'cat.keyboard', 'cat.semantics'] })`,
      )) as {
        violations: { id: string; nodes: { html: string; any: { message: string }[] }[] }[];
      };
      const named = found.violations.filter(({ id }) => /^(color-contrast|landmark-.*|region)$/.test(id));
      const told = named.flatMap(({ id, nodes }) =>
        nodes.map(({ html, any }) => `${id}: ${html.slice(0, 150)} ${any[0]?.message ?? ''}`),
      );
      expect(told).toEqual([]);
      await page.close();
    },
  );

  test.each([
    ['light', 'rgba(0, 0, 0, 0)'],
    ['dark', 'rgb(28, 32, 34)'],
  ] as const)('is %s where the reader wants it', async (scheme, background) => {
    const { page } = await open('/docs', scheme);
    // As text, since these tests are compiled without the types of browsers.
    expect(await page.evaluate('getComputedStyle(document.documentElement).backgroundColor')).toBe(
      background,
    );
    if (process.env.SCREENSHOTS) {
      await operation(page, 'authSignUp').locator('.opblock-summary-control').click();
      await page.waitForTimeout(500);
      await page.screenshot({ path: `${process.env.SCREENSHOTS}/docs-${scheme}.png` });
    }
    await page.close();
  });
});
