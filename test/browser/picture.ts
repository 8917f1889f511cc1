import { mkdirSync } from 'node:fs';
import type { Page } from 'playwright-core';

/** Where pictures go when somebody wants to look at them: SCREENSHOTS=docs/screenshots npm run test:browser */
const pictures = process.env.SCREENSHOTS;

/** Takes a picture of what is in the window, where somebody wants it. */
export async function picture(page: Page, name: string): Promise<void> {
  if (pictures === undefined) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: `${pictures}/${name}.png` });
}
