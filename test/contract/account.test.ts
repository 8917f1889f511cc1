import { randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Call, type Client, clients, type Reply } from '../harness/client.ts';
import { awaitMails } from '../harness/inbox.ts';
import { loggedIn, type Person, signedUp, type Tokens } from '../harness/people.ts';
import { anId, aToken, challenge, coded, expectAnswer, ok, problem, refusedToken } from './answers.ts';
import { twinOf } from './minted-tokens.ts';
import { changeRow, changeSession, nearlyLock, userOf } from './rows.ts';

// Section 3 of the account contract, but for what mails decide; and the step-up of section 1.

const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0';
const NEW_PASSWORD = 'another one entirely';

const bearer = (accessToken: string) => ({ authorization: `Bearer ${accessToken}` });
const aTime = expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const done = (message: string) => ok({ message });

const invalidToken = coded(
  'invalid-access-token',
  problem(401, 'Unauthorized', 'The access token is invalid, expired or revoked; log in or refresh it.', {
    headers: refusedToken,
  }),
);
const wrongCredentials = coded(
  'wrong-credentials',
  problem(401, 'Unauthorized', 'The email or the password is wrong.', { headers: challenge }),
);
const noFit = coded(
  'invalid-fields',
  problem(400, 'Bad Request', 'Send exactly one of the sets of fields that this operation takes.'),
);
const invalid = (...errors: { field: string; code: string; message: string }[]) =>
  coded(
    'invalid-fields',
    problem(400, 'Bad Request', 'Some fields are missing or invalid; see errors.', { errors }),
  );

function stepUpRequired(level: 'aal1' | 'aal2', maxAge?: number) {
  const age = maxAge === undefined ? '' : `, max_age="${maxAge}"`;
  const answer = coded(
    'step-up-required',
    problem(
      401,
      'Unauthorized',
      'Prove again who you are: send your password, a code or a passkey to POST /auth/step-up.',
      {
        headers: {
          'www-authenticate': `Bearer error="insufficient_user_authentication", acr_values="${level}"${age}`,
        },
      },
    ),
  );
  return { ...answer, body: { ...(answer.body as object), acrValues: [level], ...(maxAge && { maxAge }) } };
}

const ISSUED = { message: expect.any(String), accessToken: aToken, tokenType: 'Bearer', expiresIn: 3_600 };
const accessTokenIn = (reply: Reply) => (reply.json as Tokens).accessToken;

/** The twin of a token whose holder proved who they are so many seconds ago. */
const aged = (accessToken: string, seconds: number) =>
  twinOf(accessToken, { claims: { auth_time: Math.floor(Date.now() / 1000) - seconds } });

