import { decodeJwt } from 'jose';
import { expect } from 'vitest';
import type { Call } from '../harness/client.ts';
import {
  addedPasskey,
  bearer,
  creationOptions,
  device,
  holder,
  loggedInByPasskey,
  requestOptions,
  tryPasskey,
} from '../harness/passkeys.ts';
import { loggedIn, signedUp, type Tokens } from '../harness/people.ts';
import { expectOver, expectWelcome, refreshed, type Scenario, successes, type World } from './scenario.ts';

// What holders do with passkeys.

const post = (path: string, tokens: Tokens, body?: unknown): Call => ({
  path,
  headers: bearer(tokens),
  body,
});

/** The user says how many passkeys there are, and each has its row and its claim. */
async function whole({ rowOf, rowsOf }: World, userId: string): Promise<number> {
  const user = await rowOf('users', { userId });
  const rows = await rowsOf('factors', { userId, type: 'passkey' });
  const claims = await rowsOf('factors', { owner: userId });
  expect([rows.length, claims.length]).toEqual([user?.passkeys ?? 0, user?.passkeys ?? 0]);
  return rows.length;
}

const userIdOf = ({ accessToken }: Tokens) => String(decodeJwt(accessToken).sub);

export const passkeyScenarios: Scenario[] = [
  {
    of: 'POST /auth/passkeys/options',
    name: 'the beginning of a passkey',
    async prepare(world) {
      const tokens = await loggedIn(world.client, await signedUp(world.client));
      return {
        call: post('/auth/passkeys/options', tokens),
        success: 200,
        async afterwards(replies) {
          for (const { json } of successes(replies)) {
            const response = device().register(json as { challenge: string });
            const reply = await world.client.send(post('/auth/passkeys', tokens, { response }));
            // After the first one the session proves too little for another.
            expect([201, 401]).toContain(reply.status);
          }
          expect(await whole(world, userIdOf(tokens))).toBeGreaterThan(0);
        },
      };
    },
  },
  {
    of: 'POST /auth/passkeys',
    name: 'a new passkey',
    async prepare(world) {
      const { client } = world;
      const { byPasskey } = await holder(client);
      const made = device();
      const response = made.register(await creationOptions(client, byPasskey));
      return {
        call: post('/auth/passkeys', byPasskey, { response }),
        success: 201,
        done: 400,
        async holds(replies) {
          expect(await whole(world, userIdOf(byPasskey))).toBeGreaterThanOrEqual(
            1 + successes(replies).length,
          );
        },
        async afterwards() {
          expect(await whole(world, userIdOf(byPasskey))).toBe(2);
          await loggedInByPasskey(client, made);
        },
      };
    },
  },
  {
    of: 'POST /auth/passkeys',
    name: 'a passkey that another account has',
    async prepare(world) {
      const { client } = world;
      const [ada, bob] = [await holder(client), await loggedIn(client, await signedUp(client))];
      const response = ada.device.register(await creationOptions(client, bob));
      return {
        call: post('/auth/passkeys', bob, { response }),
        success: 400,
        async afterwards() {
          expect(await whole(world, userIdOf(bob))).toBe(0);
          expect(await whole(world, userIdOf(ada.byPasskey))).toBe(1);
        },
      };
    },
  },
  {
    of: 'POST /auth/passkeys/options',
    name: 'a refused token, which counts for the address,',
    async prepare() {
      const headers = { authorization: 'Bearer none of ours' };
      return { call: { path: '/auth/passkeys/options', headers }, success: 401, async afterwards() {} };
    },
  },
  {
    of: 'POST /auth/passkeys/rename',
    name: 'another name of a passkey',
    async prepare(world) {
      const { byPassword, passkey } = await holder(world.client);
      const { factorId } = passkey;
      return {
        call: post('/auth/passkeys/rename', byPassword, { factorId, name: 'My phone' }),
        success: 200,
        async afterwards() {
          const row = await world.rowOf('factors', { userId: userIdOf(byPassword), factorId });
          expect(row).toMatchObject({ name: 'My phone', type: 'passkey' });
        },
      };
    },
  },
  {
    of: 'POST /auth/passkeys/remove',
    name: 'the end of a passkey and of its sessions',
    async prepare(world) {
      const { client } = world;
      const { device: first, byPasskey, passkey } = await holder(client);
      const second = device();
      await addedPasskey(client, byPasskey, second);
      const bySecond = await loggedInByPasskey(client, second);
      const userId = userIdOf(byPasskey);
      return {
        call: post('/auth/passkeys/remove', bySecond, { factorId: passkey.factorId }),
        success: 200,
        async holds(replies) {
          const left = await whole(world, userId);
          if (successes(replies).length > 0) expect(left).toBe(1);
          if (left === 1) await expectOver(world, byPasskey);
        },
        async afterwards() {
          expect(await whole(world, userId)).toBe(1);
          await expectWelcome(world, bySecond.accessToken);
          expect((await tryPasskey(client, first)).status).toBe(401);
        },
      };
    },
  },
  {
    of: 'POST /auth/login/passkey/options',
    name: 'a challenge for everybody',
    async prepare(world) {
      const { device: made } = await holder(world.client);
      return {
        call: { path: '/auth/login/passkey/options' },
        success: 200,
        async afterwards(replies) {
          for (const { json } of successes(replies)) {
            const response = made.logIn(json as { challenge: string });
            const body = { response };
            expect((await world.client.send({ path: '/auth/login/passkey', body })).status).toBe(200);
          }
        },
      };
    },
  },
  {
    of: 'POST /auth/login/passkey',
    name: 'a log-in with a passkey',
    async prepare(world) {
      const { client } = world;
      const { device: made, passkey, byPasskey } = await holder(client);
      const userId = userIdOf(byPasskey);
      const response = made.logIn(await requestOptions(client));
      const opened = () => world.rowsOf('sessions', { userId, openedWith: passkey.factorId });
      const before = (await opened()).length;
      return {
        call: { path: '/auth/login/passkey', body: { response } },
        success: 200,
        done: 401,
        async holds(replies) {
          expect((await opened()).length - before).toBeLessThanOrEqual(1);
          expect(successes(replies).length).toBeLessThanOrEqual(1);
        },
        async afterwards(replies) {
          for (const { json } of successes(replies)) {
            const { accessToken, refreshToken } = json as Tokens;
            await expectWelcome(world, accessToken);
            expect(await refreshed(world, refreshToken)).toBe(200);
          }
          await loggedInByPasskey(client, made);
        },
      };
    },
  },
  {
    of: 'POST /auth/login/passkey',
    name: 'a passkey that no account has',
    async prepare({ client }) {
      const handle = Buffer.alloc(16, 7).toString('base64url');
      const response = device().logIn(await requestOptions(client), { userHandle: handle });
      return {
        call: { path: '/auth/login/passkey', body: { response } },
        success: 401,
        async afterwards() {},
      };
    },
  },
  {
    of: 'POST /auth/login/passkey',
    name: 'a passkey whose counter did not rise',
    async prepare(world) {
      const { client } = world;
      const { device: made, byPasskey } = await holder(client, device({ counts: true }));
      const response = made.logIn(await requestOptions(client), { counter: 1 });
      const userId = userIdOf(byPasskey);
      return {
        call: { path: '/auth/login/passkey', body: { response } },
        success: 401,
        async afterwards() {
          expect(await world.rowsOf('reset-tags', { userId, purpose: 'passkey-copied' })).toHaveLength(1);
        },
      };
    },
  },
  ...(['/.well-known/webauthn', '/.well-known/passkey-endpoints', '/account'] as const).map(
    (path): Scenario => ({
      of: `GET ${path}`,
      name: `a look at ${path}, which needs no store`,
      async prepare() {
        const success = path.endsWith('webauthn') ? 404 : 200;
        return { call: { method: 'GET', path }, success, async afterwards() {} };
      },
    }),
  ),
  {
    of: 'POST /auth/step-up',
    name: 'a step-up by passkey',
    async prepare(world) {
      const { client } = world;
      const { device: made, byPassword } = await holder(client);
      const passkey = made.logIn(await requestOptions(client));
      return {
        call: post('/auth/step-up', byPassword, { passkey }),
        success: 200,
        done: 401,
        async holds(replies) {
          expect(successes(replies).length).toBeLessThanOrEqual(1);
        },
        async afterwards(replies) {
          for (const { json } of successes(replies)) await creationOptions(client, json as Tokens);
          await expectWelcome(world, byPassword.accessToken);
        },
      };
    },
  },
];
