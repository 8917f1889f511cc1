import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { changeSession } from '../../test/contract/rows.ts';
import { overHttp } from '../../test/harness/client.ts';
import { functionsWith } from '../../test/harness/functions-with.ts';
import { awaitMails, type Mail } from '../../test/harness/inbox.ts';
import { addedPasskey, device, requestOptions } from '../../test/harness/passkeys.ts';
import { loggedIn, signedUp, somebody } from '../../test/harness/people.ts';
import { type AccountOptions, type PasskeyAnswer, type StepUpRequest, withAccount } from '../src/account.ts';
import { createClient, memoryStorage, type TokenStorage } from '../src/index.ts';
import { fetchInProcess } from './fetch-in-process.ts';
import { interferedApi } from './interfered-api.ts';

// Verification, change of address, undo and step-up, at the real service: nothing of an answer is made up here.

const tagIn = (mail: Mail | undefined, page: string) =>
  new RegExp(`/${page}\\?tag=([\\w-]{64})`).exec(mail?.body.text ?? '')?.[1] ?? '';
const codeIn = (mail: Mail | undefined) => /(?<!\d)\d{8}(?!\d)/.exec(mail?.body.text ?? '')?.[0] ?? '';
const newestTo = async (email: string, count = 1) => (await awaitMails(email, count)).at(-1);
const done = { message: expect.any(String) };

/** A client of the handlers that this process has imported, and what it has sent. */
function inProcessClient() {
  const fetch = fetchInProcess();
  const client = createClient({ baseUrl: 'https://auth.example.com', storage: memoryStorage(), fetch });
  onTestFinished(() => client.close());
  return { client: withAccount(client), seen: fetch.seen };
}

describe('EMAIL_VERIFICATION=before', () => {
  functionsWith(() => ({ EMAIL_VERIFICATION: 'before' }));

  async function waiting() {
    const { client, seen } = inProcessClient();
    const person = somebody();
    const { verification = '' } = await client.signUp({ ...person, confirm: person.password });
    return { client, seen, person, verification };
  }

  test('the code completes the sign-up in its tab and opens the session, once', async () => {
    const { client, person, verification } = await waiting();
    await expect(client.logIn(person)).rejects.toMatchObject({ code: 'wrong-credentials' });
    const code = codeIn(await newestTo(person.email));
    await expect(client.verifyEmail({ verification, code: '1' })).rejects.toMatchObject({
      code: 'wrong-code',
    });
    const { name, email } = person;
    expect(await client.verifyEmail({ verification, code })).toEqual({
      ...done,
      user: { name, bio: null, email },
    });
    expect((await client.welcome()).user.email).toBe(email);
    expect((await client.account()).user.emailVerified).toBe(true);
    const token = await client.accessToken();
    expect(await client.verifyEmail({ verification, code })).toEqual(done); // a second click
    expect(await client.accessToken()).toBe(token);
  });

  test('the link and the password complete it on another device', async () => {
    const { person } = await waiting();
    const token = tagIn(await newestTo(person.email), 'verify-email');
    const { client, seen } = inProcessClient();
    const wrong = client.verifyEmail({ token, password: 'not the password' });
    await expect(wrong).rejects.toMatchObject({ status: 401, code: 'wrong-credentials' });
    expect(await client.hasSession()).toBe(false);
    const { password, email } = person;
    expect(await client.verifyEmail({ token, password })).toMatchObject({ user: { email } });
    expect(await client.hasSession()).toBe(true);
    expect(seen.map(({ authorization }) => authorization)).toEqual([undefined, undefined]);
  });

  test('the mail is sent again to the sign-up that waits, without a session', async () => {
    const { client, person, verification } = await waiting();
    const old = codeIn(await newestTo(person.email));
    expect(await client.sendVerification(verification)).toEqual(done);
    const code = codeIn(await newestTo(person.email, 2));
    if (old !== code)
      await expect(client.verifyEmail({ verification, code: old })).rejects.toMatchObject({
        code: 'wrong-code',
      });
    expect(await client.verifyEmail({ verification, code })).toMatchObject({ user: { email: person.email } });
  });
});

