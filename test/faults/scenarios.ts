import { expect } from 'vitest';
import { accountCounter } from '../../lib/core/throttle.ts';
import type { Call } from '../harness/client.ts';
import { type Mail, mailsTo, tagIn } from '../harness/inbox.ts';
import { loggedIn, type Person, signedUp, somebody, type Tokens } from '../harness/people.ts';
import { sesReports } from '../operations/ses-reports.ts';
import { accountScenarios } from './account-scenarios.ts';
import { adminScenarios } from './admin-scenarios.ts';
import { eventScenarios } from './event-scenarios.ts';
import { factorScenarios } from './factor-scenarios.ts';
import { deliveryOf, newTables } from './own-world.ts';
import { passkeyScenarios } from './passkey-scenarios.ts';
import {
  bearer,
  expectOver,
  expectWelcome,
  isSession,
  overOnceAnswered,
  ownerOf,
  refreshed,
  type Scenario,
  successes,
  type World,
} from './scenario.ts';
import { verificationScenarios } from './verification-scenarios.ts';

const NEW_PASSWORD = 'a new battery staple';

const NO_TOKEN = { authorization: 'Bearer none of ours' };

export const scenarios: Scenario[] = [
  ...accountScenarios,
  ...adminScenarios,
  ...factorScenarios,
  ...verificationScenarios,
  ...passkeyScenarios,
  ...eventScenarios,
  {
    of: 'POST /api/user/signup',
    name: 'a sign-up that logs in',
    async prepare(world) {
      const { name, email, password } = somebody();
      return {
        call: { path: '/api/user/signup', body: { name, email, password } },
        success: 200,
        done: 409,
        holds: () => wholeAccount(world, email, 1),
        async afterwards(replies) {
          for (const { json } of successes(replies))
            await expectWelcome(world, (json as { token: string }).token);
          await loggedIn(world.client, { name, bio: null, email, password });
          expect(await world.rowsOf('users', { email })).toHaveLength(1);
        },
      };
    },
  },
  {
    of: 'POST /auth/register',
    name: 'a sign-up',
    async prepare(world) {
      const person = somebody();
      return {
        call: { path: '/auth/register', body: { ...person, confirm: person.password } },
        success: 201,
        done: 400,
        holds: () => wholeAccount(world, person.email, 0),
        async afterwards() {
          await loggedIn(world.client, person);
          expect(await world.rowsOf('users', { email: person.email })).toHaveLength(1);
        },
      };
    },
  },
  ...(['/accounts/auth', '/api/user/login', '/auth/login'] as const).flatMap((path): Scenario[] => [
    {
      of: `POST ${path}`,
      name: 'a log-in',
      async prepare(world) {
        const { email, password } = await signedUp(world.client);
        return {
          call: { path, body: { email, username: email, password } },
          success: 200,
          async afterwards(replies) {
            for (const { json } of successes(replies)) {
              const { token, accessToken = token, refreshToken } = json as Tokens & { token: string };
              await expectWelcome(world, accessToken);
              if (refreshToken) expect(await refreshed(world, refreshToken)).toBe(200);
            }
          },
        };
      },
    },
    {
      of: `POST ${path}`,
      name: 'a wrong password',
      async prepare(world) {
        const person = await signedUp(world.client);
        return {
          call: { path, body: { email: person.email, username: person.email, password: 'not the password' } },
          success: path === '/accounts/auth' ? 406 : 401,
          async afterwards() {
            await loggedIn(world.client, person);
          },
        };
      },
    },
  ]),
  {
    of: 'POST /auth/login',
    name: 'a log-in after a wrong password',
    async prepare(world) {
      const { email, password } = await signedUp(world.client);
      await world.client.send({ path: '/auth/login', body: { email, password: 'not the password' } });
      return {
        call: { path: '/auth/login', body: { email, password } },
        success: 200,
        async afterwards(replies) {
          for (const { json } of successes(replies)) await expectWelcome(world, (json as Tokens).accessToken);
        },
      };
    },
  },
  {
    of: 'POST /auth/login',
    name: 'the wrong password that locks until a reset',
    async prepare(world) {
      const { email } = await signedUp(world.client);
      const { userId } = await ownerOf(world, email);
      const counter = accountCounter(email);
      const rememberedUntil = Date.now() + 86_400_000;
      const attempts = { failures: 0, pending: [], lockedUntil: 0, quietAt: 0, rememberedUntil };
      await world.putRow('throttles', { counter, ...attempts, consecutive: 99, version: 'the ninety-ninth' });
      const mailsDue = async () =>
        (await world.rowsOf('reset-tags', { userId })).filter(({ purpose }) => purpose === 'locked').length;
      return {
        call: { path: '/auth/login', body: { email, password: 'not the password' } },
        success: 401,
        done: 429,
        async holds() {
          const [row] = await world.rowsOf('throttles', { counter });
          expect(await mailsDue()).toBe(row?.consecutive === 100 ? 1 : 0);
        },
        async afterwards(replies) {
          // A place that an outage kept is free again after a while; until then there is nothing to count.
          if (replies.some(({ status }) => status === 401)) expect(await mailsDue()).toBe(1);
        },
      };
    },
  },
  {
    of: 'POST /auth/login',
    name: 'a log-in by an outdated hash',
    async prepare(world) {
      const person = await signedUp(world.client);
      const user = await ownerOf(world, person.email);
      const passwordHash = user.passwordHash.replace('$2b$', '$2y$');
      await world.putRow('users', { ...user, passwordHash });
      return {
        call: { path: '/auth/login', body: { email: person.email, password: person.password } },
        success: 200,
        async afterwards(replies) {
          for (const { json } of successes(replies)) await expectWelcome(world, (json as Tokens).accessToken);
          await loggedIn(world.client, person);
          expect((await ownerOf(world, person.email)).passwordHash).toMatch(/^\$2b\$/);
        },
      };
    },
  },
  {
    of: 'POST /auth',
    name: 'a welcome',
    async prepare(world) {
      const { accessToken } = await loggedIn(world.client, await signedUp(world.client));
      return {
        call: { path: '/auth', headers: bearer(accessToken) },
        success: 200,
        afterwards: () => expectWelcome(world, accessToken),
      };
    },
  },
  {
    of: 'POST /auth/refresh-tokens',
    name: 'a refresh',
    async prepare(world) {
      const { refreshToken } = await loggedIn(world.client, await signedUp(world.client));
      return {
        call: { path: '/auth/refresh-tokens', body: { refreshToken } },
        success: 200,
        async afterwards(replies) {
          const successors = new Set(successes(replies).map(({ json }) => (json as Tokens).refreshToken));
          expect(successors.size).toBe(1);
          for (const { json } of successes(replies)) await expectWelcome(world, (json as Tokens).accessToken);
          for (const successor of successors) expect(await refreshed(world, successor)).toBe(200);
        },
      };
    },
  },
  {
    of: 'POST /auth/refresh-tokens',
    name: 'a replayed token',
    async prepare(world) {
      const { client } = world;
      const first = await loggedIn(client, await signedUp(client));
      let latest = first;
      for (let turn = 0; turn < 2; turn += 1) {
        const body = { refreshToken: latest.refreshToken };
        latest = (await client.send({ path: '/auth/refresh-tokens', body })).json as Tokens;
      }
      return {
        call: { path: '/auth/refresh-tokens', body: { refreshToken: first.refreshToken } },
        success: 401,
        holds: (replies) => overOnceAnswered(world, latest, replies),
        afterwards: () => expectOver(world, latest),
      };
    },
  },
  ...(
    [
      ['POST /auth', { path: '/auth', headers: NO_TOKEN }],
      ['GET /auth/account', { method: 'GET', path: '/auth/account', headers: NO_TOKEN }],
      ['GET /accounts/logout', { method: 'GET', path: '/accounts/logout/', headers: NO_TOKEN }],
      [
        'POST /auth/refresh-tokens',
        { path: '/auth/refresh-tokens', body: { refreshToken: 'A'.repeat(128) } },
      ],
    ] as const
  ).map(
    ([of, call]): Scenario => ({
      of,
      name: 'a refused token, which counts for the address,',
      async prepare() {
        return { call, success: 401, async afterwards() {} };
      },
    }),
  ),
  {
    of: 'GET /accounts/logout',
    name: 'a log-out by access token',
    async prepare(world) {
      const tokens = await loggedIn(world.client, await signedUp(world.client));
      return {
        call: { method: 'GET', path: '/accounts/logout/', headers: { token: tokens.accessToken } },
        success: 200,
        done: 401,
        holds: (replies) => overOnceAnswered(world, tokens, replies),
        afterwards: () => expectOver(world, tokens),
      };
    },
  },
  {
    of: 'POST /auth/logout',
    name: 'a log-out by refresh token',
    async prepare(world) {
      const tokens = await loggedIn(world.client, await signedUp(world.client));
      return {
        call: { path: '/auth/logout', body: { refreshToken: tokens.refreshToken } },
        success: 200,
        holds: (replies) => overOnceAnswered(world, tokens, replies),
        afterwards: () => expectOver(world, tokens),
      };
    },
  },
  ...(['/accounts/forgetpassword', '/auth/forget-password', '/forgot-password'] as const).map(
    (path): Scenario => ({
      of: `POST ${path}`,
      name: 'a forgotten password',
      async prepare(world) {
        const person = await signedUp(world.client);
        return {
          call:
            path === '/forgot-password'
              ? form(path, { email: person.email })
              : { path, body: { email: person.email } },
          success: path.startsWith('/auth') ? 202 : 200,
          async afterwards() {
            const { userId } = await ownerOf(world, person.email);
            const due = await world.rowsOf('reset-tags', { userId, kind: 'known' });
            for (const { tagId } of due) await world.sendMail(tagId as string);
            const mails = await mailsTo(person.email);
            expect(mails.length).toBeGreaterThanOrEqual(1);
            expect(mails.length).toBeLessThanOrEqual(2);
            expect(await reset(world, tagIn(mails.at(-1)))).toBe(200);
          },
        };
      },
    }),
  ),
  {
    of: 'GET /forgot-password',
    name: 'a look at the form that asks for a link',
    async prepare() {
      return { call: { method: 'GET', path: '/forgot-password' }, success: 200, afterwards: async () => {} };
    },
  },
  {
    of: 'GET /reset-password',
    name: 'a look at a link',
    async prepare(world) {
      const tag = await mailedTagOf(world, await signedUp(world.client));
      return {
        call: { method: 'GET', path: `/reset-password?tag=${tag}` },
        success: 200,
        async afterwards() {
          expect(await reset(world, tag)).toBe(200);
        },
      };
    },
  },
  ...(['/accounts/resetpassword?tag=', '/auth/reset-password?token=', '/reset-password'] as const).map(
    (path): Scenario => ({
      of: `POST ${path.replace(/\?.*/, '')}`,
      name: 'a reset',
      async prepare(world) {
        const person = await signedUp(world.client);
        const tokens = await loggedIn(world.client, person);
        const tag = await mailedTagOf(world, person);
        const logIn = (password: string) =>
          world.client.send({ path: '/auth/login', body: { email: person.email, password } });
        return {
          call:
            path === '/reset-password'
              ? form(path, { tag, password: NEW_PASSWORD })
              : { path: path + tag, body: { password: NEW_PASSWORD } },
          success: path === '/reset-password' ? 303 : 200,
          done: path.startsWith('/auth') ? 401 : path.startsWith('/accounts') ? 406 : 404,
          async holds() {
            const statuses = [await logIn(person.password), await logIn(NEW_PASSWORD)].map(
              ({ status }) => status,
            );
            const done = statuses[1] === 200;
            expect(statuses).toEqual(done ? [401, 200] : [200, 401]);
            const { credentialVersion, userId } = await ownerOf(world, person.email);
            const rows = await world.rowsOf('reset-tags', { userId });
            expect(rows.map(({ state }) => state)).toEqual([done ? 'used' : 'mailed']);
            expect(credentialVersion).toBe(done ? 2 : 1);
          },
          async afterwards() {
            expect((await logIn(NEW_PASSWORD)).status).toBe(200);
            expect((await logIn(person.password)).status).toBe(401);
            expect(await reset(world, tag)).toBe(401);
            await expectOver(world, tokens);
          },
        };
      },
    }),
  ),
  ...(['/.well-known/jwks.json', '/.well-known/openid-configuration'] as const).map(
    (path): Scenario => ({
      of: `GET ${path}`,
      name: `a look at ${path.replace('/.well-known/', '')}`,
      async prepare() {
        return {
          call: { method: 'GET', path },
          success: 200,
          async afterwards(replies) {
            const texts = successes(replies).map(({ text }) => text);
            // Discovery lists every algorithm while the keys can't be read: more than are in use, and never fewer.
            const sure = path.endsWith('jwks.json') ? '"kty":"RSA"' : '"RS256"';
            for (const text of texts) expect(text).toContain(sure);
            expect(new Set(path.endsWith('jwks.json') ? texts : texts.slice(-1)).size).toBe(1);
          },
        };
      },
    }),
  ),
  {
    of: 'rotate-keys',
    name: 'the first rotation',
    async prepare({ rowsOf }) {
      const prefix = await newTables('without a key');
      return {
        call: { event: { command: 'rotate' } },
        prefix,
        success: 200,
        async holds() {
          const rows = await rowsOf('keys', {}, prefix);
          const published = Object.keys(keysOf(rows).keys ?? {});
          expect(published).toEqual(sealedKeysOf(rows));
          expect(published.length).toBeLessThanOrEqual(1);
        },
        async afterwards() {
          expect(sealedKeysOf(await rowsOf('keys', {}, prefix))).toHaveLength(1);
        },
      };
    },
  },
  {
    of: 'rotate-keys',
    name: 'a rotation',
    async prepare({ rowsOf, putRow }) {
      const prefix = await newTables('without a key');
      const old = { kid: 'old', publicJwk: { kty: 'RSA' }, signsFrom: 0 };
      await putRow('keys', { kid: '#published', newest: 'old', keys: { old } }, prefix);
      await putRow('keys', { kid: 'old', sealed: 'sealed' }, prefix);
      return {
        call: { event: { command: 'rotate' } },
        prefix,
        success: 200,
        async holds() {
          const rows = await rowsOf('keys', {}, prefix);
          const { newest, keys } = keysOf(rows);
          expect(keys?.old?.verifiesUntil === undefined).toBe(newest === 'old');
          const sealed = sealedKeysOf(rows);
          expect(Object.keys(keys ?? {}).sort()).toEqual(sealed.sort());
          expect(sealed).toHaveLength(newest === 'old' ? 1 : 2);
          expect(sealed).toContain(newest);
        },
        async afterwards() {
          expect(keysOf(await rowsOf('keys', {}, prefix)).newest).not.toBe('old');
        },
      };
    },
  },
  {
    of: 'rotate-keys',
    name: 'a rotation that finds the rows of version 0.1',
    async prepare({ rowsOf, putRow }) {
      const prefix = await newTables('without a key');
      const signsFrom = Date.now();
      await putRow('keys', { kid: 'old', publicJwk: { kty: 'RSA' }, signsFrom, sealed: 'sealed' }, prefix);
      await putRow('keys', { kid: '#newest', newest: 'old' }, prefix);
      return {
        call: { event: { command: 'rotate' } },
        prefix,
        success: 200,
        async afterwards() {
          expect(keysOf(await rowsOf('keys', {}, prefix))).toEqual({
            kid: '#published',
            newest: 'old',
            keys: { old: { kid: 'old', publicJwk: { kty: 'RSA' }, signsFrom } },
          });
        },
      };
    },
  },
  {
    of: 'send-mail',
    name: 'a mail with a link',
    async prepare(world) {
      const person = await signedUp(world.client);
      const tagId = await askedFor(world, person.email, false);
      return {
        call: { event: deliveryOf(tagId) },
        success: 200,
        async holds(replies) {
          const mails = await mailsTo(person.email);
          if (replies.some(({ status }) => status === 200)) expect(mails.length).toBeGreaterThanOrEqual(1);
        },
        async afterwards() {
          const mails = await mailsTo(person.email);
          expect(mails.length).toBeLessThanOrEqual(2);
          expect(await reset(world, tagIn(mails[0]))).toBe(200);
        },
      };
    },
  },
  {
    of: 'send-mail',
    name: 'a notice that the password was changed',
    async prepare(world) {
      const person = await signedUp(world.client);
      const tagId = await askedFor(world, person.email);
      expect(await reset(world, tagIn((await mailsTo(person.email))[0]))).toBe(200);
      const notices = async () => (await mailsTo(person.email)).filter(isNotice);
      return {
        call: { event: deliveryOf(tagId) },
        success: 200,
        async holds(replies) {
          if (replies.some(({ status }) => status === 200))
            expect((await notices()).length).toBeGreaterThanOrEqual(1);
        },
        async afterwards() {
          expect((await notices()).length).toBeLessThanOrEqual(2);
        },
      };
    },
  },
  {
    of: 'send-mail',
    name: 'a mail that has waited for its place in the budget',
    async prepare(world) {
      const person = await signedUp(world.client);
      const tagId = await askedFor(world, person.email, false);
      await world.putRow('reset-tags', { ...(await world.rowOf('reset-tags', { tagId })), state: 'waiting' });
      return {
        call: { event: { command: 'send-waiting' } },
        success: 200,
        async holds() {
          expect((await mailsTo(person.email)).length).toBeLessThanOrEqual(2);
        },
        async afterwards() {
          const mails = await mailsTo(person.email);
          expect(mails.length).toBeLessThanOrEqual(2);
          if (mails.length > 0) expect(await reset(world, tagIn(mails[0]))).toBe(200);
        },
      };
    },
  },
  {
    of: 'mail-events',
    name: 'a bounce',
    async prepare(world) {
      const person = await signedUp(world.client);
      const before = await ownerOf(world, person.email);
      const marked = async () => (await ownerOf(world, person.email)) as { mailRefused?: string };
      return {
        call: { event: sesReports.bounced(person.email) },
        success: 200,
        async holds(replies) {
          const row = await marked();
          if (replies.some(({ status }) => status === 200)) expect(row.mailRefused).toBe('bounced');
          const {
            mailRefused: _,
            mailRefusedUntil: __,
            mailBounces: ___,
            ...rest
          } = row as Record<string, unknown>;
          expect(rest).toEqual(before);
        },
        async afterwards() {
          await askedFor(world, person.email);
          expect(await mailsTo(person.email)).toEqual([]);
        },
      };
    },
  },
];

