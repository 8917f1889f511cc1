import { decodeJwt } from 'jose';
import { afterAll, expect, inject, test } from 'vitest';
import { type Metered, startMeteringDynamodb } from '../../bench/metering-dynamodb.ts';
import { journalOf } from '../faults/event-scenarios.ts';
import { coldHandler, context, ownWorld } from '../faults/own-world.ts';
import { askedFor } from '../faults/scenarios.ts';
import { Authenticator, challenged, type Protected, protectedPerson } from '../harness/authenticator.ts';
import type { Call, Reply } from '../harness/client.ts';
import { startTestBus } from '../harness/event-bus.ts';
import { digitsIn, linkIn, type Mail, mailsTo, tagIn } from '../harness/inbox.ts';
import { bearer as bearerOf, creationOptions, device, holder, requestOptions } from '../harness/passkeys.ts';
import { loggedIn, type Person, signedUp, somebody } from '../harness/people.ts';
import { administer } from '../harness/signed.ts';

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

type Operation = {
  name: string;
  trips: number;
  units: number;
  prepare: () => Promise<Call>;
  mode?: 'after' | 'before';
  /** Where it is a refusal. */
  status?: number;
};

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
  ...(
    [
      ['/auth/account', 1, 2],
      ['/auth/sessions', 1, 2],
      ['/auth/activity', 2, 4],
      ['/auth/export', 2, 5],
    ] as const
  ).map(([path, trips, units]) => ({
    name: `a look at ${path}`,
    trips,
    units,
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
    units: 14,
    prepare: async () => ({
      path: '/auth/change-password',
      headers: await bearer(),
      body: { password: 'correct horse battery', newPassword: password },
    }),
  },
  {
    name: 'a deletion',
    trips: 3,
    units: 13,
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
    units: 16,
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
    units: 18,
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

/** Sends what is due to an address. @returns the latest mail */
async function mailedTo(email: string): Promise<Mail | undefined> {
  const owners = [
    ...(await world.rowsOf('reset-tags', { email })),
    ...(await world.rowsOf('users', { email })),
  ];
  for (const { userId } of owners)
    for (const { tagId } of await world.rowsOf('reset-tags', { userId, state: 'requested' }))
      await world.sendMail(tagId as string);
  return (await mailsTo(email)).at(-1);
}

async function waiting() {
  const someone = somebody();
  const { verification } = (await world.register('before', someone)).json as { verification: string };
  return { someone, verification, mail: await mailedTo(someone.email) };
}

/** An account whose change of address waits, and its two mails. */
async function changing() {
  const someone = await person();
  const tokens = await loggedIn(world.client, someone);
  const next = somebody().email;
  await world.client.send({ path: '/auth/change-email', headers: bearerOf(tokens), body: { email: next } });
  const notice = await mailedTo(someone.email);
  return { someone, tokens, notice, mail: (await mailsTo(next)).at(-1) };
}

/** What mails decide. */
const addresses: Operation[] = [
  ...(['after', 'before'] as const).map((mode) => ({
    name: `a sign-up that is verified ${mode}`,
    trips: 2,
    units: mode === 'after' ? 9 : 5,
    mode,
    prepare: async () => ({ path: '/auth/register', body: somebody() }),
  })),
  {
    name: 'the code that finishes a sign-up',
    trips: 3,
    units: 12,
    prepare: async () => {
      const { verification, mail } = await waiting();
      return { path: '/auth/verify-email', body: { verification, code: digitsIn(mail) } };
    },
  },
  {
    name: 'the link that finishes a sign-up',
    trips: 5,
    units: 16,
    prepare: async () => {
      const { someone, mail } = await waiting();
      const body = { token: linkIn(mail, 'verify-email'), password: someone.password };
      return { path: '/auth/verify-email', body };
    },
  },
  {
    name: 'the code that verifies an account',
    trips: 3,
    units: 9,
    prepare: async () => {
      const someone = somebody();
      await world.register('after', someone);
      const headers = bearerOf(await loggedIn(world.client, someone));
      return { path: '/auth/verify-email', headers, body: { code: digitsIn(await mailedTo(someone.email)) } };
    },
  },
  {
    name: 'another mail for a sign-up',
    trips: 3,
    units: 3,
    prepare: async () => {
      const { verification } = await waiting();
      return { path: '/auth/send-verification', body: { verification } };
    },
  },
  {
    name: 'another mail for an account',
    trips: 3,
    units: 4,
    prepare: async () => ({ path: '/auth/send-verification', headers: await bearer(), body: {} }),
  },
  {
    name: 'a change of address',
    trips: 3,
    units: 7,
    prepare: async () => ({
      path: '/auth/change-email',
      headers: await bearer(),
      body: { email: somebody().email },
    }),
  },
  {
    name: 'the code that completes a change of address',
    trips: 3,
    units: 15,
    prepare: async () => {
      const { tokens, mail } = await changing();
      return { path: '/auth/verify-email', headers: bearerOf(tokens), body: { code: digitsIn(mail) } };
    },
  },
  {
    name: 'an undo',
    trips: 4,
    units: 15,
    prepare: async () => {
      const { tokens, mail, notice } = await changing();
      const body = { code: digitsIn(mail) };
      await world.client.send({ path: '/auth/verify-email', headers: bearerOf(tokens), body });
      return { path: '/auth/undo', body: { token: linkIn(notice, 'undo') } };
    },
  },
];

/** Somebody whose session has a secret that waits for its first code. */
const settingUp = async () => {
  const { accessToken } = await session();
  const headers = { authorization: `Bearer ${accessToken}` };
  const { json } = await world.client.send({ path: '/auth/totp', headers, body: {} });
  return { headers, app: new Authenticator((json as { secret: string }).secret) };
};
const guarded = async () => {
  const who = await protectedPerson(world.client);
  return { ...who, headers: bearerOf(who.tokens) };
};
const secondStep = (given: (who: Protected) => Promise<object>) => async () => {
  const who = await protectedPerson(world.client);
  const challenge = await challenged(world.client, who.person);
  return { path: '/auth/login/second-factor', body: { challenge, ...(await given(who)) } };
};
const byCode = async ({ app }: Protected) => ({ code: await app.fresh() });
const byRecoveryCode = async ({ recoveryCodes }: Protected) => ({ recoveryCode: recoveryCodes[0] });

const factors: Operation[] = [
  {
    name: 'the beginning of an app',
    trips: 2,
    units: 3,
    prepare: async () => ({ path: '/auth/totp', headers: await bearer(), body: {} }),
  },
  {
    name: 'the first code of an app',
    trips: 4,
    units: 19,
    prepare: async () => {
      const { headers, app } = await settingUp();
      return { path: '/auth/totp/confirm', headers, body: { code: app.code() } };
    },
  },
  {
    name: 'the end of an app',
    trips: 2,
    units: 12,
    prepare: async () => ({ path: '/auth/totp/remove', headers: (await guarded()).headers, body: {} }),
  },
  {
    name: 'new recovery codes',
    trips: 2,
    units: 10,
    prepare: async () => ({ path: '/auth/recovery-codes', headers: (await guarded()).headers, body: {} }),
  },
  {
    name: 'the first step of a log-in with an app',
    trips: 3,
    units: 8,
    status: 401,
    prepare: async () => {
      const { email, password: own } = (await guarded()).person;
      return { path: '/auth/login', body: { email, password: own } };
    },
  },
  { name: 'the second step by a code', trips: 5, units: 13, prepare: secondStep(byCode) },
  { name: 'the second step by a recovery code', trips: 5, units: 15, prepare: secondStep(byRecoveryCode) },
  {
    name: 'a log-in by password and otp',
    trips: 6,
    units: 13,
    prepare: async () => {
      const { person: who, app } = await guarded();
      const body = { username: who.email, password: who.password, otp: await app.fresh() };
      return { path: '/accounts/auth/', body };
    },
  },
  ...[byCode, byRecoveryCode].map((given) => ({
    name: `a step-up ${given === byCode ? 'by a code' : 'by a recovery code'}`,
    trips: 4,
    units: given === byCode ? 9 : 11,
    prepare: async () => {
      const who = await guarded();
      return { path: '/auth/step-up', headers: who.headers, body: await given(who) };
    },
  })),
];

const idOf = async ({ email }: Pick<Person, 'email'>) =>
  String((await world.rowOf('emails', { email }))?.userId);

/** What administrators do: of an account with a session, where it doesn't say otherwise. */
const administrators: Operation[] = [
  ...(
    [
      ['GET', '', 1, 1],
      ['GET', '/activity', 2, 3],
      ['POST', '/disable', 3, 6],
      ['POST', '/enable', 3, 6],
      ['POST', '/end-sessions', 3, 3],
      ['POST', '/verify', 3, 6],
      ['POST', '/start-reset', 3, 3],
      ['POST', '/unlock', 4, 4],
      ['POST', '/delete', 3, 10],
    ] as const
  ).map(([method, act, trips, units]) => ({
    name: `${method} /admin/users/{userId}${act}`,
    trips,
    units,
    prepare: async () => {
      const someone = await person();
      await loggedIn(world.client, someone);
      const users = `/admin/users/${await idOf(someone)}`;
      if (act === '/enable') await world.client.send(administer(`POST ${users}/disable`));
      if (act === '/unlock')
        await world.client.send({ path: '/auth/login', body: { email: someone.email, password: 'wrong' } });
      return administer(`${method} ${users}${act}`);
    },
  })),
  {
    name: 'POST /admin/users/{userId}/remove-factors of an app and its codes',
    trips: 5,
    units: 14,
    prepare: async () =>
      administer(`POST /admin/users/${await idOf((await guarded()).person)}/remove-factors`),
  },
  {
    name: 'PUT /admin/users/{userId}/roles',
    trips: 3,
    units: 3,
    prepare: async () =>
      administer(`PUT /admin/users/${await idOf(await person())}/roles`, { roles: ['editor'] }),
  },
  {
    name: 'POST /admin/users without a hash',
    trips: 3,
    units: 10,
    prepare: async () => administer('POST /admin/users', { email: somebody().email, name: 'Grace' }),
  },
  {
    name: 'GET /admin/users, a page of one',
    trips: 1,
    units: 1,
    prepare: async () => {
      await Promise.all([person(), person()]);
      return administer('GET /admin/users?limit=1');
    },
  },
  {
    name: 'GET /admin/users?email=',
    trips: 2,
    units: 2,
    prepare: async () => administer(`GET /admin/users?email=${(await person()).email}`),
  },
];

/** What a warm function does: the same operation ran just before, so that its keys are cached and connections open. */
async function whenWarm({ prepare, mode, status: expected }: Operation): Promise<Metered> {
  const calls = [await prepare(), await prepare()];
  let metered: Metered | undefined;
  for (const call of calls) {
    meter.begin();
    const { status, text } = await (mode
      ? world.register(mode, call.body as ReturnType<typeof somebody>)
      : world.client.send(call));
    metered = await meter.end();
    if (expected === undefined ? status >= 300 : status !== expected)
      throw new Error(`${call.path} answered ${status} ${text}`);
  }
  return metered as Metered;
}

test.each([...operations, ...own, ...addresses, ...passkeys, ...factors, ...administrators])(
  '$name takes at most $trips round trips and $units capacity units',
  async (operation) => {
    const { calls, sequentialTrips, units } = await whenWarm(operation);

    const made = calls.map((call) => `${call.operation} ${call.readUnits + call.writeUnits}`).join(', ');
    const found = `${sequentialTrips} round trips, ${units} capacity units: ${made}`;
    expect(calls.length > 0, found).toBe(operation.units > 0);
    expect(sequentialTrips, found).toBeLessThanOrEqual(operation.trips);
    expect(units, found).toBeLessThanOrEqual(operation.units);
  },
);

const streamed = [
  { name: 'note-activity', of: 'a sign-up', trips: 1, units: 1, environment: {} },
  { name: 'note-activity', of: 'a log-in', trips: 1, units: 1, environment: {} },
  { name: 'note-activity', of: 'the end of an account', trips: 4, units: 4, environment: {} },
  { name: 'publish-events', of: 'a log-in', trips: 0, units: 0, environment: {} },
  {
    ...{ name: 'publish-events', of: 'a log-in, with its address', trips: 1, units: 1 },
    environment: { EVENTS_INCLUDE_EMAIL: 'on' },
  },
];

test.each(streamed)(
  '$name takes at most $trips round trips and $units capacity units for $of',
  async ({ name, of, trips, units: most, environment }) => {
    const bus = await startTestBus();
    const AWS_ENDPOINT_URL_EVENTBRIDGE = bus.url;
    const handler = await coldHandler(name, { AWS_ENDPOINT_URL_EVENTBRIDGE, ...environment });
    for (const key of Object.keys(environment)) delete process.env[key];
    let metered: Metered | undefined;
    for (let turn = 0; turn < 2; turn += 1) {
      const someone = await person();
      const userId = await idOf(someone);
      const signedUpEvent = await journalOf(world, userId);
      await handler(signedUpEvent as never, context);
      await loggedIn(world.client, someone);
      if (of === 'the end of an account')
        await world.client.send(administer(`POST /admin/users/${userId}/delete`));
      const { Records } = of === 'a sign-up' ? signedUpEvent : await journalOf(world, userId);
      const latest = Records.filter((record) => of === 'a sign-up' || !known(signedUpEvent, record));
      const last = of === 'the end of an account' ? latest.filter(({ dynamodb }) => isEnd(dynamodb)) : latest;
      meter.begin();
      expect(await handler({ Records: last } as never, context)).toEqual({ batchItemFailures: [] });
      metered = await meter.end();
    }
    await bus.stop();
    const { calls, sequentialTrips, units } = metered as Metered;
    const made = calls.map((call) => `${call.operation} ${call.readUnits + call.writeUnits}`).join(', ');
    const found = `${sequentialTrips} round trips, ${units} capacity units: ${made}`;
    expect(calls.length > 0, found).toBe(most > 0);
    expect(sequentialTrips, found).toBeLessThanOrEqual(trips);
    expect(units, found).toBeLessThanOrEqual(most);
  },
);

type Records = Awaited<ReturnType<typeof journalOf>>['Records'];
const known = ({ Records: before }: { Records: Records }, { dynamodb }: Records[number]) =>
  before.some((record) => record.dynamodb.Keys.sessionId?.S === dynamodb.Keys.sessionId?.S);
const isEnd = ({ NewImage }: Records[number]['dynamodb']) =>
  JSON.stringify(NewImage).includes('user.deleted');

/** What a request asks of DynamoDB: which calls, one after the other, and at what price. */
async function askedOf(send: () => Promise<Reply>) {
  meter.begin();
  const { status, headers, json } = await send();
  const { calls, sequentialTrips, units } = await meter.end();
  const { message, verification, ...rest } = json as Record<string, string>;
  const asked = calls.map((call) => `${call.operation} ${call.tables.join('+')}`).sort();
  const opaque = verification?.length;
  const sizes = calls.map(({ bytesIn, bytesOut }) => [bytesIn, bytesOut]).sort();
  return {
    asked,
    sequentialTrips,
    units,
    sizes,
    status,
    headers,
    message,
    opaque,
    members: Object.keys(rest),
  };
}

test.each(['a sign-up before verification', 'a change of address', 'another mail for a sign-up'])(
  '%s is alike for a free and a taken address in status, body, headers, calls, units and round trips',
  async (what) => {
    const [free, taken] = [somebody(), { ...somebody(), ...(await person()), bio: null }];
    const requests: Record<string, (one: Person) => Promise<() => Promise<Reply>>> = {
      'a sign-up before verification': async (one) => () => world.register('before', one),
      'a change of address': async ({ email }) => {
        const headers = await bearer();
        return () => world.client.send({ path: '/auth/change-email', headers, body: { email } });
      },
      'another mail for a sign-up': async (one) => {
        const { verification } = (await world.register('before', one)).json as { verification: string };
        return () => world.client.send({ path: '/auth/send-verification', body: { verification } });
      },
    };
    const ask = async (one: Person) => askedOf((await requests[what]?.(one)) as () => Promise<Reply>);
    await ask(somebody()); // warm

    expect(await ask(taken)).toEqual(await ask(free));
  },
);
