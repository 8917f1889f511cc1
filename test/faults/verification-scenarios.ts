import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { hashSecret, newMailedSecret, writeResetTag } from '../../lib/core/opaque-token.ts';
import { loggedIn, type Person, signedUp, somebody, type Tokens } from '../harness/people.ts';
import { deliveryOf } from './own-world.ts';
import { bearer, expectOver, expectWelcome, ownerOf, type Scenario, type World } from './scenario.ts';

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

export const verificationScenarios: Scenario[] = [
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
        const headers = bearer(tokens.accessToken);
        const confirmed = await world.client.send({ path: '/auth/verify-email', headers, body });
        expect(confirmed.status, confirmed.text).toBe(200);
        const undo = { email: person.email, emailVerified: false, since: Date.now() - 1_000 };
        const link = await mailedRow(world, { userId, purpose: 'address-changed', undo });
        const onPage = of === 'POST /undo';
        return {
          call: onPage
            ? {
                path: '/undo',
                headers: {
                  'content-type': 'application/x-www-form-urlencoded',
                  'sec-fetch-site': 'same-origin',
                },
                body: new URLSearchParams({ tag: link }).toString(),
              }
            : { path: '/auth/undo', body: { token: link } },
          success: onPage ? 303 : 200,
          done: onPage ? 404 : 401,
          async holds() {
            const email = await addressesFit(world, userId);
            const resets = await world.rowsOf('reset-tags', { userId, purpose: 'undone' });
            expect(resets).toHaveLength(email === next ? 0 : 1);
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
