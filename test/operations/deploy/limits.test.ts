import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { gatewayResponses } from '../../../infrastructure/gateway-responses.ts';
import {
  costlyPaths,
  methodSettings,
  type RoutedFunction,
  reserveConcurrency,
  routesOf,
} from '../../../infrastructure/routes.ts';
import { type WebAclSettings, webAcl } from '../../../infrastructure/web-acl.ts';
import { alwaysHeaders } from '../../../lib/http/answer-headers.ts';
import { openapiDocument } from '../../../lib/openapi/document.ts';
import { readService } from '../../../tools/deploy/service.ts';
import { root } from '../../../tools/folders.ts';

type Method = {
  HttpMethod: string;
  ResourcePath: string;
  ThrottlingRateLimit: number;
  ThrottlingBurstLimit: number;
};
type Json = Record<string, unknown>;
type Acl = { Properties: { Rules: (Json & { Name: string })[] } };

const service = await readService();
const functions = service.functions as unknown as Record<string, RoutedFunction>;
const rates = { requestsPerSecond: 500, hashesPerSecond: 500 };
const methods = methodSettings(functions, rates) as Method[];
const rateOf = (method: string, path: string) =>
  methods.find(({ HttpMethod, ResourcePath }) => HttpMethod === method && ResourcePath === path)
    ?.ThrottlingRateLimit;