const form = (path: string, fields: Record<string, string>): Call => ({
  path,
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams(fields).toString(),
});
const isNotice = ({ subject }: Mail) => subject === 'Gatehouse: Your password was changed';

/** The tag of a reset mail, sent by a send-mail that nothing is wrong with. */
async function mailedTagOf(world: World, { email }: Person): Promise<string> {
  await askedFor(world, email);
  return tagIn((await mailsTo(email)).at(-1));
}

/** Asks for a reset mail and has it sent. @returns the name of the request */
export async function askedFor(world: World, email: string, send = true): Promise<string> {
  const reply = await world.client.send({ path: '/accounts/forgetpassword', body: { email } });
  const { tag } = reply.json as { tag: string };
  if (send) await world.sendMail(tag);
  return tag;
}

export async function reset(world: World, tag: string, password = NEW_PASSWORD): Promise<number> {
  const reply = await world.client.send({ path: `/auth/reset-password?token=${tag}`, body: { password } });
  return reply.status;
}

/** The user, the claim on the address and the session are there together or not at all. */
async function wholeAccount({ rowOf, rowsOf }: World, email: string, sessions: number): Promise<void> {
  const users = await rowsOf('users', { email });
  const claim = await rowOf('emails', { email });
  expect(users.map(({ userId }) => userId)).toEqual(claim ? [claim.userId] : []);
  if (!claim) return;
  const rows = await rowsOf('sessions', { userId: claim.userId });
  expect(rows.filter(isSession)).toHaveLength(sessions);
  expect(rows.length).toBeGreaterThan(0); // the entry that the account was made
}

type PublishedKeys = { newest?: string; keys?: Record<string, { verifiesUntil?: number }> };

function keysOf(rows: readonly Record<string, unknown>[]): PublishedKeys {
  return rows.find(({ kid }) => kid === '#published') ?? {};
}

/** The kids of the signing keys that are stored sealed; the stage key, which signs nothing, is sealed beside them. */
function sealedKeysOf(rows: readonly Record<string, unknown>[]): unknown[] {
  return rows.flatMap(({ kid, sealed }) => (sealed && kid !== '#stage' ? [kid] : []));
}

/** The dialects of an operation call DynamoDB alike: the scenarios with one dialect of each operation. */
export function oneDialectEach(routes: Readonly<Record<string, string>>): Scenario[] {
  const kindOf = ({ name, of }: Scenario) => name + routes[of];
  return scenarios.filter(
    (scenario, index) => index === scenarios.findLastIndex((other) => kindOf(other) === kindOf(scenario)),
  );
}
