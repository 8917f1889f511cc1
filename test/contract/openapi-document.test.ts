import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { openapiDocument } from '../../lib/openapi/document.ts';
import { isOptional, requestSchema } from '../../lib/openapi/json-schema.ts';
import { readService } from '../../tools/deploy/service.ts';
import { root } from '../../tools/folders.ts';
import { expectDocumented } from '../harness/documented.ts';

type Operation = { operationId: string; responses: object; requestBody?: { content: object } };
type Document = { paths: Record<string, Record<string, Operation>> };

const document = openapiDocument({ server: '/', passwordMinimum: 8 }) as unknown as Document;
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ method, path, ...operation })),
);

describe('the OpenAPI document', () => {
  test('is what docs/openapi.yaml holds: otherwise run `npm run openapi`', () => {
    expect(parse(readFileSync(`${root}docs/openapi.yaml`, 'utf8'))).toEqual(
      JSON.parse(JSON.stringify(document)),
    );
  });

  test('has every route of the API, and no other', async () => {
    const { functions } = await readService();
    const routes = Object.entries(functions)
      .filter(([name]) => !['preflight', 'docs', 'pages'].includes(name))
      .flatMap(([, { events = [] }]) => events.flatMap(({ http }) => (http === undefined ? [] : [http])));
    const documented = operations.map(
      ({ method, path }) => `${method.toUpperCase()} ${path.replace(/(?<=.)\/$/, '')}`,
    );
    // Routes that AWS_IAM guards are written in parts.
    const written = routes.map((http: unknown) => {
      if (typeof http === 'string') return http;
      const { method, path } = http as { method: string; path: string };
      return `${method.toUpperCase()} /${path.replace(/^\//, '')}`;
    });
    expect(documented.sort()).toEqual(written.sort());
  });

  test('names each operation once', () => {
    const names = operations.map(({ operationId }) => operationId);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('authRefresh');
  });

  test('says the password minimum of the deployment, in the schema and in the sentences', async () => {
    const text = JSON.stringify(openapiDocument({ server: '/', passwordMinimum: 15 }));
    expect(text).toContain('"minLength":15');
    expect(text).toContain('Enter a password of at least 15 characters.');
    expect(text).not.toContain('at least 8 characters');
  });

  test('has forms where the dialect takes them, and there alone', () => {
    for (const { path, requestBody } of operations) {
      if (requestBody === undefined) continue;
      expect(Object.keys(requestBody.content)).toHaveLength(path.startsWith('/accounts') ? 3 : 1);
    }
  });
});

describe('what is asked of the code', () => {
  test('is an error when a rule of code says nothing of itself', () => {
    const rule = v.pipe(
      v.string(),
      v.check((text) => text !== 'no'),
    );
    expect(() => requestSchema(rule)).toThrow(/has no v.metadata/);
    expect(isOptional(rule)).toBe(false);
  });
});

describe('an answer that the document does not have', () => {
  const call = { path: '/auth/logout/', body: { refreshToken: 'x' } };
  const good = {
    status: 200,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'strict-transport-security': 'max-age=63072000; includeSubDomains',
      'referrer-policy': 'no-referrer',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'x-frame-options': 'DENY',
    } as Record<string, string>,
    text: '{"message":"You are logged out."}',
    json: { message: 'You are logged out.' } as unknown,
  };
  const without = (name: string) => ({
    ...good,
    headers: Object.fromEntries(Object.entries(good.headers).filter(([key]) => key !== name)),
  });

  test('is not confused with one that it has', () => {
    expect(() => expectDocumented(call, good)).not.toThrow();
  });

  test.each([
    ['another status', { ...good, status: 418 }, /status is not documented/],
    ['another type', { ...good, headers: { ...good.headers, 'content-type': 'text/html' } }, /text\/html/],
    ['a header less', without('cache-control'), /Cache-Control is missing/],
    ['another value', { ...good, headers: { ...good.headers, 'cache-control': 'public' } }, /Cache-Control/],
    ['a header more', { ...good, headers: { ...good.headers, 'retry-after': '1' } }, /retry-after/],
    ['a member less', { ...good, json: {} }, /message/],
    ['a member more', { ...good, json: { message: 'x', userId: 'x' } }, /userId/],
    ['no JSON', { ...good, json: undefined }, /must be object/],
  ])('fails the test: %s', (_, reply, fault) => {
    expect(() => expectDocumented(call, reply)).toThrow(fault);
  });

  test('fails the test: a success for a request that it forbids', () => {
    expect(() => expectDocumented({ ...call, body: { refreshToken: 5 } }, good)).toThrow(/a request/);
  });
});
