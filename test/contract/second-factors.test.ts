// Sections 4 and 6 of the account contract: authenticator apps and recovery codes.
import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import {
  Authenticator,
  bearer,
  challenged,
  type Protected,
  protectedPerson,
} from '../harness/authenticator.ts';
import { type Call, type Client, clients, type Reply } from '../harness/client.ts';
import { awaitMails, type Mail, mailsTo } from '../harness/inbox.ts';
import { holder, loggedInByPasskey } from '../harness/passkeys.ts';
import { loggedIn, mailedTag, signedUp, type Tokens } from '../harness/people.ts';
import { userOf } from './rows.ts';

const codeOf = ({ json }: Reply) => (json as { code?: string } | undefined)?.code;
const outcome = (reply: Reply) => [reply.status, codeOf(reply)];
const WRONG = [401, 'wrong-code'];
const RECOVERY_CODE = /^(?:[0-9A-HJKMNP-TV-Z]{6}-){3}[0-9A-HJKMNP-TV-Z]{6}$/;

const setUp = (client: Client, accessToken: string, body: object = {}) =>
  client.send({ path: '/auth/totp', headers: bearer(accessToken), body });
const confirm = (client: Client, accessToken: string, code: unknown) =>
  client.send({ path: '/auth/totp/confirm', headers: bearer(accessToken), body: { code } });
const answer = (client: Client, challenge: string, given: object) =>
  client.send({ path: '/auth/login/second-factor', body: { challenge, ...given } });
const welcome = (client: Client, accessToken: string) =>
  client.send({ path: '/auth', headers: bearer(accessToken) });
const byPassword = (client: Client, { person: { email, password } }: Protected) =>
  client.send({ path: '/auth/login', body: { email, password } });

/** Each opens a session at the second step. */
async function enter(client: Client, who: Protected, given?: object): Promise<Tokens> {
  const challenge = await challenged(client, who.person);
  const reply = await answer(client, challenge, given ?? { code: await who.app.fresh() });
  if (reply.status !== 200) throw new Error(`the second step answered ${reply.status} ${reply.text}`);
  return reply.json as Tokens;
}

