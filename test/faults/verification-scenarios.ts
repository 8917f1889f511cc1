import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { hashSecret, newMailedSecret, writeResetTag } from '../../lib/core/opaque-token.ts';
import { accountCounter } from '../../lib/core/throttle.ts';
import { digitsIn, linkIn, type Mail, mailsTo } from '../harness/inbox.ts';
import { form } from '../harness/page-of.ts';
import { addedPasskey, device } from '../harness/passkeys.ts';
import { loggedIn, type Person, signedUp, somebody, type Tokens } from '../harness/people.ts';
import { deliveryOf } from './own-world.ts';
import {
  bearer,
  expectOver,
  expectWelcome,
  isSession,
  ownerOf,
  type Scenario,
  successes,
  type World,
} from './scenario.ts';

// What mails decide. Their rows are written as `send-mail` leaves them, since no test knows a mailed secret otherwise.

const DAY_MS = 86_400_000;

async function holder(world: World): Promise<{ person: Person; tokens: Tokens; userId: string }> {
  const person = await signedUp(world.client);
  const { userId } = await ownerOf(world, person.email);
  return { person, tokens: await loggedIn(world.client, person), userId };
}

/** A mail that was sent. @returns its tag */
async function mailedRow(world: World, fields: Record<string, unknown>): Promise<string> {
  const [tagId, secret, now] = [randomUUID(), newMailedSecret(), Date.now()];
  await world.putRow('reset-tags', {
    ...{ tagId, kind: 'known', state: 'mailed', requestedAt: now, credentialVersion: 1 },
    ...{ validUntil: now + DAY_MS, secretHashes: new Set([hashSecret(secret)]), ...fields },
  });
  return writeResetTag({ tagId, secret });
}

async function changing(world: World) {
  const { person, tokens, userId } = await holder(world);
  const next = somebody().email;
  const token = await mailedRow(world, { userId, purpose: 'change-email', newEmail: next });
  const [row] = await world.rowsOf('reset-tags', { userId, newEmail: next });
  const [user] = await world.rowsOf('users', { userId });
  await world.putRow('users', { ...user, changeMail: { tagId: row?.tagId, at: Date.now() } });
  return { person, tokens, userId, next, token };
}

/** Sends what is due to an address that waits to be verified. @returns the latest mail */
async function mailedTo(world: World, email: string): Promise<Mail | undefined> {
  const owners = [
    ...(await world.rowsOf('reset-tags', { email })),
    ...(await world.rowsOf('users', { email })),
  ];
  for (const { userId } of owners) {
    const due = await world.rowsOf('reset-tags', { userId, state: 'requested' });
    for (const { tagId } of due) await world.sendMail(tagId as string);
  }
  return (await mailsTo(email)).at(-1);
}

type Waiting = { verification: string };

/** Whoever signed up and waits for the mail that has been sent. */
async function waiting(world: World) {
  const person = somebody();
  const reply = await world.register('before', person);
  const { verification } = reply.json as Waiting;
  return { person, verification, mail: await mailedTo(world, person.email) };
}

/** The account with its claim is there and its sign-up is completed, or nothing of it is. */
async function completedOrNot(world: World, email: string, sessions: number): Promise<boolean> {
  const users = await world.rowsOf('users', { email });
  const claim = await world.rowOf('emails', { email });
  const [signUp] = await world.rowsOf('reset-tags', { email });
  expect(users.map(({ userId }) => userId)).toEqual(claim ? [claim.userId] : []);
  expect([signUp?.state, signUp?.passwordHash === undefined]).toEqual(
    claim ? ['completed', true] : ['pending', false],
  );
  const rows = await world.rowsOf('sessions', { userId: signUp?.userId });
  expect(rows.filter(isSession)).toHaveLength(claim ? sessions : 0);
  expect(rows.length > 0).toBe(claim !== undefined); // what the account says of its beginning
  return claim !== undefined;
}

/** An address is the account's, held for it, or nobody's, and the account knows which. */
async function addressesFit(world: World, userId: string): Promise<string> {
  const [user] = await world.rowsOf('users', { userId });
  const held = ((user?.heldEmails ?? []) as { email: string }[]).map(({ email }) => email);
  const claims = await world.rowsOf('emails', { userId });
  const of = (isHeld: boolean) =>
    claims.filter(({ heldUntil }) => (heldUntil !== undefined) === isHeld).map(({ email }) => email);
  expect([of(false), of(true)]).toEqual([[user?.email], held]);
  return user?.email as string;
}

