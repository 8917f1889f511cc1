import { type Brand, paletteOf } from '../brand.ts';
import { html } from '../html.ts';

/** The icon of a page's tab: the brand's logo, or its first letter in its colour, as a data URL. */
export function iconOf({ name, color, logoUrl }: Brand): string {
  if (logoUrl !== undefined) return logoUrl;
  const { fill, onFill } = paletteOf(color);
  const [letter = ''] = name.toUpperCase();
  const { markup } =
    html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="${fill}"/><text x="16" y="23" text-anchor="middle" font-family="system-ui,sans-serif" font-size="20" font-weight="600" fill="${onFill}">${letter}</text></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(markup)}`;
}
