import { readdirSync, readFileSync } from 'node:fs';
import type { APIGatewayProxyEvent, DynamoDBStreamEvent, SNSEvent } from 'aws-lambda';
import { beforeEach, describe, expect, inject, test } from 'vitest';
import { handler as mailEvents } from '../../functions/mail-events.ts';
import { handler as rotateKeys } from '../../functions/rotate-keys.ts';
import { handler as sendMail } from '../../functions/send-mail.ts';
import { readResetTag } from '../../lib/core/opaque-token.ts';
import { deliver, inProcess } from '../harness/client.ts';
import { awaitMails, mailsTo } from '../harness/inbox.ts';
import { mailedTag, signedUp } from '../harness/people.ts';
import {
  type Answer,
  anId,
  aRefreshToken,
  aToken,
  challenge,
  coded,
  expectAnswer,
  ok,
  problem,
  refusedToken,
  sentences,
} from './answers.ts';
import { changeRow, freeAddress, userOf } from './rows.ts';

// The events that `serverless invoke local --path` is given: read from the files that a newcomer would give it.

const folder = new URL('../../events/', import.meta.url);
const ada = {
  name: 'Ada Lovelace',
  bio: null,
  email: 'ada@example.com',
  password: 'correct horse battery staple',
};
const { password: _, ...user } = ada;

/** What a page says is for test/pages. */
function page(status: number): Answer {
  return { status, body: undefined, headers: { 'content-type': 'text/html; charset=utf-8' } };
}

const tokenRefused = coded(
  'invalid-access-token',
  problem(401, 'Unauthorized', 'The access token is invalid, expired or revoked; log in or refresh it.', {
    headers: refusedToken,
  }),
);

/** Of the operations on an account, whose events name a token that nobody has. */
const ofAccounts = Object.fromEntries(
  [
    ...['account', 'activity', 'change-password', 'delete-account', 'end-sessions'],
    ...['export', 'profile', 'sessions', 'step-up', 'verify-email', 'send-verification', 'change-email'],
    ...['totp', 'totp-confirm', 'totp-remove', 'recovery-codes', 'passkeys'],
  ].map((name) => [`auth/${name}.json`, { of: 'nobody', answer: tokenRefused } as const]),
);