describe.each(clients)('$name', (client: Client) => {
  const post = (path: string, accessToken: string, body?: unknown) =>
    client.send({ path, headers: bearer(accessToken), ...(body !== undefined && { body }) });
  const get = (path: string, accessToken: string) =>
    client.send({ method: 'GET', path, headers: bearer(accessToken) });
  const welcome = async (accessToken: string) => (await post('/auth', accessToken)).status;
  const refresh = async (refreshToken: string) =>
    client.send({ path: '/auth/refresh-tokens', body: { refreshToken } });
  const logIn = async ({ email }: Person, password: string) =>
    (await client.send({ path: '/auth/login', body: { email, password } })).status;

  let person: Person;
  let tokens: Tokens;
  beforeEach(async () => {
    person = await signedUp(client);
    tokens = await loggedIn(client, person);
  });

  const live = async ({ accessToken, refreshToken }: Tokens) =>
    [await welcome(accessToken), (await refresh(refreshToken)).status].join();

  describe('GET /auth/account', () => {
    test('tells the holder everything', async () => {
      expectAnswer(
        await get('/auth/account', tokens.accessToken),
        ok({
          user: {
            userId: anId,
            name: person.name,
            bio: null,
            email: person.email,
            emailVerified: false,
            roles: [],
            createdAt: aTime,
            passwordChangedAt: null,
          },
          factors: [],
          recoveryCodesLeft: null,
        }),
      );
    });

    test('tells roles, a verified address and the last change of the password, and so do new tokens', async () => {
      const { userId } = await userOf(person.email);
      const roles = ['admin', 'billing:read'];
      await changeRow(
        'users',
        { userId },
        { roles, emailVerified: true, passwordChangedAt: 1_700_000_000_000 },
      );
      const { json } = await get('/auth/account', tokens.accessToken);
      expect(json).toMatchObject({
        user: { roles, emailVerified: true, passwordChangedAt: '2023-11-14T22:13:20.000Z' },
      });
      expect(decodeJwt(tokens.accessToken)).not.toHaveProperty('roles');
      const next = accessTokenIn(await refresh(tokens.refreshToken));
      expect(decodeJwt(next)).toMatchObject({ roles, email_verified: true });
    });
  });

  describe('POST /auth/profile', () => {
    const changed = (user: object) => ok({ message: 'The profile was changed.', user });

    test('changes what is sent and leaves the rest', async () => {
      const { email } = person;
      expectAnswer(
        await post('/auth/profile', tokens.accessToken, { name: ' Augusta Ada King ' }),
        changed({ name: 'Augusta Ada King', bio: null, email }),
      );
      expectAnswer(
        await post('/auth/profile', tokens.accessToken, { bio: 'Countess.' }),
        changed({ name: 'Augusta Ada King', bio: 'Countess.', email }),
      );
      expectAnswer(
        await post('/auth/profile', tokens.accessToken, { bio: null, more: 'is ignored' }),
        changed({ name: 'Augusta Ada King', bio: null, email }),
      );
      const { json } = await get('/auth/account', tokens.accessToken);
      expect(json).toMatchObject({ user: { name: 'Augusta Ada King', bio: null } });
    });

    test('is carried by tokens from the next refresh on', async () => {
      await post('/auth/profile', tokens.accessToken, { name: 'Augusta' });
      expect(await welcome(tokens.accessToken)).toBe(200);
      const next = accessTokenIn(await refresh(tokens.refreshToken));
      expect(decodeJwt(next)).toMatchObject({ userName: 'Augusta' });
    });

    test.each([[undefined], [{}], [{ email: 'another@example.com' }]])(
      'refuses %j: no field',
      async (body) => {
        expectAnswer(await post('/auth/profile', tokens.accessToken, body), noFit);
      },
    );

    test('reports every wrong field at once and changes none', async () => {
      expectAnswer(
        await post('/auth/profile', tokens.accessToken, { name: '', bio: 5 }),
        invalid(
          { field: 'name', code: 'name-length', message: 'Enter a name of 1 to 100 characters.' },
          { field: 'bio', code: 'not-text', message: 'Not a valid string.' },
        ),
      );
      for (const wrong of [{ name: null }, { name: 'Ada', bio: 'x'.repeat(1_001) }, { name: ['Ada'] }])
        expect((await post('/auth/profile', tokens.accessToken, wrong)).status).toBe(400);
      expect(await userOf(person.email)).toMatchObject({ name: person.name, bio: null });
    });
  });

  describe('a fresh operation', () => {
    const fresh: [string, (token: string) => Promise<Reply>][] = [
      ['GET /auth/export', (token) => get('/auth/export', token)],
      ['POST /auth/delete-account', (token) => post('/auth/delete-account', token, {})],
    ];

    test.each(fresh)('%s wants a proof of at most five minutes ago', async (_, send) => {
      expectAnswer(await send(await aged(tokens.accessToken, 310)), stepUpRequired('aal1', 300));
      expect((await send(await aged(tokens.accessToken, 290))).status).toBe(200);
    });

    test.each(fresh)('%s wants the highest level that the account reaches', async (_, send) => {
      const { userId } = await userOf(person.email);
      await changeRow('users', { userId }, { totp: true });
      expectAnswer(await send(tokens.accessToken), stepUpRequired('aal2', 300));
      const raised = await twinOf(tokens.accessToken, { claims: { acr: 'aal2' } });
      expectAnswer(await send(await aged(raised, 310)), stepUpRequired('aal2', 300));
      expect((await send(raised)).status).toBe(200);
    });

    test.each(fresh)('%s does not take a token of before as a proof', async (_, send) => {
      const without = await twinOf(tokens.accessToken, { claims: { auth_time: undefined } });
      expectAnswer(await send(without), stepUpRequired('aal1', 300));
    });

    test('refuses the token, then the proof, then the body', async () => {
      const rubbish: Call = {
        path: '/auth/delete-account',
        body: '{',
        headers: { 'content-type': 'application/json' },
      };
      const sent = (accessToken: string) =>
        client.send({ ...rubbish, headers: { ...rubbish.headers, ...bearer(accessToken) } });
      expectAnswer(await sent('x'), invalidToken);
      expectAnswer(await sent(await aged(tokens.accessToken, 310)), stepUpRequired('aal1', 300));
      expect((await sent(tokens.accessToken)).json).toMatchObject({ code: 'malformed-body' });
      expect(await live(tokens)).toBe('200,200');
    });
  });

  describe('POST /auth/step-up', () => {
    const stepUp = (body: unknown, accessToken = tokens.accessToken) =>
      post('/auth/step-up', accessToken, body);
    const wrongCode = coded(
      'wrong-code',
      problem(401, 'Unauthorized', 'The code is wrong or has been used.', { headers: challenge }),
    );

    test('by password answers a token with a new time, which refreshes carry on', async () => {
      const { sid, sub, auth_time: before } = decodeJwt(tokens.accessToken);
      await changeSession(tokens.accessToken, { authTime: 1_700_000_000_000 });
      const reply = await stepUp({ password: person.password });
      expectAnswer(reply, ok(ISSUED));
      const claims = decodeJwt(accessTokenIn(reply));
      expect(claims).toMatchObject({ sid, sub, acr: 'aal1', amr: ['pwd'] });
      expect(claims.auth_time).toBeGreaterThanOrEqual(before as number);
      const next = decodeJwt(accessTokenIn(await refresh(tokens.refreshToken)));
      expect(next.auth_time).toBe(claims.auth_time);
    });

    test('lifts no other token of the session', async () => {
      const old = await aged(tokens.accessToken, 310);
      const lifted = accessTokenIn(await stepUp({ password: person.password }, old));
      expectAnswer(await get('/auth/export', old), stepUpRequired('aal1', 300));
      expect((await get('/auth/export', lifted)).status).toBe(200);
    });

    test('a refresh never makes a proof younger', async () => {
      await changeSession(tokens.accessToken, { authTime: 1_700_000_000_000 });
      const next = accessTokenIn(await refresh(tokens.refreshToken));
      expect(decodeJwt(next).auth_time).toBe(1_700_000_000);
      expectAnswer(await get('/auth/export', next), stepUpRequired('aal1', 300));
    });

    test('by password keeps the level of the session, and never raises it', async () => {
      await changeSession(tokens.accessToken, { acr: 'aal2', amr: ['swk', 'user'] });
      const claims = decodeJwt(accessTokenIn(await stepUp({ password: person.password })));
      expect(claims).toMatchObject({ acr: 'aal2', amr: ['swk', 'user', 'pwd'] });
    });

    test('works in a session of a dialect that does not refresh', async () => {
      const body = { email: person.email, password: person.password };
      const { json } = await client.send({ path: '/api/user/login', body });
      expectAnswer(
        await stepUp({ password: person.password }, (json as { token: string }).token),
        ok(ISSUED),
      );
    });

    test.each([
      [undefined],
      [{}],
      [{ passwords: 'x' }],
      [{ password: 'x', code: '123456' }],
      [{ recoveryCode: 'x', passkey: {} }],
      [{ password: 'x', passkey: null }],
    ])('refuses %j: exactly one of four', async (body) => {
      expectAnswer(await stepUp(body), noFit);
    });

    test('refuses a wrong type', async () => {
      for (const field of ['password', 'code', 'recoveryCode'])
        expectAnswer(
          await stepUp({ [field]: 5 }),
          invalid({ field, code: 'not-text', message: 'Not a valid string.' }),
        );
      for (const passkey of ['x', 5, [], null])
        expectAnswer(
          await stepUp({ passkey }),
          invalid({ field: 'passkey', code: 'not-object', message: 'Not a JSON object.' }),
        );
    });

    test('by what an account without factors does not have is refused', async () => {
      expectAnswer(await stepUp({ code: '123456' }), wrongCode);
      expectAnswer(await stepUp({ recoveryCode: '0123AB-CDEFGH-JKMNPQ-RSTVWX' }), wrongCode);
      expectAnswer(await stepUp({ passkey: { id: 'x' } }), wrongCredentials);
    });

    test('by a wrong password counts as a failed log-in, and by a right one clears the count', async () => {
      expectAnswer(await stepUp({ password: 'wrong password' }), wrongCredentials);
      await nearlyLock(person.email);
      expectAnswer(await stepUp({ password: 'wrong password' }), wrongCredentials);
      expect((await stepUp({ password: person.password })).status).toBe(429);
      expect(await logIn(person, person.password)).toBe(429);
      expect(await live(tokens)).toBe('200,200');
    });
  });

  describe('POST /auth/change-password', () => {
    const change = (body: unknown, accessToken = tokens.accessToken) =>
      post('/auth/change-password', accessToken, body);

    test('ends every other session, and this one lives on with the tokens that it has', async () => {
      const other = await loggedIn(client, person);
      const reply = await change({ password: person.password, newPassword: NEW_PASSWORD });
      expectAnswer(reply, ok(ISSUED));
      expect(await live(other)).toBe('401,401');
      expect(await welcome(accessTokenIn(reply))).toBe(200);
      expect(await live(tokens)).toBe('200,200');
      expect([await logIn(person, person.password), await logIn(person, NEW_PASSWORD)]).toEqual([401, 200]);
      expect((await get('/auth/account', tokens.accessToken)).json).toMatchObject({
        user: { passwordChangedAt: aTime },
      });
    });

    test('is announced by a mail, in the language of the request', async () => {
      await client.send({
        path: '/auth/change-password',
        headers: { ...bearer(tokens.accessToken), 'accept-language': 'de' },
        body: { password: person.password, newPassword: NEW_PASSWORD },
      });
      const [mail] = await awaitMails(person.email, 1);
      expect(mail?.subject).toBe('Gatehouse: Sie haben ein neues Passwort');
    });

    test('kills reset links of before', async () => {
      const { sid } = decodeJwt(tokens.accessToken);
      await client.send({ path: '/auth/forget-password', body: { email: person.email } });
      const [mail] = await awaitMails(person.email, 1);
      const tag = /tag=([\w-]+)/.exec(mail?.body.text ?? '')?.[1];
      await change({ password: person.password, newPassword: NEW_PASSWORD });
      const reset = await client.send({
        path: `/auth/reset-password?token=${tag}`,
        body: { password: 'x'.repeat(9) },
      });
      expect(reset.json).toMatchObject({ status: 401, code: 'wrong-tag' });
      expect(sid).toEqual(anId);
    });

    test('refuses a wrong password, which counts as a failed log-in', async () => {
      expectAnswer(await change({ password: 'wrong password', newPassword: NEW_PASSWORD }), wrongCredentials);
      await nearlyLock(person.email);
      expectAnswer(await change({ password: 'wrong password', newPassword: NEW_PASSWORD }), wrongCredentials);
      expect((await change({ password: person.password, newPassword: NEW_PASSWORD })).status).toBe(429);
      expect(await live(tokens)).toBe('200,200');
    });

    test('refuses a new password that the policy refuses, before it looks at the old one', async () => {
      const short = {
        field: 'newPassword',
        code: 'password-too-short',
        message: 'Enter a password of at least 8 characters.',
      };
      expectAnswer(await change({ password: 'wrong password', newPassword: 'short' }), invalid(short));
      expectAnswer(
        await change({}),
        invalid(
          { field: 'password', code: 'required', message: 'This field is required.' },
          { field: 'newPassword', code: 'required', message: 'This field is required.' },
        ),
      );
      expect(await logIn(person, person.password)).toBe(200);
    });

    test('wants the highest level that the account reaches, however old', async () => {
      const { userId } = await userOf(person.email);
      await changeRow('users', { userId }, { passkeys: 1 });
      const body = { password: person.password, newPassword: NEW_PASSWORD };
      expectAnswer(await change(body), stepUpRequired('aal2'));
      const raised = await twinOf(tokens.accessToken, { claims: { acr: 'aal2' } });
      expectAnswer(await change(body, await aged(raised, 3_000)), ok(ISSUED));
    });

    test('of two at once only one succeeds, and the other is refused', async () => {
      const bodies = ['the first of two', 'the second of two'].map((newPassword) => ({
        password: person.password,
        newPassword,
      }));
      const statuses = (await Promise.all(bodies.map((body) => change(body)))).map(({ status }) => status);
      expect(statuses.toSorted()).toEqual([200, 401]);
      const entered = await Promise.all(bodies.map(({ newPassword }) => logIn(person, newPassword)));
      expect(entered).toEqual(statuses);
      expect(await live(tokens)).toBe('200,200');
    });

    test('does not cost a session that is refreshed meanwhile its life', async () => {
      const changing = change({ password: person.password, newPassword: NEW_PASSWORD });
      let { refreshToken, accessToken } = tokens;
      for (let turn = 0; turn < 10; turn += 1) {
        const reply = await refresh(refreshToken);
        expect(reply.status).toBe(200);
        ({ refreshToken, accessToken } = reply.json as Tokens);
        expect(await welcome(accessToken)).toBe(200);
      }
      expect((await changing).status).toBe(200);
      expect(await live({ refreshToken, accessToken })).toBe('200,200');
    });
  });

  describe('GET /auth/sessions', () => {
    const listed = async (accessToken: string) =>
      ((await get('/auth/sessions', accessToken)).json as { sessions: Record<string, unknown>[] }).sessions;
    const withDevice = async (device: string, path = '/auth/login') => {
      const body = { email: person.email, username: person.email, password: person.password };
      const { json } = await client.send({ path, headers: { 'user-agent': device }, body });
      return { token: '', ...(json as object) } as Tokens & { token: string };
    };

    test('lists the live ones, those used last first, with the device that opened them', async () => {
      const second = await withDevice(FIREFOX);
      const third = await withDevice('curl/8.7.1', '/accounts/auth/');
      const ids = [tokens.accessToken, second.accessToken, third.token].map((token) => decodeJwt(token).sid);
      await refresh(tokens.refreshToken);
      const row = (sessionId: unknown, more: object) => ({
        ...{ sessionId, createdAt: aTime, lastUsedAt: aTime, expiresAt: aTime },
        ...{ acr: 'aal1', current: false, ...more },
      });
      expectAnswer(
        await get('/auth/sessions', second.accessToken),
        ok({
          sessions: [
            row(ids[0], { device: null }),
            row(ids[2], { device: null }),
            row(ids[1], { device: 'Firefox on Windows', current: true }),
          ],
        }),
      );
    });

    test('leaves out those that are over, whatever ended them', async () => {
      const [ended, idle, old] = [
        await loggedIn(client, person),
        await loggedIn(client, person),
        await loggedIn(client, person),
      ];
      await client.send({ path: '/auth/logout', body: { refreshToken: ended.refreshToken } });
      await changeSession(idle.accessToken, { idleExpiresAt: Date.now() - 1 });
      await changeSession(old.accessToken, { credentialVersion: 0 });
      expect(await listed(tokens.accessToken)).toHaveLength(1);
    });

    test("lists nobody else's", async () => {
      await loggedIn(client, await signedUp(client));
      expect(await listed(tokens.accessToken)).toHaveLength(1);
    });
  });

  describe('POST /auth/sessions/end', () => {
    const end = (body: unknown, accessToken = tokens.accessToken) =>
      post('/auth/sessions/end', accessToken, body);
    const ended = done('They have ended.');

    test('ends one, at once, and no other', async () => {
      const [one, other] = [await loggedIn(client, person), await loggedIn(client, person)];
      expectAnswer(await end({ sessionId: decodeJwt(one.accessToken).sid }), ended);
      expect(await live(one)).toBe('401,401');
      expect(await live(other)).toBe('200,200');
      expectAnswer(await end({ sessionId: decodeJwt(one.accessToken).sid }), ended);
      expect(await live(tokens)).toBe('200,200');
    });

    test('ends its own, too', async () => {
      expectAnswer(await end({ sessionId: decodeJwt(tokens.accessToken).sid }), ended);
      expect(await live(tokens)).toBe('401,401');
    });

    test.each<[string, () => Promise<unknown> | unknown]>([
      ['an unknown one', () => randomUUID()],
      ["somebody else's", async () => decodeJwt((await stranger()).accessToken).sid],
      ['an empty one', () => ''],
      ['one of 5,000 characters', () => 'x'.repeat(5_000)],
    ])('is done with %s, of which nothing is told', async (_, sessionId) => {
      expectAnswer(await end({ sessionId: await sessionId() }), ended);
      expect(await live(strangers)).toBe('200,200');
    });
    let strangers: Tokens;
    const stranger = async () => strangers;
    beforeEach(async () => {
      strangers = await loggedIn(client, await signedUp(client));
    });

    test('ends all others', async () => {
      const other = await loggedIn(client, person);
      expectAnswer(await end({ others: true }), ended);
      expect(await live(other)).toBe('401,401');
      expectAnswer(await end({ others: true }), ended);
      expect(await live(tokens)).toBe('200,200');
      expect(await live(strangers)).toBe('200,200');
    });

    test('ends all', async () => {
      const other = await loggedIn(client, person);
      expectAnswer(await end({ all: true }), ended);
      expect(await live(other)).toBe('401,401');
      expect(await live(tokens)).toBe('401,401');
      expect(await logIn(person, person.password)).toBe(200);
    });

    test.each([[undefined], [{}], [{ all: true, others: true }], [{ sessionId: 'x', all: true }]])(
      'refuses %j: exactly one of three',
      async (body) => {
        expectAnswer(await end(body), noFit);
      },
    );

    test.each([
      [{ others: false }, 'others', 'not-true', 'Send true, or leave this field out.'],
      [{ all: 'true' }, 'all', 'not-true', 'Send true, or leave this field out.'],
      [{ all: null }, 'all', 'not-true', 'Send true, or leave this field out.'],
      [{ sessionId: 7 }, 'sessionId', 'not-text', 'Not a valid string.'],
    ])('refuses %j', async (body, field, code, message) => {
      expectAnswer(await end(body), invalid({ field, code, message }));
      expect(await live(tokens)).toBe('200,200');
    });
  });

  describe('GET /auth/export', () => {
    test('has everything but secrets, as a file', async () => {
      const { userId, passwordHash } = await userOf(person.email);
      const reply = await get('/auth/export', tokens.accessToken);
      expect(reply.headers['content-disposition']).toBe('attachment; filename="account.json"');
      expectAnswer(
        reply,
        ok({
          user: {
            ...{ userId, name: person.name, bio: null, email: person.email, emailVerified: false, roles: [] },
            ...{ createdAt: aTime, passwordChangedAt: null, status: 'active', hasPassword: true },
            ...{ mailRefused: null, mailRefusedUntil: null, heldEmails: [] },
          },
          factors: [],
          sessions: [
            {
              ...{ sessionId: decodeJwt(tokens.accessToken).sid, device: null, acr: 'aal1', amr: ['pwd'] },
              ...{ createdAt: aTime, lastUsedAt: aTime, expiresAt: aTime, authTime: aTime, endedAt: null },
              ...{ live: true, current: true },
            },
          ],
          activity: [
            {
              ...{ type: 'session.opened', at: aTime, device: null },
              sessionId: decodeJwt(tokens.accessToken).sid,
            },
            { type: 'user.created', at: aTime, device: null, sessionId: null },
          ],
        }),
      );
      expect(reply.text).not.toContain(passwordHash);
      expect(reply.text).not.toMatch(/hash|secret|sealed|credentialVersion/i);
    });
  });

  describe('POST /auth/delete-account', () => {
    const remove = (body?: unknown) => post('/auth/delete-account', tokens.accessToken, body);

    test.each([[undefined], [{}], [{ sure: true }]])('with %j deletes the account at once', async (body) => {
      const other = await loggedIn(client, person);
      const { userId } = await userOf(person.email);
      expectAnswer(await remove(body), done('The account was deleted.'));
      for (const each of [tokens, other]) expect(await live(each)).toBe('401,401');
      expectAnswer(await remove(body), invalidToken);
      expect(await logIn(person, person.password)).toBe(401);
      await signedUp(client, person);
      expect((await userOf(person.email)).userId).not.toBe(userId);
      expect(await live(tokens)).toBe('401,401');
    });

    test('is announced by a last mail', async () => {
      await remove({});
      const [mail] = await awaitMails(person.email, 1);
      expect(mail?.subject).toBe('Gatehouse: Your account was deleted');
      expect(mail?.body.text).toContain(`Hello ${person.name}`);
    });

    test('frees the addresses that were held for it', async () => {
      const { userId } = await userOf(person.email);
      const held = `held-${randomUUID()}@example.com`;
      const until = Date.now() + 60_000;
      await changeRow('emails', { email: held }, { userId, heldUntil: until });
      await changeRow('users', { userId }, { heldEmails: [{ email: held, until }] });
      await remove({});
      await signedUp(client, { ...person, email: held });
    });
  });

  test('every one of them refuses a token whose session is over', async () => {
    await client.send({ path: '/auth/logout', body: { refreshToken: tokens.refreshToken } });
    for (const path of ['/auth/account', '/auth/sessions', '/auth/export', '/auth/activity'])
      expectAnswer(await get(path, tokens.accessToken), invalidToken);
    for (const path of ['profile', 'step-up', 'change-password', 'sessions/end', 'delete-account'])
      expectAnswer(await post(`/auth/${path}`, tokens.accessToken, {}), invalidToken);
  });
});
