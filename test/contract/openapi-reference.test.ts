import { gunzipSync } from 'node:zlib';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { answerReference } from '../../lib/openapi/reference.ts';
import { fitToSettings } from '../../tools/deploy/deployment.ts';
import { clients, toEvent } from '../harness/client.ts';
import { plainSettings } from '../operations/deploy/plain-settings.ts';

type Asked = { stage?: string; encoding?: string | undefined; passwordMinimum?: number; adminApi?: boolean };

/** Asks as through API Gateway's own address, whose paths begin with the stage. */
function ask(path: string, { stage = '', encoding, passwordMinimum = 8, adminApi = false }: Asked = {}) {
  const event = toEvent({
    method: 'GET',
    path,
    headers: encoding === undefined ? {} : { 'Accept-Encoding': encoding },
  });
  const requestContext = { ...event.requestContext, path: stage + path };
  return answerReference({ ...event, requestContext } as APIGatewayProxyEvent, { passwordMinimum, adminApi });
}
const serverOf = (body: string) => JSON.parse(body).servers[0].url;

describe.each(clients)('$name', (client) => {
  test.each(['/docs', '/docs/'])('%s is a page that may load this API alone', async (path) => {
    const { status, headers, text } = await client.send({ method: 'GET', path });
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'content-security-policy': expect.stringMatching(/^default-src 'none'; script-src 'self'; /),
      'x-frame-options': 'DENY',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'permissions-policy': expect.stringContaining('camera=()'),
    });
    expect(headers['content-security-policy']).not.toMatch(/unsafe|\*|https?:/);
    expect(text).not.toMatch(/https?:|<style|style=|\son\w+=/);
  });

  test.each(['/openapi.json', '/openapi.json/'])('%s is the document', async (path) => {
    const { headers, json } = await client.send({ method: 'GET', path });
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(json).toMatchObject({ openapi: '3.1.1', servers: [{ url: '/' }] });
    expect(JSON.stringify(json)).not.toMatch(/987654321|\{server\}/);
  });

  test.each([
    ['js', 'text/javascript'],
    ['css', 'text/css'],
  ])('the page names a reference.%s that may be kept for ever', async (extension, type) => {
    const page = await client.send({ method: 'GET', path: '/docs' });
    const [, path = ''] = new RegExp(`"(/docs/reference\\.${extension}\\?[\\w-]{12})"`).exec(page.text) ?? [];
    const reply = await client.send({ method: 'GET', path });
    expect(reply.status).toBe(200);
    expect(reply.headers['content-type']).toBe(`${type}; charset=utf-8`);
    expect(reply.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(reply.text.length).toBeGreaterThan(100_000);
    expect(reply.text).not.toContain('sourceMappingURL=');
    for (const words of [
      'SmartBear Software',
      'Apache License',
      'TERMS AND CONDITIONS',
      'Viacheslav Lotsmanov',
    ])
      expect(reply.text.slice(0, 20_000)).toContain(words);
  });
});

test.each(['gzip, br', 'br', 'identity', 'gzip;q=0', '*;q=0', '', undefined])(
  'the files are compressed for whoever accepts %s: nobody makes us send them inflated',
  (encoding) => {
    for (const path of ['/docs/reference.js', '/docs/reference.css']) {
      const { body, headers, isBase64Encoded, statusCode } = ask(path, { encoding });
      expect([statusCode, isBase64Encoded]).toEqual([200, true]);
      expect(headers).toMatchObject({
        'Content-Encoding': 'gzip',
        'Cache-Control': 'public, max-age=31536000, immutable',
      });
      expect(Buffer.from(body, 'base64').length).toBeLessThan(600_000);
      expect(gunzipSync(Buffer.from(body, 'base64')).toString()).toContain('swagger-ui');
    }
  },
);

test('under a stage the document and the page lead to the stage', () => {
  expect(serverOf(ask('/openapi.json', { stage: '/prod' }).body)).toBe('/prod');
  expect(serverOf(ask('/openapi.json/', { stage: '/prod' }).body)).toBe('/prod');
  for (const path of ['/docs', '/docs/'])
    expect(ask(path, { stage: '/prod' }).body).toContain('src="/prod/docs/reference.js?');
});

test('nothing else of the path gets into the page', () => {
  for (const stage of ['/"><script>', '//evil.example', '/a/b', 'https://evil.example'])
    expect(ask('/docs', { stage }).body).toContain('src="/docs/reference.js?');
});

test('the document says the password minimum that is configured', () => {
  const { body } = ask('/openapi.json', { passwordMinimum: 15 });
  expect(body).toContain('"minLength":15');
  expect(body).toContain('Enter a password of at least 15 characters.');
});

test.each([true, false])('a deployment with apiReference %s has the function or not', (apiReference) => {
  const functions = { docs: {}, login: {} };
  const service = {
    custom: {
      may: {},
      keepWarm: [],
      optional: { domain: {}, hostedZone: {}, canary: {}, apiLogRole: {}, budget: {} },
    },
    functions,
    provider: { environment: {} },
    resources: { Resources: {} },
  };
  fitToSettings(service, { ...plainSettings, apiReference });
  expect(Object.keys(functions)).toEqual(apiReference ? ['docs', 'login'] : ['login']);
});