describe('EMAIL_VERIFICATION=after', () => {
  functionsWith(() => ({ EMAIL_VERIFICATION: 'after' }));

  test.each(['code', 'token'] as const)('the owner who is logged in verifies by the %s', async (by) => {
    const { client, seen } = inProcessClient();
    const person = somebody();
    const { verification } = await client.signUp({ ...person, confirm: person.password });
    expect(verification).toBeUndefined();
    await client.logIn(person);
    expect((await client.account()).user.emailVerified).toBe(false);
    await newestTo(person.email);
    expect(await client.sendVerification()).toEqual(done);
    const mail = await newestTo(person.email, 2);
    await expect(client.verifyEmail({ code: '1234' })).rejects.toMatchObject({ code: 'wrong-code' });
    const proof = by === 'code' ? { code: codeIn(mail) } : { token: tagIn(mail, 'verify-email') };
    expect(await client.verifyEmail(proof)).toEqual(done);
    expect((await client.account()).user.emailVerified).toBe(true);
    expect(seen.filter(({ path }) => path === '/auth/refresh-tokens')).toEqual([]); // a wrong code counts once
  });
});

/** An account, and clients of it at the API over HTTP. */
async function world(person = somebody()) {
  const api = await interferedApi(inject('stack').apiUrl);
  onTestFinished(() => api.stop());
  await signedUp(overHttp, person);
  const open = (options: AccountOptions = {}, storage: TokenStorage = memoryStorage()) => {
    const client = createClient({ baseUrl: api.url, storage });
    onTestFinished(() => client.close());
    return withAccount(client, options);
  };
  return { api, person, open };
}

describe('a change of address', () => {
  test('is asked for with a session, completed by the code, and undone by the notice', async () => {
    const { api, person, open } = await world();
    const [client, stranger] = [open(), open()];
    await client.logIn(person);
    const next = somebody().email;
    await expect(client.changeEmail({ email: 'none' })).rejects.toMatchObject({
      errors: [{ field: 'email' }],
    });
    expect(await client.changeEmail({ email: next })).toEqual(done);
    expect((await client.account()).user.email).toBe(person.email);
    expect(await client.verifyEmail({ code: codeIn(await newestTo(next)) })).toEqual(done);
    expect((await client.account()).user).toMatchObject({ email: next, emailVerified: true });

    const token = tagIn(await newestTo(person.email, 2), 'undo');
    await expect(stranger.undo('none')).rejects.toMatchObject({ status: 401, code: 'wrong-tag' });
    expect(await stranger.undo(token)).toEqual(done);
    expect(api.seen.at(-1)).toMatchObject({ path: '/auth/undo', authorization: undefined });
    await expect(client.welcome()).rejects.toMatchObject({ status: 401 });
    expect(await client.hasSession()).toBe(false);
    expect((await client.logIn(person)).user.email).toBe(person.email);
  });
});

describe('a step-up that the service asks for', () => {
  /** Lets the proof of a session be as old as this, and its access token expire. */
  async function aged(storage: TokenStorage, seconds: number): Promise<void> {
    const held = JSON.parse((await storage.get()) ?? '') as { accessToken: string; since: number };
    await changeSession(held.accessToken, { authTime: Date.now() - seconds * 1_000 });
    await storage.set(JSON.stringify({ ...held, since: held.since - 3_600_000 }));
  }

  test('for a proof that is too old says how old it may be, and is lifted by a password', async () => {
    const { api, person, open } = await world();
    const storage = memoryStorage();
    const asked: StepUpRequest[] = [];
    const silent = open({}, storage);
    await silent.logIn(person);
    await aged(storage, 301);
    const refusal = { status: 401, code: 'step-up-required', acrValues: ['aal1'], maxAge: 300 };
    await expect(silent.export()).rejects.toMatchObject(refusal);
    const client = open(
      {
        async onStepUpRequired(request) {
          asked.push(request);
          await client.stepUp({ password: person.password });
          return true;
        },
      },
      storage,
    );
    expect((await client.export()).user.email).toBe(person.email);
    expect(asked).toEqual([{ acrValues: ['aal1'], maxAge: 300 }]);
    expect(api.count('/auth/export')).toBe(3);
  });

  test('for a higher level is lifted by a passkey alone', async () => {
    const { person, open } = await world();
    const passkey = device();
    await addedPasskey(overHttp, await loggedIn(overHttp, person), passkey);
    const asked: StepUpRequest[] = [];
    const client = open({
      async onStepUpRequired(request) {
        asked.push(request);
        const low = client.stepUp({ password: person.password });
        expect(await low).toEqual(done); // which does not raise the level
        await client.stepUp({ passkey: passkey.logIn(await requestOptions(overHttp)) as PasskeyAnswer });
        return true;
      },
    });
    await client.logIn(person);
    const change = { password: person.password, newPassword: 'battery staple' };
    expect(await client.changePassword(change)).toEqual(done);
    expect(asked).toEqual([{ acrValues: ['aal2'], maxAge: undefined }]);
    const refused = open();
    await refused.logIn({ ...person, password: 'battery staple' });
    const error = await refused.changePassword(change).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'step-up-required', acrValues: ['aal2'], maxAge: undefined });
  });
});
