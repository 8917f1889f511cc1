import { describe, expect, test } from 'vitest';
import { type Call, type Client, clients, type Reply } from '../harness/client.ts';
import { awaitMails, tagIn } from '../harness/inbox.ts';
import { bearer, holder, requestOptions, tryPasskey } from '../harness/passkeys.ts';
import { loggedIn, signedUp, somebody, type Tokens } from '../harness/people.ts';

/** The same request as often as given, all at once. */
function atOnce(client: Client, times: number, call: Call): Promise<Reply[]> {
  return Promise.all(Array.from({ length: times }, () => client.send(call)));
}

const statuses = (replies: Reply[]) => Object.groupBy(replies, ({ status }) => String(status));

describe.each(clients)('races $name', (client) => {
  test('of 50 sign-ups of one address exactly one wins', async () => {
    const person = somebody();
    const replies = await atOnce(client, 50, {
      path: '/api/user/signup',
      body: { name: person.name, email: person.email, password: person.password },
    });

    const { 200: won = [], 409: lost = [] } = statuses(replies);
    expect([won.length, lost.length]).toEqual([1, 49]);
    await loggedIn(client, person);
  });

  test('sign-ups of one address in different spellings are one address', async () => {
    const person = somebody();
    const spellings = [person.email, person.email.toUpperCase(), ` ${person.email} `];
    const replies = await Promise.all(
      spellings.map((email) =>
        client.send({ path: '/api/user/signup', body: { name: 'Ada', email, password: person.password } }),
      ),
    );

    expect(replies.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
  });

  test('50 refreshes with one token all succeed with one and the same successor', async () => {
    const { refreshToken } = await loggedIn(client, await signedUp(client));
    const replies = await atOnce(client, 50, { path: '/auth/refresh-tokens', body: { refreshToken } });

    expect(statuses(replies)[200]).toHaveLength(50);
    const successors = new Set(replies.map(({ json }) => (json as Tokens).refreshToken));
    expect(successors.size).toBe(1);
    expect(successors.has(refreshToken)).toBe(false);

    const [successor = ''] = successors;
    const next = await client.send({ path: '/auth/refresh-tokens', body: { refreshToken: successor } });
    expect(next.status).toBe(200);
  });

  test('of 30 resets with one tag exactly one wins, and its password is the one that counts', async () => {
    const person = await signedUp(client);
    await client.send({ path: '/auth/forget-password', body: { email: person.email } });
    const tag = tagIn((await awaitMails(person.email, 1))[0]);
    const passwords = Array.from({ length: 30 }, (_, index) => `new password number ${index}`);
    const replies = await Promise.all(
      passwords.map((password) =>
        client.send({ path: `/auth/reset-password?token=${tag}`, body: { password } }),
      ),
    );

    const { 200: won = [], 401: lost = [] } = statuses(replies);
    expect([won.length, lost.length]).toEqual([1, 29]);
    const winner = passwords[replies.findIndex(({ status }) => status === 200)] ?? '';
    await loggedIn(client, { ...person, password: winner });
  });

  test('two open tags raced against each other: one wins, the other is dead', async () => {
    const person = await signedUp(client);
    await atOnce(client, 2, { path: '/auth/forget-password', body: { email: person.email } });
    const tags = (await awaitMails(person.email, 2)).map(tagIn);
    const replies = await Promise.all(
      tags.map((tag) =>
        client.send({ path: `/auth/reset-password?token=${tag}`, body: { password: 'another battery' } }),
      ),
    );

    expect(replies.map(({ status }) => status).sort()).toEqual([200, 401]);
  });

  test('a log-out that races with refreshes leaves nothing alive', async () => {
    const { accessToken, refreshToken } = await loggedIn(client, await signedUp(client));
    const refresh = () => client.send({ path: '/auth/refresh-tokens', body: { refreshToken } });
    const [first, logOut, second] = await Promise.all([
      refresh(),
      client.send({ path: '/auth/logout', body: { refreshToken } }),
      refresh(),
    ]);

    expect(logOut.status).toBe(200);
    const survivors = [first, second].flatMap(({ status, json }) => (status === 200 ? [json as Tokens] : []));
    for (const tokens of [{ accessToken, refreshToken }, ...survivors]) {
      const headers = { authorization: `Bearer ${tokens.accessToken}` };
      expect((await client.send({ path: '/auth', headers })).status).toBe(401);
      const reply = await client.send({
        path: '/auth/refresh-tokens',
        body: { refreshToken: tokens.refreshToken },
      });
      expect(reply.status).toBe(401);
    }
  });

  test('20 right log-ins at once all succeed: only failures count', async () => {
    const { email, password } = await signedUp(client);
    const replies = await atOnce(client, 20, { path: '/auth/login', body: { email, password } });

    expect(statuses(replies)[200]).toHaveLength(20);
  });

  test('20 log-ins by one passkey at once, and 20 step-ups by it, all succeed', async () => {
    const { device, byPasskey } = await holder(client);
    const twenty = Array.from({ length: 20 });
    const logIns = await Promise.all(twenty.map(() => tryPasskey(client, device)));
    expect(statuses(logIns)[200]).toHaveLength(20);

    const passkeys = await Promise.all(twenty.map(async () => device.logIn(await requestOptions(client))));
    const headers = bearer(byPasskey);
    const stepUps = await Promise.all(
      passkeys.map((passkey) => client.send({ path: '/auth/step-up', headers, body: { passkey } })),
    );
    expect(statuses(stepUps)[200]).toHaveLength(20);
  });

  test('20 requests at once to end the other sessions all succeed', async () => {
    const tokens = await loggedIn(client, await signedUp(client));
    const body = { others: true };
    const replies = await atOnce(client, 20, { path: '/auth/sessions/end', headers: bearer(tokens), body });

    expect(statuses(replies)[200]).toHaveLength(20);
  });
});
