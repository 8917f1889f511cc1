import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { serverlessProgram } from '../../tools/deploy/service.ts';
import { root } from '../../tools/folders.ts';
import { type Call, overHttp, toEvent } from '../harness/client.ts';
import { loggedIn, mailedTag, type Person, signedUp, somebody } from '../harness/people.ts';
import { expireTag } from './rows.ts';

const run = promisify(execFile);

/** A newcomer's two ways to try an operation; each gives the status. */
const ways: { name: string; send(call: Call): Promise<number> }[] = [
  {
    name: 'curl',
    async send({ method = 'POST', path, headers = {}, body }) {
      const all = body === undefined ? headers : { 'Content-Type': 'application/json', ...headers };
      const { stdout } = await run('curl', [
        ...['--silent', '--output', '/dev/null', '--write-out', '%{http_code}', '--request', method],
        ...Object.entries(all).flatMap(([name, value]) => ['--header', `${name}: ${value}`]),
        ...(body === undefined ? [] : ['--data', typeof body === 'string' ? body : JSON.stringify(body)]),
        inject('stack').apiUrl + path,
      ]);
      return Number(stdout);
    },
  },
  {
    name: 'serverless invoke local',
    async send(call) {
      const event = toEvent(call);
      const name = inject('stack').routes[`${event.httpMethod} ${event.resource}`] ?? '';
      const file = join(tmpdir(), `gatehouse-${randomUUID()}.json`);
      await writeFile(file, JSON.stringify(event));
      try {
        const args = [serverlessProgram(), 'invoke', 'local', '-f', name, '-p', file];
        const { stdout } = await run(process.execPath, args, { cwd: root, env: process.env });
        return (JSON.parse(stdout) as { statusCode: number }).statusCode;
      } finally {
        await rm(file);
      }
    },
  },
];

const logIn = (person: Person) => loggedIn(overHttp, person);
const mailed = (person: Person) => mailedTag(overHttp, person);
const NEW_PASSWORD = 'another one entirely';

