import { decodeJwt } from 'jose';
import { afterAll, expect, inject, test } from 'vitest';
import { type Metered, startMeteringDynamodb } from '../../bench/metering-dynamodb.ts';
import { ownWorld } from '../faults/own-world.ts';
import { askedFor } from '../faults/scenarios.ts';
import type { Call } from '../harness/client.ts';
import { mailsTo, tagIn } from '../harness/inbox.ts';
import { bearer as bearerOf, creationOptions, device, holder, requestOptions } from '../harness/passkeys.ts';
import { loggedIn, signedUp, somebody } from '../harness/people.ts';

// Calls that are made at once have to overlap, on the busiest machine too.
const meter = await startMeteringDynamodb(inject('stack').dynamodbUrl, { delay: 60 });
process.env.AWS_ENDPOINT_URL_DYNAMODB = meter.url;
const world = await ownWorld();
afterAll(() => meter.stop());

const person = () => signedUp(world.client);
const session = async () => loggedIn(world.client, await person());
const password = 'battery staple horse';
const registration = () => ({ ...somebody(), confirm: 'correct horse battery' });
const tag = async () => {
  const { email } = await person();
  await askedFor(world, email);
  return tagIn((await mailsTo(email)).at(-1));
};

type Operation = { name: string; trips: number; units: number; prepare: () => Promise<Call> };

const operations: Operation[] = [
  ...['/accounts/auth/', '/api/user/login', '/auth/login'].map((path) => ({
    name: `log-in by ${path}`,
    trips: 3,
    units: 7,
    async prepare() {
      const { email, password } = await person();
      return { path, body: { email, username: email, password } };
    },
  })),
  {
    name: 'refresh',
    trips: 1,
    units: 2.5,
    prepare: async () => ({
      path: '/auth/refresh-tokens',
      body: { refreshToken: (await session()).refreshToken },
    }),
  },
  {
    name: 'welcome',
    trips: 1,
    units: 2,
    prepare: async () => ({
      path: '/auth',
      headers: { authorization: `Bearer ${(await session()).accessToken}` },
    }),
  },
  {
    name: 'log-out by access token',
    trips: 1,
    units: 1.5,
    prepare: async () => ({
      method: 'GET',
      path: '/accounts/logout/',
      headers: { token: (await session()).accessToken },
    }),
  },
  {
    name: 'log-in to an account into which others have just logged in',
    trips: 3,
    units: 7,
    prepare: async () => {
      const { email, password } = await person();
      const call = { path: '/auth/login', body: { email, password } };
      for (let nth = 1; nth <= 3; nth += 1) await world.client.send(call);
      return call;
    },
  },
  {
    name: 'log-out by refresh token',
    trips: 1,
    units: 1.5,
    prepare: async () => ({ path: '/auth/logout', body: { refreshToken: (await session()).refreshToken } }),
  },
  {
    name: 'sign-up by /auth/register',
    trips: 2,
    units: 8,
    prepare: async () => ({ path: '/auth/register', body: registration() }),
  },
  {
    name: 'sign-up by /api/user/signup',
    trips: 2,
    units: 8,
    prepare: async () => ({ path: '/api/user/signup', body: registration() }),
  },
  ...['/auth/forget-password', '/accounts/forgetpassword/'].map((path) => ({
    name: `forgotten password by ${path}`,
    trips: 2,
    units: 5,
    prepare: async () => ({ path, body: { email: (await person()).email } }),
  })),
  {
    name: 'reset by /auth/reset-password',
    trips: 3,
    units: 10,
    prepare: async () => ({ path: `/auth/reset-password?token=${await tag()}`, body: { password } }),
  },
  {
    name: 'reset by /accounts/resetpassword/',
    trips: 3,
    units: 10,
    prepare: async () => ({ path: `/accounts/resetpassword/?tag=${await tag()}`, body: { password } }),
  },
];

const bearer = async () => ({ authorization: `Bearer ${(await session()).accessToken}` });

