import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** What axe finds, in a word each; and that nothing has to be scrolled sideways. */
export async function faultsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') };
    const found = await axe.run();
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
  const [wide, wanted] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ]);
  return (wide as number) > (wanted as number) ? [...violations, `${wide} px wide in ${wanted}`] : violations;
}
