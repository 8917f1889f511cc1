import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { Authenticator } from '../../test/harness/authenticator.ts';
import { overHttp } from '../../test/harness/client.ts';
import { signedUp } from '../../test/harness/people.ts';
import { type AccountOptions, withAccount } from '../src/account.ts';
import { createClient, GatehouseError, memoryStorage } from '../src/index.ts';
import { type Answer, interferedApi } from './interfered-api.ts';
import { welcomeStatus } from './world.ts';

/** An account, the API behind a proxy, and clients that share one storage as tabs do. */
async function world() {
  const api = await interferedApi(inject('stack').apiUrl);
  onTestFinished(() => api.stop());
  const person = await signedUp(overHttp);
  const shared = { ...memoryStorage(), name: `account test ${person.email}` };
  const open = (options: AccountOptions = {}, storage = shared) => {
    const ends: string[] = [];
    const onSessionEnd = (reason: string) => void ends.push(reason);
    const client = createClient({ baseUrl: api.url, storage, onSessionEnd });
    onTestFinished(() => client.close());
    return Object.assign(withAccount(client, options), { ends });
  };
  return { api, person, open };
}

/** What the contract's step-up refusal is, for tokens that cannot be made old here. */
const stepUpRequired = (level = 'aal1'): Answer => ({
  status: 401,
  headers: {
    'content-type': 'application/problem+json',
    'x-amzn-remapped-www-authenticate': 'Bearer', // as API Gateway renames it
  },
  body: JSON.stringify({
    ...{ title: 'Unauthorized', status: 401, message: 'Prove again who you are.' },
    ...{ code: 'step-up-required', acrValues: [level], maxAge: 300 },
  }),
});

const problem = (error: unknown) => error as GatehouseError;
const withTotp = async (client: ReturnType<typeof withAccount>) => {
  const { secret, uri } = await client.totp.begin({ name: 'Phone' });
  const app = new Authenticator(secret);
  const confirmed = await client.totp.confirm({ code: await app.fresh() });
  return { app, uri, confirmed };
};

