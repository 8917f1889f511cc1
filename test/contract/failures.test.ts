import { describe, expect, inject, test } from 'vitest';
import { freePort } from '../../tools/local/ports.ts';
import { callThatReads, routeReads } from '../harness/call-that-reads.ts';
import { clients, inProcess } from '../harness/client.ts';
import { functionsWith } from '../harness/functions-with.ts';
import { pageOf } from '../harness/page-of.ts';
import { signedUp } from '../harness/people.ts';
import { type Answer, coded, expectAnswer, problem, sentences } from './answers.ts';
import { corruptName } from './rows.ts';

describe.each(clients)(
  'a defect of ours, $name, gets an answer in each dialect without any detail',
  (client) => {
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
  },
);

describe('when the database does not answer, each dialect says when to try again', () => {
  functionsWith(async () => ({ AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${await freePort()}` }));

  const words = 'The service is unavailable; try again in 2 seconds.';
  const headers = { 'retry-after': '2' };
  const inAccounts = { ...sentences(503, words), headers };
  const inOthers = problem(503, 'Service Unavailable', words, { headers });
  const inAuth = coded('unavailable', inOthers);
  const inPages = 'The service cannot be reached at the moment. Try again in 2 seconds.';
  const reading = Object.keys(inject('stack').routes).filter(routeReads);

  test.each(reading)('%s', async (route) => {
    const reply = await inProcess.send(callThatReads(route));
    const path = route.split(' ')[1] as string;
    if (!/^\/(a|\.)/.test(path)) {
      expect(reply).toMatchObject({ status: 503, headers });
      expect(pageOf(reply).alert).toBe(inPages);
      return;
    }
    expectAnswer(
      reply,
      path.startsWith('/accounts/') ? inAccounts : /^\/(auth|admin)/.test(path) ? inAuth : inOthers,
    );
  });

  test('GET /.well-known/openid-configuration, which needs no database', async () => {
    const reply = await inProcess.send({ method: 'GET', path: '/.well-known/openid-configuration' });
    expect(reply.status).toBe(200);
  });
});
