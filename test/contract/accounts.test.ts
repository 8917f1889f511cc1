import { randomBytes, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Call, type Client, clients } from '../harness/client.ts';
import { awaitMails, mailsTo, tagIn } from '../harness/inbox.ts';
import { loggedIn, mailedTag, type Person, signedUp, somebody } from '../harness/people.ts';
import {
  type Answer,
  anId,
  aToken,
  challenge,
  expectAnswer,
  noText,
  ok,
  refusedToken,
  sentences,
} from './answers.ts';
import { twinOf } from './minted-tokens.ts';
import { deleteUser, disable, expireTag, userOf } from './rows.ts';
import { readableBodies, type Unreadable, unreadableBodiesFor } from './unreadable-bodies.ts';

const unreadable: Record<Unreadable, Answer> = {
  malformed: sentences(400, 'The body is neither a JSON object nor a form in UTF-8.'),
  'too large': sentences(413, 'The body is larger than 32 KiB.'),
  unsupported: sentences(
    415,
    'Send the body as application/json, application/x-www-form-urlencoded or multipart/form-data.',
  ),
};
const wrongCredentials = sentences(406, 'Unable to log in with provided credentials.');

const urlencoded = 'application/x-www-form-urlencoded';

function multipart(fields: Record<string, string>, boundary = 'gatehouse'): string {
  const parts = Object.entries(fields).map(
    ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  return `${parts.join('')}--${boundary}--\r\n`;
}

/** The encodings of a form that this dialect takes besides JSON. */
const forms: { rule: string; callWith(fields: Record<string, string>): Omit<Call, 'path'> }[] = [
  {
    rule: 'as application/x-www-form-urlencoded',
    callWith: (fields) => ({
      headers: { 'content-type': urlencoded },
      body: new URLSearchParams(fields).toString(),
    }),
  },
  {
    rule: 'as application/x-www-form-urlencoded; charset=iso-8859-1',
    callWith: (fields) => ({
      headers: { 'content-type': `${urlencoded}; charset=iso-8859-1` },
      body: new URLSearchParams(fields).toString(),
    }),
  },
  {
    rule: 'as application/x-www-form-urlencoded, delivered base64-encoded',
    callWith: (fields) => ({
      headers: { 'content-type': urlencoded },
      body: Buffer.from(new URLSearchParams(fields).toString()),
    }),
  },
  {
    rule: 'as multipart/form-data',
    callWith: (fields) => ({
      headers: { 'content-type': 'multipart/form-data; boundary=gatehouse' },
      body: multipart(fields),
    }),
  },
  {
    rule: 'as Multipart/Form-Data with a quoted boundary',
    callWith: (fields) => ({
      headers: { 'content-type': 'Multipart/Form-Data; boundary="----gate house"' },
      body: multipart(fields, '----gate house'),
    }),
  },
  {
    rule: 'as multipart/form-data, delivered base64-encoded',
    callWith: (fields) => ({
      headers: { 'content-type': 'multipart/form-data; boundary=gatehouse' },
      body: Buffer.from(multipart(fields)),
    }),
  },
];

describe.each(clients)('$name', (client) => {
  describe.each(['/accounts/auth/', '/accounts/auth'])('POST %s', (path) => {
    let person: Person;
    beforeAll(async () => {
      person = await signedUp(client);
    });

    const success = (email: string) =>
      ok({ token: aToken, user: { sid: anId, first_name: 'Ada', last_name: 'Lovelace', email } });

    test.each([...readableBodies, ...forms])('logs in $rule', async ({ callWith }) => {
      const call = callWith({ username: person.email, password: person.password });
      expectAnswer(await client.send({ path, ...call }), success(person.email));
    });

    test.each<[string, (email: string) => string]>([
      ['in upper case', (email) => email.toUpperCase()],
      ['with white space around it', (email) => ` \t${email}\n`],
    ])('knows the address %s and shows it normalised', async (_, spell) => {
      const body = { username: spell(person.email), password: person.password };
      expectAnswer(await client.send({ path, body }), success(person.email));
    });

    test('knows a domain by its Unicode form and shows its A-label', async () => {
      const local = randomUUID();
      await signedUp(client, { ...somebody(), email: `${local}@xn--bcher-kva.example` });
      const body = { username: `${local}@BÜCHER.example`, password: person.password };
      expectAnswer(await client.send({ path, body }), success(`${local}@xn--bcher-kva.example`));
    });

    test.each(unreadableBodiesFor(client))('refuses $rule', async ({ call, because }) => {
      expectAnswer(await client.send({ path, ...call }), unreadable[because]);
    });
  });

  describe('POST /accounts/auth/', () => {
    const path = '/accounts/auth/';
    const logIn = (username: unknown, password: unknown) =>
      client.send({ path, body: { username, password } });

    test('names the user by the id that the other dialects know', async () => {
      const person = await signedUp(client);
      const { json } = await logIn(person.email, person.password);
      const { userId } = await userOf(person.email);
      expect(json).toMatchObject({ user: { sid: userId } });
    });

    test('gives an access token that the other dialects take', async () => {
      const person = await signedUp(client);
      const { token } = (await logIn(person.email, person.password)).json as { token: string };
      const reply = await client.send({ path: '/auth', headers: { authorization: `Bearer ${token}` } });
      expect(reply.status).toBe(200);
    });

    test.each([
      ['Ada', 'Ada', ''],
      ['Ada King Lovelace', 'Ada', 'King Lovelace'],
      ['Ada  Lovelace', 'Ada', 'Lovelace'],
      ['Ada\u00a0Lovelace', 'Ada', 'Lovelace'],
      ['Ada\u2003King  Lovelace', 'Ada', 'King  Lovelace'],
      ['李 小龙', '李', '小龙'],
      ['👩‍💻 Dev', '👩‍💻', 'Dev'],
    ])('splits the name %j into %j and %j', async (name, first_name, last_name) => {
      const { email, password } = await signedUp(client, { ...somebody(), name });
      expectAnswer(
        await logIn(email, password),
        ok({ token: aToken, user: { sid: anId, first_name, last_name, email } }),
      );
    });

    test('takes the password in another normalisation form', async () => {
      const { email } = await signedUp(client, { ...somebody(), password: 'na\u00efvet\u00e9 caf\u00e9' });
      expect((await logIn(email, 'nai\u0308vete\u0301 cafe\u0301')).status).toBe(200);
    });

    test.each<[rule: string, username: (person: Person) => string, password: (person: Person) => string]>([
      ['a wrong password', ({ email }) => email, () => 'wrong password'],
      ['a password in another case', ({ email }) => email, ({ password }) => password.toUpperCase()],
      ['a password with a space more', ({ email }) => email, ({ password }) => `${password} `],
      ['a password that is too short to be one', ({ email }) => email, () => 'x'],
      ['a password longer than any may be', ({ email }) => email, ({ password }) => password.padEnd(73, 'x')],
      ['a password with a lone surrogate', ({ email }) => email, ({ password }) => `${password}\ud800`],
      ['a password with a NUL', ({ email }) => email, ({ password }) => `${password}\0`],
      ['an unknown user', () => `${randomUUID()}@example.com`, ({ password }) => password],
      ['a malformed address', () => `${randomUUID()}@@example.com`, ({ password }) => password],
      ['white space as the user', () => '  ', ({ password }) => password],
      ['a user with a lone surrogate', () => `\ud800${randomUUID()}`, ({ password }) => password],
      ['a user with a NUL', () => `\0${randomUUID()}@example.com`, ({ password }) => password],
      ['a user of 5,000 characters', () => randomUUID().repeat(139), ({ password }) => password],
    ])('refuses %s as wrong credentials', async (_, username, password) => {
      const person = await signedUp(client);
      expectAnswer(await logIn(username(person), password(person)), wrongCredentials);
    });

    test('refuses a password whose first 72 bytes are the right ones', async () => {
      const person = await signedUp(client, { ...somebody(), password: 'x'.repeat(72) });
      expectAnswer(await logIn(person.email, 'x'.repeat(73)), wrongCredentials);
    });

    test('refuses a disabled account as wrong credentials', async () => {
      const person = await signedUp(client);
      await disable(person.email);
      expectAnswer(await logIn(person.email, person.password), wrongCredentials);
    });

    test('refuses a deleted account as wrong credentials', async () => {
      const person = await signedUp(client);
      await deleteUser(person.email);
      expectAnswer(await logIn(person.email, person.password), wrongCredentials);
    });

    test.each<[rule: string, type: string, body: string | Buffer]>([
      ['bytes that are no UTF-8, percent-encoded', urlencoded, 'username=%FF&password=x'],
      ['a surrogate, percent-encoded', urlencoded, 'username=%ED%A0%80&password=x'],
      ['multipart without a boundary', 'multipart/form-data', multipart({ username: 'x', password: 'x' })],
      ['bytes that are no UTF-8', urlencoded, Buffer.from('username=\xff&password=x', 'latin1')],
      [
        'multipart with another boundary',
        'multipart/form-data; boundary=other',
        multipart({ username: 'x', password: 'x' }),
      ],
      [
        'multipart that is cut off',
        'multipart/form-data; boundary=gatehouse',
        multipart({ username: 'x', password: 'x' }).slice(0, -20),
      ],
      ['JSON that says it is multipart', 'multipart/form-data; boundary=gatehouse', '{}'],
    ])('refuses a form of %s as malformed', async (_, type, body) => {
      const headers = { 'content-type': type };
      expectAnswer(await client.send({ path, headers, body }), unreadable.malformed);
    });

    test('refuses a file as the password', async () => {
      const headers = { 'content-type': 'multipart/form-data; boundary=gatehouse' };
      const body = multipart({ username: 'x', password: 'x' }).replace(
        'name="password"',
        'name="password"; filename="password.txt"',
      );
      expectAnswer(
        await client.send({ path, headers, body }),
        sentences(406, 'password: Not a valid string.'),
      );
    });

    test('takes the last of a field that comes twice', async () => {
      const { email, password } = await signedUp(client);
      const fields = new URLSearchParams({ username: 'nobody@example.com', password });
      fields.append('username', email);
      const headers = { 'content-type': urlencoded };
      const reply = await client.send({ path, headers, body: fields.toString() });
      expect(reply.status).toBe(200);
    });

    const missingUsername = 'username: This field is required.';
    const missingPassword = 'password: This field is required.';
    test.each<[rule: string, call: Omit<Call, 'path'>, ...sentences: string[]]>([
      ['no body and no content type', {}, missingUsername, missingPassword],
      [
        'no body but a content type',
        { headers: { 'content-type': 'text/plain' } },
        missingUsername,
        missingPassword,
      ],
      ['an empty object', { body: {} }, missingUsername, missingPassword],
      ['a missing username', { body: { password: 'x' } }, missingUsername],
      ['a missing password', { body: { username: 'x' } }, missingPassword],
      ['null', { body: { username: null, password: null } }, missingUsername, missingPassword],
      ['empty text', { body: { username: '', password: '' } }, missingUsername, missingPassword],
      ['the field of another dialect', { body: { email: 'x', password: 'x' } }, missingUsername],
      [
        'empty fields of a form',
        { headers: { 'content-type': urlencoded }, body: 'username=&password=' },
        missingUsername,
        missingPassword,
      ],
      [
        'one empty and one mistyped',
        { body: { username: '', password: 5 } },
        missingUsername,
        'password: Not a valid string.',
      ],
      ...noText.map(([type, value]): [string, Omit<Call, 'path'>, ...string[]] => [
        type,
        { body: { username: value, password: value } },
        'username: Not a valid string.',
        'password: Not a valid string.',
      ]),
    ])('refuses %s, one sentence a field', async (_, call, ...all) => {
      expectAnswer(await client.send({ path, ...call }), sentences(406, ...all));
    });
  });

  describe.each(['/accounts/forgetpassword/', '/accounts/forgetpassword'])('POST %s', (path) => {
    const accepted = ok({ tag: anId });

    test.each([...readableBodies, ...forms])('takes an address $rule', async ({ callWith }) => {
      expectAnswer(await client.send({ path, ...callWith({ email: somebody().email }) }), accepted);
    });

    test.each(unreadableBodiesFor(client))('refuses $rule', async ({ call, because }) => {
      expectAnswer(await client.send({ path, ...call }), unreadable[because]);
    });
  });

  describe('POST /accounts/forgetpassword/', () => {
    const path = '/accounts/forgetpassword/';

    test('answers a known, an unknown and a disabled address alike', async () => {
      const [known, disabled] = await Promise.all([signedUp(client), signedUp(client)]);
      await disable(disabled.email);
      const replies = [];
      for (const { email } of [known, somebody(), disabled])
        replies.push(await client.send({ path, body: { email } }));
      for (const reply of replies) expectAnswer(reply, ok({ tag: anId }));
      const shapes = replies.map(({ headers, text }) => ({
        headers: Object.keys(headers),
        size: text.length,
      }));
      expect(shapes).toEqual([shapes[0], shapes[0], shapes[0]]);
    });

    test('mails the link to the stored address alone, however it was spelled', async () => {
      const person = await signedUp(client);
      await client.send({ path, body: { email: ` ${person.email.toUpperCase()} ` } });
      const [mail] = await awaitMails(person.email, 1);
      expect(mail?.destination).toEqual({ to: [person.email], cc: [], bcc: [] });
    });

    test('builds the link from the configuration, whatever the headers say', async () => {
      const person = await signedUp(client);
      const headers = {
        'x-forwarded-host': 'evil.example',
        origin: 'https://evil.example',
        referer: 'https://evil.example',
      };
      await client.send({ path, body: { email: person.email }, headers });
      const [mail] = await awaitMails(person.email, 1);
      expect(mail?.body.text).toContain(`${process.env.APP_URL}/reset-password?tag=${tagIn(mail)}`);
      expect(JSON.stringify(mail)).not.toContain('evil');
    });

    test('mails nothing to a disabled account', async () => {
      const [disabled, next] = await Promise.all([signedUp(client), signedUp(client)]);
      await disable(disabled.email);
      await client.send({ path, body: { email: disabled.email } });
      await mailedTag(client, next); // the stream is in order
      expect(await mailsTo(disabled.email)).toEqual([]);
    });

    const invalid = 'email: Enter a valid email address.';
    test.each<[rule: string, call: Omit<Call, 'path'>, sentence: string]>([
      ['no body', {}, 'email: This field is required.'],
      ['no address', { body: {} }, 'email: This field is required.'],
      ['null', { body: { email: null } }, 'email: This field is required.'],
      ['empty text', { body: { email: '' } }, 'email: This field is required.'],
      ['white space', { body: { email: ' ' } }, invalid],
      ['an address without @', { body: { email: 'example.com' } }, invalid],
      ['an address with two @', { body: { email: 'a@b@example.com' } }, invalid],
      ['a local part beyond ASCII', { body: { email: 'ä@example.com' } }, invalid],
      ['two addresses', { body: { email: 'a@example.com,b@example.com' } }, invalid],
      [
        'an address with a header after it',
        { body: { email: 'a@example.com\r\nBcc: b@example.com' } },
        invalid,
      ],
      ['a lone surrogate', { body: { email: 'a@\ud800.example' } }, invalid],
      ['an address of 255 bytes', { body: { email: `${'a'.repeat(243)}@example.com` } }, invalid],
      ...noText.map(([type, value]): [string, Omit<Call, 'path'>, string] => [
        type,
        { body: { email: value } },
        'email: Not a valid string.',
      ]),
    ])('refuses %s', async (_, call, sentence) => {
      expectAnswer(await client.send({ path, ...call }), sentences(406, sentence));
    });
  });

  describe.each(['/accounts/resetpassword/', '/accounts/resetpassword'])('POST %s', (path) => {
    test.each([
      ...readableBodies
        .filter(({ rule }) => /^(as application\/json|of exactly|with extra)/.test(rule))
        .slice(0, 3),
      ...forms,
    ])('sets a new password sent $rule', async ({ callWith }) => {
      const person = await signedUp(client);
      const tag = await mailedTag(client, person);
      const call = callWith({ password: 'another one entirely' });
      expectAnswer(await client.send({ path: `${path}?tag=${tag}`, ...call }), ok({}));
      await loggedIn(client, { ...person, password: 'another one entirely' });
    });

    test.each(unreadableBodiesFor(client))(
      'refuses $rule before it looks at the tag',
      async ({ call, because }) => {
        expectAnswer(await client.send({ path: `${path}?tag=x`, ...call }), unreadable[because]);
      },
    );
  });

  describe('POST /accounts/resetpassword/', () => {
    const resetBy = (query: string, body: object = { password: 'another one entirely' }) =>
      client.send({ path: `/accounts/resetpassword/${query}`, body });
    const missingTag = sentences(406, 'Error: Missing Tag in GET!');
    const wrongTag = sentences(406, 'Error: Wrong Tag!');

    test('ends the old password', async () => {
      const person = await signedUp(client);
      await resetBy(`?tag=${await mailedTag(client, person)}`);
      const body = { username: person.email, password: person.password };
      expectAnswer(await client.send({ path: '/accounts/auth/', body }), wrongCredentials);
    });

    test('takes the password in another normalisation form at log-in', async () => {
      const person = await signedUp(client);
      const reply = await resetBy(`?tag=${await mailedTag(client, person)}`, {
        password: 'cafe\u0301 cafe\u0301',
      });
      expectAnswer(reply, ok({}));
      await loggedIn(client, { ...person, password: 'caf\u00e9 caf\u00e9' });
    });

    test.each([
      ['no query', ''],
      ['an empty query', '?'],
      ['an empty tag', '?tag='],
      ['a tag without a value', '?tag'],
      ["another dialect's name for it", '?token=x'],
      ['another case', '?TAG=x'],
    ])('misses the tag in %s', async (_, query) => {
      expectAnswer(await resetBy(query), missingTag);
    });

    test('misses a tag that is in the body alone', async () => {
      expectAnswer(await resetBy('', { tag: 'x', password: 'another one entirely' }), missingTag);
    });

    test.each([
      ['a word', 'x'],
      ['white space', '%20'],
      ['a UUID that names nothing', randomUUID()],
      ['the form of a tag that was never mailed', randomBytes(48).toString('base64url')],
      ['a NUL', '%00'],
      ['bytes that are no UTF-8', '%FF%FE'],
      ['4,000 characters', 'x'.repeat(4_000)],
    ])('calls %s a wrong tag', async (_, tag) => {
      expectAnswer(await resetBy(`?tag=${tag}`), wrongTag);
    });

    test('calls the short tag of its own answer a wrong tag', async () => {
      const { email } = await signedUp(client);
      const { json } = await client.send({ path: '/accounts/forgetpassword/', body: { email } });
      await awaitMails(email, 1);
      expectAnswer(await resetBy(`?tag=${(json as { tag: string }).tag}`), wrongTag);
    });

    test.each<[string, (tag: string) => string]>([
      ['its last character changed', (tag) => tag.slice(0, -1) + (tag.endsWith('A') ? 'B' : 'A')],
      ['its first character changed', (tag) => (tag.startsWith('A') ? 'B' : 'A') + tag.slice(1)],
      ['its case changed', (tag) => tag.toUpperCase()],
      ['a character more', (tag) => `${tag}A`],
      ['a character less', (tag) => tag.slice(0, -1)],
      ['white space around it', (tag) => `%20${tag}%20`],
    ])('calls a mailed tag with %s a wrong tag', async (_, change) => {
      const tag = await mailedTag(client, await signedUp(client));
      expectAnswer(await resetBy(`?tag=${change(tag)}`), wrongTag);
    });

    test.each(['%3D%3D', '%3E', '.', ')', '%20and'])(
      'ignores %s behind a mailed tag, which a mail program took along',
      async (behind) => {
        const tag = await mailedTag(client, await signedUp(client));
        expectAnswer(await resetBy(`?tag=${tag}${behind}`), ok({}));
      },
    );

    test('calls an answered tag wrong', async () => {
      const tag = await mailedTag(client, await signedUp(client));
      expectAnswer(await resetBy(`?tag=${tag}`), ok({}));
      expectAnswer(await resetBy(`?tag=${tag}`), wrongTag);
    });

    test('calls every open tag of the user wrong after one reset', async () => {
      const person = await signedUp(client);
      const [first, second] = [await mailedTag(client, person), await mailedTag(client, person)];
      expectAnswer(await resetBy(`?tag=${first}`), ok({}));
      expectAnswer(await resetBy(`?tag=${second}`), wrongTag);
    });

    test('takes an older mail as well as a newer one', async () => {
      const person = await signedUp(client);
      const [first] = [await mailedTag(client, person), await mailedTag(client, person)];
      expectAnswer(await resetBy(`?tag=${first}`), ok({}));
    });

    test('calls the tag of a disabled account wrong', async () => {
      const person = await signedUp(client);
      const tag = await mailedTag(client, person);
      await disable(person.email);
      expectAnswer(await resetBy(`?tag=${tag}`), wrongTag);
    });

    test('says that a tag has expired', async () => {
      const tag = await mailedTag(client, await signedUp(client));
      await expireTag(tag);
      expectAnswer(await resetBy(`?tag=${tag}`), sentences(406, 'The link has expired'));
    });

    test('does not accept the request of a deleted user', async () => {
      const person = await signedUp(client);
      const tag = await mailedTag(client, person);
      await deleteUser(person.email);
      expectAnswer(await resetBy(`?tag=${tag}`), sentences(406, 'Unknown request!'));
    });

    const refusedPasswords: [rule: string, body: object, sentence: string][] = [
      ['a missing password', {}, 'password: This field is required.'],
      ['a password that is null', { password: null }, 'password: This field is required.'],
      ['an empty password', { password: '' }, 'password: This field is required.'],
      ['seven characters', { password: 'seven77' }, 'password: Enter a password of at least 8 characters.'],
      [
        'seven emoji of 28 bytes',
        { password: '🔑'.repeat(7) },
        'password: Enter a password of at least 8 characters.',
      ],
      [
        '73 bytes',
        { password: 'x'.repeat(73) },
        'password: Enter a password of at most 72 bytes (in UTF-8); longer ones cannot be hashed whole.',
      ],
      [
        'a lone surrogate',
        { password: 'long enough \ud800' },
        'password: Enter a password of valid Unicode text without NUL characters.',
      ],
      [
        'a NUL',
        { password: 'long enough \0' },
        'password: Enter a password of valid Unicode text without NUL characters.',
      ],
      ...noText.map(([type, value]): [string, object, string] => [
        type,
        { password: value },
        'password: Not a valid string.',
      ]),
    ];

    test('refuses every password that the policy refuses, and the tag stays usable', async () => {
      const tag = await mailedTag(client, await signedUp(client));
      for (const [, body, sentence] of refusedPasswords)
        expectAnswer(await resetBy(`?tag=${tag}`, body), sentences(406, sentence));
      expectAnswer(await resetBy(`?tag=${tag}`), ok({}));
    });

    test.each(refusedPasswords)('judges the tag before %s', async (_, body) => {
      expectAnswer(await resetBy('', body), missingTag);
      expectAnswer(await resetBy('?tag=x', body), wrongTag);
    });
  });

  describe.each(['/accounts/logout/', '/accounts/logout'])('GET %s', (path) => {
    const logOut = (headers: Record<string, string>) => client.send({ method: 'GET', path, headers });
    const tokenOf = async (person: Person) => (await loggedIn(client, person)).accessToken;

    test.each<[rule: string, headers: (token: string) => Record<string, string>]>([
      ['token', (token) => ({ token })],
      ['Token', (token) => ({ Token: token })],
      ['Authorization: Bearer', (token) => ({ Authorization: `Bearer ${token}` })],
      ['authorization: bearer', (token) => ({ authorization: `bearer ${token}` })],
      [
        'token, beside an Authorization that is not for us',
        (token) => ({ token, authorization: 'Basic eDp5' }),
      ],
    ])('ends the session of the token in the header %s', async (_, headersWith) => {
      const token = await tokenOf(await signedUp(client));
      expectAnswer(await logOut(headersWith(token)), { status: 200, body: '{}' });
      expectAnswer(await logOut(headersWith(token)), { status: 401, body: '', headers: refusedToken });
    });

    test('leaves the other sessions of the user alone', async () => {
      const person = await signedUp(client);
      const [one, other] = [await tokenOf(person), await tokenOf(person)];
      expectAnswer(await logOut({ token: one }), ok({}));
      expectAnswer(await logOut({ token: other }), ok({}));
    });

    test.each<[rule: string, headers: Record<string, string>]>([
      ['no header', {}],
      ['an empty header token', { token: '' }],
      ['another scheme', { authorization: 'Basic eDp5' }],
      ['a scheme alone', { authorization: 'Bearer' }],
    ])('answers %s with an empty 401 and a challenge without an error', async (_, headers) => {
      expectAnswer(await logOut(headers), { status: 401, body: '', headers: challenge });
    });

    test.each<
      [rule: string, spoil: (token: string, client: Client, person: Person) => string | Promise<string>]
    >([
      ['a word', () => 'x'],
      ['a JWT cut short', (token) => token.slice(0, -1)],
      ['a token with its scheme', (token) => `Bearer ${token}`],
      ['an expired token', (token) => twinOf(token, { claims: { exp: Math.floor(Date.now() / 1000) - 1 } })],
      ['a refresh token', async (_token, client, person) => (await loggedIn(client, person)).refreshToken],
    ])('answers %s with an empty 401', async (_, spoil) => {
      const person = await signedUp(client);
      const token = await spoil(await tokenOf(person), client, person);
      expectAnswer(await logOut({ token }), { status: 401, body: '', headers: refusedToken });
    });
  });
});
