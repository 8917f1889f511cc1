import { decodeJwt } from 'jose';
import { expect } from 'vitest';
import { accountCounter } from '../../lib/core/throttle.ts';
import type { Call } from '../harness/client.ts';
import { mailsTo } from '../harness/inbox.ts';
import { loggedIn, type Person, signedUp, type Tokens } from '../harness/people.ts';
import { deliveryOf } from './own-world.ts';
import {
  bearer,
  expectOver,
  expectWelcome,
  ownerOf,
  refreshed,
  type Scenario,
  successes,
  type World,
} from './scenario.ts';

// What holders do with their own accounts.

const NEW_PASSWORD = 'a new battery staple';

/** Somebody with a session, and with another one where it is asked for. */
async function holder(world: World): Promise<{ person: Person; tokens: Tokens; other: Tokens }> {
  const person = await signedUp(world.client);
  const [tokens, other] = [await loggedIn(world.client, person), await loggedIn(world.client, person)];
  return { person, tokens, other };
}

const get = (path: string, { accessToken }: Tokens): Call => ({
  method: 'GET',
  path,
  headers: bearer(accessToken),
});
const post = (path: string, { accessToken }: Tokens, body: object): Call => ({
  path,
  headers: bearer(accessToken),
  body,
});

/** The counter of an account whose next failed log-in locks it until a reset. */
function nearlyLocked(email: string) {
  const counter = accountCounter(email);
  const rememberedUntil = Date.now() + 86_400_000;
  const attempts = { failures: 0, pending: [], lockedUntil: 0, quietAt: 0, rememberedUntil };
  return { counter, row: { counter, ...attempts, consecutive: 99, version: 'the ninety-ninth' } };
}

async function expectLive(world: World, tokens: Tokens): Promise<void> {
  await expectWelcome(world, tokens.accessToken);
  expect(await refreshed(world, tokens.refreshToken)).toBe(200);
}

/** Asks for a new token with another client, since the fault's own may be cut off. */
async function statusOf(world: World, call: Call): Promise<number> {
  return (await world.client.send(call)).status;
}

const looks = (['/auth/account', '/auth/sessions', '/auth/export', '/auth/activity'] as const).map(
  (path): Scenario => ({
    of: `GET ${path}`,
    name: `a look at ${path}`,
    async prepare(world) {
      const { person, tokens } = await holder(world);
      const user = await ownerOf(world, person.email);
      await world.putRow('users', { ...user, passkeys: 0, totp: path === '/auth/account' });
      return {
        call: get(path, tokens),
        success: 200,
        async afterwards(replies) {
          expect(new Set(successes(replies).map(({ text }) => text)).size).toBe(1);
          await expectLive(world, tokens);
        },
      };
    },
  }),
);

