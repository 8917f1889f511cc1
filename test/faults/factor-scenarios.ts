import { decodeJwt } from 'jose';
import { expect } from 'vitest';
import {
  Authenticator,
  bearer,
  challenged,
  type Protected,
  protectedPerson,
} from '../harness/authenticator.ts';
import type { Client, Reply } from '../harness/client.ts';
import { loggedIn, signedUp, type Tokens } from '../harness/people.ts';
import type { Scenario } from './scenario.ts';

const successes = (replies: readonly Reply[]) => replies.filter(({ status }) => status < 300);

/** Whoever was answered with tokens can use them. */
async function expectTokens(client: Client, replies: readonly Reply[]): Promise<void> {
  for (const { json } of successes(replies)) {
    const { token, accessToken = token } = json as Tokens & { token: string };
    expect((await client.send({ path: '/auth', headers: bearer(accessToken) })).status).toBe(200);
  }
}

/** Whatever became of the request, one of the recovery codes that are left opens the account. */
async function expectWayIn(client: Client, { person, recoveryCodes }: Protected): Promise<void> {
  const challenge = await challenged(client, person);
  const reply = await client.send({
    path: '/auth/login/second-factor',
    body: { challenge, recoveryCode: recoveryCodes.at(-1) },
  });
  expect(reply.status).toBe(200);
}