/** What the contract's table has, with each status that a seed documents and each that the contract adds to it. */
const operations: [operation: string, status: number, call: (person: Person) => Call | Promise<Call>][] = [
  ['POST /api/user/signup', 200, () => ({ path: '/api/user/signup', body: somebody() })],
  ['POST /api/user/signup', 400, () => ({ path: '/api/user/signup', body: {} })],
  ['POST /api/user/signup', 409, (person) => ({ path: '/api/user/signup', body: person })],
  [
    'POST /auth/register',
    201,
    () => {
      const person = somebody();
      return { path: '/auth/register', body: { ...person, confirm: person.password } };
    },
  ],
  [
    'POST /auth/register',
    400,
    () => ({ path: '/auth/register', body: { ...somebody(), confirm: 'unlike' } }),
  ],
  [
    'POST /accounts/auth/',
    200,
    ({ email, password }) => ({ path: '/accounts/auth/', body: { username: email, password } }),
  ],
  [
    'POST /accounts/auth/ of a form',
    200,
    ({ email, password }) => ({
      path: '/accounts/auth/',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', 'X-Forwarded-For': 'batch' },
      body: new URLSearchParams({ username: email, password }).toString(),
    }),
  ],
  [
    'POST /accounts/auth/',
    406,
    ({ email }) => ({ path: '/accounts/auth/', body: { username: email, password: 'wrong' } }),
  ],
  ['POST /api/user/login', 200, (person) => ({ path: '/api/user/login', body: person })],
  ['POST /api/user/login', 400, () => ({ path: '/api/user/login', body: {} })],
  [
    'POST /api/user/login',
    401,
    (person) => ({ path: '/api/user/login', body: { ...person, password: 'wrong' } }),
  ],
  ['POST /auth/login', 200, (person) => ({ path: '/auth/login', body: person })],
  ['POST /auth/login', 401, (person) => ({ path: '/auth/login', body: { ...person, password: 'wrong' } })],
  [
    'POST /auth',
    200,
    async (person) => {
      const { accessToken } = await logIn(person);
      return { path: '/auth', headers: { Authorization: `Bearer ${accessToken}` } };
    },
  ],
  ['POST /auth', 401, () => ({ path: '/auth' })],
  [
    'POST /auth/refresh-tokens',
    200,
    async (person) => ({
      path: '/auth/refresh-tokens',
      body: { refreshToken: (await logIn(person)).refreshToken },
    }),
  ],
  [
    'POST /auth/refresh-tokens',
    401,
    () => ({ path: '/auth/refresh-tokens', body: { refreshToken: 'none' } }),
  ],
  ['POST /auth/refresh-tokens', 400, () => ({ path: '/auth/refresh-tokens', body: {} })],
  [
    'POST /accounts/forgetpassword/',
    200,
    ({ email }) => ({ path: '/accounts/forgetpassword/', body: { email } }),
  ],
  [
    'POST /accounts/forgetpassword/',
    406,
    () => ({ path: '/accounts/forgetpassword/', body: { email: 'x' } }),
  ],
  ['POST /auth/forget-password', 202, ({ email }) => ({ path: '/auth/forget-password', body: { email } })],
  ['POST /auth/forget-password', 400, () => ({ path: '/auth/forget-password', body: { email: 'x' } })],
  [
    'POST /accounts/resetpassword/?tag=',
    200,
    async (person) => ({
      path: `/accounts/resetpassword/?tag=${await mailed(person)}`,
      body: { password: NEW_PASSWORD },
    }),
  ],
  [
    'POST /accounts/resetpassword/ without a tag',
    406,
    () => ({ path: '/accounts/resetpassword/', body: { password: NEW_PASSWORD } }),
  ],
  [
    'POST /accounts/resetpassword/?tag= of an expired tag',
    406,
    async (person) => {
      const tag = await mailed(person);
      await expireTag(tag);
      return { path: `/accounts/resetpassword/?tag=${tag}`, body: { password: NEW_PASSWORD } };
    },
  ],
  [
    'POST /auth/reset-password?token=',
    200,
    async (person) => ({
      path: `/auth/reset-password?token=${await mailed(person)}`,
      body: { password: NEW_PASSWORD },
    }),
  ],
  ['POST /auth/reset-password without a token', 400, () => ({ path: '/auth/reset-password', body: {} })],
  [
    'POST /auth/reset-password?token=',
    401,
    () => ({ path: '/auth/reset-password?token=none', body: { password: NEW_PASSWORD } }),
  ],
  [
    'GET /accounts/logout/',
    200,
    async (person) => ({
      method: 'GET',
      path: '/accounts/logout/',
      headers: { token: (await logIn(person)).accessToken },
    }),
  ],
  [
    'GET /accounts/logout/',
    401,
    () => ({ method: 'GET', path: '/accounts/logout/', headers: { token: 'none' } }),
  ],
  [
    'POST /auth/logout',
    200,
    async (person) => ({ path: '/auth/logout', body: { refreshToken: (await logIn(person)).refreshToken } }),
  ],
  ['POST /auth/logout', 400, () => ({ path: '/auth/logout', body: { refreshToken: 'none' } })],
  ['GET /.well-known/jwks.json', 200, () => ({ method: 'GET', path: '/.well-known/jwks.json' })],
  [
    'GET /.well-known/openid-configuration',
    200,
    () => ({ method: 'GET', path: '/.well-known/openid-configuration' }),
  ],
];

const seen: string[] = [];

describe.each(ways)('by $name', ({ name, send }) => {
  test.each(operations)('%s answers %i', async (operation, status, call) => {
    const person = await signedUp(overHttp);
    expect(await send(await call(person))).toBe(status);
    seen.push(`${name}: ${operation} ${status}`);
  });
});

afterAll(() =>
  console.log(`${seen.length} of ${ways.length * operations.length} as documented\n${seen.join('\n')}`),
);