export const accountScenarios: Scenario[] = [
  ...looks,
  {
    of: 'POST /auth/profile',
    name: 'another name',
    async prepare(world) {
      const { person, tokens } = await holder(world);
      return {
        call: post('/auth/profile', tokens, { name: 'Augusta', bio: 'Countess.' }),
        success: 200,
        async holds() {
          const { name, bio } = (await ownerOf(world, person.email)) as unknown as Person;
          expect([`${name} ${bio}`]).toContain(
            name === 'Augusta' ? 'Augusta Countess.' : 'Ada Lovelace null',
          );
        },
        async afterwards() {
          expect(await ownerOf(world, person.email)).toMatchObject({ name: 'Augusta', bio: 'Countess.' });
          await expectLive(world, tokens);
        },
      };
    },
  },
  {
    of: 'POST /auth/sessions/end',
    name: 'the end of one session',
    async prepare(world) {
      const { tokens, other } = await holder(world);
      const { sid } = decodeJwt(other.accessToken);
      return {
        call: post('/auth/sessions/end', tokens, { sessionId: sid }),
        success: 200,
        async holds(replies) {
          if (successes(replies).length > 0) await expectOver(world, other);
          await expectWelcome(world, tokens.accessToken);
        },
        afterwards: () => expectLive(world, tokens),
      };
    },
  },
  {
    of: 'POST /auth/sessions/end',
    name: 'the end of all other sessions',
    async prepare(world) {
      const { tokens, other } = await holder(world);
      return {
        call: post('/auth/sessions/end', tokens, { others: true }),
        success: 200,
        async holds(replies) {
          if (successes(replies).length > 0) await expectOver(world, other);
          await expectWelcome(world, tokens.accessToken);
        },
        afterwards: () => expectLive(world, tokens),
      };
    },
  },
  {
    of: 'POST /auth/sessions/end',
    name: 'the end of all sessions',
    async prepare(world) {
      const { person, tokens, other } = await holder(world);
      return {
        call: post('/auth/sessions/end', tokens, { all: true }),
        success: 200,
        done: 401,
        async holds(replies) {
          if (successes(replies).length > 0) await expectOver(world, other);
        },
        async afterwards() {
          await expectOver(world, tokens);
          await expectOver(world, other);
          await loggedIn(world.client, person);
        },
      };
    },
  },
  {
    of: 'POST /auth/step-up',
    name: 'a step-up by password',
    async prepare(world) {
      const { person, tokens } = await holder(world);
      return {
        call: post('/auth/step-up', tokens, { password: person.password }),
        success: 200,
        async afterwards(replies) {
          for (const { json } of successes(replies)) await expectWelcome(world, (json as Tokens).accessToken);
          await expectLive(world, tokens);
        },
      };
    },
  },
  {
    of: 'POST /auth/step-up',
    name: 'a step-up by a wrong password',
    async prepare(world) {
      const { person, tokens } = await holder(world);
      return {
        call: post('/auth/step-up', tokens, { password: 'not the password' }),
        success: 401,
        async afterwards() {
          await expectLive(world, tokens);
          await loggedIn(world.client, person);
        },
      };
    },
  },
  {
    of: 'POST /auth/step-up',
    name: 'the wrong password at a step-up that locks until a reset',
    async prepare(world) {
      const { person, tokens } = await holder(world);
      const { userId } = await ownerOf(world, person.email);
      const { counter, row } = nearlyLocked(person.email);
      await world.putRow('throttles', row);
      const mailsDue = async () => (await world.rowsOf('reset-tags', { userId, purpose: 'locked' })).length;
      return {
        call: post('/auth/step-up', tokens, { password: 'not the password' }),
        success: 401,
        done: 429,
        async holds() {
          const [stored] = await world.rowsOf('throttles', { counter });
          expect(await mailsDue()).toBe(stored?.consecutive === 100 ? 1 : 0);
        },
        afterwards: () => expectLive(world, tokens),
      };
    },
  },
  {
    of: 'POST /auth/change-password',
    name: 'a change of password by a wrong one',
    async prepare(world) {
      const { person, tokens } = await holder(world);
      return {
        call: post('/auth/change-password', tokens, {
          password: 'wrong password',
          newPassword: NEW_PASSWORD,
        }),
        success: 401,
        async afterwards() {
          await expectLive(world, tokens);
          await loggedIn(world.client, person);
        },
      };
    },
  },
  {
    of: 'POST /auth/refresh-tokens',
    name: 'a refresh of a session that a change of the password has ended',
    async prepare(world) {
      const { person, tokens, other } = await holder(world);
      const body = { password: person.password, newPassword: NEW_PASSWORD };
      await world.client.send(post('/auth/change-password', tokens, body));
      return {
        call: { path: '/auth/refresh-tokens', body: { refreshToken: other.refreshToken } },
        success: 401,
        async afterwards() {
          await expectOver(world, other);
          await expectLive(world, tokens);
        },
      };
    },
  },
  {
    of: 'POST /auth/change-password',
    name: 'a change of password',
    async prepare(world) {
      const { person, tokens, other } = await holder(world);
      const logIn = (password: string) =>
        statusOf(world, { path: '/auth/login', body: { email: person.email, password } });
      return {
        call: post('/auth/change-password', tokens, { password: person.password, newPassword: NEW_PASSWORD }),
        success: 200,
        done: 401,
        async holds(replies) {
          const { userId, credentialVersion } = await ownerOf(world, person.email);
          const done = credentialVersion === 2;
          expect([await logIn(person.password), await logIn(NEW_PASSWORD)]).toEqual(
            done ? [401, 200] : [200, 401],
          );
          expect(await world.rowsOf('reset-tags', { userId, purpose: 'new-password' })).toHaveLength(
            done ? 1 : 0,
          );
          if (successes(replies).length > 0) expect(done).toBe(true);
          await expectWelcome(world, tokens.accessToken);
          for (const { json } of successes(replies)) await expectWelcome(world, (json as Tokens).accessToken);
        },
        async afterwards() {
          expect(await logIn(NEW_PASSWORD)).toBe(200);
          await expectOver(world, other);
          await expectLive(world, tokens);
        },
      };
    },
  },
  {
    of: 'POST /auth/delete-account',
    name: 'a deletion by a token whose session is over',
    async prepare(world) {
      const { person, tokens } = await holder(world);
      await world.client.send({ path: '/auth/logout', body: { refreshToken: tokens.refreshToken } });
      return {
        call: post('/auth/delete-account', tokens, {}),
        success: 401,
        async afterwards() {
          await loggedIn(world.client, person);
        },
      };
    },
  },
  {
    of: 'POST /auth/delete-account',
    name: 'a deletion',
    async prepare(world) {
      const { person, tokens, other } = await holder(world);
      const { userId } = await ownerOf(world, person.email);
      const codes = { userId, factorId: '#recovery-codes', type: 'recovery-codes', createdAt: Date.now() };
      await world.putRow('factors', codes);
      // Made by the first deletion of a stage; the calls of every one after it are those that are tried.
      await world.putRow('tombstones', { tombstone: 'key', key: new Uint8Array(32) });
      return {
        call: post('/auth/delete-account', tokens, {}),
        success: 200,
        done: 401,
        async holds(replies) {
          const [claim] = await world.rowsOf('emails', { email: person.email });
          const [user] = await world.rowsOf('users', { userId });
          const mails = await world.rowsOf('reset-tags', { userId, purpose: 'account-deleted' });
          expect([claim === undefined, mails.length]).toEqual([
            user === undefined,
            user === undefined ? 1 : 0,
          ]);
          expect(await world.rowsOf('factors', { userId })).toHaveLength(user === undefined ? 0 : 1);
          if (successes(replies).length > 0) expect(user).toBeUndefined();
        },
        async afterwards() {
          await expectOver(world, tokens);
          await expectOver(world, other);
          await signedUp(world.client, person);
        },
      };
    },
  },
  {
    of: 'send-mail',
    name: 'the last mail of a deleted account',
    async prepare(world) {
      const { person, tokens } = await holder(world);
      const { userId } = await ownerOf(world, person.email);
      await world.client.send(post('/auth/delete-account', tokens, {}));
      const [row] = await world.rowsOf('reset-tags', { userId, purpose: 'account-deleted' });
      return {
        call: { event: deliveryOf(row?.tagId as string) },
        success: 200,
        async holds(replies) {
          const mails = await mailsTo(person.email);
          if (replies.some(({ status }) => status === 200)) expect(mails.length).toBeGreaterThanOrEqual(1);
        },
        async afterwards() {
          const mails = await mailsTo(person.email);
          expect(mails.length).toBeLessThanOrEqual(2);
          expect(mails[0]?.subject).toBe('Gatehouse: Your account was deleted');
          const [sent] = await world.rowsOf('reset-tags', { userId, purpose: 'account-deleted' });
          if (sent?.state === 'mailed') expect(sent).not.toHaveProperty('recipient');
        },
      };
    },
  },
];