const expected: Record<string, { of: 'ada' | 'nobody'; answer: Answer }> = {
  'accounts/forget-password.json': { of: 'ada', answer: ok({ tag: anId }) },
  'accounts/login.json': {
    of: 'ada',
    answer: ok({
      token: aToken,
      user: { sid: anId, first_name: 'Ada', last_name: 'Lovelace', email: ada.email },
    }),
  },
  'accounts/logout.json': { of: 'nobody', answer: { status: 401, body: '', headers: refusedToken } },
  'accounts/reset-password.json': { of: 'nobody', answer: sentences(406, 'Error: Wrong Tag!') },
  'api-user/login.json': {
    of: 'ada',
    answer: ok({ userId: anId, email: ada.email, userName: ada.name, token: aToken }),
  },
  'api-user/signup.json': {
    of: 'nobody',
    answer: ok({ userId: anId, email: ada.email, userName: ada.name, token: aToken }),
  },
  'admin/find-user.json': {
    of: 'ada',
    answer: ok({
      users: [
        {
          ...{ userId: anId, ...user, status: 'active', emailVerified: false, roles: [] },
          createdAt: expect.any(String),
        },
      ],
      next: null,
    }),
  },
  'auth/forget-password.json': {
    of: 'ada',
    answer: {
      status: 202,
      body: { message: 'If the address has an account, an email is on its way to it.' },
    },
  },
  'auth/login-passkey.json': {
    of: 'nobody',
    answer: coded(
      'invalid-fields',
      problem(400, 'Bad Request', 'Some fields are missing or invalid; see errors.', {
        errors: [{ field: 'response', code: 'required', message: 'This field is required.' }],
      }),
    ),
  },
  'auth/login.json': {
    of: 'ada',
    answer: ok({
      message: 'You are logged in.',
      accessToken: aToken,
      refreshToken: aRefreshToken,
      tokenType: 'Bearer',
      expiresIn: 3600,
      user,
    }),
  },
  'auth/logout.json': {
    of: 'nobody',
    answer: coded(
      'foreign-refresh-token',
      problem(400, 'Bad Request', 'This is not a refresh token of this service.'),
    ),
  },
  'auth/refresh-tokens.json': {
    of: 'nobody',
    answer: coded(
      'invalid-refresh-token',
      problem(401, 'Unauthorized', 'The refresh token is invalid, expired, used or revoked; log in again.', {
        headers: challenge,
      }),
    ),
  },
  'auth/reset-password.json': {
    of: 'nobody',
    answer: coded(
      'wrong-tag',
      problem(401, 'Unauthorized', 'The token is unknown or has been used; ask for a new email.', {
        headers: challenge,
      }),
    ),
  },
  'auth/second-factor.json': {
    of: 'nobody',
    answer: coded(
      'expired-challenge',
      problem(
        401,
        'Unauthorized',
        'The log-in was completed or took too long; begin again with the password.',
        { headers: challenge },
      ),
    ),
  },
  'auth/signup.json': {
    of: 'nobody',
    answer: { status: 201, body: { message: 'The account was created.', user } },
  },
  'auth/undo.json': {
    of: 'nobody',
    answer: coded(
      'wrong-tag',
      problem(401, 'Unauthorized', 'The token is unknown or has been used; ask for a new email.', {
        headers: challenge,
      }),
    ),
  },
  'auth/welcome.json': { of: 'nobody', answer: tokenRefused },
  ...ofAccounts,
  'cors/preflight.json': {
    of: 'nobody',
    answer: { status: 204, body: '', headers: { 'content-type': undefined } },
  },
  'pages/reset-form.json': { of: 'nobody', answer: page(404) },
  'pages/reset.json': { of: 'nobody', answer: page(404) },
  'pages/forgot-form.json': { of: 'nobody', answer: page(200) },
  'pages/forgot.json': { of: 'ada', answer: page(200) },
  'pages/verify-form.json': { of: 'nobody', answer: page(200) },
  'pages/verify.json': { of: 'nobody', answer: page(404) },
  'pages/undo-form.json': { of: 'nobody', answer: page(200) },
  'pages/undo.json': { of: 'nobody', answer: page(404) },
  'docs/docs.json': {
    of: 'nobody',
    answer: {
      status: 200,
      headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'public, max-age=300' },
      body: undefined, // no JSON: test/contract/openapi-reference.test.ts reads it
    },
  },
  'docs/openapi.json': {
    of: 'nobody',
    answer: {
      status: 200,
      headers: { 'cache-control': 'public, max-age=300' },
      body: expect.objectContaining({ openapi: '3.1.1', servers: [expect.objectContaining({ url: '/' })] }),
    },
  },
  'well-known/jwks.json': {
    of: 'nobody',
    answer: {
      status: 200,
      headers: { 'cache-control': 'public, max-age=300' },
      body: { keys: expect.arrayContaining([expect.objectContaining({ kty: 'RSA', use: 'sig' })]) },
    },
  },
  'well-known/openid-configuration.json': {
    of: 'nobody',
    answer: {
      status: 200,
      headers: { 'cache-control': 'public, max-age=300' },
      body: expect.objectContaining({ response_types_supported: [], subject_types_supported: ['public'] }),
    },
  },
};
const files = Object.keys(expected);
const dialects = {
  admin: /^\/admin\//,
  accounts: /^\/accounts\//,
  'api-user': /^\/api\/user\//,
  auth: /^\/auth(\/|$)/,
  cors: /./,
  pages: /^\/((reset|forgot)-password|verify-email|undo)$/,
  docs: /^\/(docs|openapi\.json)$/,
  'well-known': /^\/\.well-known\//,
};

function read<Event>(file: string): Event {
  return JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Event;
}

beforeEach(() => freeAddress(ada.email));

