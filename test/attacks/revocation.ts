import { expect } from 'vitest';
import { changeRow, changeSession, userOf } from '../contract/rows.ts';
import { inProcess as client, type Reply } from '../harness/client.ts';
import { loggedIn, mailedTag, type Person, signedUp, type Tokens } from '../harness/people.ts';

/** What ends a session. Everything slow is done in `prepare`, so that `end` can race. */
export type Ending = {
  name: string;
  prepare(person: Person, tokens: Tokens): Promise<Prepared>;
};

type Prepared = {
  /** @returns whether it was answered as if the session had ended */
  end(): Promise<boolean>;
  /** The latest tokens of the session, where preparing has replaced the first. */
  tokens?: Tokens;
};

const always = (end: () => Promise<unknown>) => ({ end: () => end().then(() => true) });

export const endings: Ending[] = [
  {
    name: 'log-out by refresh token',
    prepare: async (_, { refreshToken }) => ({
      end: () => succeeded(client.send({ path: '/auth/logout', body: { refreshToken } })),
    }),
  },
  {
    name: 'log-out by access token',
    prepare: async (_, { accessToken }) => ({
      end: () =>
        succeeded(client.send({ method: 'GET', path: '/accounts/logout/', headers: { token: accessToken } })),
    }),
  },
  {
    name: 'a reset of the password',
    async prepare(person) {
      const tag = await mailedTag(client, person);
      const call = { path: `/auth/reset-password?token=${tag}`, body: { password: 'a new battery staple' } };
      return { end: () => succeeded(client.send(call)) };
    },
  },
  {
    name: 'disabling the account',
    async prepare({ email }) {
      const { userId } = await userOf(email);
      return always(() => changeRow('users', { userId }, { status: 'disabled' }));
    },
  },
  {
    name: 'ending all sessions of the account',
    async prepare({ email }) {
      const { userId, credentialVersion } = await userOf(email);
      return always(() =>
        changeRow('users', { userId }, { credentialVersion: Number(credentialVersion) + 1 }),
      );
    },
  },
  {
    name: 'the reuse of a replaced refresh token',
    async prepare(_, first) {
      const second = await refreshed(first.refreshToken);
      const third = await refreshed(second.refreshToken);
      return {
        tokens: third,
        end: async () => {
          const reply = await client.send({
            path: '/auth/refresh-tokens',
            body: { refreshToken: first.refreshToken },
          });
          return reply.status === 401;
        },
      };
    },
  },
  {
    name: 'the absolute expiry',
    prepare: async (_, { accessToken }) =>
      always(() => changeSession(accessToken, { absoluteExpiresAt: Date.now() - 1 })),
  },
  {
    name: 'the idle expiry',
    // Well in the past: a refresh that began before the very moment rightly goes on.
    prepare: async (_, { accessToken }) =>
      always(() => changeSession(accessToken, { idleExpiresAt: Date.now() - 60_000 })),
  },
];

/** Every place that takes a token of a session, with the answer that it gives to one of a session that is over. */
export const uses: { name: string; use(tokens: Tokens): Promise<Reply> }[] = [
  {
    name: 'its access token at /auth',
    use: ({ accessToken }) =>
      client.send({ path: '/auth', headers: { authorization: `Bearer ${accessToken}` } }),
  },
  {
    name: 'its access token at /accounts/logout/',
    use: ({ accessToken }) =>
      client.send({ method: 'GET', path: '/accounts/logout/', headers: { token: accessToken } }),
  },
  {
    name: 'its refresh token at /auth/refresh-tokens',
    use: ({ refreshToken }) => client.send({ path: '/auth/refresh-tokens', body: { refreshToken } }),
  },
];

/** Has an ending race with three refreshes, and tries all tokens that anyone then holds. */
export async function race({ name, prepare }: Ending): Promise<void> {
  const person = await signedUp(client);
  const first = await loggedIn(client, person);
  const prepared = await prepare(person, first);
  const tokens = prepared.tokens ?? first;
  const refresh = () =>
    client.send({ path: '/auth/refresh-tokens', body: { refreshToken: tokens.refreshToken } });
  const [ended, ...replies] = await Promise.all([
    later().then(prepared.end),
    refresh(),
    later().then(refresh),
    later().then(refresh),
  ]);
  expect(ended).toBe(true);
  const successors = replies.flatMap(({ status, json }) => (status === 200 ? [json as Tokens] : []));
  // The newest first: to try an old refresh token may itself end the session.
  const held = [...successors, tokens, first];
  for (const holder of held) {
    for (const { use } of uses)
      expect({ name, status: (await use(holder)).status }).toEqual({ name, status: 401 });
  }
}

/** Some moment within the time that a refresh takes. */
function later(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.random() * 12));
}

async function refreshed(refreshToken: string): Promise<Tokens> {
  const reply = await client.send({ path: '/auth/refresh-tokens', body: { refreshToken } });
  expect(reply.status).toBe(200);
  return reply.json as Tokens;
}

async function succeeded(reply: Promise<Reply>): Promise<boolean> {
  return (await reply).status === 200;
}
