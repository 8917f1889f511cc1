import { createHash } from 'node:crypto';

/**
 * Every page has them, whatever it shows: it is alone among its window's pages, nobody embeds its answers, and nothing in it
 * may ask for the machine's senses.
 *
 * @see https://www.w3.org/TR/permissions-policy/
 */
export const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy':
    'accelerometer=(), autoplay=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()',
};

/**
 * Nothing but the page's own style and script, by their hashes, and pictures from where they are set to come from; forms
 * go nowhere but back; nobody may frame it; and text is never made into markup or code.
 *
 * @param pictures URLs, `https:` or `data:`
 * @see https://www.w3.org/TR/CSP3/ and https://www.w3.org/TR/trusted-types/
 */
export function pageHeaders(
  style: string,
  script: string,
  pictures: readonly (string | undefined)[],
): Record<string, string> {
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const sources = pictures.flatMap((url) => {
    if (url === undefined) return [];
    return url.startsWith('data:') ? 'data:' : new URL(url).origin;
  });
  const policy = [
    "default-src 'none'",
    `style-src ${hash(style)}`,
    `script-src ${hash(script)}`,
    "connect-src 'self'",
    `img-src ${[...new Set(sources)].join(' ')}`,
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ];
  return {
    'Content-Security-Policy': policy.join('; '),
    'X-Frame-Options': 'DENY',
    ...isolation,
  };
}
