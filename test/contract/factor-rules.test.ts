// Sections 4 to 6 of the account contract: what holds between apps, recovery codes, passkeys, sessions and passwords.
import { createHash } from 'node:crypto';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Authenticator, bearer, challenged, protectedPerson } from '../harness/authenticator.ts';
import { type Client, inProcess, type Reply } from '../harness/client.ts';
import { functionsWith } from '../harness/functions-with.ts';
import { awaitMails } from '../harness/inbox.ts';
import {
  addedPasskey,
  creationOptions,
  device,
  holder,
  loggedInByPasskey,
  requestOptions,
  tryPasskey,
} from '../harness/passkeys.ts';
import { loggedIn, mailedTag, type Person, signedUp, type Tokens } from '../harness/people.ts';
import { twinOf } from './minted-tokens.ts';
import { changeRow, factorsOf, userOf } from './rows.ts';

const outcome = ({ status, json }: Reply) => [status, (json as { code?: string } | undefined)?.code];
const WRONG = [401, 'wrong-code'];

/** The twin of a token whose holder proved who they are so many seconds ago. */
const aged = (accessToken: string, seconds: number) =>
  twinOf(accessToken, { claims: { auth_time: Math.floor(Date.now() / 1000) - seconds } });

function callsOf(client: Client) {
  const post = (path: string, accessToken: string, body: object = {}) =>
    client.send({ path, headers: bearer(accessToken), body });
  return {
    post,
    setUp: async (accessToken: string) =>
      new Authenticator(((await post('/auth/totp', accessToken)).json as { secret: string }).secret),
    confirm: (accessToken: string, code: string) => post('/auth/totp/confirm', accessToken, { code }),
    answer: (challenge: string, given: object) =>
      client.send({ path: '/auth/login/second-factor', body: { challenge, ...given } }),
    account: async (accessToken: string) =>
      (await client.send({ method: 'GET', path: '/auth/account', headers: bearer(accessToken) })).json as {
        factors: { factorId: string; type: string; name: string | null }[];
        recoveryCodesLeft: number | null;
      },
    recoveryCodes: async (accessToken: string) =>
      (await post('/auth/recovery-codes', accessToken)).json as { recoveryCodes: string[] },
  };
}

const stepUpRequired = (fresh: boolean, level = 'aal2') => ({
  status: 401,
  json: expect.objectContaining({ code: 'step-up-required', acrValues: [level] }),
  headers: expect.objectContaining({
    'www-authenticate': `Bearer error="insufficient_user_authentication", acr_values="${level}"${fresh ? ', max_age="300"' : ''}`,
  }),
});