/** What holders do with their own accounts. */
const own: Operation[] = [
  ...['/auth/account', '/auth/sessions', '/auth/export'].map((path) => ({
    name: `a look at ${path}`,
    trips: path === '/auth/account' ? 1 : 2,
    units: path === '/auth/account' ? 2 : 3,
    prepare: async () => ({ method: 'GET', path, headers: await bearer() }),
  })),
  {
    name: 'another name',
    trips: 2,
    units: 3,
    prepare: async () => ({ path: '/auth/profile', headers: await bearer(), body: { name: 'Augusta' } }),
  },
  {
    name: 'the end of another session',
    trips: 2,
    units: 3,
    prepare: async () => {
      const someone = await person();
      const [one, other] = [await loggedIn(world.client, someone), await loggedIn(world.client, someone)];
      const headers = { authorization: `Bearer ${one.accessToken}` };
      return { path: '/auth/sessions/end', headers, body: { sessionId: decodeJwt(other.accessToken).sid } };
    },
  },
  {
    name: 'the end of all other sessions',
    trips: 2,
    units: 6,
    prepare: async () => ({ path: '/auth/sessions/end', headers: await bearer(), body: { others: true } }),
  },
  {
    name: 'the end of all sessions',
    trips: 2,
    units: 3,
    prepare: async () => ({ path: '/auth/sessions/end', headers: await bearer(), body: { all: true } }),
  },
  {
    name: 'a step-up by password',
    trips: 4,
    units: 7,
    prepare: async () => ({
      path: '/auth/step-up',
      headers: await bearer(),
      body: { password: 'correct horse battery' },
    }),
  },
  {
    name: 'a change of password',
    trips: 4,
    units: 12,
    prepare: async () => ({
      path: '/auth/change-password',
      headers: await bearer(),
      body: { password: 'correct horse battery', newPassword: password },
    }),
  },
  {
    name: 'a deletion',
    trips: 4,
    units: 11,
    prepare: async () => ({ path: '/auth/delete-account', headers: await bearer() }),
  },
];

const passkeys: Operation[] = [
  {
    name: 'the beginning of a passkey',
    trips: 2,
    units: 3,
    prepare: async () => ({ path: '/auth/passkeys/options', headers: await bearer() }),
  },
  {
    name: 'a new passkey',
    trips: 2,
    units: 14,
    prepare: async () => {
      const { byPasskey } = await holder(world.client);
      const response = device().register(await creationOptions(world.client, byPasskey));
      return { path: '/auth/passkeys', headers: bearerOf(byPasskey), body: { response } };
    },
  },
  {
    name: 'another name of a passkey',
    trips: 2,
    units: 3,
    prepare: async () => {
      const { byPassword, passkey } = await holder(world.client);
      const body = { factorId: passkey.factorId, name: 'My phone' };
      return { path: '/auth/passkeys/rename', headers: bearerOf(byPassword), body };
    },
  },
  {
    name: 'the end of a passkey',
    trips: 4,
    units: 16,
    prepare: async () => {
      const { byPasskey, passkey } = await holder(world.client);
      const body = { factorId: passkey.factorId };
      return { path: '/auth/passkeys/remove', headers: bearerOf(byPasskey), body };
    },
  },
  {
    name: 'the beginning of a log-in by passkey',
    trips: 0,
    units: 0,
    prepare: async () => ({ path: '/auth/login/passkey/options' }),
  },
  {
    name: 'a log-in by passkey',
    trips: 2,
    units: 8,
    prepare: async () => {
      const { device: made } = await holder(world.client);
      const response = made.logIn(await requestOptions(world.client));
      return { path: '/auth/login/passkey', body: { response } };
    },
  },
  {
    name: 'a step-up by passkey',
    trips: 3,
    units: 10,
    prepare: async () => {
      const { device: made, byPassword } = await holder(world.client);
      const passkey = made.logIn(await requestOptions(world.client));
      return { path: '/auth/step-up', headers: bearerOf(byPassword), body: { passkey } };
    },
  },
];

/** What a warm function does: the same operation ran just before, so that its keys are cached and connections open. */
async function whenWarm({ prepare }: Operation): Promise<Metered> {
  const calls = [await prepare(), await prepare()];
  let metered: Metered | undefined;
  for (const call of calls) {
    meter.begin();
    const { status, text } = await world.client.send(call);
    metered = await meter.end();
    if (status >= 300) throw new Error(`${call.path} answered ${status} ${text}`);
  }
  return metered as Metered;
}

test.each([...operations, ...own, ...passkeys])(
  '$name takes at most $trips round trips and $units capacity units',
  async (operation) => {
    const { calls, sequentialTrips, units } = await whenWarm(operation);

    const made = calls.map((call) => `${call.operation} ${call.readUnits + call.writeUnits}`).join(', ');
    const found = `${sequentialTrips} round trips, ${units} capacity units: ${made}`;
    expect(sequentialTrips, found).toBeLessThanOrEqual(operation.trips);
    expect(units, found).toBeLessThanOrEqual(operation.units);
  },
);
