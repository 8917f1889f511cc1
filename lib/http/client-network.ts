import { isIPv4, isIPv6 } from 'node:net';

/**
 * The network by which a client's requests are counted: the whole IPv4 address, or the /64 of an IPv6 address, since one
 * client may use all addresses of a /64. An IPv4-mapped IPv6 address counts as its IPv4 address.
 *
 * @param sourceIp the address that API Gateway saw
 * @see RFC 6177; RFC 4291 section 2.5.5.2
 */
export function clientNetwork(sourceIp: string): string {
  if (isIPv4(sourceIp)) return sourceIp;
  if (!isIPv6(sourceIp)) return 'unknown';
  const groups = expand(sourceIp);
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (!mapped)
    return `${groups
      .slice(0, 4)
      .map((group) => group.toString(16))
      .join(':')}::/64`;
  const [high = 0, low = 0] = groups.slice(6);
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}

/** The eight groups of a valid IPv6 address. */
function expand(address: string): number[] {
  // The URL parser writes an embedded IPv4 address as two groups and compresses the longest run of zeros.
  const canonical = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const groupsOf = (text: string) =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const before = groupsOf(head);
  const after = groupsOf(tail ?? '');
  return tail === undefined
    ? before
    : [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}