describe('at any time', () => {
  const client = inProcess; // test/contract/second-factors.test.ts and passkeys.test.ts go through both doors
  const { post, setUp, confirm, answer, account, recoveryCodes } = callsOf(client);

  describe('what changes factors wants a proof', () => {
    const fresh = ['/auth/totp', '/auth/recovery-codes', '/auth/passkeys/options', '/auth/passkeys/remove'];

    test.each([...fresh, '/auth/totp/remove'])('POST %s of at most five minutes ago', async (path) => {
      const { accessToken } = await loggedIn(client, await signedUp(client));
      const old = await post(path, await aged(accessToken, 301));
      expect(old).toMatchObject(stepUpRequired(true, 'aal1'));
      expect(old.json).toMatchObject({ maxAge: 300 });
      expect(outcome(await post(path, await aged(accessToken, 290)))).not.toEqual([401, 'step-up-required']);
    });

    test.each(['/auth/totp/confirm', '/auth/passkeys'])('POST %s however old', async (path) => {
      const { accessToken } = await loggedIn(client, await signedUp(client));
      expect(outcome(await post(path, await aged(accessToken, 3_000)))).toEqual([400, 'invalid-fields']);
      const { byPassword } = await holder(client);
      const refused = await post(path, byPassword.accessToken);
      expect(refused).toMatchObject(stepUpRequired(false));
      expect(refused.json).not.toHaveProperty('maxAge');
    });

    test('a passkey is renamed with any live token, and others are not', async () => {
      const [ada, bob] = [await holder(client), await holder(client)];
      const rename = (factorId: string) =>
        post('/auth/passkeys/rename', ada.byPassword.accessToken, { factorId, name: ' Phone ' });
      for (const { passkey } of [ada, bob]) expect((await rename(passkey.factorId)).status).toBe(200);
      const nameOf = async ({ byPassword }: typeof ada) =>
        (await account(byPassword.accessToken)).factors[0]?.name;
      expect([await nameOf(ada), await nameOf(bob)]).toEqual(['Phone', null]);
      expect((await post('/auth/passkeys/rename', 'x', { factorId: 'x', name: 'x' })).status).toBe(401);
    });
  });

  describe('an app', () => {
    test('that waits is over after ten minutes', async () => {
      const person = await signedUp(client);
      const { accessToken } = await loggedIn(client, person);
      const app = await setUp(accessToken);
      const { userId } = await userOf(person.email);
      const pending = (await factorsOf(userId)).find(({ type }) => type === 'totp-pending');
      expect(pending?.validUntil).toBeGreaterThan(Date.now() + 590_000);
      expect(pending?.validUntil).toBeLessThanOrEqual(Date.now() + 600_000);
      const key = { userId, factorId: '#totp-pending' };
      await changeRow('factors', key, { validUntil: Date.now() - 1 });
      expect(outcome(await confirm(accessToken, app.code()))).toEqual(WRONG);
    });

    test('is confirmed by a proof that is new', async () => {
      const { accessToken } = await loggedIn(client, await signedUp(client));
      const app = await setUp(accessToken);
      const old = await aged(accessToken, 3_000);
      const before = Math.floor(Date.now() / 1000);
      const { accessToken: raised } = (await confirm(old, app.code())).json as Tokens;
      expect(decodeJwt(raised).auth_time).toBeGreaterThanOrEqual(before);
      expect((await post('/auth/recovery-codes', raised)).status).toBe(200);
    });

    test('whose code is of one step either side is taken, and no older one after it', async () => {
      const { person, app } = await protectedPerson(client);
      const challenge = await challenged(client, person);
      const confirmedBy = await app.fresh(); // so that the steps below were not handed out
      for (const code of [app.code(-2), app.code(3)])
        expect(outcome(await answer(challenge, { code }))).toEqual(WRONG);
      expect((await answer(challenge, { code: app.code(1) })).status).toBe(200);
      const next = await challenged(client, person);
      for (const code of [app.code(1), app.code(0), confirmedBy])
        expect(outcome(await answer(next, { code }))).toEqual(WRONG);
    });

    test('that waits is cancelled by a passkey', async () => {
      const tokens = await loggedIn(client, await signedUp(client));
      const app = await setUp(tokens.accessToken);
      const made = device();
      await addedPasskey(client, tokens, made);
      const { accessToken } = await loggedInByPasskey(client, made);
      expect(outcome(await confirm(accessToken, app.code()))).toEqual(WRONG);
    });

    test('ends the registration of a passkey that another session had begun', async () => {
      const person = await signedUp(client);
      const [one, other] = [await loggedIn(client, person), await loggedIn(client, person)];
      const options = await creationOptions(client, other);
      const app = await setUp(one.accessToken);
      expect((await confirm(one.accessToken, app.code())).status).toBe(200);
      const response = device().register(options);
      expect((await post('/auth/passkeys', other.accessToken, { response })).status).toBe(401);
    });
  });

  describe('recovery codes', () => {
    test('are stored as SHA-256', async () => {
      const { person, recoveryCodes: codes } = await protectedPerson(client);
      const { userId } = await userOf(person.email);
      const row = (await factorsOf(userId)).find(({ type }) => type === 'recovery-codes');
      const hash = (code: string) =>
        createHash('sha256').update(code.replaceAll('-', '')).digest('base64url');
      expect([...((row?.hashes ?? []) as Set<string>)].sort()).toEqual(codes.map(hash).sort());
    });

    test('work for an account with passkeys alone, and go with the last factor', async () => {
      const { person, byPassword, byPasskey, passkey } = await holder(client);
      const { recoveryCodes: codes } = await recoveryCodes(byPasskey.accessToken);
      expect(await account(byPassword.accessToken)).toMatchObject({ recoveryCodesLeft: 10 });
      const stepped = await post('/auth/step-up', byPassword.accessToken, { recoveryCode: codes[0] });
      expect(stepped.json).toMatchObject({ recoveryCodesLeft: 9 });
      const raised = (stepped.json as Tokens).accessToken;
      expect(decodeJwt(raised)).toMatchObject({ acr: 'aal2', amr: ['pwd', 'otp', 'mfa'] });
      const { factorId } = passkey;
      expect((await post('/auth/passkeys/remove', raised, { factorId })).status).toBe(200);
      const { accessToken } = await loggedIn(client, person);
      expect(await account(accessToken)).toMatchObject({ factors: [], recoveryCodesLeft: null });
      expect(outcome(await post('/auth/step-up', accessToken, { recoveryCode: codes[1] }))).toEqual(WRONG);
      expect(await factorsOf((await userOf(person.email)).userId)).toEqual([]);
    });

    test('stay when an app is removed and a passkey is left, and the other way round', async () => {
      for (const first of ['app', 'passkey']) {
        const { tokens } = await protectedPerson(client);
        const made = device();
        const { factorId } = await addedPasskey(client, tokens, made);
        const remove = {
          app: () => post('/auth/totp/remove', tokens.accessToken),
          passkey: () => post('/auth/passkeys/remove', tokens.accessToken, { factorId }),
        };
        expect((await remove[first as 'app' | 'passkey']()).status).toBe(200);
        expect(await account(tokens.accessToken)).toMatchObject({ recoveryCodesLeft: 10 });
        expect((await remove[first === 'app' ? 'passkey' : 'app']()).status).toBe(200);
        expect(await account(tokens.accessToken)).toMatchObject({ factors: [], recoveryCodesLeft: null });
      }
    });

    test('are removed by the undo of the last factor', async () => {
      const { person, device: made, byPasskey } = await holder(client);
      await recoveryCodes(byPasskey.accessToken);
      const mails = await awaitMails(person.email, 2);
      const text = mails.find(({ subject }) => subject.endsWith('A passkey was added'))?.body.text ?? '';
      const token = /undo\?tag=([\w-]+)/.exec(text)?.[1];
      expect((await client.send({ path: '/auth/undo', body: { token } })).status).toBe(200);
      expect(outcome(await tryPasskey(client, made))).toEqual([401, 'unknown-credential']);
      const { accessToken } = await loggedIn(client, person);
      expect(await account(accessToken)).toMatchObject({ factors: [], recoveryCodesLeft: null });
      expect(outcome(await post('/auth/recovery-codes', accessToken))).toEqual([409, 'no-factor']);
    });
  });

  describe('a challenge of log-in', () => {
    test('is over after five minutes', async () => {
      const { person, app } = await protectedPerson(client);
      const challenge = await challenged(client, person);
      const hash = createHash('sha256').update(Buffer.from(challenge, 'base64url')).digest('base64url');
      await changeRow('throttles', { counter: `challenge#${hash}` }, { validUntil: Date.now() - 1 });
      const given = { code: await app.fresh() };
      expect(outcome(await answer(challenge, given))).toEqual([401, 'expired-challenge']);
      expect((await answer(await challenged(client, person), given)).status).toBe(200);
    });

    test('ends with a change of the password', async () => {
      const { person, app, tokens } = await protectedPerson(client);
      const challenge = await challenged(client, person);
      const body = { password: person.password, newPassword: 'another battery staple' };
      expect((await post('/auth/change-password', tokens.accessToken, body)).status).toBe(200);
      const given = { code: await app.fresh() };
      expect(outcome(await answer(challenge, given))).toEqual([401, 'expired-challenge']);
    });
  });

  describe('one counter of wrong codes', () => {
    test('for confirming, stepping up and the second step; a reset does not clear it', async () => {
      const { person, byPasskey } = await holder(client);
      await recoveryCodes(byPasskey.accessToken);
      const { accessToken } = byPasskey;
      const app = await setUp(accessToken);
      for (let nth = 1; nth <= 3; nth += 1)
        expect(outcome(await confirm(accessToken, app.wrong()))).toEqual(WRONG);
      const recoveryCode = '0'.repeat(24);
      for (let nth = 4; nth <= 5; nth += 1)
        expect(outcome(await post('/auth/step-up', accessToken, { recoveryCode }))).toEqual(WRONG);
      expect(outcome(await confirm(accessToken, app.code()))).toEqual([429, 'throttled']);
      // The sixth locks for two seconds, so that the reset below is quicker than it.
      await new Promise((resume) => setTimeout(resume, 1_100));
      expect(outcome(await confirm(accessToken, app.wrong()))).toEqual(WRONG);
      const locked = await confirm(accessToken, app.code());
      expect([locked.status, locked.headers['retry-after']]).toEqual([429, '2']);
      const counter = `codes#${(await userOf(person.email)).userId}`;
      await changeRow('throttles', { counter }, { lockedUntil: Date.now() + 60_000 });
      await awaitMails(person.email, 2);
      const tag = await mailedTag(client, person);
      const password = 'another battery staple';
      const reset = await client.send({ path: `/auth/reset-password?token=${tag}`, body: { password } });
      expect(reset.status).toBe(200);
      const { accessToken: anew } = await loggedIn(client, { ...person, password });
      expect(outcome(await post('/auth/step-up', anew, { recoveryCode }))).toEqual([429, 'throttled']);
    });
  });

  describe('an account that is deleted by its holder', () => {
    test('takes passkeys, their claims and every other factor along', async () => {
      const { person, tokens } = await protectedPerson(client);
      const made = device();
      await addedPasskey(client, tokens, made);
      const { userId } = await userOf(person.email);
      expect((await post('/auth/delete-account', tokens.accessToken)).status).toBe(200);
      expect(await factorsOf(userId)).toEqual([]);
      expect(outcome(await tryPasskey(client, made))).toEqual([401, 'unknown-credential']);
      // Somebody else may have the passkey now.
      await addedPasskey(client, await loggedIn(client, await signedUp(client)), made);
      await loggedInByPasskey(client, made);
    });
  });

  test('of twenty registrations with one challenge one adds a passkey', async () => {
    const tokens = await loggedIn(client, await signedUp(client));
    const options = await creationOptions(client, tokens);
    const replies = await Promise.all(
      Array.from({ length: 20 }, () =>
        post('/auth/passkeys', tokens.accessToken, { response: device().register(options) }),
      ),
    );
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const reply of replies) expect([201, 400, 401]).toContain(reply.status);
    expect((await account(tokens.accessToken)).factors).toHaveLength(1);
  });

  test.each(['/accounts/auth/', '/api/user/login'])(
    'of twenty uses of one code at %s one is taken',
    async (path) => {
      const { person, app } = await protectedPerson(client);
      const { email, password } = person as Person;
      const otp = await app.fresh();
      const replies = await Promise.all(
        Array.from({ length: 20 }, () =>
          client.send({ path, body: { username: email, email, password, otp } }),
        ),
      );
      expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
    },
  );

  test('of twenty step-ups by one code one is taken', async () => {
    const { tokens, app } = await protectedPerson(client);
    const code = await app.fresh();
    const replies = await Promise.all(
      Array.from({ length: 20 }, () => post('/auth/step-up', tokens.accessToken, { code })),
    );
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
  });
});