test('every event is in this table, and every function of a route has one', () => {
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\.\w+$/.test(file),
  );
  expect(found.sort()).toEqual(
    [...files, 'mail/mail-events.json', 'schedule/rotate-keys.json', 'stream/send-mail.json'].sort(),
  );
  expect(new Set(files.map(functionOf))).toEqual(new Set(Object.values(inject('stack').routes)));
});

describe.each(files)('events/%s', (file) => {
  const { of, answer } = expected[file] as (typeof expected)[string];

  test('is an event of the function that it is named after, in the dialect of its folder', () => {
    const { httpMethod, resource, path } = read<APIGatewayProxyEvent>(file);
    expect(inject('stack').routes[`${httpMethod} ${resource}`]).toBe(functionOf(file));
    expect([resource, `${resource}/`]).toContain(path);
    expect(resource).toMatch(dialects[file.split('/')[0] as keyof typeof dialects]);
  });

  test('is as API Gateway would make it', () => {
    const event = read<APIGatewayProxyEvent>(file);
    const last = Object.entries(event.multiValueHeaders).map(([name, values]) => [name, values?.at(-1)]);
    expect(Object.fromEntries(last)).toEqual(event.headers);
    const query = Object.entries(event.multiValueQueryStringParameters ?? {});
    expect(Object.fromEntries(query.map(([name, values]) => [name, values?.at(-1)]))).toEqual(
      event.queryStringParameters ?? {},
    );
    const length = event.body === null ? undefined : String(Buffer.byteLength(event.body));
    expect(event.headers['Content-Length']).toBe(length);
  });

  test('gets its answer', async () => {
    if (of === 'ada') await signedUp(inProcess, ada);
    expectAnswer(await deliver(read(file)), answer);
  });
});

describe('an event whose body is not text', () => {
  const bodies = [5, 0, 5.5, true, false, [], {}, [{}], { S: 'x' }];

  test.each(files)('does not crash the function of %s', async (file) => {
    const event = read<APIGatewayProxyEvent>(file);
    for (const body of bodies) {
      const reply = await deliver({ ...event, body: body as never });
      expect(reply.status).toBeLessThan(500);
      const encoded = await deliver({ ...event, body: body as never, isBase64Encoded: true });
      expect(encoded.status).toBeLessThan(500);
    }
  });

  test.each([5, 0, true, false, []])('is malformed when it is %j', async (body) => {
    const event = { ...read<APIGatewayProxyEvent>('auth/login.json'), body: body as never };
    expectAnswer(
      await deliver(event),
      coded('malformed-body', problem(400, 'Bad Request', 'The body is not a JSON object in UTF-8.')),
    );
  });

  test('means what its JSON text would mean when it is an object', async () => {
    await signedUp(inProcess, ada);
    const body = { email: ada.email, password: ada.password } as never;
    const event = { ...read<APIGatewayProxyEvent>('api-user/login.json'), body };
    expectAnswer(await deliver(event), expected['api-user/login.json']?.answer as Answer);
  });
});

test('an event that has nothing but its route is answered too', async () => {
  const event = { httpMethod: 'POST', resource: '/auth/refresh-tokens' } as APIGatewayProxyEvent;
  expectAnswer(
    await deliver(event),
    coded(
      'invalid-fields',
      problem(400, 'Bad Request', 'Some fields are missing or invalid; see errors.', {
        errors: [{ field: 'refreshToken', code: 'required', message: 'This field is required.' }],
      }),
    ),
  );
});

describe('events/stream/send-mail.json', () => {
  const event = read<DynamoDBStreamEvent>('stream/send-mail.json');

  test('is handled, and nothing is due for a request that is not there', async () => {
    expect(await sendMail(event)).toEqual({ batchItemFailures: [] });
  });

  test('sends no second mail when it names a request that was mailed', async () => {
    const { email } = await signedUp(inProcess);
    const { json } = await inProcess.send({ path: '/accounts/forgetpassword/', body: { email } });
    await awaitMails(email, 1);
    const text = JSON.stringify(event);
    const { tag } = json as { tag: string };
    const again = JSON.parse(text.replaceAll('00000000-0000-4000-8000-000000000000', tag));
    expect(await sendMail(again)).toEqual({ batchItemFailures: [] });
    await mailedTag(inProcess, await signedUp(inProcess)); // the stream is in order
    expect(await mailsTo(email)).toHaveLength(1);
  });

  test('is delivered again from the first record that says no tag', async () => {
    const { Records } = event;
    const broken = { eventName: 'INSERT' as const, dynamodb: { SequenceNumber: '7' } };
    expect(await sendMail({ Records: [...Records, broken, ...Records] })).toEqual({
      batchItemFailures: [{ itemIdentifier: '7' }],
    });
  });
});

