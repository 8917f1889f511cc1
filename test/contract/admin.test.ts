import { randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, inject, test } from 'vitest';
import { readService } from '../../tools/deploy/service.ts';
import { startApi } from '../../tools/local/api.ts';
import { freePort } from '../../tools/local/ports.ts';
import { protectedPerson } from '../harness/authenticator.ts';
import { type Client, clients, type Reply } from '../harness/client.ts';
import { awaitMails, mailsTo } from '../harness/inbox.ts';
import { loggedIn, type Person, signedUp, somebody, type Tokens } from '../harness/people.ts';
import { administer, asAdministrator, CALLER, signed } from '../harness/signed.ts';
import { anId, coded, expectAnswer, ok, problem } from './answers.ts';
import { changeRow, nearlyLock, userOf } from './rows.ts';

// The administrator's API: issue 16, item 5. That whoever doesn't sign is refused: every-operation.test.ts.

const aTime = expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const HASH = '$2b$04$qM9pYfRgkdaB5xAnBvLkHeQ4F4tkIpz9sql7ZzlnlmVpQB2WbvXmm'; // of "moved in with it"

const unknownUser = coded('unknown-user', problem(404, 'Not Found', 'No user has this id.'));
const refused = (...fields: [field: string, code: string][]) => ({
  status: 400,
  json: {
    status: 400,
    code: 'invalid-fields',
    errors: fields.map(([field, code]) => ({ field, code, message: expect.stringMatching(/^[A-Z].*/) })),
  },
});

type Shown = { userId: string; email: string; name: string; roles: string[] };
const userIn = (reply: Reply) => (reply.json as { user: Shown }).user;
const pageIn = (reply: Reply) => reply.json as { users: Shown[]; next: string | null };

