import type { APIGatewayProxyEvent } from 'aws-lambda';
import { expect, test } from 'vitest';
import { readRequest } from './request.ts';

const secret = 'a secret that only the proxy knows'.replaceAll(' ', '-');
const cloudFront = { header: 'CloudFront-Viewer-Address', secret };
const nginx = { header: 'X-Real-IP', secret };

/** The network by which a request is counted that API Gateway saw coming from 192.0.2.1. */
function countedAs(proxy: typeof nginx | undefined, headers: Record<string, string>): string {
  const requestContext = { identity: { sourceIp: '192.0.2.1' } };
  return readRequest({ headers, requestContext } as unknown as APIGatewayProxyEvent, proxy).client;
}
const fromCloudFront = (address: string) =>
  countedAs(cloudFront, { 'cloudfront-viewer-address': address, 'x-trusted-proxy-secret': secret });
const fromNginx = (address: string) =>
  countedAs(nginx, { 'X-Real-IP': address, 'X-Trusted-Proxy-Secret': secret });

test.each([
  ['198.51.100.10:46532', '198.51.100.10'],
  ['198.51.100.10', '198.51.100.10'],
  ['2001:db8:1:2:3:4:5:6:443', '2001:db8:1:2::/64'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::1:443', '2001:db8:1:2::/64'],
  ['2001:db8::1:65535', '2001:db8:0:0::/64'],
  ['[2001:db8:1:2::1]:443', '2001:db8:1:2::/64'],
  ['::ffff:198.51.100.10:443', '198.51.100.10'],
])('CloudFront says %s: the client counts as %s', (address, network) => {
  expect(fromCloudFront(address)).toBe(network);
});

test('a port is not taken for the end of an address, nor the end of an address for a port', () => {
  expect(fromCloudFront('2001:db8:1::2:443')).toBe('2001:db8:1:0::/64');
  expect(fromNginx('2001:db8::1:2:3:4:5')).toBe('2001:db8:0:1::/64');
});

test.each([
  ['198.51.100.10', '198.51.100.10'],
  [' 198.51.100.10 ', '198.51.100.10'],
  ['198.51.100.10:80', '198.51.100.10'],
  ['[2001:db8:1:2::1]', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
])('another proxy says %s: the client counts as %s', (address, network) => {
  expect(fromNginx(address)).toBe(network);
});

test.each([
  '',
  'unknown',
  '198.51.100.10:',
  '198.51.100.10:x',
  '198.51.100.10:123456',
  '198.51.100.300:80',
  '198.51.100.10, 203.0.113.1',
  '[198.51.100.10',
  '2001:db8:::1:443',
  '1:2:3:4:5:6:7:8:9:443',
])('%j is not an address: the client counts as API Gateway saw it', (address) => {
  for (const from of [fromCloudFront, fromNginx]) expect(from(address)).toBe('192.0.2.1');
});

test.each([
  ['no secret', {}],
  ['an empty one', { 'X-Trusted-Proxy-Secret': '' }],
  ['another one', { 'X-Trusted-Proxy-Secret': secret.replace('a', 'b') }],
  ['its beginning', { 'X-Trusted-Proxy-Secret': secret.slice(0, -1) }],
  ['more than it', { 'X-Trusted-Proxy-Secret': `${secret}x` }],
])('with %s nobody is believed', (_, headers) => {
  expect(countedAs(nginx, { 'X-Real-IP': '198.51.100.10', ...headers })).toBe('192.0.2.1');
});

test('only the configured header counts, and none if none is configured', () => {
  const headers = {
    'X-Forwarded-For': '198.51.100.10',
    'CloudFront-Viewer-Address': '198.51.100.10:1',
    'X-Trusted-Proxy-Secret': secret,
  };
  expect(countedAs(nginx, headers)).toBe('192.0.2.1');
  expect(countedAs(undefined, { ...headers, 'X-Real-IP': '198.51.100.10' })).toBe('192.0.2.1');
});