/** What becomes of a sign-up where addresses are verified before there is an account. */
const before: Scenario[] = [
  {
    of: 'POST /auth/register',
    name: 'a sign-up that waits for its address',
    async prepare(world) {
      const person = somebody();
      const { email, password } = person;
      return {
        call: { path: '/auth/register', body: { ...person, confirm: password } },
        emailVerification: 'before',
        success: 201,
        async holds() {
          const signUps = await world.rowsOf('reset-tags', { email });
          for (const { userId, latest } of signUps) {
            const mails = await world.rowsOf('reset-tags', { userId, purpose: 'verify-sign-up' });
            expect(mails.map(({ tagId }) => tagId)).toEqual([(latest as { tagId: string }).tagId]);
          }
          expect(await world.rowOf('emails', { email })).toBeUndefined();
        },
        async afterwards(replies) {
          const [{ verification }] = successes(replies)
            .map(({ json }) => json)
            .reverse() as [Waiting];
          await mailedTo(world, email);
          const body = (code: string) => ({ path: '/auth/verify-email', body: { verification, code } });
          const statuses = [];
          for (const mail of await mailsTo(email))
            statuses.push((await world.client.send(body(digitsIn(mail)))).status);
          expect(statuses).toContain(200);
          await loggedIn(world.client, person);
        },
      };
    },
  },
  ...(['code', 'page'] as const).map(
    (by): Scenario => ({
      of: by === 'page' ? 'POST /verify-email' : 'POST /auth/verify-email',
      name: `a sign-up, finished by ${by}`,
      async prepare(world) {
        const { person, verification, mail } = await waiting(world);
        const { email, password } = person;
        const body = { verification, code: digitsIn(mail) };
        return {
          call:
            by === 'page'
              ? form('/verify-email', { tag: linkIn(mail, 'verify-email'), password })
              : { path: '/auth/verify-email', body },
          success: by === 'page' ? 303 : 200,
          async holds() {
            await completedOrNot(world, email, by === 'page' ? 0 : 1);
          },
          async afterwards(replies) {
            expect(await completedOrNot(world, email, by === 'page' ? 0 : 1)).toBe(true);
            for (const { json } of successes(replies)) {
              const { accessToken } = json as Partial<Tokens>;
              if (accessToken) await expectWelcome(world, accessToken);
            }
            await loggedIn(world.client, person);
          },
        };
      },
    }),
  ),
  {
    of: 'POST /auth/send-verification',
    name: 'another mail to finish a sign-up',
    async prepare(world) {
      const { person, verification } = await waiting(world);
      return {
        call: { path: '/auth/send-verification', body: { verification } },
        success: 202,
        async afterwards() {
          const mail = await mailedTo(world, person.email);
          const body = { verification, code: digitsIn(mail) };
          expect((await world.client.send({ path: '/auth/verify-email', body })).status).toBe(200);
        },
      };
    },
  },
];

/** What becomes of an account whose address is verified later. */
const after: Scenario[] = [
  {
    of: 'POST /auth/register',
    name: 'a sign-up whose address is verified later',
    async prepare(world) {
      const person = somebody();
      const { email, password } = person;
      return {
        call: { path: '/auth/register', body: { ...person, confirm: password } },
        emailVerification: 'after',
        success: 201,
        done: 400,
        async holds() {
          const [user] = await world.rowsOf('users', { email });
          const mails = await world.rowsOf('reset-tags', { purpose: 'verify-account' });
          const { verifyMail, userId } = (user ?? {}) as { verifyMail?: { tagId: string }; userId?: string };
          expect(mails.filter((mail) => mail.userId === userId).map(({ tagId }) => tagId)).toEqual(
            user ? [verifyMail?.tagId] : [],
          );
        },
        async afterwards() {
          const mail = await mailedTo(world, email);
          const { accessToken } = await loggedIn(world.client, person);
          const call = {
            path: '/auth/verify-email',
            headers: bearer(accessToken),
            body: { code: digitsIn(mail) },
          };
          expect((await world.client.send(call)).status).toBe(200);
        },
      };
    },
  },
  {
    of: 'POST /auth/verify-email',
    name: 'the code of an account whose address is verified later',
    async prepare(world) {
      const person = somebody();
      await world.register('after', person);
      const code = digitsIn(await mailedTo(world, person.email));
      const { accessToken } = await loggedIn(world.client, person);
      const isVerified = async () =>
        (await world.rowsOf('users', { email: person.email }))[0]?.emailVerified === true;
      return {
        call: { path: '/auth/verify-email', headers: bearer(accessToken), body: { code } },
        success: 200,
        async holds(replies) {
          const [mail] = await world.rowsOf('reset-tags', {
            userId: (await ownerOf(world, person.email)).userId,
          });
          expect(await isVerified()).toBe(mail?.state === 'used');
          if (successes(replies).length > 0) expect(await isVerified()).toBe(true);
        },
        async afterwards() {
          expect(await isVerified()).toBe(true);
        },
      };
    },
  },
];

