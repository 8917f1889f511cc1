import { describe, expect, inject, test } from 'vitest';
import { operations } from '../../lib/dialects/all.ts';
import type { AnyOperation } from '../../lib/http/operation.ts';
import { routeKeyOf } from '../../lib/http/operation.ts';
import { type Call, type Client, clients, inProcess } from '../harness/client.ts';
import { loggedIn, signedUp } from '../harness/people.ts';

// What all operations have in common, asked of each that some dialect declares: a new one is in here by itself. That
// each answer is one that the OpenAPI document has is looked at by the clients (test/harness/documented.ts).

/** Nobody checks the signature here: API Gateway does. */
const signed = {
  authorization: 'AWS4-HMAC-SHA256 Credential=AKIA7/20260101/eu-central-1/execute-api/aws4_request',
};

const all = operations.map((operation) => [operation.route, operation] as const);
const posts = all.filter(([route]) => !route.startsWith('GET '));
const forSigners = all.filter(([, { takes }]) => takes.iam);
const withBodies = all.filter(([, { takes }]) => takes.body !== undefined);
const withTokens = all.filter(([, { takes }]) => takes.accessToken !== undefined && !takes.anonymous);

/** A request with a tag or the like in its query, so that nothing but `more` is wrong with it. */
function send(client: Client, operation: AnyOperation, more: Partial<Call> = {}) {
  const [method = '', template = ''] = operation.route.split(' ');
  const { query = {}, path = {}, iam } = operation.takes;
  const search = Object.entries(query).map(([name, { example }]) => [name, example]);
  const filled = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => path[name]?.example ?? '');
  return client.send({
    method,
    path: `${filled}?${new URLSearchParams(search)}`,
    ...more,
    headers: { ...(iam && signed), ...more.headers },
  });
}

/** What an operation that takes an access token has to be sent before its body is looked at: somebody's own, whom it may delete. */
async function tokenFor({ takes }: AnyOperation): Promise<Record<string, string>> {
  if (takes.accessToken === undefined || takes.anonymous) return {};
  const { accessToken } = await loggedIn(inProcess, await signedUp(inProcess));
  return { authorization: `Bearer ${accessToken}` };
}

/** What the operation's own dialect says of a problem. */
function wordsFor(
  operation: AnyOperation,
  code: 'cross-site-request' | 'body-too-large' | 'unsupported-media-type',
) {
  const { status, body } = operation.dialect.fail({ code }, {} as never, operation);
  return { status, json: body };
}

const crossSite = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
const json = { 'content-type': 'application/json' };

test('serverless.yml serves each operation that is declared, and no other path of its dialects', () => {
  const served = Object.entries(inject('stack').routes)
    .filter(
      ([route, name]) => !['pages', 'docs', 'preflight'].includes(name) && !route.startsWith('OPTIONS '),
    )
    .map(([route]) => route);
  expect(operations.map(routeKeyOf).sort()).toEqual(served.sort());
});

test('each has an id of its own, and words', () => {
  expect(new Set(operations.map(({ id }) => id)).size).toBe(operations.length);
  for (const { summary, description } of operations) expect([summary, description]).not.toContain('');
});

