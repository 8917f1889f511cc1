import { createHash } from 'node:crypto';

/**
 * The headers of every page: it shares no browsing context group with other sites, no other site can embed its answers, and
 * it can't use cameras, microphones or sensors.
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
 * The Content-Security-Policy: allows only the page's own style and script, by their hashes, and pictures of the configured
 * origins. Forms go only to the same origin, no site may frame the page, and text never becomes markup or code.
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