const hashes = Object.keys(functions).filter((name) =>
  /password(?:Hasher|Maker)\(/.test(readFileSync(`${root}functions/${name}.ts`, 'utf8')),
);

test('every function that hashes says so, and no other', () => {
  const said = Object.entries(functions).flatMap(([name, { throttle }]) =>
    throttle === 'hashing' || throttle === 'resetting' ? [name] : [],
  );
  expect(said.sort()).toEqual(hashes.sort());
});

test('every method has a limit of its own, and all of them together stay below an account’s 10,000 a second', () => {
  const limited = methods.map(
    ({ HttpMethod, ResourcePath }) => `${HttpMethod} ${ResourcePath.slice(1).replaceAll('~1', '/')}`,
  );
  for (const { method, path } of routesOf(functions)) expect(limited).toContain(`${method} ${path}`);
  const sum = methods.slice(1).reduce((all, { ThrottlingRateLimit }) => all + ThrottlingRateLimit, 0);
  expect(sum).toBeLessThan(10_000);
});

test('a method takes by what it costs', () => {
  expect(rateOf('POST', '/~1auth~1login')).toBe(500);
  expect(rateOf('POST', '/~1accounts~1auth')).toBe(500);
  expect(rateOf('POST', '/~1auth~1refresh-tokens')).toBe(500);
  expect(rateOf('POST', '/~1auth~1forget-password')).toBe(50);
  expect(rateOf('POST', '/~1reset-password')).toBe(50);
  expect(rateOf('GET', '/~1reset-password')).toBe(50);
  expect(rateOf('OPTIONS', '/~1auth~1login')).toBe(25);
  for (const path of ['/~1docs', '/~1docs~1reference.js', '/~1docs~1reference.css', '/~1openapi.json'])
    expect(rateOf('GET', path)).toBe(5);
});

test('a limit is never less than one', () => {
  for (const { ThrottlingRateLimit } of methodSettings(functions, {
    requestsPerSecond: 1,
    hashesPerSecond: 1,
  }) as Method[])
    expect(ThrottlingRateLimit).toBeGreaterThanOrEqual(1);
});

test('HASHING_CONCURRENCY reserves for the functions that hash, and for no other', () => {
  const copy = structuredClone(functions);
  reserveConcurrency(copy, 7);
  for (const [name, { reservedConcurrency }] of Object.entries(copy))
    expect(reservedConcurrency, name).toBe(hashes.includes(name) ? 7 : undefined);
});

const settings = {
  name: 'gatehouse-prod',
  stage: 'prod',
  requests: 2000,
  hashes: 300,
  costlyPaths: costlyPaths(functions),
  proxy: null,
};
const rulesOf = (changed: Partial<WebAclSettings> = {}) =>
  (webAcl({ ...settings, ...changed }).WebAcl as unknown as Acl).Properties.Rules;
const rateRule = (rules: Json[], name: string) =>
  (rules.find(({ Name }) => Name === name)?.Statement as { RateBasedStatement: Json } | undefined)
    ?.RateBasedStatement;

/** The regular expressions by which the second rule chooses. */
const patterns = (paths: readonly string[]) => {
  const text = JSON.stringify(rateRule(rulesOf({ costlyPaths: [...paths] }), 'one-address-hashing'));
  return [...text.matchAll(/"RegexString":"(.*?)"/g)].map(([, pattern = '']) => pattern);
};

test('the web ACL counts routes that hash or mail by themselves', () => {
  const all = patterns(costlyPaths(functions)).map((pattern) => new RegExp(pattern));
  const chosen = (path: string) => all.some((pattern) => pattern.test(path));
  for (const path of costlyPaths(functions))
    for (const spelling of [path, `${path}/`, `/prod${path}`, `/prod${path}/`])
      expect(chosen(spelling), spelling).toBe(true);
  for (const path of ['/auth', '/auth/refresh-tokens', '/accounts/logout', '/other/auth/login', '/docs'])
    expect(chosen(path), path).toBe(false);
  expect(JSON.stringify(rulesOf())).toContain('"SearchString":"POST"');
  expect(rateRule(rulesOf(), 'one-address')).toMatchObject({ Limit: 2000, AggregateKeyType: 'IP' });
  expect(rateRule(rulesOf(), 'one-address-hashing')).toMatchObject({ Limit: 300, AggregateKeyType: 'IP' });
});

test('many routes are split over regular expressions that WAF takes', () => {
  const many = Array.from({ length: 60 }, (_, index) => `/auth/some/longer/operation-${index}`);
  const found = patterns(many);
  expect(found.length).toBeGreaterThan(1);
  for (const pattern of found) expect(pattern.length).toBeLessThanOrEqual(512);
  for (const path of many) expect(found.some((pattern) => new RegExp(pattern).test(path))).toBe(true);
});

describe('behind a proxy of one’s own the web ACL', () => {
  const secret = 's'.repeat(32);
  const behind = (header: string) => rulesOf({ proxy: { header, secret } });
  const showing = {
    ByteMatchStatement: {
      FieldToMatch: { SingleHeader: { Name: 'x-trusted-proxy-secret' } },
      PositionalConstraint: 'EXACTLY',
      SearchString: secret,
      TextTransformations: [{ Priority: 0, Type: 'NONE' }],
    },
  };
  const hiding = { NotStatement: { Statement: showing } };
  /** The conditions under which a rule counts. */
  const scope = (rules: Json[], name: string) => {
    const which = rateRule(rules, name)?.ScopeDownStatement as Record<string, { Statements: Json[] }>;
    return which.AndStatement?.Statements ?? [which];
  };

  test('counts the addresses that the proxy names', () => {
    const rules = behind('X-Real-Client');
    for (const name of ['one-address-by-proxy', 'one-address-hashing-by-proxy']) {
      expect(rateRule(rules, name)).toMatchObject({
        AggregateKeyType: 'FORWARDED_IP',
        ForwardedIPConfig: { HeaderName: 'X-Real-Client' },
      });
      expect(scope(rules, name)).toContainEqual(showing);
    }
  });

  test.each(['X-Real-Client', 'CloudFront-Viewer-Address'])(
    'counts whoever goes around it by their own address, whatever %s says',
    (header) => {
      const rules = behind(header);
      for (const name of ['one-address', 'one-address-hashing']) {
        expect(rateRule(rules, name)).toMatchObject({ AggregateKeyType: 'IP' });
        expect(scope(rules, name)).toContainEqual(hiding);
      }
    },
  );

  // Each value of this header ends with a port: a rule over it would never count to two.
  test('leaves those that CloudFront names to the web ACL of the distribution', () => {
    expect(JSON.stringify(behind('CloudFront-Viewer-Address'))).not.toContain('FORWARDED_IP');
  });

  test('has names and priorities of their own for all rules', () => {
    const rules = behind('X-Real-Client');
    for (const member of ['Name', 'Priority'] as const)
      expect(new Set(rules.map((rule) => rule[member])).size).toBe(rules.length);
  });
});

/** Every type there is. @see https://docs.aws.amazon.com/apigateway/latest/api/API_GatewayResponse.html */
const TYPES: Record<string, string | undefined> = {
  RESOURCE_NOT_FOUND: '404',
  UNAUTHORIZED: '404',
  INVALID_API_KEY: '404',
  ACCESS_DENIED: '403',
  INVALID_SIGNATURE: '404',
  EXPIRED_TOKEN: '403',
  MISSING_AUTHENTICATION_TOKEN: '404',
  REQUEST_TOO_LARGE: '413',
  THROTTLED: '429',
  QUOTA_EXCEEDED: '429',
  WAF_FILTERED: '429',
  INTEGRATION_FAILURE: '503',
  INTEGRATION_TIMEOUT: '504',
  UNSUPPORTED_MEDIA_TYPE: undefined,
  BAD_REQUEST_PARAMETERS: undefined,
  BAD_REQUEST_BODY: undefined,
  AUTHORIZER_FAILURE: undefined,
  AUTHORIZER_CONFIGURATION_ERROR: undefined,
  API_CONFIGURATION_ERROR: undefined,
  DEFAULT_4XX: undefined,
  DEFAULT_5XX: undefined,
};
const responses = Object.values(gatewayResponses()).map(({ Properties }) => Properties);

test.each(Object.entries(TYPES))(
  'API Gateway’s own %s is a problem of ours and repeats no word',
  (type, status) => {
    const of = type.startsWith('AUTHORIZER') || type.startsWith('API_') ? 'DEFAULT_5XX' : 'DEFAULT_4XX';
    const answer =
      responses.find(({ ResponseType }) => ResponseType === type) ??
      responses.find(({ ResponseType }) => ResponseType === of);
    expect(answer?.StatusCode).toBe(status);
    const { 'application/json': template = '' } = (answer?.ResponseTemplates ?? {}) as Record<string, string>;
    expect(template).not.toContain('$');
    const body = JSON.parse(template) as Json;
    expect(body.message).toBe(body.detail);
    expect(body.code).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(body.status).toBe(status === undefined ? undefined : Number(status));
    const headers = answer?.ResponseParameters as Record<string, string>;
    const expected = {
      ...alwaysHeaders,
      'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
      'X-Frame-Options': 'DENY',
      'Content-Type': 'application/problem+json',
    };
    for (const [name, value] of Object.entries(expected))
      expect(headers[`gatewayresponse.header.${name}`]).toBe(`'${value}'`);
    if (status === '429' || status === '503')
      expect(headers['gatewayresponse.header.Retry-After']).toMatch(/^'\d+'$/);
  },
);

test.each([
  ['THROTTLED', 'gateway-throttled', '429'],
  ['REQUEST_TOO_LARGE', 'gateway-too-large', '413'],
])('the document shows API Gateway’s own %s as it is', (type, name, status) => {
  const answer = responses.find(({ ResponseType }) => ResponseType === type);
  const { 'application/json': template = '' } = (answer?.ResponseTemplates ?? {}) as Record<string, string>;
  const document = JSON.stringify(
    openapiDocument({ server: 'https://auth.example.com', passwordMinimum: 12 }),
  );
  const shown = [...document.matchAll(new RegExp(`"${name}":{"value":({[^}]*})`, 'g'))];
  expect(shown.length).toBeGreaterThan(0);
  for (const [, value = ''] of shown) expect(JSON.parse(value)).toEqual(JSON.parse(template));
  expect(JSON.parse(template).status).toBe(Number(status));
});