describe.each(clients)('$name', (client) => {
  test.each(all)('%s: every answer has the headers of security', async (_, operation) => {
    for (const headers of [{}, crossSite]) {
      const reply = await send(client, operation, { headers });
      expect(reply.headers).toMatchObject({
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'x-frame-options': 'DENY',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'strict-transport-security': expect.stringMatching(/^max-age=\d{7,}/),
        'cache-control': expect.stringMatching(/^(no-store|public, max-age=\d+)$/),
      });
    }
  });

  test.each(posts)('%s: a page of another site is refused, before its body is read', async (_, operation) => {
    for (const body of [undefined, '{'])
      expect(await send(client, operation, { headers: { ...json, ...crossSite }, body })).toMatchObject(
        wordsFor(operation, 'cross-site-request'),
      );
    const form = { 'content-type': 'application/x-www-form-urlencoded', ...crossSite };
    const reply = await send(client, operation, { headers: form, body: 'username=x&password=x' });
    expect(reply.status).toBe(403);
  });

  test.each(posts)('%s: the same site, the address bar and programs are not', async (_, operation) => {
    const others: Record<string, string>[] = [
      {},
      { 'sec-fetch-site': 'none' },
      { 'sec-fetch-site': 'same-origin', origin: 'https://evil.example' },
      { 'sec-fetch-site': 'same-site', origin: 'https://evil.example' },
      { origin: 'https://evil.example' },
    ];
    for (const headers of others) expect((await send(client, operation, { headers })).status).not.toBe(403);
  });

  test.each(withBodies)(
    '%s: a body of the wrong size, then of the wrong type is refused',
    async (_, operation) => {
      const token = await tokenFor(operation);
      const tooLarge = {
        headers: { 'content-type': 'text/plain', ...token },
        body: 'x'.repeat(32 * 1024 + 1),
      };
      expect(await send(client, operation, tooLarge)).toMatchObject(wordsFor(operation, 'body-too-large'));
      const text = { headers: { 'content-type': 'text/plain', ...token }, body: '{}' };
      expect(await send(client, operation, text)).toMatchObject(
        wordsFor(operation, 'unsupported-media-type'),
      );
    },
  );

  test.each(withBodies)(
    '%s: a content type that was sent twice counts once, or not at all',
    async (_, operation) => {
      const token = await tokenFor(operation);
      const statusOf = async (type: string) =>
        (await send(client, operation, { headers: { 'content-type': type, ...token }, body: '{' })).status;
      for (const type of [
        'application/json, application/json',
        'application/json;charset=utf-8, application/json',
        'application/json, application/json; charset=utf-8',
      ])
        expect(await statusOf(type)).toBe(400); // the body is not JSON, so the type was read
      for (const type of ['application/json, text/plain', 'text/plain;charset=utf-8, application/json'])
        expect(await statusOf(type)).toBe(415);
    },
  );

  test.each(forSigners)('%s: whoever does not sign is refused before anything else', async (_, operation) => {
    for (const authorization of ['', 'Bearer x', 'AWS4-HMAC-SHA256 x', 'AWS4-HMAC-SHA256 Credential=/x'])
      for (const body of [undefined, '{']) {
        const call = {
          headers: { authorization, ...crossSite, ...json },
          ...(operation.takes.body && { body }),
        };
        expect(await send(client, operation, call)).toMatchObject({
          status: 403,
          headers: { 'content-type': 'application/problem+json' },
          json: { status: 403, code: 'forbidden' },
        });
      }
  });

  test.each(withTokens)('%s: a missing and a wrong access token are refused', async (_, operation) => {
    // A body is looked at after the token: what is wrong with it is nobody's business before.
    const missing = await send(client, operation, operation.takes.body && { headers: json, body: '{' });
    expect([missing.status, missing.headers['www-authenticate']]).toEqual([401, 'Bearer']);
    const wrong = await send(client, operation, { headers: { authorization: 'Bearer x' } });
    expect([wrong.status, wrong.headers['www-authenticate']]).toEqual([401, 'Bearer error="invalid_token"']);
  });
});

test.each(operations.filter(({ dialect, takes }) => dialect.name === 'auth' && takes.body))(
  '$route: a refusal has a code, and so has each of its errors',
  async (operation) => {
    const token = await tokenFor(operation);
    const { json: told } = await send(inProcess, operation, { headers: { ...json, ...token }, body: '{' });
    expect(told).toMatchObject({ code: 'malformed-body' });
    const { json: refused, status } = await send(inProcess, operation, { headers: token, body: { x: 1 } });
    if (status !== 400) return;
    const { code, errors = [] } = refused as { code: string; errors?: { code: string }[] };
    expect(code).toBe('invalid-fields');
    for (const error of errors) expect(error.code).toBe('required');
  },
);
