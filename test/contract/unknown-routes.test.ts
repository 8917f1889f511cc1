import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { type Client, clients, inProcess, overHttp } from '../harness/client.ts';
import { signed } from '../harness/signed.ts';
import { coded, expectAnswer, problem } from './answers.ts';

const routes = [
  'POST /accounts/auth',
  'POST /accounts/forgetpassword',
  'POST /accounts/resetpassword',
  'GET /accounts/logout',
  'POST /api/user/signup',
  'POST /api/user/login',
  'POST /auth',
  'POST /auth/register',
  'POST /auth/login',
  'POST /auth/refresh-tokens',
  'POST /auth/forget-password',
  'POST /auth/reset-password',
  'POST /auth/logout',
  'GET /auth/account',
  'POST /auth/profile',
  'GET /auth/sessions',
  'GET /auth/activity',
  'POST /auth/sessions/end',
  'GET /auth/export',
  'POST /auth/step-up',
  'POST /auth/change-password',
  'POST /auth/delete-account',
  'POST /auth/login/second-factor',
  'POST /auth/verify-email',
  'POST /auth/send-verification',
  'POST /auth/change-email',
  'POST /auth/undo',
  'GET /verify-email',
  'POST /verify-email',
  'GET /undo',
  'POST /undo',
  'POST /auth/totp',
  'POST /auth/totp/confirm',
  'POST /auth/totp/remove',
  'POST /auth/recovery-codes',
  'POST /auth/passkeys/options',
  'POST /auth/passkeys',
  'POST /auth/passkeys/rename',
  'POST /auth/passkeys/remove',
  'POST /auth/login/passkey/options',
  'POST /auth/login/passkey',
  'GET /reset-password',
  'POST /reset-password',
  'GET /forgot-password',
  'POST /forgot-password',
  'GET /account',
  'GET /.well-known/jwks.json',
  'GET /.well-known/openid-configuration',
  'GET /.well-known/webauthn',
  'GET /.well-known/passkey-endpoints',
  'GET /admin/users',
  'GET /admin/users/{userId}',
  'GET /admin/users/{userId}/activity',
  'POST /admin/users',
  'POST /admin/users/{userId}/disable',
  'POST /admin/users/{userId}/enable',
  'POST /admin/users/{userId}/end-sessions',
  'POST /admin/users/{userId}/verify',
  'POST /admin/users/{userId}/remove-factors',
  'POST /admin/users/{userId}/start-reset',
  'POST /admin/users/{userId}/unlock',
  'POST /admin/users/{userId}/delete',
  'PUT /admin/users/{userId}/roles',
  'GET /openapi.json',
  'GET /docs',
  'GET /docs/reference.js',
  'GET /docs/reference.css',
].map((route) => route.split(' ') as [method: string, path: string]);
const paths = [...new Set(routes.map(([, path]) => path))];
/** What pages of other origins may call. */
const forBrowsers = routes
  .map(([, path]) => path)
  .filter(
    (path) =>
      !/^\/(admin\/|\.well-known\/(jwks|openid)|openapi\.json|docs|(reset-password|forgot-password|verify-email|undo|account)$)/.test(
        path,
      ),
  );

/** Whoever doesn't sign is told nothing of these paths: test/contract/admin.test.ts. */
const headersFor = (path: string) => (path.startsWith('/admin/') ? signed : {});

const notFound = coded('not-found', problem(404, 'Not Found', 'This path or method does not exist.'));
const preflight = {
  origin: 'https://app.example.com',
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'content-type',
};
/** API Gateway gives a content type to an answer that has none. */
const nothingGranted = (client: Client) => {
  const type = client === overHttp ? 'application/json' : undefined;
  return { status: 204, body: '', headers: { 'content-type': type } };
};

test('serverless.yml has the routes of the contract, their preflights and no other', () => {
  const contract = [...routes, ...forBrowsers.map((path) => ['OPTIONS', path])];
  expect(Object.keys(inject('stack').routes).sort()).toEqual(contract.map((route) => route.join(' ')).sort());
});