describe.each(clients)('$name', (client: Client) => {
  const ask = asAdministrator(client);
  const welcome = async ({ accessToken }: Tokens) =>
    (await client.send({ path: '/auth', headers: { authorization: `Bearer ${accessToken}` } })).status;
  const logIn = async ({ email, password }: Pick<Person, 'email' | 'password'>) =>
    (await client.send({ path: '/auth/login', body: { email, password } })).status;
  const refresh = async ({ refreshToken }: Tokens) =>
    (await client.send({ path: '/auth/refresh-tokens', body: { refreshToken } })).json as Tokens;

  let person: Person;
  let userId: string;
  beforeEach(async () => {
    person = await signedUp(client);
    userId = (await userOf(person.email)).userId;
  });
  const act = (name: string, id = userId) => ask(`POST /admin/users/${id}/${name}`);
  const shown = (more: object = {}) => ({
    user: {
      userId,
      email: person.email,
      name: person.name,
      bio: null,
      status: 'active',
      emailVerified: false,
      roles: [],
      createdAt: aTime,
      ...more,
    },
  });

  describe('GET /admin/users/{userId}', () => {
    test('shows the user, and no hash', async () => {
      expectAnswer(await ask(`GET /admin/users/${userId}`), ok(shown()));
      expectAnswer(await ask(`GET /admin/users/${userId}/`), ok(shown()));
    });

    test.each([
      randomUUID(),
      'ada@example.com',
      '__proto__',
      'constructor',
      'a%2Fb',
      '%zz',
      '%00',
      '1',
      'x'.repeat(3_000),
      `${randomUUID()}%20`,
    ])('%s is nobody, whatever is asked of it', async (id) => {
      expectAnswer(await ask(`GET /admin/users/${id}`), unknownUser);
      expectAnswer(await act('disable', id), unknownUser);
      expectAnswer(await ask(`PUT /admin/users/${id}/roles`, { roles: [] }), unknownUser);
    });

    test('an email address is not accepted as an id', async () => {
      expectAnswer(await ask(`GET /admin/users/${person.email}`), unknownUser);
    });
  });

  describe('GET /admin/users', () => {
    test('leads page by page through everybody, each once', async () => {
      const others = [await signedUp(client), await signedUp(client)];
      const all: string[] = [];
      let next: string | null = '';
      for (let pages = 0; next !== null; pages += 1) {
        const after = next === '' ? '' : `&next=${next}`;
        const reply = await ask(`GET /admin/users?limit=100${after}`);
        expect(reply.status).toBe(200);
        const page = pageIn(reply);
        expect(page.users.length).toBeLessThanOrEqual(100);
        all.push(...page.users.map(({ email }) => email));
        next = page.next;
        expect(pages).toBeLessThan(1_000);
      }
      expect(all).toEqual(expect.arrayContaining([person, ...others].map(({ email }) => email)));
      expect(new Set(all).size).toBe(all.length);
    });

    test('a page has as many as were asked for, and goes on where it ended', async () => {
      await signedUp(client);
      const first = pageIn(await ask('GET /admin/users?limit=1'));
      expect(first).toEqual({ users: [expect.any(Object)], next: expect.any(String) });
      const second = pageIn(await ask(`GET /admin/users?limit=1&next=${first.next}`));
      expect(second.users[0]?.userId).not.toBe(first.users[0]?.userId);
      expect(pageIn(await ask('GET /admin/users')).users.length).toBeLessThanOrEqual(100);
    });

    test('an address finds its user alone, however it is written', async () => {
      for (const email of [person.email, person.email.toUpperCase(), ` ${person.email} `])
        expectAnswer(
          await ask(`GET /admin/users?email=${encodeURIComponent(email)}`),
          ok({ users: [shown().user], next: null }),
        );
    });

    test.each(['nobody@example.com', 'nobody', '', '%', 'ada'])(
      'nobody has the address %j',
      async (email) => {
        const query = encodeURIComponent(email);
        expectAnswer(await ask(`GET /admin/users?email=${query}&limit=1`), ok({ users: [], next: null }));
      },
    );

    test.each(['0', '101', '-1', '1.5', '1e1', '', 'all', '+5', '0x10', '05', '100000000000'])(
      'a limit %j is refused',
      async (limit) => {
        expect(await ask(`GET /admin/users?limit=${encodeURIComponent(limit)}`)).toMatchObject(
          refused(['limit', 'invalid-limit']),
        );
      },
    );

    test('a next that is not as it came is refused', async () => {
      await signedUp(client);
      const { next } = pageIn(await ask('GET /admin/users?limit=1'));
      if (next === null) throw new Error('there is one page alone');
      const flipped = (place: number) =>
        `${next.slice(0, place)}${next[place] === 'A' ? 'B' : 'A'}${next.slice(place + 1)}`;
      const bytes = Buffer.from(next, 'base64url');
      const ofAnother = Buffer.concat([
        Buffer.from(randomUUID().replaceAll('-', ''), 'hex'),
        bytes.subarray(16),
      ]);
      const broken = ['', 'x', userId, next.slice(0, -1), `${next}A`, `${next}=`, flipped(0), flipped(30)];
      for (const given of [...broken, flipped(next.length - 1), ofAnother.toString('base64url')])
        expect(await ask(`GET /admin/users?next=${encodeURIComponent(given)}`)).toMatchObject(
          refused(['next', 'invalid-next']),
        );
    });
  });

  describe('POST /admin/users', () => {
    const create = (row: unknown) => ask('POST /admin/users', row);
    const row = () => ({ email: `${randomUUID()}@example.com`, name: 'Grace Hopper' });

    test('makes an account whose owner is mailed to set a password', async () => {
      const { email, name } = row();
      const reply = await create({ email: ` ${email.toUpperCase()} `, name: ` ${name} ` });
      expectAnswer(reply, {
        status: 201,
        body: {
          user: {
            ...{ userId: anId, email, name, bio: null, status: 'active' },
            ...{ emailVerified: false, roles: [], createdAt: aTime },
          },
        },
      });
      expect(await ask(`GET /admin/users/${userIn(reply).userId}`)).toMatchObject({ json: reply.json });
      expect(await awaitMails(email, 1)).toHaveLength(1);
    });

    test('takes every member of a row of an import', async () => {
      const { email, name } = row();
      const id = randomUUID();
      const reply = await create({
        ...{ email, name, bio: 'Compiled.', userId: id.toUpperCase(), passwordHash: HASH, status: 'active' },
        ...{ createdAt: '2024-01-31T12:00:00Z', passwordChangedAt: '2024-02-01', emailVerified: true },
        ...{ roles: ['admin', 'admin', 'billing:read'], mailRefused: 'bounced', mailBounces: 3 },
        password: 'is no member, and ignored',
      });
      expectAnswer(reply, {
        status: 201,
        body: {
          user: {
            ...{ userId: id, email, name, bio: 'Compiled.', status: 'active', emailVerified: true },
            ...{ roles: ['admin', 'billing:read'], createdAt: '2024-01-31T12:00:00.000Z' },
          },
        },
      });
      expect(await logIn({ email, password: 'moved in with it' })).toBe(200);
      expect(await mailsTo(email)).toEqual([]);
    });

    test('an address that somebody has is taken, whoever created the account', async () => {
      const taken = coded(
        'email-taken',
        problem(409, 'Conflict', 'This email address already has an account.'),
      );
      expectAnswer(await create({ email: person.email, name: 'Another' }), taken);
      const fresh = { ...row(), userId: randomUUID(), passwordHash: HASH };
      expect((await create(fresh)).status).toBe(201);
      expectAnswer(await create(fresh), taken);
    });

    test('second factors are refused, not dropped: the account would be open to the password alone', async () => {
      const account = { ...row(), passwordHash: HASH };
      expect(await create({ ...account, factors: { totp: { secret: 'JBSWY3DPEHPK3PXP' } } })).toMatchObject(
        refused(['factors', 'factors-refused']),
      );
      expect((await create({ ...account, factors: null })).status).toBe(201);
    });

    test('an id that somebody has is refused', async () => {
      expect(await create({ ...row(), userId })).toMatchObject(refused(['userId', 'user-id-taken']));
    });

    test('everything that is wrong is said at once, without a value', async () => {
      const reply = await create({
        ...{
          email: 'nobody',
          name: '',
          passwordHash: 'secret!',
          status: 'asleep',
          createdAt: 'SECRET',
          userId: 'secret',
        },
        ...{ emailVerified: 'perhaps', roles: ['two words'], mailRefused: 'secret', mailBounces: -1 },
        ...{ passwordChangedAt: '2999-01-01', mailRefusedUntil: 5, bio: 7 },
      });
      expect(reply).toMatchObject(
        refused(
          ...(Object.entries({
            ...{ email: 'invalid-email', name: 'required', bio: 'not-text', passwordHash: 'invalid-hash' },
            ...{ status: 'invalid-choice', createdAt: 'invalid-time', passwordChangedAt: 'invalid-time' },
            ...{ userId: 'invalid-user-id', emailVerified: 'invalid-choice', roles: 'invalid-roles' },
            ...{
              mailRefused: 'invalid-choice',
              mailRefusedUntil: 'invalid-time',
              mailBounces: 'invalid-count',
            },
          }) as [string, string][]),
        ),
      );
      expect(reply.text).not.toMatch(/secret/i);
    });

    test.each([
      '$1$abcdefgh$2jzPTjxpAmDkNGBKoNOWf0',
      '{SSHA}0c0blFTXXNuAMHECS4uxrj3ZieMoWImr',
      '5f4dcc3b5aa765d61d8327deb882cf99',
      '$2b$12$short',
      '$argon2id$v=19$m=9999999999,t=3,p=1$c29tZXNhbHQ$aGFzaA',
      'x'.repeat(3_000),
      { hash: HASH },
      5,
    ])('the hash %j is refused', async (passwordHash) => {
      expect(await create({ ...row(), passwordHash })).toMatchObject(
        refused(['passwordHash', 'invalid-hash']),
      );
    });

    test('an account that was deleted here does not come back by its row; a new one with its address is made', async () => {
      expect((await act('delete')).status).toBe(200);
      const { email } = person;
      expect(await create({ email, name: 'Ada', createdAt: '2024-01-31' })).toMatchObject(
        refused(['createdAt', 'before-deletion']),
      );
      const reply = await create({ email, name: 'Ada' });
      expect(reply.status).toBe(201);
      expect(userIn(reply).userId).not.toBe(userId);
    });

    test('an address that was held for its former owner is free once that has run out', async () => {
      const { email, name } = row();
      await changeRow('emails', { email }, { userId, heldUntil: Date.now() + 60_000 });
      expect(await create({ email, name })).toMatchObject({ status: 409, json: { code: 'email-taken' } });
      await changeRow('emails', { email }, { heldUntil: Date.now() - 1 });
      expect((await create({ email, name })).status).toBe(201);
    });

    test.each([['[]'], ['null'], ['"text"'], ['{"email"']])('the body %s is malformed', async (body) => {
      const headers = { ...signed, 'content-type': 'application/json' };
      expect(await client.send({ path: '/admin/users', headers, body })).toMatchObject({
        status: 400,
        json: { code: 'malformed-body' },
      });
    });

    test('members of a prototype do not count', async () => {
      const body = `{"email":"${randomUUID()}@example.com","name":"Ada","__proto__":{"roles":["admin"]}}`;
      const headers = { ...signed, 'content-type': 'application/json' };
      expect(userIn(await client.send({ path: '/admin/users', headers, body })).roles).toEqual([]);
    });
  });

  describe('an act', () => {
    test('disable ends everything, and enable lets the user log in again; each as often as one likes', async () => {
      const tokens = await loggedIn(client, person);
      for (let times = 0; times < 2; times += 1)
        expectAnswer(await act('disable'), ok(shown({ status: 'disabled' })));
      expect([await welcome(tokens), await logIn(person)]).toEqual([401, 401]);
      for (let times = 0; times < 2; times += 1) expectAnswer(await act('enable'), ok(shown()));
      expect([await welcome(tokens), await logIn(person)]).toEqual([401, 200]);
    });

    test('end-sessions ends all sessions', async () => {
      const tokens = await loggedIn(client, person);
      for (let times = 0; times < 2; times += 1) expectAnswer(await act('end-sessions'), ok(shown()));
      expect([await welcome(tokens), await logIn(person)]).toEqual([401, 200]);
    });

    test('verify vouches for the address, from the next refresh on', async () => {
      const tokens = await loggedIn(client, person);
      for (let times = 0; times < 2; times += 1)
        expectAnswer(await act('verify'), ok(shown({ emailVerified: true })));
      expect(decodeJwt((await refresh(tokens)).accessToken)).toMatchObject({ email_verified: true });
    });

    test('remove-factors lets the password alone log in', async () => {
      const { person: guarded, tokens } = await protectedPerson(client);
      const id = (await userOf(guarded.email)).userId;
      expect(await logIn(guarded)).toBe(401);
      expect((await act('remove-factors', id)).status).toBe(200);
      expect([await welcome(tokens), await logIn(guarded)]).toEqual([401, 200]);
      const again = await loggedIn(client, guarded);
      expect((await act('remove-factors', id)).status).toBe(200); // there are none any more: nothing ends
      expect(await welcome(again)).toBe(200);
    });

    test('start-reset mails a link, and leaves password and sessions until it is used', async () => {
      const tokens = await loggedIn(client, person);
      expectAnswer(await act('start-reset'), ok(shown()));
      expect(await awaitMails(person.email, 1)).toHaveLength(1);
      expect([await welcome(tokens), await logIn(person)]).toEqual([200, 200]);
    });

    test('unlock lifts the lock of failed log-ins', async () => {
      expect(await logIn({ ...person, password: 'wrong' })).toBe(401);
      await nearlyLock(person.email);
      expect(await logIn({ ...person, password: 'wrong' })).toBe(401);
      expect(await logIn(person)).toBe(429);
      for (let times = 0; times < 2; times += 1) expectAnswer(await act('unlock'), ok(shown()));
      expect(await logIn(person)).toBe(200);
    });

    test('delete deletes for good: the second time nobody has the id', async () => {
      const tokens = await loggedIn(client, person);
      expectAnswer(await act('delete'), ok(shown()));
      expectAnswer(await act('delete'), unknownUser);
      expectAnswer(await ask(`GET /admin/users/${userId}`), unknownUser);
      expect([await welcome(tokens), await logIn(person)]).toEqual([401, 401]);
      expect((await signedUp(client, person)).email).toBe(person.email);
    });

    test('an id in upper case is the same', async () => {
      expectAnswer(await act('verify', userId.toUpperCase()), ok(shown({ emailVerified: true })));
    });

    test('needs no body and looks at none', async () => {
      for (const body of ['{', 'x'.repeat(40_000)])
        expect(
          (await client.send({ ...administer(`POST /admin/users/${userId}/verify`), body })).status,
        ).toBe(200);
    });
  });

  describe('PUT /admin/users/{userId}/roles', () => {
    const give = (roles: unknown) => ask(`PUT /admin/users/${userId}/roles`, { roles });

    test('gives exactly these, and tokens have them from the next refresh on', async () => {
      const tokens = await loggedIn(client, person);
      expectAnswer(await give(['admin', 'editor', 'admin']), ok(shown({ roles: ['admin', 'editor'] })));
      expectAnswer(await give(['editor']), ok(shown({ roles: ['editor'] })));
      expectAnswer(await give(['editor']), ok(shown({ roles: ['editor'] })));
      expect(decodeJwt(tokens.accessToken).roles).toBeUndefined();
      const next = await refresh(tokens);
      expect(decodeJwt(next.accessToken).roles).toEqual(['editor']);
      expectAnswer(await give([]), ok(shown()));
      expect(decodeJwt((await refresh(next)).accessToken).roles).toBeUndefined();
    });

    test('takes fifty of 64 characters', async () => {
      const roles = Array.from({ length: 50 }, (_, nth) => `${nth}`.padStart(64, 'r'));
      expect(userIn(await give(roles)).roles).toEqual(roles);
    });

    test.each<[unknown, string]>([
      [undefined, 'required'],
      [null, 'invalid-roles'],
      ['admin', 'invalid-roles'],
      [{ 0: 'admin' }, 'invalid-roles'],
      [[''], 'invalid-roles'],
      [['two words'], 'invalid-roles'],
      [['é'], 'invalid-roles'],
      [[null], 'invalid-roles'],
      [['x'.repeat(65)], 'invalid-roles'],
      [['admin\n'], 'invalid-roles'],
      [Array.from({ length: 51 }, (_, nth) => `role-${nth}`), 'invalid-roles'],
    ])('%j are refused', async (roles, code) => {
      expect(await give(roles)).toMatchObject(refused(['roles', code]));
      expect(userIn(await ask(`GET /admin/users/${userId}`)).roles).toEqual([]);
    });
  });

  describe('GET /admin/users/{userId}/activity', () => {
    test('lists the events, the newest first, and who caused each', async () => {
      await loggedIn(client, person);
      for (const done of ['verify', 'disable', 'disable', 'enable']) await act(done);
      const reply = await ask(`GET /admin/users/${userId}/activity`);
      const entry = (type: string, by: string, sessionId: unknown = null) => ({
        ...{ type, at: aTime, device: null, sessionId, by },
      });
      expectAnswer(
        reply,
        ok({
          activity: [
            entry('user.enabled', CALLER),
            entry('user.disabled', CALLER),
            entry('user.verified', CALLER),
            {
              ...entry('session.opened', 'holder', anId),
              device: expect.toBeOneOf([null, expect.any(String)]),
            },
            entry('user.created', 'holder'),
          ],
        }),
      );
    });

    test('of a user that an administrator made begins with that, and ends with the user', async () => {
      const made = userIn(
        await ask('POST /admin/users', {
          email: `${randomUUID()}@example.com`,
          name: 'Ada',
          passwordHash: HASH,
        }),
      );
      const activity = () => ask(`GET /admin/users/${made.userId}/activity`);
      expect((await activity()).json).toMatchObject({ activity: [{ type: 'user.created', by: CALLER }] });
      await act('delete', made.userId);
      expectAnswer(await activity(), unknownUser);
    });
  });

  test('no page is given leave to read an answer', async () => {
    const headers = { ...signed, origin: 'https://app.example.com' };
    const reply = await client.send({ method: 'GET', path: `/admin/users/${userId}`, headers });
    expect(Object.keys(reply.headers).filter((name) => /^(access-control|vary)/.test(name))).toEqual([]);
  });

  test('nobody reads a hash or a secret in any answer', async () => {
    const { person: guarded } = await protectedPerson(client);
    const row = await userOf(guarded.email);
    const hash = row.passwordHash as string;
    const replies = [
      await ask(`GET /admin/users/${row.userId}`),
      await ask(`GET /admin/users?email=${guarded.email}`),
      await ask('POST /admin/users', {
        ...somebody(),
        email: `${randomUUID()}@example.com`,
        passwordHash: HASH,
      }),
      await act('disable', row.userId),
      await act('delete', row.userId),
    ];
    for (const { text, status } of replies) {
      expect(status).toBeLessThan(300);
      expect(text).not.toContain(hash);
      expect(text).not.toMatch(/\$2[aby]\$|credentialVersion|secret|hash/i);
    }
  });
});

test('off, as by default, every path is 404, signed or not', async () => {
  const { environment } = inject('stack');
  const api = await startApi({
    port: await freePort(),
    service: await readService(),
    env: { ...environment, ADMIN_API: '' },
  });
  const paths = [
    '/admin',
    '/admin/users',
    `/admin/users/${randomUUID()}`,
    `/admin/users/${randomUUID()}/disable`,
  ];
  for (const path of paths)
    for (const method of ['GET', 'POST', 'PUT', 'OPTIONS'])
      for (const headers of [{}, signed]) {
        const response = await fetch(api.url + path, { method, headers });
        expect([response.status, await response.json()]).toMatchObject([404, { code: 'not-found' }]);
      }
  const document = await fetch(`${api.url}/openapi.json`);
  expect(await document.text()).not.toMatch(/admin/i);
  await api.stop();
});
