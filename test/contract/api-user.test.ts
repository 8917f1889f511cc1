import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Call, clients } from '../harness/client.ts';
import { loggedIn, type Person, signedUp, somebody } from '../harness/people.ts';
import {
  anId,
  aToken,
  challenge,
  expectAnswer,
  expectClaims,
  noText,
  ok,
  problem,
  refusedToken,
  unreadableProblems,
} from './answers.ts';
import { deleteUser, disable, nearlyLock, userOf } from './rows.ts';
import { readableBodies, unreadableBodiesFor } from './unreadable-bodies.ts';

const wrongCredentials = problem(401, 'Unauthorized', 'The email or the password is wrong.', {
  headers: challenge,
});
const taken = problem(409, 'Conflict', 'This email address already has an account.');
const invalid = (detail: string) => problem(400, 'Bad Request', detail);

const success = ({ email, name }: { email: string; name: string }) =>
  ok({ userId: anId, email, userName: name, token: aToken });

/** What this dialect's sign-up asks for. */
function applicant() {
  const { name, email, password } = somebody();
  return { name, email, password };
}

describe.each(clients)('$name', (client) => {
  describe.each(['/api/user/signup', '/api/user/signup/'])('POST %s', (path) => {
    test.each(readableBodies)('opens an account for a body $rule', async ({ callWith }) => {
      const person = applicant();
      expectAnswer(await client.send({ path, ...callWith(person) }), success(person));
    });

    test.each(unreadableBodiesFor(client))('refuses $rule', async ({ call, because }) => {
      expectAnswer(await client.send({ path, ...call }), unreadableProblems[because]);
    });
  });

  describe('POST /api/user/signup', () => {
    const path = '/api/user/signup';
    const signUp = (body: unknown) => client.send({ path, body });
    const signUpWith = (fields: Record<string, unknown>) => signUp({ ...applicant(), ...fields });

    test('opens an account that every dialect can log in to', async () => {
      const person = applicant();
      expectAnswer(await signUp(person), success(person));
      const { email, password } = person;
      const replies = [
        await client.send({ path: '/api/user/login', body: { email, password } }),
        await client.send({ path: '/auth/login', body: { email, password } }),
        await client.send({ path: '/accounts/auth/', body: { username: email, password } }),
      ];
      expect(replies.map(({ status }) => status)).toEqual([200, 200, 200]);
    });

    test('opens a session: its token is taken by the other dialects, and logging out ends it', async () => {
      const { token } = (await signUp(applicant())).json as { token: string };
      const headers = { authorization: `Bearer ${token}` };
      expect((await client.send({ path: '/auth', headers })).status).toBe(200);
      await client.send({ method: 'GET', path: '/accounts/logout/', headers });
      const reply = await client.send({ path: '/auth', headers });
      expect(reply).toMatchObject({ status: 401, headers: refusedToken });
    });

    test('shows the normalised address', async () => {
      const local = randomUUID();
      const reply = await signUpWith({ email: ` ${local.toUpperCase()}@BÜCHER.example\n` });
      expectAnswer(reply, success({ name: 'Ada Lovelace', email: `${local}@xn--bcher-kva.example` }));
    });

    test.each([
      ['with white space around it, trimmed', ' \tGrace Hopper\n', 'Grace Hopper'],
      ['of one character', 'X', 'X'],
      ['of 100 characters', 'x'.repeat(100), 'x'.repeat(100)],
      ['of 100 characters beyond the first plane', '🚀'.repeat(100), '🚀'.repeat(100)],
      ['of 100 characters and white space around them', ` ${'x'.repeat(100)} `, 'x'.repeat(100)],
      ['of markup, as it is', '<b>"Ada" & \'co\'</b>', '<b>"Ada" & \'co\'</b>'],
      ['that a prototype knows', '__proto__', '__proto__'],
    ])('takes a name %s', async (_, given, name) => {
      const person = applicant();
      expectAnswer(await signUp({ ...person, name: given }), success({ ...person, name }));
    });

    test.each([
      ['8 characters', 'eight888'],
      ['8 characters beyond the first plane', '🔑'.repeat(8)],
      ['72 bytes', 'x'.repeat(72)],
      ['72 bytes after NFC and more before', `${'cafe\u0301'.repeat(14)}xx`],
      ['white space alone', ' '.repeat(8)],
    ])('takes a password of %s', async (_, password) => {
      const person = { ...applicant(), password };
      expectAnswer(await signUp(person), success(person));
      await loggedIn(client, { ...person, bio: null });
    });

    const name = {
      length: 'name: Enter a name of 1 to 100 characters.',
      characters: 'name: Enter a name without control characters.',
    };
    const email = 'email: Enter a valid email address.';
    const password = {
      short: 'password: Enter a password of at least 8 characters.',
      long: 'password: Enter a password of at most 72 bytes (in UTF-8); longer ones cannot be hashed whole.',
      characters: 'password: Enter a password of valid Unicode text without NUL characters.',
    };
    test.each<[rule: string, fields: Record<string, unknown>, detail: string]>([
      ['no name', { name: undefined }, 'name: This field is required.'],
      ['a name that is null', { name: null }, 'name: Not a valid string.'],
      ['an empty name', { name: '' }, name.length],
      ['a name of white space', { name: ' \t\u00a0\u2003' }, name.length],
      ['a name of 101 characters', { name: 'x'.repeat(101) }, name.length],
      ['a name of 101 characters beyond the first plane', { name: '🚀'.repeat(101) }, name.length],
      ['a name with a line break', { name: 'Ada\r\nBcc: x@example.com' }, name.characters],
      ['a name with a NUL', { name: 'Ada\0' }, name.characters],
      ['a name with a C1 control', { name: 'Ada\u0085Lovelace' }, name.characters],
      ['a name with a lone surrogate', { name: 'Ada\ud800' }, name.characters],
      ['no address', { email: undefined }, 'email: This field is required.'],
      ['an address that is null', { email: null }, 'email: Not a valid string.'],
      ['an empty address', { email: '' }, email],
      ['an address without @', { email: 'example.com' }, email],
      ['an address with two @', { email: 'a@b@example.com' }, email],
      ['an address with a display name', { email: 'Ada <a@example.com>' }, email],
      ['an address with a line break in it', { email: 'a@example.com\r\nBcc: b@example.com' }, email],
      ['an address with a local part beyond ASCII', { email: 'ä@example.com' }, email],
      ['an address with a quoted local part', { email: '"a b"@example.com' }, email],
      ['an address that hides an encoded word', { email: '=?utf-8?q?a=40b?=@example.com' }, email],
      ['an address with a label of 64 bytes', { email: `a@${'x'.repeat(64)}.example` }, email],
      ['an address of 255 bytes', { email: `${'a'.repeat(243)}@example.com` }, email],
      ['an address with a lone surrogate', { email: 'a@\udc00.example' }, email],
      ['an address with a NUL', { email: 'a\0@example.com' }, email],
      ['no password', { password: undefined }, 'password: This field is required.'],
      ['a password that is null', { password: null }, 'password: Not a valid string.'],
      ['an empty password', { password: '' }, password.short],
      ['a password of 7 characters', { password: 'seven77' }, password.short],
      ['a password of 7 emoji', { password: '🔑'.repeat(7) }, password.short],
      ['a password of 7 characters after NFC', { password: 'cafe\u0301 cq' }, password.short],
      ['a password of 73 bytes', { password: 'x'.repeat(73) }, password.long],
      ['a password of 37 characters and 74 bytes', { password: 'é'.repeat(37) }, password.long],
      ['a password with a lone surrogate', { password: 'long enough \ud800' }, password.characters],
      ['a password with a NUL', { password: 'long enough \0' }, password.characters],
      ...noText.flatMap(([type, value]) =>
        ['name', 'email', 'password'].map((field): [string, Record<string, unknown>, string] => [
          `${type} as the ${field}`,
          { [field]: value },
          `${field}: Not a valid string.`,
        ]),
      ),
    ])('refuses %s', async (_, fields, detail) => {
      expectAnswer(await signUpWith(fields), invalid(detail));
    });

    const allMissing =
      'name: This field is required. email: This field is required. password: This field is required.';
    test.each<[rule: string, call: Omit<Call, 'path'>, detail: string]>([
      ['no body and no content type', {}, allMissing],
      ['no body but a content type', { headers: { 'content-type': 'text/plain' } }, allMissing],
      ['an empty object', { body: {} }, allMissing],
      [
        'wrong fields',
        { body: { name: '', email: 'x', password: 'x' } },
        `${name.length} ${email} ${password.short}`,
      ],
      [
        'one that is missing, one mistyped and one wrong',
        { body: { email: 5, password: 'x'.repeat(73) } },
        `name: This field is required. email: Not a valid string. ${password.long}`,
      ],
    ])('reports every field at once for %s', async (_, call, detail) => {
      expectAnswer(await client.send({ path, ...call }), invalid(detail));
    });

    test('takes an address of 254 bytes', async () => {
      const local = randomUUID();
      const domain = `${`${'x'.repeat(50)}.`.repeat(4)}${'y'.repeat(254 - 36 - 1 - 204)}`;
      const person = { ...applicant(), email: `${local}@${domain}` };
      expect(person.email).toHaveLength(254);
      expectAnswer(await signUp(person), success(person));
    });

    test.each<[rule: string, spell: (email: string) => string]>([
      ['as it is', (address) => address],
      ['in upper case', (address) => address.toUpperCase()],
      ['with white space around it', (address) => `\n ${address} `],
    ])('refuses an address that is taken, spelled %s', async (_, spell) => {
      const person = await signedUp(client);
      expectAnswer(await signUpWith({ email: spell(person.email) }), taken);
      await loggedIn(client, person); // with the password of its owner
    });

    test('refuses an address that is taken by its Unicode domain', async () => {
      const local = randomUUID();
      await signedUp(client, { ...somebody(), email: `${local}@xn--bcher-kva.example` });
      expectAnswer(await signUpWith({ email: `${local}@bücher.example` }), taken);
    });

    test('refuses the address of a disabled account as taken', async () => {
      const { email: address } = await signedUp(client);
      await disable(address);
      expectAnswer(await signUpWith({ email: address }), taken);
    });

    test('judges the fields before it says that an address is taken', async () => {
      const { email: address } = await signedUp(client);
      expectAnswer(await signUpWith({ email: address, password: 'x' }), invalid(password.short));
    });
  });

  describe.each(['/api/user/login', '/api/user/login/'])('POST %s', (path) => {
    let person: Person;
    beforeAll(async () => {
      person = await signedUp(client);
    });

    test.each(readableBodies)('logs in with a body $rule', async ({ callWith }) => {
      const call = callWith({ email: person.email, password: person.password });
      expectAnswer(await client.send({ path, ...call }), success(person));
    });

    test.each(unreadableBodiesFor(client))('refuses $rule', async ({ call, because }) => {
      expectAnswer(await client.send({ path, ...call }), unreadableProblems[because]);
    });
  });

  describe('POST /api/user/login', () => {
    const path = '/api/user/login';
    const logIn = (email: unknown, password: unknown) => client.send({ path, body: { email, password } });

    test('gives a token with the claims of the contract, valid for an hour', async () => {
      const { name, email, password } = await signedUp(client);
      const { token } = (await logIn(email, password)).json as { token: string };
      const { userId } = await userOf(email);
      expectClaims(token, { userId: userId as string, name, email });
    });

    test('shows the name and the address as they are stored', async () => {
      const { email, password } = await signedUp(client, { ...somebody(), name: '  Grace Hopper ' });
      expectAnswer(await logIn(email.toUpperCase(), password), success({ email, name: 'Grace Hopper' }));
    });

    test('takes the password in another normalisation form', async () => {
      const person = await signedUp(client, { ...somebody(), password: 'caf\u00e9 caf\u00e9' });
      expectAnswer(await logIn(person.email, 'cafe\u0301 cafe\u0301'), success(person));
    });

    test.each<[rule: string, email: (person: Person) => string, password: (person: Person) => string]>([
      ['a wrong password', ({ email }) => email, () => 'wrong password'],
      ['an empty password', ({ email }) => email, () => ''],
      ['a password longer than any may be', ({ email }) => email, ({ password }) => password.padEnd(73, 'x')],
      ['a password with a lone surrogate', ({ email }) => email, ({ password }) => `${password}\ud800`],
      ['a password with a NUL', ({ email }) => email, ({ password }) => `${password}\0`],
      ['an unknown address', () => `${randomUUID()}@example.com`, ({ password }) => password],
      ['a malformed address', () => randomUUID(), ({ password }) => password],
      ['an address with a lone surrogate', () => `\udfff${randomUUID()}`, ({ password }) => password],
      ['an address of 5,000 characters', () => randomUUID().repeat(139), ({ password }) => password],
    ])('refuses %s as wrong credentials', async (_, email, password) => {
      const person = await signedUp(client);
      expectAnswer(await logIn(email(person), password(person)), wrongCredentials);
    });

    test('refuses an empty address as wrong credentials', async () => {
      expectAnswer(await logIn('', 'correct horse battery'), wrongCredentials);
    });

    test('refuses a disabled account as wrong credentials', async () => {
      const { email, password } = await signedUp(client);
      await disable(email);
      expectAnswer(await logIn(email, password), wrongCredentials);
    });

    test('refuses a deleted account as wrong credentials', async () => {
      const { email, password } = await signedUp(client);
      await deleteUser(email);
      expectAnswer(await logIn(email, password), wrongCredentials);
    });

    const missingEmail = 'email: This field is required.';
    const missingPassword = 'password: This field is required.';
    test.each<[rule: string, call: Omit<Call, 'path'>, detail: string]>([
      ['no body and no content type', {}, `${missingEmail} ${missingPassword}`],
      ['an empty object', { body: {} }, `${missingEmail} ${missingPassword}`],
      ['a missing address', { body: { password: 'x' } }, missingEmail],
      ['a missing password', { body: { email: 'x' } }, missingPassword],
      ['the field of another dialect', { body: { username: 'x', password: 'x' } }, missingEmail],
      [
        'null',
        { body: { email: null, password: null } },
        'email: Not a valid string. password: Not a valid string.',
      ],
      [
        'one mistyped and one missing',
        { body: { email: 5 } },
        `email: Not a valid string. ${missingPassword}`,
      ],
      ...noText.map(([type, value]): [string, Omit<Call, 'path'>, string] => [
        type,
        { body: { email: value, password: value } },
        'email: Not a valid string. password: Not a valid string.',
      ]),
    ])('refuses %s as invalid', async (_, call, detail) => {
      expectAnswer(await client.send({ path, ...call }), invalid(detail));
    });

    test('refuses a locked account even with the right password, known and unknown ones alike', async () => {
      const person = await signedUp(client);
      const locked = problem(429, 'Too Many Requests', 'Too many requests; try again in 900 seconds.', {
        headers: { 'retry-after': '900' },
      });
      for (const email of [person.email, somebody().email]) {
        await logIn(email, 'wrong password');
        await nearlyLock(email);
        expectAnswer(await logIn(email, 'wrong password'), wrongCredentials);
        expectAnswer(await logIn(email, person.password), locked);
      }
    });
  });
});