describe('the account, at the real service', () => {
  test('shows and changes profile and password; this session lives on, in every tab', async () => {
    const { person, open } = await world();
    const [tab, other] = [open(), open()];
    await tab.logIn(person);
    expect(await tab.account()).toMatchObject({
      user: { email: person.email, name: person.name, roles: [] },
      factors: [],
      recoveryCodesLeft: null,
    });
    expect((await tab.profile({ name: 'Augusta' })).user.name).toBe('Augusta');

    const before = await tab.accessToken();
    const elsewhere = open({}, { ...memoryStorage(), name: `${person.email} elsewhere` });
    await elsewhere.logIn(person);
    const answer = await tab.changePassword({ password: person.password, newPassword: 'battery staple' });
    expect(answer).toEqual({ message: expect.any(String) }); // no token to log
    expect(await tab.accessToken()).not.toBe(before);
    expect(await other.accessToken()).toBe(await tab.accessToken());
    expect((await tab.welcome()).user.name).toBe('Augusta');
    await expect(elsewhere.welcome()).rejects.toMatchObject({ status: 401 });
    expect(tab.ends).toEqual([]);
  });

  test('a refused password has its code and its field', async () => {
    const { person, open } = await world();
    const tab = open();
    await tab.logIn(person);
    await expect(
      tab.changePassword({ password: 'not mine', newPassword: 'battery staple' }),
    ).rejects.toMatchObject({
      status: 401,
      code: 'wrong-credentials',
    });
    await expect(
      tab.changePassword({ password: person.password, newPassword: 'short' }),
    ).rejects.toMatchObject({
      code: 'invalid-fields',
      errors: [{ field: 'newPassword', code: expect.any(String) }],
    });
    expect(await tab.hasSession()).toBe(true);
  });

  test('sessions are listed and ended: one, others, all', async () => {
    const { person, open } = await world();
    const tab = open();
    await tab.logIn(person);
    const elsewhere = open({}, { ...memoryStorage(), name: `${person.email} elsewhere` });
    await elsewhere.logIn(person);
    const { sessions } = await tab.sessions();
    expect(sessions.map(({ current }) => current).sort()).toEqual([false, true]);
    const { sessionId = '' } = sessions.find(({ current }) => !current) ?? {};
    await tab.endSessions({ sessionId });
    await expect(elsewhere.welcome()).rejects.toMatchObject({ status: 401 });
    await tab.endSessions({ others: true });
    expect((await tab.sessions()).sessions).toHaveLength(1);

    await tab.endSessions({ all: true });
    expect(await tab.hasSession()).toBe(false);
    await expect.poll(() => tab.ends).toEqual(['logged-out']);
  });

  test('is exported, and deleted: then nobody is logged in, and the address is free', async () => {
    const { person, open } = await world();
    const tab = open();
    await tab.logIn(person);
    expect(await tab.export()).toMatchObject({ user: { email: person.email }, sessions: [{}], factors: [] });
    const token = await tab.accessToken();
    await tab.deleteAccount();
    expect(await tab.hasSession()).toBe(false);
    expect(await welcomeStatus(token)).toBe(401);
    await expect(tab.logIn(person)).rejects.toMatchObject({ code: 'wrong-credentials' });
  });

  test('a second factor is set up, asked for at log-in by a challenge, and removed', async () => {
    const { person, open } = await world();
    const tab = open();
    await tab.logIn(person);
    const { app, uri, confirmed } = await withTotp(tab);
    expect(uri).toMatch(/^otpauth:\/\/totp\//);
    expect(confirmed).toEqual({ message: expect.any(String), recoveryCodes: expect.any(Array) });
    expect(await tab.account()).toMatchObject({
      factors: [{ type: 'totp', name: 'Phone' }],
      recoveryCodesLeft: 10,
    });

    await tab.logOut();
    const refusal = problem(await tab.logIn(person).catch((error: unknown) => error));
    expect(refusal).toBeInstanceOf(GatehouseError);
    expect(refusal).toMatchObject({ status: 401, code: 'second-factor-required' });
    expect(refusal.methods).toEqual(['totp', 'recovery-code']);
    const challenge = refusal.challenge ?? '';
    expect(challenge).not.toBe('');
    expect(JSON.stringify(refusal)).not.toContain(challenge); // a logger does not show it
    expect(await tab.hasSession()).toBe(false);

    await expect(tab.logInWithSecondFactor({ challenge, code: app.wrong() })).rejects.toMatchObject({
      code: 'wrong-code',
    });
    const [recoveryCode = ''] = confirmed.recoveryCodes;
    expect(await tab.logInWithSecondFactor({ challenge, recoveryCode })).toEqual({
      message: expect.any(String),
      user: expect.objectContaining({ email: person.email }),
      recoveryCodesLeft: 9,
    });
    expect((await tab.recoveryCodes()).recoveryCodes).toHaveLength(10);
    await tab.totp.remove();
    expect((await tab.account()).factors).toEqual([]);
  });

  test('stepUp replaces the access token in every tab, and a wrong proof replaces nothing', async () => {
    const { api, person, open } = await world();
    const [tab, other] = [open(), open()];
    await tab.logIn(person);
    const before = await other.accessToken();
    await expect(tab.stepUp({ password: 'not mine' })).rejects.toMatchObject({ code: 'wrong-credentials' });
    expect(await other.accessToken()).toBe(before);
    expect(await tab.stepUp({ password: person.password })).toEqual({ message: expect.any(String) });
    expect(await other.accessToken()).not.toBe(before);
    expect(await other.accessToken()).toBe(await tab.accessToken());
    expect((await other.welcome()).user.email).toBe(person.email);
    expect(api.count('/auth/step-up')).toBe(2); // the wrong one is not sent again, which would count twice
    expect(api.count('/auth/refresh-tokens')).toBe(0);
  });
});

describe('a step-up that is required', () => {
  test('is asked for once by many requests at a time, and each is sent again', async () => {
    const { api, person, open } = await world();
    const asked: unknown[] = [];
    const tab = open({
      async onStepUpRequired(request) {
        asked.push(request);
        await tab.stepUp({ password: person.password });
        return true;
      },
    });
    await tab.logIn(person);
    const refuse = ({ send }: { send(answer: Answer): void }) => send(stepUpRequired());
    api.next('/auth/export', refuse, refuse, refuse);
    const exported = await Promise.all([tab.export(), tab.export(), tab.export()]);
    expect(exported.map(({ user }) => user.email)).toEqual([person.email, person.email, person.email]);
    expect(asked).toEqual([{ acrValues: ['aal1'], maxAge: 300 }]);
    expect(api.count('/auth/step-up')).toBe(1);
    expect(api.count('/auth/refresh-tokens')).toBe(0); // a refreshed token would be refused as well
  });

  test('rejects with its code where nobody proves anything, and refreshes nothing', async () => {
    const { api, person, open } = await world();
    const refuse = ({ send }: { send(answer: Answer): void }) => send(stepUpRequired('aal2'));
    for (const options of [{}, { onStepUpRequired: () => false }]) {
      const tab = open(options);
      await tab.logIn(person);
      api.next('/auth/export', refuse);
      const code = 'step-up-required';
      await expect(tab.export()).rejects.toMatchObject({ status: 401, code, acrValues: ['aal2'] });
      expect(await tab.hasSession()).toBe(true);
    }
    expect(api.count('/auth/refresh-tokens')).toBe(0);
    expect(api.count('/auth/export')).toBe(2);
  });

  test('is noticed in the header of other servers, too', async () => {
    const { api, person, open } = await world();
    const asked: unknown[] = [];
    const tab = open({ onStepUpRequired: (request) => asked.push(request) === 1 });
    await tab.logIn(person);
    const header = 'Bearer error="insufficient_user_authentication", acr_values="aal2 other", max_age="60"';
    const refuse = ({ send }: { send(answer: Answer): void }) =>
      send({ status: 401, headers: { 'www-authenticate': header }, body: '' });
    api.next('/things', refuse, refuse, ({ send }) => send({ status: 200, headers: {}, body: 'thanks' }));
    const response = await tab.authFetch(`${api.url}/things`, { method: 'POST', body: 'x' });
    expect(await response.text()).toBe('thanks');
    expect(asked).toEqual([{ acrValues: ['aal2', 'other'], maxAge: 60 }]);
  });

  test('is asked for once only: a second refusal is returned', async () => {
    const { api, person, open } = await world();
    const tab = open({ onStepUpRequired: () => true });
    await tab.logIn(person);
    const refuse = ({ send }: { send(answer: Answer): void }) => send(stepUpRequired());
    api.next('/auth/export', refuse, refuse);
    await expect(tab.export()).rejects.toMatchObject({ code: 'step-up-required' });
    expect(api.count('/auth/export')).toBe(2);
  });

  test('does nothing to the account of somebody who logged in while the user was asked', async () => {
    const { api, person, open } = await world();
    const second = await signedUp(overHttp);
    const other = open();
    const tab = open({
      async onStepUpRequired() {
        await other.logIn(second);
        return true;
      },
    });
    await tab.logIn(person);
    api.next('/auth/delete-account', ({ send }) => send(stepUpRequired()));
    await expect(tab.deleteAccount()).rejects.toMatchObject({ status: 401 });
    expect(api.count('/auth/delete-account')).toBe(1);
    expect((await other.welcome()).user.email).toBe(second.email);
  });
});
