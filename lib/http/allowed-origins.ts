/**
 * The origins whose pages may call, as `CORS_ORIGINS` lists them: an origin as a browser sends it, or one with a `*`.
 * The `*` stands for one label of the host or a part of it (`https://*.example.com`, `https://app-*.vercel.app`), and on
 * this machine for any port (`http://localhost:*`).
 */

/** A label of a host, or a part of one. No dot, so that a pattern never matches hosts on a deeper level. */
const ANY_LABEL = '[a-z\\d-]+';
const LOOPBACK = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\]):\*$/;

/** Whether an entry of `CORS_ORIGINS` can ever be the origin of a page, spelled as a browser spells it. */
export function isOriginPattern(pattern: string): boolean {
  if (LOOPBACK.test(pattern)) return true;
  if (!pattern.includes('*')) return isOrigin(pattern);
  // The part after the `*` must be a domain that one party controls: `https://*.com` would allow everybody.
  const [, fixed = ''] = /^https?:\/\/[a-z\d-]*\*[a-z\d-]*\.([^*]+)$/.exec(pattern) ?? [];
  const host = fixed.replace(/:\d+$/, '');
  return (host.includes('.') || host === 'localhost') && isOrigin(pattern.replace('*', 'x'));
}

/** Whether the page of this origin may call. */
export function allowsOrigin(patterns: readonly string[], origin: string): boolean {
  return patterns.some((pattern) => pattern === origin || matches(pattern, origin));
}

function matches(pattern: string, origin: string): boolean {
  if (!pattern.includes('*')) return false;
  const escaped = pattern.replaceAll(/[.[\]]/g, '\\$&');
  const rule = LOOPBACK.test(pattern)
    ? escaped.replace(':*', '(?::\\d+)?')
    : escaped.replace('*', () => ANY_LABEL);
  return new RegExp(`^${rule}$`).test(origin);
}

/** Apps in a web view have their own schemes (`capacitor://localhost`), and `URL` says `null` for the origin of those. */
function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  if (url === null) return false;
  if (['http:', 'https:'].includes(url.protocol)) return url.origin === text;
  const { protocol, host } = url;
  return !NEVER_AN_ORIGIN.includes(protocol) && host !== '' && text === `${protocol}//${host}`;
}

/** Pages of these have the origin `null`, or none. */
const NEVER_AN_ORIGIN = ['file:', 'data:', 'blob:', 'javascript:', 'about:', 'ws:', 'wss:', 'ftp:'];