describe.each(clients)('$name', (client) => {
  describe('setting up an app', () => {
    test('answers the secret and the URI of the QR code', async () => {
      const person = await signedUp(client);
      const { accessToken } = await loggedIn(client, person);
      const reply = await setUp(client, accessToken, { name: ' My phone ' });
      expect(reply.status).toBe(200);
      const { factorId, secret, uri, ...rest } = reply.json as Record<string, string>;
      expect(rest).toEqual({});
      expect(factorId).toMatch(/^[0-9a-f-]{36}$/);
      expect(secret).toMatch(/^[A-Z2-7]{32}$/);
      expect(decodeURIComponent(uri as string)).toBe(
        `otpauth://totp/Gatehouse:${person.email}?secret=${secret}&issuer=Gatehouse&algorithm=SHA1&digits=6&period=30`,
      );
      // It is no factor yet.
      expect((await client.send({ path: '/auth/login', body: person })).status).toBe(200);
    });

    test('takes a missing body, and refuses names that are none', async () => {
      const { accessToken } = await loggedIn(client, await signedUp(client));
      const headers = bearer(accessToken);
      expect((await client.send({ path: '/auth/totp', headers })).status).toBe(200);
      expect((await setUp(client, accessToken, { name: null })).status).toBe(200);
      expect((await setUp(client, accessToken, { name: 'x'.repeat(100) })).status).toBe(200);
      for (const name of ['', '   ', 'x'.repeat(101), 7])
        expect(outcome(await setUp(client, accessToken, { name }))).toEqual([400, 'invalid-fields']);
    });

    test('replaces one that waits, whose code is then wrong', async () => {
      const { accessToken } = await loggedIn(client, await signedUp(client));
      const [first, second] = [await setUp(client, accessToken), await setUp(client, accessToken)].map(
        ({ json }) => new Authenticator((json as { secret: string }).secret),
      ) as [Authenticator, Authenticator];
      expect(outcome(await confirm(client, accessToken, first.code()))).toEqual(WRONG);
      expect((await confirm(client, accessToken, second.code())).status).toBe(200);
    });

    test('is refused when one is active', async () => {
      const { tokens } = await protectedPerson(client);
      expect(outcome(await setUp(client, tokens.accessToken))).toEqual([409, 'factor-limit']);
    });
  });

  describe('confirming it', () => {
    test('raises the session, ends the others, and tells the owner', async () => {
      const person = await signedUp(client);
      const other = await loggedIn(client, person);
      const { accessToken, refreshToken } = await loggedIn(client, person);
      const { secret } = (await setUp(client, accessToken)).json as { secret: string };
      const reply = await confirm(client, accessToken, new Authenticator(secret).code());
      expect(reply.status).toBe(200);
      expect(reply.json).toEqual({
        ...{
          message: expect.any(String),
          recoveryCodes: Array(10).fill(expect.stringMatching(RECOVERY_CODE)),
        },
        ...{ accessToken: expect.any(String), tokenType: 'Bearer', expiresIn: 3_600 },
      });
      const raised = (reply.json as Tokens).accessToken;
      expect(decodeJwt(raised)).toMatchObject({ acr: 'aal2', amr: ['pwd', 'otp', 'mfa'] });
      expect((await welcome(client, raised)).status).toBe(200);
      expect((await welcome(client, accessToken)).status).toBe(200); // the same session
      expect((await welcome(client, other.accessToken)).status).toBe(401);
      const refreshes = (token: string) =>
        client.send({ path: '/auth/refresh-tokens', body: { refreshToken: token } });
      const refreshed = await refreshes(refreshToken);
      expect(decodeJwt((refreshed.json as Tokens).accessToken)).toMatchObject({ acr: 'aal2' });
      expect((await refreshes(other.refreshToken)).status).toBe(401);
      expect((await awaitMails(person.email, 1)).map(({ subject }) => subject)).toEqual([
        'Gatehouse: An authenticator app was added',
      ]);
    });

    test('takes no code but six digits of the app, and counts what is none as no try', async () => {
      const { accessToken } = await loggedIn(client, await signedUp(client));
      expect(outcome(await confirm(client, accessToken, '123456'))).toEqual(WRONG); // nothing waits
      const { secret } = (await setUp(client, accessToken)).json as { secret: string };
      const app = new Authenticator(secret);
      for (let nth = 0; nth < 8; nth += 1)
        expect(outcome(await confirm(client, accessToken, '12345'))).toEqual(WRONG);
      for (const code of [undefined, 123456])
        expect(outcome(await confirm(client, accessToken, code))).toEqual([400, 'invalid-fields']);
      expect(outcome(await confirm(client, accessToken, app.wrong()))).toEqual(WRONG);
      expect((await confirm(client, accessToken, app.code())).status).toBe(200);
    });

    test('works in the session that set it up alone', async () => {
      const person = await signedUp(client);
      const [one, other] = [await loggedIn(client, person), await loggedIn(client, person)];
      const { secret } = (await setUp(client, one.accessToken)).json as { secret: string };
      const app = new Authenticator(secret);
      expect(outcome(await confirm(client, other.accessToken, app.code()))).toEqual(WRONG);
      expect((await confirm(client, one.accessToken, app.code())).status).toBe(200);
    });

    test('uses its code up', async () => {
      const person = await signedUp(client);
      const { accessToken } = await loggedIn(client, person);
      const { secret } = (await setUp(client, accessToken)).json as { secret: string };
      const app = new Authenticator(secret);
      const code = await app.fresh();
      expect((await confirm(client, accessToken, code)).status).toBe(200);
      const challenge = await challenged(client, person);
      expect(outcome(await answer(client, challenge, { code }))).toEqual(WRONG);
      expect((await answer(client, challenge, { code: await app.fresh() })).status).toBe(200);
    });
  });

  describe('the mail about a new app', () => {
    const undoLink = (mail: Mail | undefined) => /undo\?tag=([\w-]+)/.exec(mail?.body.text ?? '')?.[1];

    test('has a link that removes the app and its recovery codes, and ends every session', async () => {
      const who = await protectedPerson(client);
      const [mail] = await awaitMails(who.person.email, 1);
      expect(mail?.body.text).toContain('168 hours');
      const token = undoLink(mail);
      expect(await client.send({ path: '/auth/undo', body: { token } })).toMatchObject({ status: 200 });
      expect((await welcome(client, who.tokens.accessToken)).status).toBe(401);
      const { accessToken } = await loggedIn(client, who.person);
      expect(decodeJwt(accessToken)).toMatchObject({ acr: 'aal1' });
      const account = await client.send({
        method: 'GET',
        path: '/auth/account',
        headers: bearer(accessToken),
      });
      expect(account.json).toMatchObject({ factors: [], recoveryCodesLeft: null });
      expect(outcome(await client.send({ path: '/auth/undo', body: { token } }))).toEqual([401, 'wrong-tag']);
    });

    // Whoever added the app has seen the codes: with the password they would be a second factor of the passkey's account.
    test('leaves a passkey from before alone, and no recovery code that came with the app', async () => {
      const { person, device: made, byPasskey } = await holder(client);
      const { secret } = (await setUp(client, byPasskey.accessToken)).json as { secret: string };
      const confirmed = await confirm(client, byPasskey.accessToken, new Authenticator(secret).code());
      expect(confirmed.status).toBe(200);
      const mails = await awaitMails(person.email, 2);
      const token = undoLink(mails.find(({ subject }) => subject.includes('authenticator app')));
      expect(await client.send({ path: '/auth/undo', body: { token } })).toMatchObject({ status: 200 });
      const { accessToken } = await loggedInByPasskey(client, made);
      const account = await client.send({
        method: 'GET',
        path: '/auth/account',
        headers: bearer(accessToken),
      });
      expect(account.json).toMatchObject({ factors: [{ type: 'passkey' }], recoveryCodesLeft: null });
    });
  });

  describe('logging in', () => {
    test('the right password gets a challenge, and it and the code a session of aal2', async () => {
      const who = await protectedPerson(client);
      const reply = await byPassword(client, who);
      expect(reply.status).toBe(401);
      expect(reply.json).toMatchObject({
        ...{ code: 'second-factor-required', challenge: expect.stringMatching(/^[\w-]{43}$/) },
        ...{ methods: ['totp', 'recovery-code'], expiresIn: 300 },
      });
      const { challenge } = reply.json as { challenge: string };
      const entered = await answer(client, challenge, { code: await who.app.fresh() });
      expect(entered.status).toBe(200);
      const { accessToken, refreshToken, ...rest } = entered.json as Tokens;
      expect(rest).toEqual({
        ...{ message: 'You are logged in.', tokenType: 'Bearer', expiresIn: 3_600 },
        user: { name: who.person.name, bio: null, email: who.person.email },
      });
      expect(decodeJwt(accessToken)).toMatchObject({ acr: 'aal2', amr: ['pwd', 'otp', 'mfa'] });
      expect((await welcome(client, accessToken)).status).toBe(200);
      const refreshed = await client.send({ path: '/auth/refresh-tokens', body: { refreshToken } });
      expect(decodeJwt((refreshed.json as Tokens).accessToken)).toMatchObject({ acr: 'aal2' });
    });

    test('a wrong password gets what it always got', async () => {
      const { person } = await protectedPerson(client);
      const plain = await signedUp(client);
      const wrong = (email: string) =>
        client.send({ path: '/auth/login', body: { email, password: 'not the password' } });
      const [one, other] = [await wrong(person.email), await wrong(plain.email)];
      expect([one.status, one.json]).toEqual([other.status, other.json]);
    });

    test('a challenge can be used once, and only one of ours', async () => {
      const who = await protectedPerson(client);
      const challenge = await challenged(client, who.person);
      expect((await answer(client, challenge, { code: await who.app.fresh() })).status).toBe(200);
      const code = who.app.wrong();
      for (const used of [challenge, '', 'x', 'A'.repeat(43), `${challenge}A`, 'é'.repeat(43)])
        expect(outcome(await answer(client, used, { code }))).toEqual([401, 'expired-challenge']);
    });

    test('a challenge is dead after a change of the password', async () => {
      const who = await protectedPerson(client);
      const challenge = await challenged(client, who.person);
      await awaitMails(who.person.email, 1);
      const tag = await mailedTag(client, who.person);
      const password = 'another battery staple';
      expect(
        (await client.send({ path: `/auth/reset-password?token=${tag}`, body: { password } })).status,
      ).toBe(200);
      expect(outcome(await answer(client, challenge, { code: await who.app.fresh() }))).toEqual([
        ...[401, 'expired-challenge'],
      ]);
      // The reset left the factor on.
      const again = await challenged(client, { ...who.person, password });
      expect((await answer(client, again, { code: await who.app.fresh() })).status).toBe(200);
    });

    test('exactly one of a code and a recovery code', async () => {
      const who = await protectedPerson(client);
      const challenge = await challenged(client, who.person);
      for (const given of [{}, { code: '123456', recoveryCode: 'x' }, { code: 123456 }, { otp: '123456' }])
        expect(outcome(await answer(client, challenge, given))).toEqual([400, 'invalid-fields']);
      const code = await who.app.fresh();
      const noChallenge = await client.send({ path: '/auth/login/second-factor', body: { code } });
      expect(outcome(noChallenge)).toEqual([400, 'invalid-fields']);
      expect((await answer(client, challenge, { code })).status).toBe(200);
    });

    test('a code can be used once, whatever the challenge', async () => {
      const who = await protectedPerson(client);
      const code = await who.app.fresh();
      const [one, other] = [await challenged(client, who.person), await challenged(client, who.person)];
      expect((await answer(client, one, { code })).status).toBe(200);
      expect(outcome(await answer(client, other, { code }))).toEqual(WRONG);
      expect((await answer(client, other, { code: await who.app.fresh() })).status).toBe(200);
    });

    test('of twenty uses of one code at once, one opens a session', async () => {
      const who = await protectedPerson(client);
      const challenges = await Promise.all(Array.from({ length: 20 }, () => challenged(client, who.person)));
      const code = await who.app.fresh();
      const replies = await Promise.all(challenges.map((challenge) => answer(client, challenge, { code })));
      expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
      for (const reply of replies) expect([200, 401, 429]).toContain(reply.status);
    }, 30_000);

    test('of twenty uses of one recovery code at once, one opens a session', async () => {
      const who = await protectedPerson(client);
      const challenges = await Promise.all(Array.from({ length: 20 }, () => challenged(client, who.person)));
      const [recoveryCode] = who.recoveryCodes;
      const replies = await Promise.all(
        challenges.map((challenge) => answer(client, challenge, { recoveryCode })),
      );
      expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
    }, 30_000);

    test('of twenty answers to one challenge at once, by ten good codes, one opens a session', async () => {
      const who = await protectedPerson(client);
      const challenge = await challenged(client, who.person);
      const replies = await Promise.all(
        [...who.recoveryCodes, ...who.recoveryCodes].map((recoveryCode) =>
          answer(client, challenge, { recoveryCode }),
        ),
      );
      expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
    }, 30_000);

    test('a recovery code works once, however it is typed, and the owner gets a mail with how many are left', async () => {
      const who = await protectedPerson(client);
      const [first = '', second = ''] = who.recoveryCodes;
      await awaitMails(who.person.email, 1);
      const challenge = await challenged(client, who.person);
      const reply = await answer(client, challenge, {
        recoveryCode: first.toLowerCase().replaceAll('-', ''),
      });
      expect(reply.json).toMatchObject({ recoveryCodesLeft: 9 });
      expect(decodeJwt((reply.json as Tokens).accessToken)).toMatchObject({
        ...{ acr: 'aal2', amr: ['pwd', 'otp', 'mfa'] },
      });
      const mails = await awaitMails(who.person.email, 2);
      expect(mails.map(({ subject }) => subject)).toContain('Gatehouse: A recovery code was used');
      expect(mails.some(({ body }) => body.text.includes('Recovery codes left: 9.'))).toBe(true);
      const next = await challenged(client, who.person);
      expect(outcome(await answer(client, next, { recoveryCode: first }))).toEqual(WRONG);
      expect((await answer(client, next, { recoveryCode: second })).json).toMatchObject({
        recoveryCodesLeft: 8,
      });
    });

    test('without a recovery code left, the methods are those that are left', async () => {
      const who = await protectedPerson(client);
      for (const recoveryCode of who.recoveryCodes) await enter(client, who, { recoveryCode });
      expect((await byPassword(client, who)).json).toMatchObject({ methods: ['totp'] });
    }, 60_000);
  });

  describe('the counter of codes', () => {
    test('the fifth wrong code locks for a second, codes and recovery codes alike, and a right one clears it', async () => {
      const who = await protectedPerson(client);
      const challenge = await challenged(client, who.person);
      const wrong = { code: who.app.wrong() };
      for (let nth = 0; nth < 5; nth += 1)
        expect(outcome(await answer(client, challenge, wrong))).toEqual(WRONG);
      const [recoveryCode] = who.recoveryCodes;
      for (const given of [{ recoveryCode }, { code: who.app.code() }]) {
        const locked = await answer(client, challenge, given);
        expect([...outcome(locked), locked.headers['retry-after']]).toEqual([429, 'throttled', '1']);
      }
      // A stranger sees nothing of it, and the password is asked as ever.
      expect((await byPassword(client, who)).status).toBe(401);
      await new Promise((resume) => setTimeout(resume, 1_100));
      expect((await answer(client, challenge, { recoveryCode })).status).toBe(200);
      const next = await challenged(client, who.person);
      for (let nth = 0; nth < 4; nth += 1) expect(outcome(await answer(client, next, wrong))).toEqual(WRONG);
      expect((await answer(client, next, { recoveryCode: who.recoveryCodes[1] })).status).toBe(200);
    });

    test('a text that cannot be a code does not count as a try', async () => {
      const who = await protectedPerson(client);
      const challenge = await challenged(client, who.person);
      for (let nth = 0; nth < 4; nth += 1)
        for (const given of [{ code: '12345' }, { code: '' }, { recoveryCode: 'x' }])
          expect(outcome(await answer(client, challenge, given))).toEqual(WRONG);
      expect((await answer(client, challenge, { code: await who.app.fresh() })).status).toBe(200);
    });

    test('a right password neither counts nor clears failures; a completed second factor clears them', async () => {
      const who = await protectedPerson(client);
      const fail = () =>
        client.send({ path: '/auth/login', body: { email: who.person.email, password: 'wrong' } });
      for (let nth = 0; nth < 4; nth += 1) expect((await fail()).status).toBe(401);
      for (let nth = 0; nth < 3; nth += 1) await challenged(client, who.person);
      expect((await fail()).status).toBe(401); // the fifth
      expect((await byPassword(client, who)).status).toBe(429);
      await new Promise((resume) => setTimeout(resume, 1_100));
      await enter(client, who);
      for (let nth = 0; nth < 5; nth += 1) expect(outcome(await fail())).toEqual([401, 'wrong-credentials']);
    });

    test('an account that passwords have locked still takes a challenge from before', async () => {
      const who = await protectedPerson(client);
      const challenge = await challenged(client, who.person);
      for (let nth = 0; nth < 5; nth += 1)
        await client.send({ path: '/auth/login', body: { email: who.person.email, password: 'wrong' } });
      expect((await byPassword(client, who)).status).toBe(429);
      expect((await answer(client, challenge, { code: await who.app.fresh() })).status).toBe(200);
    });
  });

  describe.each([
    ['/accounts/auth/', 406, ['otp: This field is required.'], 406],
    ['/api/user/login', 401, 'otp: This field is required.', 401],
  ] as const)('the older log-in %s', (path, missingStatus, missing, wrongStatus) => {
    const send = (who: Protected, otp?: unknown, password = who.person.password) =>
      client.send({
        path,
        body: {
          username: who.person.email,
          email: who.person.email,
          password,
          ...(otp !== undefined && { otp }),
        },
      });
    const sentence = ({ json }: Reply) => (Array.isArray(json) ? json : (json as { detail: string }).detail);

    test('asks for the code after the right password alone', async () => {
      const who = await protectedPerson(client);
      for (const otp of [undefined, '', null]) {
        const reply = await send(who, otp);
        expect([reply.status, sentence(reply)]).toEqual([missingStatus, missing]);
      }
      const wrong = await send(who, undefined, 'not the password');
      expect(wrong.status).toBe(wrongStatus);
      expect(sentence(wrong)).not.toEqual(missing);
    });

    test('takes a code and a recovery code, each once', async () => {
      const who = await protectedPerson(client);
      const code = await who.app.fresh();
      const entered = await send(who, code);
      expect(entered.status).toBe(200);
      const { token } = entered.json as { token: string };
      expect(decodeJwt(token)).toMatchObject({ acr: 'aal2', amr: ['pwd', 'otp', 'mfa'] });
      expect((await welcome(client, token)).status).toBe(200);
      const again = await send(who, code);
      const wrongPassword = await send(who, undefined, 'not the password');
      expect([again.status, again.json]).toEqual([wrongPassword.status, wrongPassword.json]);
      const [recoveryCode] = who.recoveryCodes;
      expect((await send(who, recoveryCode)).status).toBe(200);
      expect((await send(who, recoveryCode)).status).toBe(wrongStatus);
    });

    test('a wrong code counts, and a text that cannot be a code does not', async () => {
      const who = await protectedPerson(client);
      for (const otp of ['12345', 'x', 123456, {}]) expect((await send(who, otp)).status).toBe(wrongStatus);
      const wrong = who.app.wrong();
      for (let nth = 0; nth < 5; nth += 1) expect((await send(who, wrong)).status).toBe(wrongStatus);
      expect((await send(who, await who.app.fresh())).status).toBe(429);
      const challenge = await challenged(client, who.person);
      expect((await answer(client, challenge, { recoveryCode: who.recoveryCodes[0] })).status).toBe(429);
    });

    test('ignores it for an account without an app', async () => {
      const person = await signedUp(client);
      for (const otp of ['123456', 'x', 7, { deep: true }]) {
        const { email, password } = person;
        const reply = await client.send({ path, body: { username: email, email, password, otp } });
        expect(reply.status).toBe(200);
      }
    });
  });

  describe('stepping up', () => {
    const stepUp = (accessToken: string, body: object) =>
      client.send({ path: '/auth/step-up', headers: bearer(accessToken), body });

    test('a code, or a recovery code, raises the session; a password alone never does', async () => {
      const who = await protectedPerson(client);
      for (const by of ['code', 'recoveryCode']) {
        const { accessToken } = who.tokens;
        const given = by === 'code' ? await who.app.fresh() : who.recoveryCodes[0];
        const reply = await stepUp(accessToken, { [by]: given });
        expect(reply.status).toBe(200);
        const { accessToken: raised, recoveryCodesLeft } = reply.json as Tokens & {
          recoveryCodesLeft?: number;
        };
        expect(recoveryCodesLeft).toBe(by === 'code' ? undefined : 9);
        expect(decodeJwt(raised)).toMatchObject({ acr: 'aal2', amr: ['pwd', 'otp', 'mfa'] });
        expect(outcome(await stepUp(accessToken, { [by]: given }))).toEqual(WRONG);
      }
    });

    test('an old token of aal1 reaches aal2 by it, and its session keeps that', async () => {
      const person = await signedUp(client);
      const old = await loggedIn(client, person);
      const { secret } = (await setUp(client, old.accessToken)).json as { secret: string };
      const app = new Authenticator(secret);
      expect((await confirm(client, old.accessToken, await app.fresh())).status).toBe(200);
      const byPasswordAlone = await stepUp(old.accessToken, { password: person.password });
      expect(byPasswordAlone.status).toBe(200);
      const raised = await stepUp(old.accessToken, { code: await app.fresh() });
      const { accessToken } = raised.json as Tokens;
      expect(outcome(await setUp(client, accessToken))).toEqual([409, 'factor-limit']); // let through
      const refreshed = await client.send({
        path: '/auth/refresh-tokens',
        body: { refreshToken: old.refreshToken },
      });
      expect(decodeJwt((refreshed.json as Tokens).accessToken)).toMatchObject({ acr: 'aal2' });
    });

    test('wrong codes count on the counter of log-in, and an account without a factor has none', async () => {
      const who = await protectedPerson(client);
      const challenge = await challenged(client, who.person);
      const wrong = { code: who.app.wrong() };
      for (let nth = 0; nth < 4; nth += 1)
        expect(outcome(await stepUp(who.tokens.accessToken, wrong))).toEqual(WRONG);
      expect(outcome(await answer(client, challenge, wrong))).toEqual(WRONG);
      expect((await stepUp(who.tokens.accessToken, { recoveryCode: who.recoveryCodes[0] })).status).toBe(429);
      const { accessToken } = await loggedIn(client, await signedUp(client));
      expect(outcome(await stepUp(accessToken, { code: '123456' }))).toEqual(WRONG);
      expect(outcome(await stepUp(accessToken, { recoveryCode: who.recoveryCodes[0] }))).toEqual(WRONG);
    });
  });

  describe('the account page', () => {
    test('lists the app and how many recovery codes are left', async () => {
      const who = await protectedPerson(client);
      const see = () =>
        client.send({ method: 'GET', path: '/auth/account', headers: bearer(who.tokens.accessToken) });
      expect((await see()).json).toMatchObject({
        factors: [
          {
            ...{ factorId: who.factorId, type: 'totp', name: null },
            ...{ createdAt: expect.any(String), lastUsedAt: expect.any(String) },
          },
        ],
        recoveryCodesLeft: 10,
      });
      await enter(client, who, { recoveryCode: who.recoveryCodes[0] });
      expect((await see()).json).toMatchObject({ recoveryCodesLeft: 9 });
    });
  });

  describe('removing and renewing', () => {
    const remove = (accessToken: string, call: Partial<Call> = {}) =>
      client.send({ path: '/auth/totp/remove', headers: bearer(accessToken), body: {}, ...call });
    const renew = (accessToken: string) =>
      client.send({ path: '/auth/recovery-codes', headers: bearer(accessToken), body: {} });

    test('a removed app is not asked for any more, its recovery codes stop working, and the owner gets a mail', async () => {
      const who = await protectedPerson(client);
      await awaitMails(who.person.email, 1);
      expect((await remove(who.tokens.accessToken)).status).toBe(200);
      const { accessToken } = await loggedIn(client, who.person);
      expect(decodeJwt(accessToken)).toMatchObject({ acr: 'aal1', amr: ['pwd'] });
      expect((await remove(accessToken)).status).toBe(200); // there is none any more
      const subjects = (await awaitMails(who.person.email, 2)).map(({ subject }) => subject);
      expect(subjects).toContain('Gatehouse: The authenticator app was removed');
      expect(outcome(await renew(accessToken))).toEqual([409, 'no-factor']);
      const user = await userOf(who.person.email);
      expect(user).not.toHaveProperty('totp');
      expect(await mailsTo(who.person.email)).toHaveLength(2);
    });

    test('a challenge from before is dead then', async () => {
      const who = await protectedPerson(client);
      const challenge = await challenged(client, who.person);
      expect((await remove(who.tokens.accessToken)).status).toBe(200);
      expect(outcome(await answer(client, challenge, { code: await who.app.fresh() }))).toEqual([
        ...[401, 'expired-challenge'],
      ]);
    });

    test('new recovery codes kill the old ones', async () => {
      const who = await protectedPerson(client);
      await awaitMails(who.person.email, 1);
      const reply = await renew(who.tokens.accessToken);
      expect(reply.json).toEqual({ recoveryCodes: Array(10).fill(expect.stringMatching(RECOVERY_CODE)) });
      const { recoveryCodes } = reply.json as { recoveryCodes: string[] };
      const challenge = await challenged(client, who.person);
      expect(outcome(await answer(client, challenge, { recoveryCode: who.recoveryCodes[0] }))).toEqual(WRONG);
      expect((await answer(client, challenge, { recoveryCode: recoveryCodes[9] })).status).toBe(200);
      const subjects = (await awaitMails(who.person.email, 3)).map(({ subject }) => subject);
      expect(subjects).toContain('Gatehouse: You have new recovery codes');
    });

    test('a token of aal1 is refused wherever factors are changed, before its body is read', async () => {
      const person = await signedUp(client);
      const { accessToken: old } = await loggedIn(client, person);
      const { secret } = (await setUp(client, old)).json as { secret: string };
      expect((await confirm(client, old, new Authenticator(secret).code())).status).toBe(200);
      for (const path of ['/auth/totp', '/auth/totp/remove', '/auth/recovery-codes', '/auth/totp/confirm']) {
        const reply = await client.send({
          path,
          headers: { ...bearer(old), 'content-type': 'application/json' },
          body: '{',
        });
        const fresh = path !== '/auth/totp/confirm';
        expect(outcome(reply)).toEqual([401, 'step-up-required']);
        expect(reply.json).toMatchObject({ acrValues: ['aal2'], ...(fresh && { maxAge: 300 }) });
        expect(reply.headers['www-authenticate']).toBe(
          `Bearer error="insufficient_user_authentication", acr_values="aal2"${fresh ? ', max_age="300"' : ''}`,
        );
      }
    });
  });
});
