import { randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import { expect, test } from 'vitest';
import { type Call, inProcess as client } from '../harness/client.ts';
import { signedUp, somebody, type Tokens } from '../harness/people.ts';

test('15 people at once in one warm process never see anything of each other', {
  timeout: 60_000,
}, async () => {
  const people = await Promise.all(
    Array.from({ length: 15 }, () => signedUp(client, { ...somebody(), name: `Ada ${randomUUID()}` })),
  );
  const strangersOf = (email: string) =>
    people.filter((other) => other.email !== email).flatMap((other) => [other.email, other.name]);

  await Promise.all(
    people.map(async ({ email, name, password }) => {
      const strangers = strangersOf(email);
      const mine = async (call: Call) => {
        await new Promise((resume) => setTimeout(resume, Math.random() * 20));
        const { status, text, json } = await client.send(call);
        expect(strangers.filter((stranger) => text.includes(stranger))).toEqual([]);
        return { status, json };
      };
      const login = await mine({ path: '/auth/login', body: { email, password } });
      let tokens = login.json as Tokens;
      for (let time = 0; time < 2; time += 1) {
        const { userName, sub } = decodeJwt<{ userName: string }>(tokens.accessToken);
        expect(userName).toBe(name);
        await mine({ path: '/auth/login', body: { email, password: 'not the password' } });
        await mine({ path: '/auth/login', body: '{"email":' });
        const token = `Bearer ${tokens.accessToken}`;
        const welcome = await mine({ path: '/auth', headers: { authorization: token } });
        expect(welcome.json).toMatchObject({ user: { email, name } });
        const account = await mine({ path: '/accounts/auth/', body: { username: email, password } });
        expect(account.json).toMatchObject({ user: { email, sid: sub } });
        const body = { refreshToken: tokens.refreshToken };
        tokens = (await mine({ path: '/auth/refresh-tokens', body })).json as Tokens;
        expect(decodeJwt(tokens.accessToken).sub).toBe(sub);
      }
    }),
  );
});