describe('events/mail/mail-events.json', () => {
  const event = read<SNSEvent>('mail/mail-events.json');
  const forget = (email: string) => inProcess.send({ path: '/auth/forget-password', body: { email } });
  const accountsForget = (email: string) =>
    inProcess.send({ path: '/accounts/forgetpassword/', body: { email } });

  test('is handled where nobody has the address', async () => {
    expect(await mailEvents(event)).toEqual({ outcomes: ['ignored'] });
  });

  test('marks the address that bounced: it is not mailed again, and the answers stay the same', async () => {
    await signedUp(inProcess, ada);
    const other = await signedUp(inProcess);
    const mailed = (await mailsTo(ada.email)).length;
    for (let time = 0; time < 2; time += 1)
      expect(await mailEvents(event)).toEqual({ outcomes: ['bounced'] });
    expect(await userOf(ada.email)).toHaveProperty('mailRefused', 'bounced');
    expect(await forget(ada.email)).toEqual(await forget(other.email));
    expectAnswer(await accountsForget(ada.email), ok({ tag: anId }));
    await mailedTag(inProcess, await signedUp(inProcess)); // the stream is in order
    expect(await mailsTo(ada.email)).toHaveLength(mailed);
  });

  test('stops a mail that was asked for before, and the notice of a reset', async () => {
    const person = await signedUp(inProcess);
    const text = JSON.stringify(event);
    const tag = await mailedTag(inProcess, person);
    await mailEvents(JSON.parse(text.replaceAll(ada.email, person.email)) as SNSEvent);
    await changeRow('reset-tags', { tagId: readResetTag(tag)?.tagId as string }, { state: 'requested' });
    const delivery = JSON.stringify(read('stream/send-mail.json')).replaceAll(
      '00000000-0000-4000-8000-000000000000',
      readResetTag(tag)?.tagId as string,
    );
    expect(await sendMail(JSON.parse(delivery))).toEqual({ batchItemFailures: [] });
    await changeRow('reset-tags', { tagId: readResetTag(tag)?.tagId as string }, { state: 'used' });
    expect(await sendMail(JSON.parse(delivery))).toEqual({ batchItemFailures: [] });
    await mailedTag(inProcess, await signedUp(inProcess)); // the stream is in order
    expect(await mailsTo(person.email)).toHaveLength(1);
  });
});

test('events/schedule/rotate-keys.json rotates nothing before it is time', async () => {
  await deliver(read('well-known/jwks.json')); // makes the first key if there is none
  expect(await rotateKeys(read('schedule/rotate-keys.json'))).toEqual({ outcome: 'not due' });
});

const ofAccount = new Set(['profile', 'sessions', 'end-sessions', 'export', 'activity']);

/**
 * `events/auth/login.json` is an event of `functions/login.ts`; one function serves both well-known documents, one both of
 * the docs, one all pages, one the administrator's API, one most of what there is of an account, and two each what mails decide.
 */
function functionOf(file: string): string {
  if (file.startsWith('pages/')) return 'pages';
  if (file.startsWith('admin/')) return 'admin';
  const [, name = ''] = /\/([^/]+)\.json$/.exec(file) ?? [];
  if (ofAccount.has(name)) return 'account';
  if (name.startsWith('totp-') || name === 'recovery-codes') return 'totp';
  const served = {
    'openid-configuration': 'jwks',
    openapi: 'docs',
    undo: 'change-email',
    'send-verification': 'verify-email',
  } as Record<string, string>;
  return served[name] ?? name;
}
