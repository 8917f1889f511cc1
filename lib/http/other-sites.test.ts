import type { APIGatewayProxyEvent } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import type { Dialect } from './operation.ts';
import { refuseOtherSites } from './other-sites.ts';
import { readRequest } from './request.ts';

const settings = {
  corsOrigins: ['https://app.example.com', 'https://*.preview.example.com'],
  appUrl: 'https://links.example.com/account',
};
type Headers = Record<string, string>;

function isRefused(headers: Headers, ownSiteOnly = false, route: 'POST /x' | 'GET /x' = 'POST /x'): boolean {
  const request = readRequest({ headers } as unknown as APIGatewayProxyEvent);
  try {
    refuseOtherSites({ route, dialect: { ownSiteOnly } as Dialect }, request, settings);
    return false;
  } catch (error) {
    expect(error).toMatchObject({ problem: { code: 'cross-site-request' } });
    return true;
  }
}

describe('a POST to an API', () => {
  test.each<[who: string, headers: Headers, refused: boolean]>([
    ['a program', {}, false],
    ['a program that names an origin', { Origin: 'https://evil.example' }, false],
    ['the API itself', { 'Sec-Fetch-Site': 'same-origin', Origin: 'https://auth.example.com' }, false],
    ['the address bar', { 'Sec-Fetch-Site': 'none' }, false],
    ['another host of the site', { 'Sec-Fetch-Site': 'same-site', Origin: 'https://x.example.com' }, false],
    ['an allowed site', { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://app.example.com' }, false],
    ['a pattern', { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://a.preview.example.com' }, false],
    ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, true],
    ['a sandboxed frame', { 'Sec-Fetch-Site': 'cross-site', Origin: 'null' }, true],
    ['another site without an origin', { 'Sec-Fetch-Site': 'cross-site' }, true],
    ['another port', { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://app.example.com:8443' }, true],
  ])('from %s is refused or not: %j, %s', (_, headers, refused) => {
    expect(isRefused(headers)).toBe(refused);
  });
});

describe('a form of our pages', () => {
  const host = { Host: 'auth.example.com' };
  test.each<[from: string, headers: Headers, refused: boolean]>([
    ['a program', {}, false],
    ['itself', { 'Sec-Fetch-Site': 'same-origin', Origin: 'https://auth.example.com' }, false],
    ['the address bar', { 'Sec-Fetch-Site': 'none' }, false],
    ['another host of the site', { 'Sec-Fetch-Site': 'same-site', Origin: 'https://x.example.com' }, true],
    [
      'an origin that may call the API',
      { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://app.example.com' },
      true,
    ],
    ['itself, in an old Safari', { Origin: 'https://auth.example.com' }, false],
    ['the host of the links, in an old Safari', { Origin: 'https://links.example.com' }, false],
    ['another site, in an old Safari', { Origin: 'https://evil.example' }, true],
    ['another port, in an old Safari', { Origin: 'https://auth.example.com:8443' }, true],
    ['a host that only begins alike', { Origin: 'https://auth.example.com.evil.example' }, true],
    ['a sandboxed frame, in an old Safari', { Origin: 'null' }, true],
  ])('that comes from %s is refused or not: %j, %s', (_, headers, refused) => {
    expect(isRefused({ ...host, ...headers }, true)).toBe(refused);
  });
});

test('a GET may come from anywhere, as links do', () => {
  const headers = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' };
  for (const ownSiteOnly of [true, false]) expect(isRefused(headers, ownSiteOnly, 'GET /x')).toBe(false);
});
