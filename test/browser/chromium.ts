import { existsSync } from 'node:fs';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import { onTestFinished } from 'vitest';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser of this machine: what `CHROMIUM` names, else Debian's. */
export const chromiumPath = [process.env.CHROMIUM ?? '', ...places].find(existsSync);

if (chromiumPath === undefined) {
  console.warn(
    '\nSKIPPED: all tests in a browser. There is no Chromium; apt-get install chromium, or set CHROMIUM to its path.\n',
  );
}

/** Starts the browser. Close it after the tests. */
export function launch(): Promise<Browser> {
  return chromium.launch({
    ...(chromiumPath !== undefined && { executablePath: chromiumPath }),
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [], // as root Chromium runs in no other way
  });
}

/** A browser of somebody who has never been here; gone after the test. What goes wrong in a page fails it. */
export async function visitor(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<BrowserContext> {
  const context = await browser.newContext({ locale: 'en-GB', ...options });
  const faults: string[] = [];
  context.on('weberror', (error) => faults.push(String(error.error())));
  context.on('console', (message) => {
    const refusedByUs = /^Failed to load resource: the server responded with a status of 4\d\d/;
    if (message.type() === 'error' && !refusedByUs.test(message.text())) faults.push(message.text());
  });
  onTestFinished(async () => {
    await context.close();
    if (faults.length > 0) throw new Error(`The page failed: ${faults.join('\n')}`);
  });
  return context;
}

/** A page in the browser of such a visitor. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const page = await (await visitor(browser, options)).newPage();
  await page.goto(url);
  return page;
}

/** Waits for the page's one heading of the first level to say this. */
export function heading(page: Page, text: string): Promise<void> {
  return page.getByRole('heading', { level: 1, name: text, exact: true }).waitFor({ timeout: 10_000 });
}
