import { expect, test } from 'vitest';
import { clientNetwork } from './client-network.ts';

test.each([
  ['an IPv4 address is counted whole', '192.0.2.1', '192.0.2.1'],
  ['an IPv6 address by its /64', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['another of the same /64 as the same', '2001:db8:1:2:ffff::1', '2001:db8:1:2::/64'],
  ['another spelling of it as the same', '2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
  ['one with its zeros left out, in front of the /64', '2001:db8::1', '2001:db8:0:0::/64'],
  ['the loopback address', '::1', '0:0:0:0::/64'],
  ['the address of nobody', '::', '0:0:0:0::/64'],
  ['one that ends with its zeros', 'fe80::', 'fe80:0:0:0::/64'],
  ['one with a zone', 'fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['one that ends with an IPv4 address, and is not mapped', '64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  ['one like a mapped address, of another prefix', '1::ffff:192.0.2.1', '1:0:0:0::/64'],
  ['one like a mapped address, with other groups', '::fffe:192.0.2.1', '0:0:0:0::/64'],
  ['an IPv4 address mapped to IPv6 like the same in IPv4', '::ffff:192.0.2.1', '192.0.2.1'],
  ['a mapped address in hexadecimal', '::ffff:c000:201', '192.0.2.1'],
  ['a mapped address with zeros', '::ffff:0.0.0.0', '0.0.0.0'],
  ['a mapped address written in full', '0:0:0:0:0:FFFF:255.255.255.255', '255.255.255.255'],
  ['what is no address with all others that are none', 'evil.example', 'unknown'],
  ['nothing', '', 'unknown'],
  ['an address with a port', '192.0.2.1:443', 'unknown'],
  ['an IPv4 address in octal', '0300.0.2.1', 'unknown'],
])('%s', (_, address, network) => {
  expect(clientNetwork(address)).toBe(network);
});
