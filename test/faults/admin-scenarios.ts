import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { accountCounter } from '../../lib/core/throttle.ts';
import { protectedPerson } from '../harness/authenticator.ts';
import { loggedIn, type Person, signedUp, type Tokens } from '../harness/people.ts';
import { administer } from '../harness/signed.ts';
import { expectOver, expectWelcome, ownerOf, type Scenario, successes, type World } from './scenario.ts';

// What administrators do by the API.

type Subject = { person: Person; tokens: Tokens; userId: string };

async function subject(world: World): Promise<Subject> {
  const person = await signedUp(world.client);
  const tokens = await loggedIn(world.client, person);
  return { person, tokens, userId: (await ownerOf(world, person.email)).userId };
}

const statusOfLogIn = async ({ client }: World, { email, password }: Person) =>
  (await client.send({ path: '/auth/login', body: { email, password } })).status;

type Act = {
  name: string;
  says: string;
  /** Before the act, where it is about something that not every account has. */
  given?(world: World, subject: Subject): Promise<unknown>;
  /** What it has done, once it was answered with success. */
  after(world: World, subject: Subject): Promise<unknown>;
};

const acts: Act[] = [
  {
    name: 'disable',
    says: 'the end of all access',
    async after(world, { person, tokens }) {
      await expectOver(world, tokens);
      expect(await statusOfLogIn(world, person)).toBe(401);
    },
  },
  {
    name: 'enable',
    says: 'access anew',
    given: (world, { userId }) => world.client.send(administer(`POST /admin/users/${userId}/disable`)),
    async after(world, { person, tokens }) {
      await expectOver(world, tokens);
      await loggedIn(world.client, person);
    },
  },
  {
    name: 'end-sessions',
    says: 'the end of all sessions',
    async after(world, { person, tokens }) {
      await expectOver(world, tokens);
      await loggedIn(world.client, person);
    },
  },
  {
    name: 'verify',
    says: 'a word for an address',
    async after(world, { person, tokens }) {
      expect(await ownerOf(world, person.email)).toMatchObject({ emailVerified: true });
      await expectWelcome(world, tokens.accessToken);
    },
  },
  {
    name: 'start-reset',
    says: 'a reset that somebody else starts',
    async after(world, { userId }) {
      const due = await world.rowsOf('reset-tags', { userId, kind: 'known' });
      expect(due.length).toBeGreaterThanOrEqual(1);
    },
  },
  ...[[], [{ attemptId: 'in flight', until: Date.now() + 3_600_000 }]].map(
    (pending): Act => ({
      name: 'unlock',
      says: `the end of a lock, with ${pending.length} attempts in flight`,
      async given(world, { person }) {
        const rememberedUntil = Date.now() + 86_400_000;
        const attempts = { failures: 0, pending, lockedUntil: 0, quietAt: 0, rememberedUntil };
        const counter = accountCounter(person.email);
        await world.putRow('throttles', { counter, ...attempts, consecutive: 100, version: 'the hundredth' });
      },
      after: (world, { person }) => loggedIn(world.client, person),
    }),
  ),
];