export const factorScenarios: Scenario[] = [
  {
    of: 'POST /auth/login',
    name: 'the first step of an account with a second factor',
    async prepare({ client }) {
      const who = await protectedPerson(client);
      const { email, password } = who.person;
      return {
        call: { path: '/auth/login', body: { email, password } },
        success: 401,
        async afterwards() {
          await expectWayIn(client, who);
        },
      };
    },
  },
  ...(['/accounts/auth', '/api/user/login'] as const).flatMap((path): Scenario[] =>
    [true, false].map((byApp) => ({
      of: `POST ${path}`,
      name: `a log-in with ${byApp ? 'the code of an app' : 'a recovery code'}`,
      async prepare({ client }) {
        const who = await protectedPerson(client);
        const { email, password } = who.person;
        const otp = byApp ? await who.app.fresh() : who.recoveryCodes[0];
        return {
          call: { path, body: { username: email, email, password, otp } },
          success: 200,
          done: path === '/accounts/auth' ? 406 : 401,
          async afterwards(replies) {
            await expectTokens(client, replies);
            await expectWayIn(client, who);
          },
        };
      },
    })),
  ),
  ...[true, false].map(
    (byApp): Scenario => ({
      of: 'POST /auth/login/second-factor',
      name: `the second step by ${byApp ? 'the code of an app' : 'a recovery code'}`,
      async prepare({ client }) {
        const who = await protectedPerson(client);
        const challenge = await challenged(client, who.person);
        const given = byApp ? { code: await who.app.fresh() } : { recoveryCode: who.recoveryCodes[0] };
        return {
          call: { path: '/auth/login/second-factor', body: { challenge, ...given } },
          success: 200,
          done: 401,
          async afterwards(replies) {
            await expectTokens(client, replies);
            await expectWayIn(client, who);
          },
        };
      },
    }),
  ),
  {
    of: 'POST /auth/login/second-factor',
    name: 'a challenge that is none',
    async prepare({ client }) {
      const who = await protectedPerson(client);
      return {
        call: { path: '/auth/login/second-factor', body: { challenge: 'A'.repeat(43), code: '123456' } },
        success: 401,
        async afterwards() {
          await expectWayIn(client, who);
        },
      };
    },
  },
  {
    of: 'POST /auth/login/second-factor',
    name: 'a wrong code',
    async prepare({ client }) {
      const who = await protectedPerson(client);
      const challenge = await challenged(client, who.person);
      return {
        call: { path: '/auth/login/second-factor', body: { challenge, code: who.app.wrong() } },
        success: 401,
        done: 429,
        async afterwards() {
          await new Promise((resume) => setTimeout(resume, 1_100)); // the lock of five wrong ones
        },
      };
    },
  },
  ...[true, false].map(
    (byApp): Scenario => ({
      of: 'POST /auth/step-up',
      name: `a step-up by ${byApp ? 'the code of an app' : 'a recovery code'}`,
      async prepare({ client }) {
        const who = await protectedPerson(client);
        const given = byApp ? { code: await who.app.fresh() } : { recoveryCode: who.recoveryCodes[0] };
        return {
          call: { path: '/auth/step-up', headers: bearer(who.tokens.accessToken), body: given },
          success: 200,
          done: 401,
          async afterwards(replies) {
            await expectTokens(client, replies);
            await expectWayIn(client, who);
          },
        };
      },
    }),
  ),
  {
    of: 'POST /auth/totp',
    name: 'the set-up of an app',
    async prepare({ client }) {
      const person = await signedUp(client);
      const { accessToken } = await loggedIn(client, person);
      return {
        call: { path: '/auth/totp', headers: bearer(accessToken), body: {} },
        success: 200,
        async afterwards(replies) {
          const last = successes(replies).at(-1);
          if (last === undefined) return;
          await loggedIn(client, person); // it is no factor yet
        },
      };
    },
  },
  {
    of: 'POST /auth/totp',
    name: 'a token that is none',
    async prepare() {
      return {
        call: { path: '/auth/totp', headers: bearer('none of ours'), body: {} },
        success: 401,
        async afterwards() {},
      };
    },
  },
  {
    of: 'POST /auth/totp/confirm',
    name: 'the confirmation of an app',
    async prepare({ client, rowsOf }) {
      const person = await signedUp(client);
      const { accessToken, refreshToken } = await loggedIn(client, person);
      const headers = bearer(accessToken);
      const setUp = await client.send({ path: '/auth/totp', headers, body: {} });
      const app = new Authenticator((setUp.json as { secret: string }).secret);
      return {
        call: { path: '/auth/totp/confirm', headers, body: { code: await app.fresh() } },
        attempts: `codes#${decodeJwt(accessToken).sub}`,
        success: 200,
        done: 401,
        async holds() {
          const [user] = await rowsOf('users', { email: person.email });
          const rows = await rowsOf('factors', { userId: user?.userId });
          const types = rows.map(({ type }) => type).sort();
          expect(types).toEqual(user?.totp ? ['recovery-codes', 'totp'] : ['totp-pending']);
        },
        async afterwards(replies) {
          await expectTokens(client, replies);
          const refreshed = await client.send({ path: '/auth/refresh-tokens', body: { refreshToken } });
          expect(refreshed.status).toBe(200); // the session lives on, whatever the answer was
        },
      };
    },
  },
  {
    of: 'POST /auth/totp/remove',
    name: 'the removal of an app',
    async prepare({ client, rowsOf }) {
      const { person, tokens } = await protectedPerson(client);
      return {
        call: { path: '/auth/totp/remove', headers: bearer(tokens.accessToken), body: {} },
        success: 200,
        async holds() {
          const [user] = await rowsOf('users', { email: person.email });
          expect(await rowsOf('factors', { userId: user?.userId })).toHaveLength(user?.totp ? 2 : 0);
        },
        async afterwards() {
          await loggedIn(client, person);
        },
      };
    },
  },
  {
    of: 'POST /auth/recovery-codes',
    name: 'new recovery codes',
    async prepare({ client }) {
      const who = await protectedPerson(client);
      return {
        call: { path: '/auth/recovery-codes', headers: bearer(who.tokens.accessToken), body: {} },
        success: 200,
        async afterwards(replies) {
          // The last success has the codes that are good.
          const last = successes(replies).at(-1);
          if (last) await expectWayIn(client, { ...who, ...(last.json as { recoveryCodes: string[] }) });
        },
      };
    },
  },
];
