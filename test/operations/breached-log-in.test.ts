import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, expect, test } from 'vitest';
import { coldHandler, ownWorld, sendTo } from '../faults/own-world.ts';
import { awaitMails } from '../harness/inbox.ts';
import { signedUp, somebody } from '../harness/people.ts';

const world = await ownWorld();
const person = somebody();
await signedUp(world.client, person);

/** Every password is breached here, whatever the range. */
const suffix = createHash('sha1').update(person.password).digest('hex').toUpperCase().slice(5);
const api = createServer((_, response) => response.end(`${suffix}:7\r\n`));
await new Promise<void>((resolve) => api.listen(0, resolve));
afterAll(() => api.close());

const environment = {
  BREACHED_PASSWORDS: 'check',
  BREACHED_PASSWORDS_API: `http://localhost:${(api.address() as AddressInfo).port}`,
};
const [login, signup] = [await coldHandler('login', environment), await coldHandler('signup', environment)];
for (const name of Object.keys(environment)) delete process.env[name];

test('a breached password still opens a session, and its owner gets one mail, however often it is used', async () => {
  const call = { path: '/auth/login', body: { email: person.email, password: person.password } };
  for (let time = 0; time < 3; time += 1) expect((await sendTo(login, call)).status).toBe(200);
  const [user] = (await world.rowsOf('users', {})).filter(({ email }) => email === person.email);
  expect(user?.breachMailedAt).toEqual(expect.any(Number));
  const mails = await world.rowsOf('reset-tags', { userId: user?.userId as string });
  expect(mails).toEqual([expect.objectContaining({ purpose: 'password-breached', state: 'requested' })]);

  expect(await world.sendMail(mails[0]?.tagId as string)).toEqual({ batchItemFailures: [] });
  const [mail] = await awaitMails(person.email, 1);
  expect(JSON.stringify(mail)).toContain('found in a data breach');
});

test('nobody signs up with one', async () => {
  const another = somebody();
  const body = { ...another, password: person.password, confirm: person.password };
  const reply = await sendTo(signup, { path: '/auth/register', body });
  expect(reply.status).toBe(400);
  expect(reply.json).toMatchObject({ errors: [{ field: 'password', code: 'password-breached' }] });
});