describe('over HTTP', () => {
  test.each([
    '/',
    '/nothing',
    '/auth/nothing',
    '/auth/login/nothing',
    '/AUTH/login',
    '/api',
    '/accounts',
    '/dev/auth/login',
    '/.well-known/jwks',
    '/favicon.ico',
    '/auth/%2e%2e/%00',
  ])('answers a path that does not exist, %s, with 404', async (path) => {
    for (const method of ['GET', 'POST', 'OPTIONS'])
      expectAnswer(await overHttp.send({ method, path }), notFound);
  });

  test.each(paths)('answers every method that %s does not have with 404', async (path) => {
    const methods = routes.filter(([, other]) => other === path).map(([method]) => method);
    const more = forBrowsers.includes(path) ? [] : ['OPTIONS'];
    const all = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', ...more];
    const others = all.filter((other) => !methods.includes(other));
    const headers = headersFor(path);
    for (const other of others) expectAnswer(await overHttp.send({ method: other, path, headers }), notFound);
  });

  test.each(paths)('answers HEAD of %s as a method that does not exist', async (path) => {
    const headers = headersFor(path);
    expectAnswer(await overHttp.send({ method: 'HEAD', path, headers }), { ...notFound, body: '' });
  });

  test('answers a path that does not exist the same for a page of another origin', async () => {
    expectAnswer(await overHttp.send({ path: '/nothing', headers: preflight }), notFound);
  });
});

describe.each(clients)('without origins in the configuration, $name', (client) => {
  test.each(forBrowsers)('a preflight of %s is granted nothing, slash or none', async (path) => {
    for (const spelling of [path, `${path}/`]) {
      const reply = await client.send({ method: 'OPTIONS', path: spelling, headers: preflight });
      expectAnswer(reply, nothingGranted(client));
    }
  });

  test('an answer says nothing of the origin that asked', async () => {
    const { headers } = await client.send({ path: '/auth', headers: { origin: 'https://app.example.com' } });
    expect(JSON.stringify(headers)).not.toMatch(/access-control|app\.example/);
  });
});

describe('with origins in the configuration', () => {
  beforeAll(() => {
    vi.resetModules(); // functions read their configuration when they are imported
    vi.stubEnv('CORS_HEADERS', 'X-Request-Id');
    vi.stubEnv(
      'CORS_ORIGINS',
      'https://app.example.com, https://*.preview.example.com, capacitor://localhost',
    );
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    vi.resetModules();
  });

  test.each(['https://app.example.com', 'https://pr-7.preview.example.com', 'capacitor://localhost'])(
    'a preflight from %s is granted what the routes take, never credentials',
    async (origin) => {
      const headers = { ...preflight, origin };
      const reply = await inProcess.send({ method: 'OPTIONS', path: '/auth/login', headers });
      expectAnswer(reply, {
        status: 204,
        body: '',
        headers: {
          'content-type': undefined,
          'access-control-allow-origin': origin,
          'access-control-allow-methods': 'GET, POST',
          'access-control-allow-headers':
            'Authorization, Content-Type, token, traceparent, tracestate, baggage, sentry-trace, X-Requested-With, X-Request-Id',
          'access-control-max-age': '7200',
          'access-control-expose-headers': 'Retry-After, WWW-Authenticate',
        },
      });
      expect(reply.headers.vary).toBe('Origin');
    },
  );

  test.each([
    'https://evil.example',
    'https://app.example.com.evil.example',
    'http://app.example.com',
    'https://preview.example.com',
    'https://a.b.preview.example.com',
    'https://app.example.com:8443',
    'https://APP.example.com',
    'null',
    '*',
    '',
  ])('a preflight from %j is granted nothing', async (origin) => {
    const headers = { ...preflight, origin };
    const reply = await inProcess.send({ method: 'OPTIONS', path: '/auth/login', headers });
    expectAnswer(reply, nothingGranted(inProcess));
    expect(reply.headers.vary).toBe('Origin');
  });

  test.each<[rule: string, origin: string, headers: Record<string, string>]>([
    [
      'a known origin may read it',
      'https://app.example.com',
      {
        'access-control-allow-origin': 'https://app.example.com',
        'access-control-expose-headers': 'Retry-After, WWW-Authenticate',
      },
    ],
    ['another may not', 'https://evil.example', {}],
  ])('of an answer, an error too, %s', async (_, origin, granted) => {
    const reply = await inProcess.send({ path: '/auth', headers: { origin } });
    expectAnswer(
      reply,
      coded(
        'missing-access-token',
        problem(401, 'Unauthorized', 'Send an access token in the header Authorization: Bearer.', {
          headers: { 'www-authenticate': 'Bearer', ...granted },
        }),
      ),
    );
    expect(reply.headers.vary).toBe('Origin');
  });
});
