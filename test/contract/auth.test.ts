import { randomBytes, randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Call, clients } from '../harness/client.ts';
import { awaitMails, mailsTo, tagIn } from '../harness/inbox.ts';
import { loggedIn, mailedTag, type Person, signedUp, somebody, type Tokens } from '../harness/people.ts';
import {
  aRefreshToken,
  aToken,
  challenge,
  coded,
  expectAnswer,
  expectClaims,
  noText,
  ok,
  problem,
  refusedToken,
  unreadableAuthProblems,
} from './answers.ts';
import { signedWithPublicKey, twinOf, unsigned } from './minted-tokens.ts';
import { changeSession, deleteUser, disable, expireTag, nearlyLock, userOf } from './rows.ts';
import { readableBodies, unreadableBodiesFor } from './unreadable-bodies.ts';

type FieldError = { field: string; code: string; message: string };
type Fields = Record<string, unknown>;

const invalid = (...errors: FieldError[]) =>
  coded(
    'invalid-fields',
    problem(400, 'Bad Request', 'Some fields are missing or invalid; see errors.', { errors }),
  );
const required = (field: string): FieldError => ({
  field,
  code: 'required',
  message: 'This field is required.',
});
const notText = (field: string): FieldError => ({ field, code: 'not-text', message: 'Not a valid string.' });
const invalidEmail: FieldError = {
  field: 'email',
  code: 'invalid-email',
  message: 'Enter a valid email address.',
};
const password = {
  short: {
    field: 'password',
    code: 'password-too-short',
    message: 'Enter a password of at least 8 characters.',
  },
  long: {
    field: 'password',
    code: 'password-too-long',
    message: 'Enter a password of at most 72 bytes (in UTF-8); longer ones cannot be hashed whole.',
  },
  characters: {
    field: 'password',
    code: 'password-unusable-characters',
    message: 'Enter a password of valid Unicode text without NUL characters.',
  },
};

const wrongCredentials = coded(
  'wrong-credentials',
  problem(401, 'Unauthorized', 'The email or the password is wrong.', {
    headers: challenge,
  }),
);
const missingAccessToken = coded(
  'missing-access-token',
  problem(401, 'Unauthorized', 'Send an access token in the header Authorization: Bearer.', {
    headers: challenge,
  }),
);
const invalidAccessToken = coded(
  'invalid-access-token',
  problem(401, 'Unauthorized', 'The access token is invalid, expired or revoked; log in or refresh it.', {
    headers: refusedToken,
  }),
);
const invalidRefreshToken = coded(
  'invalid-refresh-token',
  problem(401, 'Unauthorized', 'The refresh token is invalid, expired, used or revoked; log in again.', {
    headers: challenge,
  }),
);
const foreignRefreshToken = coded(
  'foreign-refresh-token',
  problem(400, 'Bad Request', 'This is not a refresh token of this service.'),
);

/** Bodies without a refresh token that could be looked up. */
const noRefreshToken: [rule: string, call: Omit<Call, 'path'>, error: FieldError][] = [
  ['no body', {}, required('refreshToken')],
  ['an empty object', { body: {} }, required('refreshToken')],
  ['the field in snake case', { body: { refresh_token: 'x' } }, required('refreshToken')],
  ['null', { body: { refreshToken: null } }, notText('refreshToken')],
  ...noText.map(([type, value]): [string, Omit<Call, 'path'>, FieldError] => [
    type,
    { body: { refreshToken: value } },
    notText('refreshToken'),
  ]),
];

/** Passwords that no policy of ours lets in, each with what is said of it. */
const refusedPasswords: [rule: string, password: unknown, error: FieldError][] = [
  ['a missing password', undefined, required('password')],
  ['a password that is null', null, notText('password')],
  ['an empty password', '', password.short],
  ['a password of 7 characters', 'seven77', password.short],
  ['a password of 7 emoji and 28 bytes', '🔑'.repeat(7), password.short],
  ['a password of 8 characters that NFC makes 7', 'cafe\u0301 cq', password.short],
  ['a password of 73 bytes', 'x'.repeat(73), password.long],
  ['a password of 37 characters and 74 bytes', 'é'.repeat(37), password.long],
  ['a password with a lone high surrogate', 'long enough \ud800', password.characters],
  ['a password with a lone low surrogate', '\udc00 long enough', password.characters],
  ['a password with a NUL', 'long\0enough', password.characters],
  ...noText.map(([type, value]): [string, unknown, FieldError] => [
    `${type} as the password`,
    value,
    notText('password'),
  ]),
];

const bearer = (accessToken: string) => ({ authorization: `Bearer ${accessToken}` });