export const adminScenarios: Scenario[] = [
  ...acts.map(
    ({ name, says, given, after }): Scenario => ({
      of: `POST /admin/users/{userId}/${name}`,
      name: says,
      async prepare(world) {
        const someone = await subject(world);
        await given?.(world, someone);
        return {
          call: administer(`POST /admin/users/${someone.userId}/${name}`),
          success: 200,
          async holds(replies) {
            if (successes(replies).length > 0) await after(world, someone);
          },
          async afterwards() {
            await after(world, someone);
          },
        };
      },
    }),
  ),
  {
    of: 'POST /admin/users/{userId}/remove-factors',
    name: 'the end of all factors',
    async prepare(world) {
      const { person } = await protectedPerson(world.client);
      const { userId } = await ownerOf(world, person.email);
      return {
        call: administer(`POST /admin/users/${userId}/remove-factors`),
        success: 200,
        async holds() {
          const { totp } = (await world.rowOf('users', { userId })) as { totp?: boolean };
          const factors = await world.rowsOf('factors', { userId });
          expect(factors.length > 0).toBe(totp === true);
          expect(await world.rowsOf('reset-tags', { userId, purpose: 'factors-removed' })).toHaveLength(
            totp ? 0 : 1,
          );
        },
        async afterwards() {
          await loggedIn(world.client, person);
        },
      };
    },
  },
  {
    of: 'POST /admin/users/{userId}/delete',
    name: 'the end of an account',
    async prepare(world) {
      const { person } = await protectedPerson(world.client);
      const { userId } = await ownerOf(world, person.email);
      return {
        call: administer(`POST /admin/users/${userId}/delete`),
        success: 200,
        done: 404,
        async holds() {
          const claim = await world.rowOf('emails', { email: person.email });
          const user = await world.rowOf('users', { userId });
          expect(claim?.userId).toBe(user?.userId);
          expect((await world.rowsOf('factors', { userId })).length > 0).toBe(user !== undefined);
        },
        async afterwards() {
          await signedUp(world.client, person);
        },
      };
    },
  },
  {
    of: 'PUT /admin/users/{userId}/roles',
    name: 'other roles',
    async prepare(world) {
      const { person, tokens, userId } = await subject(world);
      return {
        call: administer(`PUT /admin/users/${userId}/roles`, { roles: ['editor'] }),
        success: 200,
        async afterwards() {
          expect(await ownerOf(world, person.email)).toMatchObject({ roles: ['editor'] });
          await expectWelcome(world, tokens.accessToken);
        },
      };
    },
  },
  ...['', '?limit=1', '?email='].map(
    (query): Scenario => ({
      of: 'GET /admin/users',
      name: `a look at users ${query}`,
      async prepare(world) {
        const { email } = await signedUp(world.client);
        return {
          call: administer(`GET /admin/users${query.replace('email=', `email=${email}`)}`),
          success: 200,
          async afterwards(replies) {
            for (const { json } of successes(replies))
              expect((json as { users: object[] }).users.length).toBeGreaterThan(0);
          },
        };
      },
    }),
  ),
  {
    of: 'GET /admin/users/{userId}/activity',
    name: 'a look at what happened to a user',
    async prepare(world) {
      const { userId } = await subject(world);
      return {
        call: administer(`GET /admin/users/${userId}/activity`),
        success: 200,
        async afterwards(replies) {
          for (const { json } of successes(replies))
            expect((json as { activity: { type: string }[] }).activity.map(({ type }) => type)).toEqual([
              'session.opened',
              'user.created',
            ]);
        },
      };
    },
  },
  {
    of: 'GET /admin/users/{userId}',
    name: 'a look at a user',
    async prepare(world) {
      const { userId } = await subject(world);
      return {
        call: administer(`GET /admin/users/${userId}`),
        success: 200,
        async afterwards(replies) {
          for (const { json } of successes(replies)) expect(json).toMatchObject({ user: { userId } });
        },
      };
    },
  },
  {
    of: 'POST /admin/users',
    name: 'an account that an administrator makes',
    async prepare(world) {
      const row = { email: `${randomUUID()}@example.com`, name: 'Grace Hopper' };
      return {
        call: administer('POST /admin/users', row),
        success: 201,
        done: 409,
        async holds() {
          const users = await world.rowsOf('users', { email: row.email });
          const claim = await world.rowOf('emails', { email: row.email });
          expect(users.map(({ userId }) => userId)).toEqual(claim ? [claim.userId] : []);
          const due = claim ? await world.rowsOf('reset-tags', { userId: claim.userId as string }) : [];
          expect(due).toHaveLength(users.length);
        },
        async afterwards() {
          expect(await world.rowOf('emails', { email: row.email })).toBeDefined();
        },
      };
    },
  },
];
