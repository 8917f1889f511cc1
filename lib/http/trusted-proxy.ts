import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';

/** A proxy in front of API Gateway, such as the operator's CloudFront distribution. */
export type TrustedProxy = {
  /** The header with the client's address: `CloudFront-Viewer-Address`. */
  header: string;
  /** What the proxy sends in `X-Trusted-Proxy-Secret`. A request that bypasses the proxy doesn't have it, so its header is ignored. */
  secret: string;
};

/** The header with the proxy's secret. */
export const SECRET_HEADER = 'X-Trusted-Proxy-Secret';

/**
 * The client's address according to the proxy: an IP address, with a port or without, in brackets or without.
 *
 * @returns undefined when the secret is wrong or missing, or the header isn't an address
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-cloudfront-headers.html
 */
export function clientNamedBy(
  { header, secret }: TrustedProxy,
  headerOf: (name: string) => string | undefined,
): string | undefined {
  if (!equal(headerOf(SECRET_HEADER) ?? '', secret)) return undefined;
  const named = (headerOf(header) ?? '').trim().replace(/^\[([^\]]*)\](?=:|$)/, '$1');
  const withoutPort = named.replace(/:\d{1,5}$/, '');
  // `2001:db8::1:443` is valid with and without a port: CloudFront always adds a port, others hardly ever.
  const likelier = isCloudFronts(header) ? [withoutPort, named] : [named, withoutPort];
  return likelier.find((address) => isIP(address) !== 0);
}

function isCloudFronts(header: string): boolean {
  return header.toLowerCase() === 'cloudfront-viewer-address';
}

/** Compares in constant time. */
function equal(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