describe.each(clients)('$name', (client) => {
  const post = (path: string, body: unknown) => client.send({ path, body });
  const refresh = (refreshToken: unknown) => post('/auth/refresh-tokens', { refreshToken });
  const welcome = (accessToken: string) => client.send({ path: '/auth', headers: bearer(accessToken) });
  const refreshed = async (refreshToken: string) => (await refresh(refreshToken)).json as Tokens;
  const newTokens = async () => loggedIn(client, await signedUp(client));

  async function expectSessionOver({ accessToken, refreshToken }: Tokens): Promise<void> {
    expectAnswer(await refresh(refreshToken), invalidRefreshToken);
    expectAnswer(await welcome(accessToken), invalidAccessToken);
  }

  async function expectSessionLive({ accessToken, refreshToken }: Tokens): Promise<void> {
    expect((await welcome(accessToken)).status).toBe(200);
    expect((await refresh(refreshToken)).status).toBe(200);
  }

  describe.each([
    '/auth/register',
    '/auth/login',
    '/auth/refresh-tokens',
    '/auth/logout',
    '/auth/forget-password',
    '/auth/reset-password',
  ])('POST %s', (path) => {
    test.each(unreadableBodiesFor(client))('refuses $rule', async ({ call, because }) => {
      expectAnswer(await client.send({ path, ...call }), unreadableAuthProblems[because]);
    });

    test('refuses the content type text/plain with a trailing slash too', async () => {
      const call = { headers: { 'content-type': 'text/plain' }, body: '{}' };
      expectAnswer(await client.send({ path: `${path}/`, ...call }), unreadableAuthProblems.unsupported);
    });
  });

  describe('POST /auth/register', () => {
    const path = '/auth/register';
    const applicant = () => {
      const person = somebody();
      return { ...person, confirm: person.password };
    };
    const registerWith = (fields: Fields) => post(path, { ...applicant(), ...fields });
    const created = ({ name, bio, email }: Fields) => ({
      status: 201,
      body: { message: 'The account was created.', user: { name, bio, email } },
    });

    test.each(['/auth/register', '/auth/register/'])('opens an account at %s', async (spelling) => {
      const person = applicant();
      expectAnswer(await post(spelling, person), created(person));
    });

    test.each(readableBodies.filter(({ rule }) => rule !== 'with extra fields'))(
      'opens an account for a body $rule',
      async ({ callWith }) => {
        const person = applicant();
        expectAnswer(await client.send({ path, ...callWith(person) }), created(person));
      },
    );

    test('ignores fields that it does not know', async () => {
      const person = applicant();
      const extra = { userId: randomUUID(), status: 'disabled', credentialVersion: 9, role: { admin: true } };
      expectAnswer(await post(path, { ...extra, ...person }), created(person));
      expect(await userOf(person.email)).toMatchObject({ status: 'active', credentialVersion: 1 });
    });

    test('opens no session', async () => {
      const { headers, json } = await registerWith({});
      expect(JSON.stringify([headers, json])).not.toMatch(/eyJ|token/i);
    });

    test.each<[rule: string, given: unknown, kept: string | null]>([
      ['that is null', null, null],
      ['that is missing, as null', undefined, null],
      ['that is empty, as given', '', ''],
      ['of white space, as given', ' \n ', ' \n '],
      ['with line breaks', 'First.\r\nSecond.', 'First.\r\nSecond.'],
      ['of 1,000 characters', 'x'.repeat(1_000), 'x'.repeat(1_000)],
      ['of 1,000 characters beyond the first plane', '🚀'.repeat(1_000), '🚀'.repeat(1_000)],
    ])('keeps a bio %s', async (_, bio, kept) => {
      const person = { ...applicant(), bio };
      expectAnswer(await post(path, person), created({ ...person, bio: kept }));
      const { accessToken } = await loggedIn(client, { ...person, bio: null });
      expect((await welcome(accessToken)).json).toMatchObject({ user: { bio: kept } });
    });

    test.each([
      ['with white space around it, trimmed', '\u00a0 Grace Hopper\t', 'Grace Hopper'],
      ['of one character', 'X', 'X'],
      ['of 100 characters', 'x'.repeat(100), 'x'.repeat(100)],
      ['of 100 characters beyond the first plane', '🚀'.repeat(100), '🚀'.repeat(100)],
    ])('takes a name %s', async (_, given, name) => {
      const person = applicant();
      expectAnswer(await post(path, { ...person, name: given }), created({ ...person, name }));
    });

    test.each<[rule: string, given: string, email: string]>([
      ['in upper case', 'ADA.X@EXAMPLE.COM', 'ada.x@example.com'],
      ['with white space around it', ' \tada.x@example.com\n', 'ada.x@example.com'],
      ['with a Unicode domain', 'ada.x@Bücher.example', 'ada.x@xn--bcher-kva.example'],
      ['with a single label', 'ada.x@localhost', 'ada.x@localhost'],
      [
        'with every sign that HTML allows',
        "a.!#$%&'*+/=^_`{|}~-x@h.example",
        "a.!#$%&'*+/=^_`{|}~-x@h.example",
      ],
    ])('takes an address %s', async (_, given, email) => {
      const unique = randomUUID();
      const person = { ...applicant(), email: given.replace(/x(?=@)/i, unique) };
      expectAnswer(await post(path, person), created({ ...person, email: email.replace(/x(?=@)/, unique) }));
    });

    test.each([
      ['8 characters', 'eight888'],
      ['8 characters beyond the first plane', '🔑'.repeat(8)],
      ['72 bytes', 'x'.repeat(72)],
      ['72 bytes after NFC and more before', `${'cafe\u0301'.repeat(14)}xx`],
      ['control characters other than NUL', 'tab\tand\u0001more'],
    ])('takes a password of %s', async (_, secret) => {
      const person = { ...applicant(), password: secret, confirm: secret };
      expectAnswer(await post(path, person), created(person));
      await loggedIn(client, person);
    });

    const name = {
      length: { field: 'name', code: 'name-length', message: 'Enter a name of 1 to 100 characters.' },
      characters: {
        field: 'name',
        code: 'name-unusable-characters',
        message: 'Enter a name without control characters.',
      },
    };
    const bio = {
      long: { field: 'bio', code: 'bio-too-long', message: 'Enter a bio of at most 1,000 characters.' },
      characters: {
        field: 'bio',
        code: 'bio-unusable-characters',
        message: 'Enter a bio of valid Unicode text.',
      },
    };
    const unlike: FieldError = {
      field: 'confirm',
      code: 'confirm-differs',
      message: 'Enter the same password twice.',
    };
    test.each<[rule: string, fields: Fields, error: FieldError]>([
      ['a missing name', { name: undefined }, required('name')],
      ['a name that is null', { name: null }, notText('name')],
      ['an empty name', { name: '' }, name.length],
      ['a name of white space', { name: ' \t\u00a0\u2003\ufeff' }, name.length],
      ['a name of 101 characters', { name: 'x'.repeat(101) }, name.length],
      ['a name of 101 characters beyond the first plane', { name: '🚀'.repeat(101) }, name.length],
      ['a name with a line break', { name: 'Ada\r\nBcc: x@example.com' }, name.characters],
      ['a name with a NUL', { name: 'Ada\0' }, name.characters],
      ['a name with DEL', { name: 'Ada\x7f' }, name.characters],
      ['a name with a C1 control', { name: 'Ada\u0085Lovelace' }, name.characters],
      ['a name with a lone surrogate', { name: 'Ada\ud800' }, name.characters],
      ['a bio of 1,001 characters', { bio: 'x'.repeat(1_001) }, bio.long],
      ['a bio of 1,001 characters beyond the first plane', { bio: '🚀'.repeat(1_001) }, bio.long],
      ['a bio with a lone surrogate', { bio: 'Ada\udc00' }, bio.characters],
      ['a missing address', { email: undefined }, required('email')],
      ['an address that is null', { email: null }, notText('email')],
      ['an empty address', { email: '' }, invalidEmail],
      ['an address of white space', { email: '  ' }, invalidEmail],
      ['an address without @', { email: 'example.com' }, invalidEmail],
      ['an address without a local part', { email: '@example.com' }, invalidEmail],
      ['an address without a domain', { email: 'a@' }, invalidEmail],
      ['an address with two @', { email: 'a@b@example.com' }, invalidEmail],
      ['an address with a display name', { email: 'Ada <a@example.com>' }, invalidEmail],
      ['two addresses', { email: 'a@example.com, b@example.com' }, invalidEmail],
      ['an address with a header after it', { email: 'a@example.com\r\nBcc: b@x.example' }, invalidEmail],
      ['an address with a local part beyond ASCII', { email: 'ä@example.com' }, invalidEmail],
      ['an address that hides an encoded word', { email: '=?utf-8?q?a=40b?=@example.com' }, invalidEmail],
      ['an address with a label of 64 bytes', { email: `a@${'x'.repeat(64)}.example` }, invalidEmail],
      ['an address of 255 bytes', { email: `${'a'.repeat(243)}@example.com` }, invalidEmail],
      ['an address with a lone surrogate', { email: 'a@\udc00.example' }, invalidEmail],
      ['an address with a NUL', { email: 'a\0@example.com' }, invalidEmail],
      ...refusedPasswords
        .filter(([, value]) => typeof value === 'string')
        .map(([rule, value, error]): [string, Fields, FieldError] => [
          `${rule}, twice`,
          { password: value, confirm: value },
          error,
        ]),
      ...refusedPasswords
        .filter(([, value]) => typeof value !== 'string')
        .map(([rule, value, error]): [string, Fields, FieldError] => [rule, { password: value }, error]),
      ['a missing confirm', { confirm: undefined }, required('confirm')],
      ['a confirm that is null', { confirm: null }, notText('confirm')],
      ['an empty confirm', { confirm: '' }, unlike],
      ['another confirm', { confirm: 'correct horse batterie' }, unlike],
      ['a confirm in another case', { confirm: 'Correct horse battery' }, unlike],
      ['a confirm with a space more', { confirm: 'correct horse battery ' }, unlike],
      [
        'a confirm in another normalisation form',
        { password: 'caf\u00e9 caf\u00e9', confirm: 'cafe\u0301 cafe\u0301' },
        unlike,
      ],
      ...noText.flatMap(([type, value]) =>
        ['name', 'bio', 'email', 'confirm'].map((field): [string, Fields, FieldError] => [
          `${type} as the ${field}`,
          { [field]: value },
          notText(field),
        ]),
      ),
    ])('refuses %s', async (_, fields, error) => {
      expectAnswer(await registerWith(fields), invalid(error));
    });

    const allMissing = ['name', 'email', 'password', 'confirm'].map(required);
    test.each<[rule: string, call: Omit<Call, 'path'>, errors: FieldError[]]>([
      ['no body and no content type', {}, allMissing],
      ['no body but a content type', { headers: { 'content-type': 'text/plain' } }, allMissing],
      ['an empty object', { body: {} }, allMissing],
      [
        'a body with every field wrong',
        { body: { name: '', bio: 5, email: 'x', password: 'x', confirm: 'y' } },
        [name.length, notText('bio'), invalidEmail, password.short, unlike],
      ],
      [
        'a body with every field mistyped',
        { body: { name: 1, bio: [], email: {}, password: true, confirm: false } },
        ['name', 'bio', 'email', 'password', 'confirm'].map(notText),
      ],
      [
        'one missing, one mistyped and one unlike',
        { body: { email: 5, password: 'correct horse battery', confirm: 'x' } },
        [required('name'), notText('email'), unlike],
      ],
    ])('reports every field at once for %s', async (_, call, errors) => {
      expectAnswer(await client.send({ path, ...call }), invalid(...errors));
    });

    test.each<[rule: string, spell: (email: string) => string]>([
      ['as it is', (email) => email],
      ['in upper case', (email) => email.toUpperCase()],
      ['with white space around it', (email) => `\n ${email} `],
    ])('refuses an address that is taken, spelled %s', async (_, spell) => {
      const owner = await signedUp(client);
      const message = 'This email address already has an account.';
      const taken = coded(
        'email-taken',
        problem(400, 'Bad Request', message, { errors: [{ field: 'email', code: 'email-taken', message }] }),
      );
      expectAnswer(
        await registerWith({ email: spell(owner.email), password: 'x'.repeat(8), confirm: 'x'.repeat(8) }),
        taken,
      );
      await loggedIn(client, owner);
    });

    test('judges the fields before it says that an address is taken', async () => {
      const { email } = await signedUp(client);
      expectAnswer(await registerWith({ email, name: '' }), invalid(name.length));
    });
  });

  describe('POST /auth/login', () => {
    const path = '/auth/login';
    const logIn = (email: unknown, secret: unknown) => post(path, { email, password: secret });
    const success = ({ name, bio, email }: { name: string; bio: string | null; email: string }) =>
      ok({
        message: 'You are logged in.',
        accessToken: aToken,
        refreshToken: aRefreshToken,
        tokenType: 'Bearer',
        expiresIn: 3600,
        user: { name, bio, email },
      });
    let person: Person;
    beforeAll(async () => {
      person = await signedUp(client);
    });

    test.each(['/auth/login', '/auth/login/'])('logs in at %s', async (spelling) => {
      const body = { email: person.email, password: person.password };
      expectAnswer(await post(spelling, body), success(person));
    });

    test.each(readableBodies)('logs in with a body $rule', async ({ callWith }) => {
      const call = callWith({ email: person.email, password: person.password });
      expectAnswer(await client.send({ path, ...call }), success(person));
    });

    test.each<[string, (email: string) => string]>([
      ['in upper case', (email) => email.toUpperCase()],
      ['with white space around it', (email) => ` \t${email}\n`],
    ])('knows the address %s and shows it normalised', async (_, spell) => {
      expectAnswer(await logIn(spell(person.email), person.password), success(person));
    });

    test('gives an access token with the claims of the contract, valid for an hour', async () => {
      const { accessToken } = await loggedIn(client, person);
      const { userId } = await userOf(person.email);
      expectClaims(accessToken, { ...person, userId: userId as string });
    });

    test('opens a session of its own each time', async () => {
      const [one, other] = [await loggedIn(client, person), await loggedIn(client, person)];
      expect(decodeJwt(one.accessToken).sid).not.toBe(decodeJwt(other.accessToken).sid);
      await post('/auth/logout', { refreshToken: one.refreshToken });
      await expectSessionLive(other);
    });

    test.each<[rule: string, email: (person: Person) => string, password: (person: Person) => string]>([
      ['a wrong password', ({ email }) => email, () => 'wrong password'],
      ['an empty password', ({ email }) => email, () => ''],
      ['a password in another case', ({ email }) => email, (their) => their.password.toUpperCase()],
      ['a password with a space more', ({ email }) => email, (their) => `${their.password} `],
      ['a password longer than any may be', ({ email }) => email, (their) => their.password.padEnd(73, 'x')],
      ['a password with a lone surrogate', ({ email }) => email, (their) => `${their.password}\ud800`],
      ['a password with a NUL', ({ email }) => email, (their) => `${their.password}\0`],
      ['an unknown address', () => `${randomUUID()}@example.com`, (their) => their.password],
      ['a malformed address', () => `${randomUUID()}@`, (their) => their.password],
      ['an address with a lone surrogate', () => `\ud800${randomUUID()}`, (their) => their.password],
      ['an address with a NUL', () => `\0${randomUUID()}@example.com`, (their) => their.password],
      ['an address of 5,000 characters', () => randomUUID().repeat(139), (their) => their.password],
    ])('refuses %s as wrong credentials', async (_, email, secret) => {
      const stranger = await signedUp(client);
      expectAnswer(await logIn(email(stranger), secret(stranger)), wrongCredentials);
    });

    test('refuses a password whose first 72 bytes are the right ones', async () => {
      const { email } = await signedUp(client, { ...somebody(), password: 'x'.repeat(72) });
      expectAnswer(await logIn(email, 'x'.repeat(73)), wrongCredentials);
    });

    test('refuses a disabled account and a deleted one as wrong credentials', async () => {
      const [disabled, deleted] = [await signedUp(client), await signedUp(client)];
      await disable(disabled.email);
      await deleteUser(deleted.email);
      for (const { email } of [disabled, deleted])
        expectAnswer(await logIn(email, disabled.password), wrongCredentials);
    });

    test.each<[rule: string, call: Omit<Call, 'path'>, errors: FieldError[]]>([
      ['no body and no content type', {}, [required('email'), required('password')]],
      ['an empty object', { body: {} }, [required('email'), required('password')]],
      ['a missing address', { body: { password: 'x' } }, [required('email')]],
      ['a missing password', { body: { email: 'x' } }, [required('password')]],
      ['null', { body: { email: null, password: null } }, [notText('email'), notText('password')]],
      ...noText.map(([type, value]): [string, Omit<Call, 'path'>, FieldError[]] => [
        type,
        { body: { email: value, password: value } },
        [notText('email'), notText('password')],
      ]),
    ])('refuses %s as invalid', async (_, call, errors) => {
      expectAnswer(await client.send({ path, ...call }), invalid(...errors));
    });

    describe('to an account that is locked', () => {
      const locked = coded(
        'throttled',
        problem(429, 'Too Many Requests', 'Too many requests; try again in 900 seconds.', {
          headers: { 'retry-after': '900' },
        }),
      );

      async function lock(email: string): Promise<void> {
        await logIn(email, 'wrong password');
        await nearlyLock(email);
        expectAnswer(await logIn(email, 'wrong password'), wrongCredentials);
      }

      test('refuses the right password, and known and unknown ones alike', async () => {
        const { email, password: right } = await signedUp(client);
        for (const address of [email, somebody().email]) {
          await lock(address);
          expectAnswer(await logIn(address, right), locked);
        }
      });

      test('refuses it in the words of /accounts too', async () => {
        const { email, password: right } = await signedUp(client);
        await lock(email);
        expectAnswer(await post('/accounts/auth/', { username: email, password: right }), {
          status: 429,
          headers: { 'retry-after': '900' },
          body: ['Too many requests; try again in 900 seconds.'],
        });
      });

      test('lets sessions go on', async () => {
        const someone = await signedUp(client);
        const tokens = await loggedIn(client, someone);
        await lock(someone.email);
        await expectSessionLive(tokens);
      });

      test('is opened by a password reset', async () => {
        const someone = await signedUp(client);
        await lock(someone.email);
        const tag = await mailedTag(client, someone);
        await post(`/auth/reset-password?token=${tag}`, { password: 'another one entirely' });
        await loggedIn(client, { ...someone, password: 'another one entirely' });
      });
    });
  });

  describe('POST /auth', () => {
    const welcomed = ({ name, bio, email }: Person) =>
      ok({ message: `Welcome, ${name}!`, user: { name, bio, email } });
    let person: Person;
    let tokens: Tokens;
    beforeAll(async () => {
      person = await signedUp(client);
      tokens = await loggedIn(client, person);
    });

    test.each(['/auth', '/auth/'])('welcomes at %s whoever sends a valid token', async (path) => {
      expectAnswer(await client.send({ path, headers: bearer(tokens.accessToken) }), welcomed(person));
    });

    test.each<[spelling: string, headers: (token: string) => Record<string, string>]>([
      ['bearer', (token) => ({ authorization: `bearer ${token}` })],
      ['BEARER', (token) => ({ AUTHORIZATION: `BEARER ${token}` })],
      ['Bearer and two spaces', (token) => ({ Authorization: `Bearer  ${token}` })],
    ])('takes the scheme spelled %s', async (_, headersWith) => {
      expectAnswer(
        await client.send({ path: '/auth', headers: headersWith(tokens.accessToken) }),
        welcomed(person),
      );
    });

    test.each<[rule: string, call: Omit<Call, 'path'>]>([
      ['an empty object', { body: {} }],
      ['text', { body: 'x', headers: { 'content-type': 'text/plain' } }],
      ['JSON that is cut off', { body: '{', headers: { 'content-type': 'application/json' } }],
    ])('needs no body and does not look at one that is %s', async (_, { headers, body }) => {
      const call = { path: '/auth', body, headers: { ...headers, ...bearer(tokens.accessToken) } };
      expectAnswer(await client.send(call), welcomed(person));
    });

    test('shows a bio', async () => {
      const named = { ...somebody(), name: '李小龙', bio: 'Be water.' as string | null } as Person;
      const { accessToken } = await loggedIn(client, await signedUp(client, named));
      expectAnswer(await welcome(accessToken), welcomed(named));
    });

    test.each<[rule: string, call: (token: string) => Call]>([
      ['no token', () => ({ path: '/auth' })],
      ['an empty header', () => ({ path: '/auth', headers: { authorization: '' } })],
      ['a scheme alone', () => ({ path: '/auth', headers: { authorization: 'Bearer' } })],
      ['another scheme', (token) => ({ path: '/auth', headers: { authorization: `Basic ${token}` } })],
      ['a token without a scheme', (token) => ({ path: '/auth', headers: { authorization: token } })],
      ["another dialect's header", (token) => ({ path: '/auth', headers: { token } })],
      ['a token in the URL', (token) => ({ path: `/auth?access_token=${token}` })],
      ['a token in the body', (token) => ({ path: '/auth', body: { accessToken: token } })],
    ])('challenges %s without an error code', async (_, callWith) => {
      expectAnswer(await client.send(callWith(tokens.accessToken)), missingAccessToken);
    });

    const past = () => Math.floor(Date.now() / 1000) - 1;
    test.each<[rule: string, spoil: (token: string) => string | Promise<string>]>([
      ['a word', () => 'x'],
      ['two tokens', (token) => `${token}, ${token}`],
      ['a token cut short', (token) => token.slice(0, -1)],
      [
        'a token with another payload',
        (token) => token.replace(/\.(.)/, (_, c) => `.${c === 'A' ? 'B' : 'A'}`),
      ],
      ['a token without its signature', (token) => token.replace(/[^.]*$/, '')],
      ['an unsigned token', unsigned],
      ['a token under HMAC keyed with our public key', signedWithPublicKey],
      ['a refresh token', async () => (await loggedIn(client, person)).refreshToken],
      [
        'a token longer than any of ours',
        (token) => twinOf(token, { claims: { padding: 'x'.repeat(9_216) } }),
      ],
      ['an expired token', (token) => twinOf(token, { claims: { exp: past() } })],
      ['a token without an expiry', (token) => twinOf(token, { claims: { exp: undefined as never } })],
      ['a token whose expiry is text', (token) => twinOf(token, { claims: { exp: '9999999999' as never } })],
      ['a token that is not valid yet', (token) => twinOf(token, { claims: { nbf: past() + 3_600 } })],
      ['a token of another issuer', (token) => twinOf(token, { claims: { iss: 'https://evil.example' } })],
      ['a token for another audience', (token) => twinOf(token, { claims: { aud: 'https://evil.example' } })],
      [
        'a token for us and another audience',
        (token) => twinOf(token, { claims: { aud: [process.env.ISSUER as string, 'https://evil.example'] } }),
      ],
      ['a token of type JWT', (token) => twinOf(token, { header: { typ: 'JWT' } })],
      ['a token without a type', (token) => twinOf(token, { header: { typ: undefined as never } })],
      ['a token without a key id', (token) => twinOf(token, { header: { kid: undefined as never } })],
      ['a token with an unknown key id', (token) => twinOf(token, { header: { kid: randomUUID() } })],
      ['a token whose key id is a path', (token) => twinOf(token, { header: { kid: '../../dev/null' } })],
      ['a token without a session', (token) => twinOf(token, { claims: { sid: undefined } })],
      ['a token of no session', (token) => twinOf(token, { claims: { sid: randomUUID() } })],
      ['a token whose session is no id', (token) => twinOf(token, { claims: { sid: { S: 'x' } } })],
      ['a token of nobody', (token) => twinOf(token, { claims: { sub: randomUUID() } })],
      ['a token without an id', (token) => twinOf(token, { claims: { jti: undefined as never } })],
    ])('refuses %s as invalid', async (_, spoil) => {
      expectAnswer(await welcome(await spoil(tokens.accessToken)), invalidAccessToken);
    });

    test('takes the twin that the spoiled ones were made from', async () => {
      expectAnswer(await welcome(await twinOf(tokens.accessToken, {})), welcomed(person));
    });

    test("refuses a token that names another user's session", async () => {
      const { sub } = decodeJwt((await newTokens()).accessToken);
      const token = await twinOf(tokens.accessToken, { claims: { sub: sub as string } });
      expectAnswer(await welcome(token), invalidAccessToken);
    });

    test.each<[rule: string, end: (person: Person, tokens: Tokens) => Promise<unknown>]>([
      ['a log-out', (_, { refreshToken }) => post('/auth/logout', { refreshToken })],
      ['the disabling of the account', ({ email }) => disable(email)],
      ['the deletion of the account', ({ email }) => deleteUser(email)],
      [
        'seven idle days',
        (_, { accessToken }) => changeSession(accessToken, { idleExpiresAt: Date.now() - 1 }),
      ],
      [
        'thirty days',
        (_, { accessToken }) => changeSession(accessToken, { absoluteExpiresAt: Date.now() - 1 }),
      ],
    ])('refuses both tokens of a session after %s', async (_, end) => {
      const someone = await signedUp(client);
      const theirs = await loggedIn(client, someone);
      await end(someone, theirs);
      await expectSessionOver(theirs);
    });
  });

  describe('POST /auth/refresh-tokens', () => {
    const path = '/auth/refresh-tokens';
    const success = ok({
      message: 'The tokens were refreshed.',
      accessToken: aToken,
      refreshToken: aRefreshToken,
      tokenType: 'Bearer',
      expiresIn: 3600,
    });

    test.each(['/auth/refresh-tokens', '/auth/refresh-tokens/'])(
      'gives new tokens at %s',
      async (spelling) => {
        const { refreshToken } = await newTokens();
        const reply = await post(spelling, { refreshToken });
        expectAnswer(reply, success);
        expect((reply.json as Tokens).refreshToken).not.toBe(refreshToken);
      },
    );

    test.each(readableBodies)('reads a body $rule', async ({ callWith }) => {
      const { refreshToken } = await newTokens();
      expectAnswer(await client.send({ path, ...callWith({ refreshToken }) }), success);
    });

    test('gives an access token of the same session and user, with an id of its own', async () => {
      const first = await newTokens();
      const second = await refreshed(first.refreshToken);
      const [before, after] = [decodeJwt(first.accessToken), decodeJwt(second.accessToken)];
      expect([after.sub, after.sid]).toEqual([before.sub, before.sid]);
      expect(after.jti).not.toBe(before.jti);
      expect((await welcome(first.accessToken)).status).toBe(200);
      expect((await welcome(second.accessToken)).status).toBe(200);
    });

    test('gives the same successor again within 10 s, and it works', async () => {
      const { refreshToken } = await newTokens();
      const [first, again] = [await refresh(refreshToken), await refresh(refreshToken)];
      expectAnswer(first, success);
      expectAnswer(again, success);
      const { refreshToken: successor } = first.json as Tokens;
      expect((again.json as Tokens).refreshToken).toBe(successor);
      expectAnswer(await refresh(successor), success);
    });

    test('ends the session when a replaced token comes later than 10 s', async () => {
      const first = await newTokens();
      const second = await refreshed(first.refreshToken);
      await changeSession(first.accessToken, { rotatedAt: Date.now() - 10_001 });
      expectAnswer(await refresh(first.refreshToken), invalidRefreshToken);
      await expectSessionOver(second);
    });

    test('ends the session when a token comes again whose successor was used', async () => {
      const first = await newTokens();
      const second = await refreshed(first.refreshToken);
      const third = await refreshed(second.refreshToken);
      expectAnswer(await refresh(first.refreshToken), invalidRefreshToken);
      for (const tokens of [second, third]) await expectSessionOver(tokens);
    });

    test('ends the session when an older token comes', async () => {
      const first = await newTokens();
      let last = first;
      for (let turn = 0; turn < 4; turn += 1) last = await refreshed(last.refreshToken);
      expectAnswer(await refresh(first.refreshToken), invalidRefreshToken);
      await expectSessionOver(last);
    });

    test('leaves the other sessions of the user alone when it ends one', async () => {
      const person = await signedUp(client);
      const [first, other] = [await loggedIn(client, person), await loggedIn(client, person)];
      await refreshed((await refreshed(first.refreshToken)).refreshToken);
      expectAnswer(await refresh(first.refreshToken), invalidRefreshToken);
      await expectSessionLive(other);
    });

    /** Changes one part of a token, by its bytes: whose, which session, the family's secret, this token's. */
    const withBytes = (token: string, at: number, bytes: Buffer) => {
      const changed = Buffer.from(token, 'base64url');
      bytes.copy(changed, at);
      return changed.toString('base64url');
    };

    test.each<[rule: string, forge: (token: string) => string | Promise<string>]>([
      ['an empty string', () => ''],
      ['a word', () => 'x'],
      ['random text of the same form', () => randomBytes(96).toString('base64url')],
      ['a NUL', () => '\0'],
      ['a lone surrogate', () => '\ud800'],
      ['a token cut short', (token) => token.slice(0, -1)],
      ['a token with a character more', (token) => `${token}A`],
      ['a token with white space around it', (token) => ` ${token} `],
      ['a token in upper case', (token) => token.toUpperCase()],
      ['a token of nobody', (token) => withBytes(token, 0, randomBytes(16))],
      ['a token of no session', (token) => withBytes(token, 16, randomBytes(16))],
      ['a token of another family', (token) => withBytes(token, 32, randomBytes(32))],
      ['an access token', async () => (await newTokens()).accessToken],
      ['5,000 characters', (token) => token.repeat(40)],
    ])('refuses %s and leaves the session untouched', async (_, forge) => {
      const tokens = await newTokens();
      expectAnswer(await refresh(await forge(tokens.refreshToken)), invalidRefreshToken);
      await expectSessionLive(tokens);
    });

    test('refuses whoever knows the ids and guesses the secrets, and leaves the session untouched', async () => {
      const tokens = await newTokens();
      const guess = withBytes(tokens.refreshToken, 32, randomBytes(64));
      expectAnswer(await refresh(guess), invalidRefreshToken);
      await expectSessionLive(tokens);
    });

    test('refuses a token of a session that cannot be refreshed', async () => {
      const person = await signedUp(client);
      const body = { email: person.email, password: person.password };
      const { token } = (await post('/api/user/login', body)).json as { token: string };
      const { sub, sid } = decodeJwt<{ sid: string }>(token);
      const ids = Buffer.from(`${sub}${sid}`.replaceAll('-', ''), 'hex');
      const guess = Buffer.concat([ids, randomBytes(64)]).toString('base64url');
      expectAnswer(await refresh(guess), invalidRefreshToken);
      expect((await welcome(token)).status).toBe(200);
    });

    test('keeps a session no longer than thirty days, however often it is used', async () => {
      const tokens = await newTokens();
      await changeSession(tokens.accessToken, { absoluteExpiresAt: Date.now() - 1 });
      await expectSessionOver(tokens);
    });

    test.each(noRefreshToken)('refuses %s as invalid', async (_, call, error) => {
      expectAnswer(await client.send({ path, ...call }), invalid(error));
    });
  });

  describe('POST /auth/logout', () => {
    const path = '/auth/logout';
    const logOut = (refreshToken: unknown) => post(path, { refreshToken });
    const success = ok({ message: 'You are logged out.' });

    test.each(['/auth/logout', '/auth/logout/'])('ends the session at %s', async (spelling) => {
      const tokens = await newTokens();
      expectAnswer(await post(spelling, { refreshToken: tokens.refreshToken }), success);
      await expectSessionOver(tokens);
    });

    test.each(readableBodies)('reads a body $rule', async ({ callWith }) => {
      const { refreshToken } = await newTokens();
      expectAnswer(await client.send({ path, ...callWith({ refreshToken }) }), success);
    });

    test('leaves the other sessions of the user alone', async () => {
      const person = await signedUp(client);
      const [one, other] = [await loggedIn(client, person), await loggedIn(client, person)];
      expectAnswer(await logOut(one.refreshToken), success);
      await expectSessionLive(other);
    });

    test('succeeds with an older token of a live session, and ends it', async () => {
      const first = await newTokens();
      const second = await refreshed(first.refreshToken);
      const third = await refreshed(second.refreshToken);
      expectAnswer(await logOut(first.refreshToken), success);
      await expectSessionOver(third);
    });

    test.each<[rule: string, end: (person: Person, tokens: Tokens) => Promise<unknown>]>([
      ['by a log-out', (_, { refreshToken }) => logOut(refreshToken)],
      [
        "by another dialect's log-out",
        (_, { accessToken }) =>
          client.send({ method: 'GET', path: '/accounts/logout/', headers: { token: accessToken } }),
      ],
      ['by its age', (_, { accessToken }) => changeSession(accessToken, { idleExpiresAt: Date.now() - 1 })],
      ['with its account disabled', ({ email }) => disable(email)],
      ['with its account deleted', ({ email }) => deleteUser(email)],
    ])('succeeds again for a session that is over %s', async (_, end) => {
      const person = await signedUp(client);
      const tokens = await loggedIn(client, person);
      await end(person, tokens);
      expectAnswer(await logOut(tokens.refreshToken), success);
    });

    test.each<[rule: string, forge: (token: string) => string | Promise<string>]>([
      ['an empty string', () => ''],
      ['a word', () => 'x'],
      ['random text of the same form', () => randomBytes(96).toString('base64url')],
      ['a token cut short', (token) => token.slice(0, -1)],
      ['a token with white space around it', (token) => `${token} `],
      [
        'the ids of the session with guessed secrets',
        (token) => token.slice(0, 42) + randomBytes(64).toString('hex').slice(0, 86),
      ],
      ['an access token', async () => (await newTokens()).accessToken],
      ['a NUL', () => '\0'],
      ['a lone surrogate', () => '\udfff'],
    ])('refuses %s and leaves the session untouched', async (_, forge) => {
      const tokens = await newTokens();
      expectAnswer(await logOut(await forge(tokens.refreshToken)), foreignRefreshToken);
      await expectSessionLive(tokens);
    });

    test.each(noRefreshToken)('refuses %s as invalid', async (_, call, error) => {
      expectAnswer(await client.send({ path, ...call }), invalid(error));
    });
  });

  describe('POST /auth/forget-password', () => {
    const path = '/auth/forget-password';
    const accepted = {
      status: 202,
      body: { message: 'If the address has an account, an email is on its way to it.' },
    };

    test.each(['/auth/forget-password', '/auth/forget-password/'])(
      'takes an address at %s',
      async (spelling) => {
        expectAnswer(await post(spelling, { email: somebody().email }), accepted);
      },
    );

    test.each(readableBodies)('reads a body $rule', async ({ callWith }) => {
      expectAnswer(await client.send({ path, ...callWith({ email: somebody().email }) }), accepted);
    });

    test('answers a known, an unknown and a disabled address alike', async () => {
      const [known, disabled] = [await signedUp(client), await signedUp(client)];
      await disable(disabled.email);
      const replies = [];
      for (const { email } of [known, somebody(), disabled]) replies.push(await post(path, { email }));
      for (const reply of replies) expectAnswer(reply, accepted);
      const [names, ...others] = replies.map(({ headers }) => Object.keys(headers));
      expect(others).toEqual([names, names]);
    });

    test('answers alike beyond the five mails that an address may get in an hour', async () => {
      const { email } = await signedUp(client);
      for (let asked = 0; asked < 7; asked += 1) expectAnswer(await post(path, { email }), accepted);
      await awaitMails(email, 5);
      await mailedTag(client, await signedUp(client)); // the stream is in order
      expect(await mailsTo(email)).toHaveLength(5);
    });

    test('mails the stored address alone, however it was spelled', async () => {
      const { email } = await signedUp(client);
      expectAnswer(await post(path, { email: ` ${email.toUpperCase()}\n` }), accepted);
      const [mail] = await awaitMails(email, 1);
      expect(mail?.destination).toEqual({ to: [email], cc: [], bcc: [] });
      expect(mail?.body.text).toContain(`${process.env.APP_URL}/reset-password?tag=${tagIn(mail)}`);
    });

    test.each<[rule: string, call: Omit<Call, 'path'>, error: FieldError]>([
      ['no body', {}, required('email')],
      ['no address', { body: {} }, required('email')],
      ['null', { body: { email: null } }, notText('email')],
      ['empty text', { body: { email: '' } }, invalidEmail],
      ['white space', { body: { email: ' ' } }, invalidEmail],
      ['an address without @', { body: { email: 'example.com' } }, invalidEmail],
      ['a local part beyond ASCII', { body: { email: 'ä@example.com' } }, invalidEmail],
      ['two addresses', { body: { email: 'a@example.com,b@example.com' } }, invalidEmail],
      [
        'an address with a header after it',
        { body: { email: 'a@example.com\r\nBcc: b@x.example' } },
        invalidEmail,
      ],
      ['an address of 255 bytes', { body: { email: `${'a'.repeat(243)}@example.com` } }, invalidEmail],
      ...noText.map(([type, value]): [string, Omit<Call, 'path'>, FieldError] => [
        type,
        { body: { email: value } },
        notText('email'),
      ]),
    ])('refuses %s', async (_, call, error) => {
      expectAnswer(await client.send({ path, ...call }), invalid(error));
    });
  });

  describe('POST /auth/reset-password', () => {
    const newPassword = 'another one entirely';
    const resetBy = (query: string, body: object = { password: newPassword }) =>
      post(`/auth/reset-password${query}`, body);
    const success = ok({ message: 'The password was changed; log in with the new one.' });
    const missingTag = coded(
      'missing-tag',
      problem(400, 'Bad Request', 'The URL has no token; open the link of the email.'),
    );
    const wrongTag = coded(
      'wrong-tag',
      problem(401, 'Unauthorized', 'The token is unknown or has been used; ask for a new email.', {
        headers: challenge,
      }),
    );
    const expiredTag = coded(
      'expired-tag',
      problem(401, 'Unauthorized', 'The token has expired; ask for a new email.', {
        headers: challenge,
      }),
    );
    let person: Person;
    beforeEach(async () => {
      person = await signedUp(client);
    });

    test.each(['', '/'])('sets a new password at /auth/reset-password%s', async (slash) => {
      const tag = await mailedTag(client, person);
      expectAnswer(await resetBy(`${slash}?token=${tag}`), success);
      await loggedIn(client, { ...person, password: newPassword });
      const body = { email: person.email, password: person.password };
      expectAnswer(await post('/auth/login', body), wrongCredentials);
    });

    test.each(
      readableBodies.filter(({ rule }) =>
        /^(delivered|with extra|of exactly|as APPLICATION|.*iso-8859)/.test(rule),
      ),
    )('reads a body $rule', async ({ callWith }) => {
      const call = callWith({ password: newPassword });
      const tag = await mailedTag(client, person);
      expectAnswer(await client.send({ path: `/auth/reset-password?token=${tag}`, ...call }), success);
    });

    test('takes a mail that the other dialect asked for', async () => {
      await post('/accounts/forgetpassword/', { email: person.email });
      const [mail] = await awaitMails(person.email, 1);
      expectAnswer(await resetBy(`?token=${tagIn(mail)}`), success);
    });

    test('ends every session, both kinds of its tokens', async () => {
      const sessions = [await loggedIn(client, person), await loggedIn(client, person)];
      const tag = await mailedTag(client, person);
      expectAnswer(await resetBy(`?token=${tag}`), success);
      for (const tokens of sessions) await expectSessionOver(tokens);
    });

    test('ends no session and keeps the password while it refuses', async () => {
      const tokens = await loggedIn(client, person);
      const tag = await mailedTag(client, person);
      expectAnswer(await resetBy(`?token=${tag}`, { password: 'x' }), invalid(password.short));
      await expectSessionLive(tokens);
      await loggedIn(client, person);
    });

    test('takes the same password once more, in another normalisation form', async () => {
      const tag = await mailedTag(client, person);
      expectAnswer(await resetBy(`?token=${tag}`, { password: 'cafe\u0301 cafe\u0301' }), success);
      await loggedIn(client, { ...person, password: 'caf\u00e9 caf\u00e9' });
    });

    test.each([
      ['no query', ''],
      ['an empty query', '?'],
      ['an empty token', '?token='],
      ['a token without a value', '?token'],
      ["another dialect's name for it", '?tag=x'],
      ['another case', '?Token=x'],
    ])('misses the token in %s', async (_, query) => {
      expectAnswer(await resetBy(query), missingTag);
    });

    test('misses a token that is in the body alone', async () => {
      const tag = await mailedTag(client, person);
      expectAnswer(await resetBy('', { token: tag, password: newPassword }), missingTag);
    });

    test.each([
      ['a word', 'x'],
      ['white space', '%20'],
      ['a UUID that names nothing', randomUUID()],
      ['the form of a tag that was never mailed', randomBytes(48).toString('base64url')],
      ['a NUL', '%00'],
      ['bytes that are no UTF-8', '%FF%FE'],
      ['4,000 characters', 'x'.repeat(4_000)],
    ])('refuses %s as unknown', async (_, tag) => {
      expectAnswer(await resetBy(`?token=${tag}`), wrongTag);
    });

    test.each<[string, (tag: string) => string]>([
      ['its last character changed', (tag) => tag.slice(0, -1) + (tag.endsWith('A') ? 'B' : 'A')],
      ['its first character changed', (tag) => (tag.startsWith('A') ? 'B' : 'A') + tag.slice(1)],
      ['a character more', (tag) => `${tag}A`],
      ['a character less', (tag) => tag.slice(0, -1)],
      ['white space around it', (tag) => `%20${tag}%20`],
    ])('refuses a mailed tag with %s as unknown', async (_, change) => {
      const tag = await mailedTag(client, person);
      expectAnswer(await resetBy(`?token=${change(tag)}`), wrongTag);
    });

    test.each(['.', '%3E', ')', '%20', ',', '%E3%80%82', '%0A', '%3D', '/', '.-_A'])(
      'takes a mailed tag with %s behind it, as a mail program may take it along',
      async (behind) => {
        const tag = await mailedTag(client, person);
        expectAnswer(await resetBy(`?token=${tag}${behind}`), success);
      },
    );

    test("refuses the short tag of the other dialect's answer as unknown", async () => {
      const { json } = await post('/accounts/forgetpassword/', { email: person.email });
      await awaitMails(person.email, 1);
      expectAnswer(await resetBy(`?token=${(json as { tag: string }).tag}`), wrongTag);
    });

    test('refuses a used tag, here and in the other dialect', async () => {
      const tag = await mailedTag(client, person);
      expectAnswer(await resetBy(`?token=${tag}`), success);
      expectAnswer(await resetBy(`?token=${tag}`), wrongTag);
      const reply = await post(`/accounts/resetpassword/?tag=${tag}`, { password: newPassword });
      expect(reply).toMatchObject({ status: 406, json: ['Error: Wrong Tag!'] });
    });

    test('refuses every open tag of the user after one reset', async () => {
      const [first, second] = [await mailedTag(client, person), await mailedTag(client, person)];
      expectAnswer(await resetBy(`?token=${second}`), success);
      expectAnswer(await resetBy(`?token=${first}`), wrongTag);
    });

    test('leaves the tags of other users alone', async () => {
      const other = await signedUp(client);
      const [theirs, mine] = [await mailedTag(client, other), await mailedTag(client, person)];
      expectAnswer(await resetBy(`?token=${mine}`), success);
      expectAnswer(await resetBy(`?token=${theirs}`), success);
    });

    test('refuses the tag of a disabled account and of a deleted one as unknown', async () => {
      const deleted = await signedUp(client);
      const tags = [await mailedTag(client, person), await mailedTag(client, deleted)];
      await disable(person.email);
      await deleteUser(deleted.email);
      for (const tag of tags) expectAnswer(await resetBy(`?token=${tag}`), wrongTag);
    });

    test('says that a tag has expired', async () => {
      const tag = await mailedTag(client, person);
      await expireTag(tag);
      expectAnswer(await resetBy(`?token=${tag}`), expiredTag);
    });

    test('refuses every password that the policy refuses, and the tag stays usable', async () => {
      const tag = await mailedTag(client, person);
      for (const [, value, error] of refusedPasswords)
        expectAnswer(await resetBy(`?token=${tag}`, { password: value }), invalid(error));
      expectAnswer(
        await client.send({ path: `/auth/reset-password?token=${tag}` }),
        invalid(required('password')),
      );
      expectAnswer(await resetBy(`?token=${tag}`), success);
    });

    test('judges the tag before the password', async () => {
      expectAnswer(await resetBy('', { password: 5 }), missingTag);
      expectAnswer(await resetBy('?token=x', { password: 5 }), wrongTag);
    });
  });
});
