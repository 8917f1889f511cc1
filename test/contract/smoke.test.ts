import { describe, expect, test } from 'vitest';
import { clients } from '../harness/client.ts';
import { awaitMails, tagIn } from '../harness/inbox.ts';
import { loggedIn, signedUp } from '../harness/people.ts';

describe.each(clients)('$name', (client) => {
  test('sign up, log in, welcome, refresh, forget, reset, log out', async () => {
    const person = await signedUp(client);
    const tokens = await loggedIn(client, person);
    const welcome = await client.send({
      path: '/auth',
      headers: { authorization: `Bearer ${tokens.accessToken}` },
    });
    expect(welcome.json).toEqual({
      message: 'Welcome, Ada Lovelace!',
      user: { name: 'Ada Lovelace', bio: null, email: person.email },
    });
    const refreshed = await client.send({
      path: '/auth/refresh-tokens',
      body: { refreshToken: tokens.refreshToken },
    });
    expect(refreshed.status).toBe(200);
    const again = await client.send({
      path: '/auth/refresh-tokens',
      body: { refreshToken: tokens.refreshToken },
    });
    expect((again.json as any).refreshToken).toBe((refreshed.json as any).refreshToken);
    const forgot = await client.send({ path: '/accounts/forgetpassword/', body: { email: person.email } });
    expect(forgot.json).toEqual({ tag: expect.any(String) });
    const [mail] = await awaitMails(person.email, 1);
    const reset = await client.send({
      path: `/accounts/resetpassword/?tag=${tagIn(mail)}`,
      body: { password: 'another one entirely' },
    });
    expect(reset.json).toEqual({});
    await awaitMails(person.email, 2);
    const out = await client.send({
      path: '/auth/logout',
      body: { refreshToken: (refreshed.json as any).refreshToken },
    });
    expect(out.status).toBe(200);
  });
});