export const verificationScenarios: Scenario[] = [
  ...before,
  ...after,
  ...['/verify-email', '/undo'].map(
    (path): Scenario => ({
      of: `GET ${path}`,
      name: `a look at ${path}`,
      async prepare() {
        const call = { method: 'GET', path: `${path}?tag=${'A'.repeat(64)}` };
        return { call, success: 200, afterwards: async () => {} };
      },
    }),
  ),
  ...(['token', 'password'] as const).map(
    (by): Scenario => ({
      of: 'POST /auth/verify-email',
      name: `a change of address, completed by ${by}`,
      async prepare(world) {
        const { person, tokens, userId, next, token } = await changing(world);
        return {
          attempts: accountCounter(person.email),
          call:
            by === 'token'
              ? { path: '/auth/verify-email', headers: bearer(tokens.accessToken), body: { token } }
              : { path: '/auth/verify-email', body: { token, password: person.password } },
          success: 200,
          async holds() {
            const email = await addressesFit(world, userId);
            const notices = await world.rowsOf('reset-tags', { userId, purpose: 'address-changed' });
            expect(notices).toHaveLength(email === next ? 1 : 0);
          },
          async afterwards() {
            expect(await addressesFit(world, userId)).toBe(next);
            await expectWelcome(world, tokens.accessToken);
          },
        };
      },
    }),
  ),
  {
    of: 'POST /verify-email',
    name: 'a change of address, completed on the page',
    async prepare(world) {
      const { person, userId, next, token } = await changing(world);
      return {
        call: {
          path: '/verify-email',
          headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' },
          body: new URLSearchParams({ tag: token, password: person.password }).toString(),
        },
        attempts: accountCounter(person.email),
        success: 303,
        async holds() {
          await addressesFit(world, userId);
        },
        async afterwards() {
          expect(await addressesFit(world, userId)).toBe(next);
        },
      };
    },
  },
  {
    of: 'POST /auth/send-verification',
    name: 'another mail to verify an address',
    async prepare(world) {
      const { tokens, userId } = await holder(world);
      return {
        call: { path: '/auth/send-verification', headers: bearer(tokens.accessToken), body: {} },
        success: 202,
        async afterwards() {
          const mails = await world.rowsOf('reset-tags', { userId, purpose: 'verify-account' });
          expect(mails.length).toBeGreaterThanOrEqual(1);
        },
      };
    },
  },
  {
    of: 'POST /auth/change-email',
    name: 'another address',
    async prepare(world) {
      const { tokens, userId } = await holder(world);
      const mails = async (purpose: string) => (await world.rowsOf('reset-tags', { userId, purpose })).length;
      return {
        call: {
          path: '/auth/change-email',
          headers: bearer(tokens.accessToken),
          body: { email: somebody().email },
        },
        success: 202,
        async holds() {
          expect(await mails('change-email')).toBe(await mails('address-being-changed'));
        },
        async afterwards() {
          expect(await mails('change-email')).toBeGreaterThanOrEqual(1);
        },
      };
    },
  },
  ...(['POST /auth/undo', 'POST /undo'] as const).map(
    (of): Scenario => ({
      of,
      name: `an undo by ${of}`,
      async prepare(world) {
        const { person, tokens, userId, next, token } = await changing(world);
        const body = { token };
        const since = Date.now();
        const headers = bearer(tokens.accessToken);
        const confirmed = await world.client.send({ path: '/auth/verify-email', headers, body });
        expect(confirmed.status, confirmed.text).toBe(200);
        await addedPasskey(world.client, tokens, device());
        const undo = { email: person.email, emailVerified: false, since };
        const link = await mailedRow(world, { userId, purpose: 'address-changed', undo });
        const onPage = of === 'POST /undo';
        return {
          call: onPage ? form('/undo', { tag: link }) : { path: '/auth/undo', body: { token: link } },
          success: onPage ? 303 : 200,
          done: onPage ? 404 : 401,
          async holds() {
            const stands = (await addressesFit(world, userId)) === next;
            const resets = await world.rowsOf('reset-tags', { userId, purpose: 'undone' });
            const factors = await world.rowsOf('factors', { userId });
            const claims = await world.rowsOf('factors', { owner: userId });
            expect([resets, factors, claims].map(({ length }) => length)).toEqual(
              stands ? [0, 1, 1] : [1, 0, 0],
            );
          },
          async afterwards() {
            expect(await addressesFit(world, userId)).toBe(person.email);
            await expectOver(world, tokens);
          },
        };
      },
    }),
  ),
  {
    of: 'send-mail',
    name: 'the mail that completes a change of address',
    async prepare(world) {
      const { tokens, userId } = await holder(world);
      await world.client.send({
        path: '/auth/change-email',
        headers: bearer(tokens.accessToken),
        body: { email: somebody().email },
      });
      const [row] = await world.rowsOf('reset-tags', { userId, purpose: 'change-email' });
      return {
        call: { event: deliveryOf(row?.tagId as string) },
        success: 200,
        async afterwards() {
          const [user] = await world.rowsOf('users', { userId });
          expect(user?.changeMail).toMatchObject({ tagId: row?.tagId });
        },
      };
    },
  },
];
