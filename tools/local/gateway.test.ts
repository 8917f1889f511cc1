import type { APIGatewayProxyEvent } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { readService, type Service } from '../deploy/service.ts';
import { type Incoming, type Outgoing, openGateway } from './gateway.ts';

const service = await readService();
const routes = [
  'POST /auth/login',
  'GET /things/{thingId}',
  'GET /things/search',
  { method: 'post', path: 'admin/users/{userId}/disable', authorizer: { type: 'aws_iam' } },
];
const ours: Service = {
  ...service,
  functions: { one: { name: 'one', handler: '', events: routes.map((http) => ({ http })) } },
};

/** What comes of a request, and the event that the function got. */
async function ask(
  request: Partial<Incoming>,
  answer: unknown = { statusCode: 200, body: '' },
): Promise<{ reply: Outgoing; event: APIGatewayProxyEvent | undefined }> {
  let event: APIGatewayProxyEvent | undefined;
  const gateway = openGateway({
    service: ours,
    corsOrigins: '',
    invoke: async (_, given) => {
      event = given as APIGatewayProxyEvent;
      if (answer instanceof Error) throw answer;
      return answer;
    },
    failed: () => undefined,
  });
  const plain = { method: 'POST', url: '/auth/login', headers: [], sourceIp: '127.0.0.1', requestId: 'r' };
  return { reply: await gateway({ ...plain, body: new Uint8Array(), ...request }), event };
}

describe('a route', () => {
  test.each([
    ['POST', '/auth/login', '/auth/login', null],
    ['POST', '/auth/login/?a=1', '/auth/login', null],
    ['GET', '/things/7f%2F3', '/things/{thingId}', { thingId: '7f/3' }],
    ['GET', '/things/%zz', '/things/{thingId}', { thingId: '%zz' }],
    ['GET', '/things/search/', '/things/search', null],
  ])('%s %s is that of %s', async (method, url, resource, pathParameters) => {
    const { event } = await ask({ method, url });
    expect(event).toMatchObject({ resource, pathParameters, path: url.split('?')[0] });
  });

  test.each([
    ['GET', '/auth/login'],
    ['POST', '/auth/login//'],
    ['POST', '/auth/./login'],
    ['POST', '/auth/%6cogin'],
    ['GET', '/things/'],
    ['GET', '/things/a/b'],
    ['OPTIONS', '*'],
    ['GET', 'http://localhost/auth/login'],
  ])('is not %s %s: 404', async (method, url) => {
    const { reply, event } = await ask({ method, url });
    expect([reply.status, event]).toEqual([404, undefined]);
    expect(JSON.parse(String(reply.body))).toMatchObject({ status: 404 });
  });
});

test('a body over 10 MB is refused as too large, of an unknown route as unknown', async () => {
  expect((await ask({ body: undefined })).reply.status).toBe(413);
  expect((await ask({ url: '/nothing', body: undefined })).reply.status).toBe(404);
});

test('a function gets every value of a header and a parameter, and the body in base64', async () => {
  const { event } = await ask({
    url: '/auth/login?a=1&a=%20+&b',
    headers: [
      ['X-One', '1'],
      ['x-one', '2'],
    ],
    body: Buffer.from([0xff, 0x00]),
  });
  expect(event).toMatchObject({
    headers: { 'X-One': '2' },
    multiValueHeaders: { 'X-One': ['1', '2'] },
    queryStringParameters: { a: '  ', b: '' },
    multiValueQueryStringParameters: { a: ['1', '  '], b: [''] },
    body: '/wA=',
    isBase64Encoded: true,
    requestContext: { requestId: 'r', identity: { sourceIp: '127.0.0.1' } },
  });
});

describe('a route that wants a signature of AWS', () => {
  const url = '/admin/users/7/disable';

  test.each([
    [[]],
    [[['Authorization', 'Bearer x']]],
    [[['Authorization', 'AWS4-HMAC-SHA256 x']]],
    [[['X-Authorization', 'AWS4-HMAC-SHA256 x']]],
  ])('refuses a request with %j', async (headers) => {
    const { reply, event } = await ask({ url, headers: headers as [string, string][] });
    expect([reply.status, event]).toEqual([403, undefined]);
  });

  test.each([
    ['GET', '/admin'],
    ['GET', '/admin/users/7/disable'],
    ['POST', '/admin/nothing'],
  ])(
    'says of %s %s nothing else to whoever does not sign, and 404 to whoever does',
    async (method, other) => {
      const refused = await ask({ method, url: other, body: undefined });
      expect([refused.reply.status, refused.event]).toEqual([403, undefined]);
      expect(JSON.parse(String(refused.reply.body))).toMatchObject({ status: 403, code: 'forbidden' });
      const headers = [['authorization', 'AWS4-HMAC-SHA256 Credential=AKIA7/20260101/x']] as const;
      expect((await ask({ method, url: other, headers })).reply.status).toBe(404);
    },
  );

  test('passes one that has it on, with an identity', async () => {
    const headers = [['authorization', 'AWS4-HMAC-SHA256 Credential=AKIA7/20260101/x']] as const;
    const { event } = await ask({ url, headers });
    expect(event?.requestContext.identity.userArn).toBe('arn:aws:iam::000000000000:user/AKIA7');
    expect((await ask({})).event?.requestContext.identity.userArn).toBeNull();
  });
});

describe('an answer', () => {
  test('keeps all values of a header, and its bytes', async () => {
    const { reply } = await ask(
      {},
      {
        statusCode: 201,
        headers: { 'X-One': 1 },
        multiValueHeaders: { 'Set-Cookie': ['a=1', 'b=2'] },
        body: 'AP8=',
        isBase64Encoded: true,
      },
    );
    expect(reply).toEqual({
      status: 201,
      headers: [
        ['X-One', '1'],
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
        ['Content-Type', 'application/json'],
      ],
      body: Buffer.from([0, 255]),
      routed: true,
    });
  });

  test.each([null, {}, 'text', { statusCode: '200' }, { statusCode: 200, body: {} }, new Error('it failed')])(
    'that is none, %j, is a 502 without a word about why',
    async (answer) => {
      const { reply } = await ask({}, answer);
      expect(reply.status).toBe(502);
      expect(String(reply.body)).not.toContain('it failed');
    },
  );
});
