import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';

/** A proxy in front of API Gateway, such as one's own CloudFront distribution. */
export type TrustedProxy = {
  /** The header in which it names the client: `CloudFront-Viewer-Address`. */
  header: string;
  /** What it sends in `X-Trusted-Proxy-Secret`, so that nobody who goes around it is believed. */
  secret: string;
};

/** Where the proxy shows its secret. */
export const SECRET_HEADER = 'X-Trusted-Proxy-Secret';

/**
 * The client's address in the words of the proxy: an IP address, with a port or without, in brackets or without.
 *
 * @returns undefined where the secret is wrong or missing, or what is named is not an address
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-cloudfront-headers.html
 */
export function clientNamedBy(
  { header, secret }: TrustedProxy,
  headerOf: (name: string) => string | undefined,
): string | undefined {
  if (!equal(headerOf(SECRET_HEADER) ?? '', secret)) return undefined;
  const named = (headerOf(header) ?? '').trim().replace(/^\[([^\]]*)\](?=:|$)/, '$1');
  const withoutPort = named.replace(/:\d{1,5}$/, '');
  // `2001:db8::1:443` is an address as a whole and without its end: CloudFront always writes a port, others hardly ever.
  const likelier = isCloudFronts(header) ? [withoutPort, named] : [named, withoutPort];
  return likelier.find((address) => isIP(address) !== 0);
}

function isCloudFronts(header: string): boolean {
  return header.toLowerCase() === 'cloudfront-viewer-address';
}

/** In the same time wherever they differ. */
function equal(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
