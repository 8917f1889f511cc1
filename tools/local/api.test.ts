import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { readService } from '../deploy/service.ts';
import { type Answered, type Api, startApi } from './api.ts';
import { functionEnvironment } from './environment.ts';
import { freePort } from './ports.ts';

const service = await readService();

describe('the API of npm start', () => {
  const requests: Answered[] = [];
  let api: Api;
  beforeAll(async () => {
    const { CORS_ORIGINS: _, ...env } = inject('stack').environment;
    const port = await freePort();
    api = await startApi({
      port,
      service,
      env: { ...env, CORS_ORIGINS: 'https://app.example.com' },
      home: '<h1>Home</h1>',
      answered: (request) => requests.push(request),
    });
  });
  afterAll(() => api.stop());

  const preflight = async (origin: string) => {
    const headers = { origin, 'access-control-request-method': 'POST' };
    const response = await fetch(`${api.url}/auth/login`, { method: 'OPTIONS', headers });
    return response.headers.get('access-control-allow-origin');
  };

  test.each([
    'http://localhost:5173',
    'http://localhost',
    'http://127.0.0.1:8080',
    'https://app.example.com',
  ])('may be called by a page of %s', async (origin) => {
    expect(await preflight(origin)).toBe(origin);
    expect(requests.at(-1)).not.toHaveProperty('refusedOrigin');
  });

  test('says which page may not call', async () => {
    expect(await preflight('https://evil.example')).toBeNull();
    expect(requests.at(-1)).toMatchObject({ refusedOrigin: 'https://evil.example' });
  });

  test('lets a page of this machine read that a path does not exist', async () => {
    const response = await fetch(`${api.url}/nothing`, { headers: { origin: 'http://localhost:5173' } });
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([404, '*']);
  });

  test('shows links to a browser at /, and to a program that there is nothing', async () => {
    const status = async (accept: string) => (await fetch(api.url, { headers: { accept } })).status;
    expect([await status('text/html,*/*'), await status('*/*'), await status('application/json')]).toEqual([
      200, 404, 404,
    ]);
  });

  test('keeps the query of a request, which may hold a secret, to itself', async () => {
    await fetch(`${api.url}/reset-password?tag=secret`);
    expect(requests.at(-1)).toMatchObject({ method: 'GET', path: '/reset-password' });
    expect(JSON.stringify(requests)).not.toContain('secret');
  });

  test('refuses a body over 10 MB', async () => {
    const body = Buffer.alloc(10 * 1024 * 1024 + 1, 'x');
    const response = await fetch(`${api.url}/auth/login`, { method: 'POST', body });
    expect(response.status).toBe(413);
  });
});

test('every setting that serverless.yml gives a function is read from the environment', () => {
  const given = Object.fromEntries(
    Object.keys(service.provider.environment).map((name) => [name, `the ${name} of this shell`]),
  );
  const taken = functionEnvironment(service, 'login', given);
  // What must not be other than this machine's.
  const { METRICS_SERVICE, MAIL_CONFIGURATION_SET, CORS_ORIGINS, ...rest } = taken;
  expect([METRICS_SERVICE, MAIL_CONFIGURATION_SET]).toEqual(['', '']);
  expect(CORS_ORIGINS).toMatch(/^the CORS_ORIGINS of this shell,http:\/\/localhost:\*/);
  for (const name of Object.keys(given).filter((one) => one in rest))
    expect(rest[name]).toBe(`the ${name} of this shell`);
  expect(Object.keys(given).filter((name) => !(name in taken))).toEqual([]);
});