describe('five minutes later', () => {
  const later = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000);
  beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'] }));
  afterAll(() => void vi.useRealTimers());
  functionsWith(() => ({})); // which take the clock that they find at their import
  const { post } = callsOf(inProcess);

  test('the challenge of a log-in by passkey is over, and not before', async () => {
    const { device: made } = await holder(inProcess);
    const options = await requestOptions(inProcess);
    const send = () =>
      inProcess.send({ path: '/auth/login/passkey', body: { response: made.logIn(options) } });
    later(295);
    expect((await send()).status).toBe(200);
    const next = made.logIn(await requestOptions(inProcess));
    later(301);
    const late = await inProcess.send({ path: '/auth/login/passkey', body: { response: next } });
    expect(outcome(late)).toEqual([401, 'wrong-credentials']);
  });

  test('so is that of a registration', async () => {
    const tokens = await loggedIn(inProcess, await signedUp(inProcess));
    const [early, late] = [
      await creationOptions(inProcess, tokens),
      await creationOptions(inProcess, tokens),
    ];
    later(301);
    const response = device().register(late);
    expect(outcome(await post('/auth/passkeys', tokens.accessToken, { response }))).toEqual([
      400,
      'invalid-passkey',
    ]);
    later(-10);
    const soon = device().register(early);
    expect((await post('/auth/passkeys', tokens.accessToken, { response: soon })).status).toBe(201);
  });
});
