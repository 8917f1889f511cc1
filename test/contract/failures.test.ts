import { describe, expect, inject, test } from 'vitest';
import { freePort } from '../../tools/local/ports.ts';
import { clients, inProcess } from '../harness/client.ts';
import { functionsWith } from '../harness/functions-with.ts';
import { signedUp } from '../harness/people.ts';
import { type Answer, coded, expectAnswer, problem, sentences } from './answers.ts';
import { corruptName } from './rows.ts';

describe.each(clients)('a defect of ours, $name, is told in each dialect without any detail', (client) => {
  const words = 'The service failed; the failure was logged.';
  test.each<[path: string, answer: Answer]>([
    ['/accounts/auth/', sentences(500, words)],
    ['/api/user/login', problem(500, 'Internal Server Error', words)],
    ['/auth/login', coded('internal', problem(500, 'Internal Server Error', words))],
  ])('POST %s', async (path, answer) => {
    const { email, password } = await signedUp(client);
    await corruptName(email);
    expectAnswer(await client.send({ path, body: { email, username: email, password } }), answer);
  });
});

describe('a database that does not answer is told in each dialect, with when to try again', () => {
  functionsWith(async () => ({ AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${await freePort()}` }));

  const words = 'The service is unavailable; try again in 2 seconds.';
  const headers = { 'retry-after': '2' };
  const inAccounts = { ...sentences(503, words), headers };
  const inOthers = problem(503, 'Service Unavailable', words, { headers });
  const inAuth = coded('unavailable', inOthers);
  const body = {
    name: 'Ada Lovelace',
    email: 'ada@example.com',
    username: 'ada@example.com',
    password: 'correct horse battery',
    confirm: 'correct horse battery',
    refreshToken: 'A'.repeat(128),
    challenge: 'A'.repeat(43),
    code: '123456',
  };

  const accessToken = `${Buffer.from('{"alg":"RS256","typ":"at+jwt","kid":"x"}').toString('base64url')}.e30.AA`;

  /** They speak no JSON: see test/pages. */
  const pages = ['POST /reset-password', 'POST /forgot-password', 'POST /verify-email', 'POST /undo'];
  /** They take another body; test/operations/metrics.test.ts asks them while DynamoDB is down. */
  const others = ['POST /auth/login/passkey', 'POST /auth/verify-email', 'POST /auth/undo'];
  const post = Object.keys(inject('stack').routes)
    .filter((route) => route.startsWith('POST ') && !['POST /auth', ...pages, ...others].includes(route))
    .map((route) => route.replace('POST ', ''));
  test.each(post)('POST %s', async (path) => {
    const headers = { authorization: `Bearer ${accessToken}` };
    const call = { path: `${path}?tag=${'A'.repeat(64)}&token=${'A'.repeat(64)}`, headers, body };
    expectAnswer(
      await inProcess.send(call),
      path.startsWith('/accounts/') ? inAccounts : path.startsWith('/auth') ? inAuth : inOthers,
    );
  });

  test('GET /.well-known/jwks.json, which no cache may keep then', async () => {
    expectAnswer(await inProcess.send({ method: 'GET', path: '/.well-known/jwks.json' }), inOthers);
  });

  test('GET /.well-known/openid-configuration, which needs no database', async () => {
    const reply = await inProcess.send({ method: 'GET', path: '/.well-known/openid-configuration' });
    expect(reply.status).toBe(200);
  });

  test('POST /auth, never as an invalid token', async () => {
    const call = { path: '/auth', headers: { authorization: `Bearer ${accessToken}` } };
    expectAnswer(await inProcess.send(call), inAuth);
  });

  test('GET /accounts/logout/, never as an invalid token', async () => {
    const call = { method: 'GET', path: '/accounts/logout/', headers: { token: accessToken } };
    expectAnswer(await inProcess.send(call), inAccounts);
  });
});
