import { createServer } from 'node:http';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { overHttp } from '../../test/harness/client.ts';
import { mailedTag, signedUp, somebody } from '../../test/harness/people.ts';
import { type ClientOptions, createClient, GatehouseError, memoryStorage } from '../src/index.ts';

const client = (options?: Partial<ClientOptions>) =>
  createClient({ ...options, baseUrl: `${inject('stack').apiUrl}/` });

/** A server that answers everything alike: a client of it. */
async function answering(status: number, headers: Record<string, string>, body: string) {
  const server = createServer((_, outgoing) => void outgoing.writeHead(status, headers).end(body));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return createClient({ baseUrl: `http://127.0.0.1:${(server.address() as { port: number }).port}` });
}

const wrong = { email: 'nobody@example.com', password: 'wrong password' };

describe('the whole journey', () => {
  test('signs up, logs in, says who one is, resets the password and logs out', async () => {
    const person = somebody();
    const { email, name, bio, password } = person;
    const gatehouse = client();
    const account = { name, email, password, confirm: password };
    expect(await gatehouse.signUp(account)).toEqual({
      message: expect.any(String),
      user: { name, bio, email },
    });
    expect(await gatehouse.logIn(person)).toEqual({
      message: expect.any(String),
      user: { name, bio, email },
    });
    expect((await gatehouse.welcome()).message).toBe('Welcome, Ada Lovelace!');

    expect((await gatehouse.forgotPassword({ email })).message).toMatch(/on its way/);
    const tag = await mailedTag(overHttp, person);
    await gatehouse.resetPassword(tag, { password: 'battery staple' });
    await expect(gatehouse.welcome()).rejects.toMatchObject({ status: 401 });

    await gatehouse.logIn({ email, password: 'battery staple' });
    await gatehouse.logOut();
    await gatehouse.logOut(); // again is no error
    expect(await gatehouse.hasSession()).toBe(false);
  });

  test('logs out of a session that the service does not know any more', async () => {
    const tokens = { accessToken: 'a', refreshToken: 'made-up', expiresIn: 3_600 };
    const storage = memoryStorage();
    await storage.set(JSON.stringify({ ...tokens, id: 'old', since: Date.now() }));
    const gatehouse = client({ storage });
    expect(await gatehouse.hasSession()).toBe(true);
    await gatehouse.logOut();
    expect(await gatehouse.hasSession()).toBe(false);
  });
});

describe('an error', () => {
  test('of the service has its status, title and message', async () => {
    const error = await client()
      .logIn(wrong)
      .catch((error: unknown) => error);
    expect(error).toBeInstanceOf(GatehouseError);
    expect(error).toMatchObject({
      name: 'GatehouseError',
      status: 401,
      title: 'Unauthorized',
      message: 'The email or the password is wrong.',
      errors: [],
      retryAfter: undefined,
    });
  });

  test('of a form has a sentence for each field', async () => {
    const { email, name } = await signedUp(overHttp);
    const taken = { name, email, password: 'correct horse', confirm: 'correct horse' };
    await expect(client().signUp(taken)).rejects.toMatchObject({
      status: 400,
      errors: [{ field: 'email', message: 'This email address already has an account.' }],
    });
    await expect(client().signUp({ ...taken, name: '', confirm: 'no' })).rejects.toMatchObject({
      errors: [
        { field: 'name', message: expect.any(String) },
        { field: 'confirm', message: expect.any(String) },
      ],
    });
  });

  test('with Retry-After says after how many seconds', async () => {
    const gatehouse = await answering(429, { 'retry-after': '7' }, '{}');
    await expect(gatehouse.logIn(wrong)).rejects.toMatchObject({ status: 429, retryAfter: 7 });
  });

  test('that is not a problem of ours still has a message', async () => {
    const gatehouse = await answering(502, { 'content-type': 'text/html' }, '<h1>Bad Gateway</h1>');
    await expect(gatehouse.forgotPassword({ email: 'a@example.com' })).rejects.toMatchObject({
      status: 502,
      message: 'The service answered 502.',
    });
  });

  test('without an answer has status 0 and the cause', async () => {
    const gatehouse = createClient({ baseUrl: 'http://127.0.0.1:9' });
    await expect(gatehouse.logIn(wrong)).rejects.toMatchObject({ status: 0, cause: expect.any(Error) });
  });

  test('is thrown for a page that is not Gatehouse’s, such as that of a captive portal', async () => {
    for (const body of ['<h1>Hello</h1>', '{"message":"hello"}']) {
      const gatehouse = await answering(200, { 'content-type': 'text/html' }, body);
      await expect(gatehouse.logIn(wrong)).rejects.toMatchObject({ status: 0 });
      expect(await gatehouse.hasSession()).toBe(false);
    }
  });

  test('is what a redirect gets, which would hand the password on', async () => {
    const gatehouse = await answering(307, { location: inject('stack').apiUrl }, '');
    await expect(gatehouse.logIn(wrong)).rejects.toMatchObject({ status: 0 });
  });
});
