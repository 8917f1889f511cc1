import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import { inProcess as client, type Reply } from '../harness/client.ts';
import { functionsWith } from '../harness/functions-with.ts';
import { awaitMails, digitsIn, linkIn, mailsTo } from '../harness/inbox.ts';
import { bearer } from '../harness/passkeys.ts';
import { loggedIn, mailedTag, type Person, signedUp, somebody, type Tokens } from '../harness/people.ts';
import { twinOf } from './minted-tokens.ts';
import { changeRow, userOf } from './rows.ts';

// Single sentences of the account contract's sections 1 to 3 and 6; the stories are in verification.test.ts and undo.test.ts.

const codeOf = ({ status, json }: Reply) => [status, (json as { code?: string } | undefined)?.code];
const post = (path: string, body?: unknown, tokens?: Pick<Tokens, 'accessToken'>) =>
  client.send({ path, ...(body !== undefined && { body }), ...(tokens && { headers: bearer(tokens) }) });
const register = (person: { password: string; [field: string]: unknown }) =>
  post('/auth/register', { ...person, confirm: person.password });
const verify = (body: object, tokens?: Tokens) => post('/auth/verify-email', body, tokens);
const logIn = ({ email, password }: Pick<Person, 'email' | 'password'>) =>
  post('/auth/login', { email, password });
const NEW_PASSWORD = 'a new battery staple';

async function holder() {
  const person = await signedUp(client);
  return { person, tokens: await loggedIn(client, person) };
}

describe('before', () => {
  functionsWith(() => ({ EMAIL_VERIFICATION: 'before' }));

  test('validates as ever, a taken address too, and says neither of any that is well written', async () => {
    const { email } = await signedUpBefore();
    for (const address of [email, somebody().email]) {
      const reply = await register({ name: '', bio: 5, email: address, password: 'short' });
      expect(codeOf(reply)).toEqual([400, 'invalid-fields']);
      const { errors } = reply.json as { errors: { field: string }[] };
      expect(errors.map(({ field }) => field)).toEqual(['name', 'bio', 'password']);
    }
  });

  async function signedUpBefore() {
    const person = somebody();
    const { verification } = (await register(person)).json as { verification: string };
    const code = digitsIn((await awaitMails(person.email, 1))[0]);
    const { json } = await verify({ verification, code });
    return { ...person, tokens: json as Tokens };
  }

  test('the session that a verification opens rests on the password, of a verified address', async () => {
    const { tokens } = await signedUpBefore();
    const claims = { amr: ['pwd'], acr: 'aal1', email_verified: true, auth_time: expect.any(Number) };
    expect(decodeJwt(tokens.accessToken)).toMatchObject(claims);
    const { json } = await post('/auth/refresh-tokens', { refreshToken: tokens.refreshToken });
    expect(decodeJwt((json as Tokens).accessToken)).toMatchObject(claims);
  });

  test('a code that was used says so again, but not for an account that is gone', async () => {
    const person = somebody();
    const { verification } = (await register(person)).json as { verification: string };
    const used = { verification, code: digitsIn((await awaitMails(person.email, 1))[0]) };
    const { accessToken } = (await verify(used)).json as Tokens;
    expect((await verify(used)).json).toEqual({ message: 'The email address is verified.' });
    expect((await post('/auth/delete-account', {}, { accessToken })).status).toBe(200);
    expect(codeOf(await verify(used))).toEqual([401, 'wrong-code']);
  });

  test('a wrong password counts as a failed log-in of the address, and the right one is then 429, too', async () => {
    const person = somebody();
    await register(person);
    const token = linkIn((await awaitMails(person.email, 1))[0], 'verify-email');
    for (let times = 1; times <= 5; times += 1)
      expect(codeOf(await verify({ token, password: 'wrong password' }))).toEqual([401, 'wrong-credentials']);
    const locked = await verify({ token, password: person.password });
    expect([...codeOf(locked), locked.headers['retry-after']]).toEqual([429, 'throttled', '1']);
    expect(codeOf(await logIn(person))[0]).toBe(429);
    await new Promise((resume) => setTimeout(resume, 1_100));
    expect((await verify({ token, password: person.password })).status).toBe(200);
  });
});

describe('after', () => {
  functionsWith(() => ({ EMAIL_VERIFICATION: 'after' }));

  test('the code of a change whose address was taken meanwhile is over, and no wrong try of the other mail', async () => {
    const { person, tokens } = await holder();
    const own = digitsIn((await awaitMails(person.email, 1))[0]);
    const next = somebody();
    await post('/auth/change-email', { email: next.email }, tokens);
    const code = digitsIn((await awaitMails(next.email, 1))[0]);
    await register(next);
    for (let times = 1; times <= 5; times += 1)
      expect(codeOf(await verify({ code }, tokens))).toEqual([401, 'expired-tag']);
    expect((await verify({ code: own }, tokens)).status).toBe(200);
  });

  test('/api/user/signup answers as ever, and a mail with a link for a day and a code for ten minutes goes out', async () => {
    const { name, email, password } = somebody();
    const reply = await post('/api/user/signup', { name, email, password });
    expect([reply.status, Object.keys(reply.json as object).sort()]).toEqual([
      200,
      ['email', 'token', 'userId', 'userName'],
    ]);
    expect(decodeJwt((reply.json as { token: string }).token)).toMatchObject({ email_verified: false });
    const [mail] = await awaitMails(email, 1);
    expect(mail?.body.text).toMatch(/valid for 10 minutes[\s\S]*valid for 24 hours/);
    expect((await verify({ token: linkIn(mail, 'verify-email'), password })).json).toEqual({
      message: expect.any(String),
    });
    expect((await userOf(email)).emailVerified).toBe(true);
  });

  test('a taken address is refused as ever, and no mail goes', async () => {
    const { person } = await holder();
    expect(codeOf(await register(person))).toEqual([400, 'email-taken']);
    expect(await awaitMails(person.email, 1)).toHaveLength(1);
  });

  test('five mails an hour for each purpose, and the answer does not tell', async () => {
    const { person, tokens } = await holder();
    for (let asked = 2; asked <= 7; asked += 1) {
      const reply = await post('/auth/send-verification', undefined, tokens);
      expect([reply.status, Object.keys(reply.json as object)]).toEqual([202, ['message']]);
    }
    await awaitMails(person.email, 5);
    await mailedTag(client, person); // another purpose
    const subjects = (await mailsTo(person.email)).map(({ subject }) => subject);
    expect(subjects.filter((subject) => /Confirm/.test(subject))).toHaveLength(5);
  });

  test('another account’s token is a wrong tag, its code a wrong one, and a sign-up’s neither verifies it', async () => {
    const [one, other] = [await holder(), await holder()];
    const [mail] = await awaitMails(one.person.email, 1);
    expect(codeOf(await verify({ token: linkIn(mail, 'verify-email') }, other.tokens))[1]).toBe('wrong-tag');
    expect(codeOf(await verify({ code: digitsIn(mail) }, other.tokens))[1]).toBe('wrong-code');
    expect((await userOf(other.person.email)).emailVerified).toBeUndefined();
  });
});

test('a completed reset proves the address', async () => {
  const { person, tokens } = await holder();
  const tag = await mailedTag(client, person);
  expect((await userOf(person.email)).emailVerified).toBeUndefined();
  await post(`/auth/reset-password?token=${tag}`, { password: NEW_PASSWORD });
  const { accessToken } = await loggedIn(client, { ...person, password: NEW_PASSWORD });
  expect(decodeJwt(accessToken)).toMatchObject({ email_verified: true });
  expect((await post('/auth', {}, tokens)).status).toBe(401);
});

describe('a change of address', () => {
  test('needs a fresh proof of the highest level, judged before the body', async () => {
    const { person, tokens } = await holder();
    const auth_time = Math.floor(Date.now() / 1000) - 310;
    const old = { accessToken: await twinOf(tokens.accessToken, { claims: { auth_time } }) };
    const refused = await post('/auth/change-email', { email: 'nonsense' }, old);
    expect(refused.json).toMatchObject({ code: 'step-up-required', acrValues: ['aal1'], maxAge: 300 });
    expect(refused.headers['www-authenticate']).toBe(
      'Bearer error="insufficient_user_authentication", acr_values="aal1", max_age="300"',
    );
    await changeRow('users', { userId: (await userOf(person.email)).userId }, { totp: true });
    const low = await post('/auth/change-email', { email: somebody().email }, tokens);
    expect(low.json).toMatchObject({ code: 'step-up-required', acrValues: ['aal2'], maxAge: 300 });
    expect(await mailsTo(person.email)).toEqual([]);
  });

  test.each<[string, (who: Awaited<ReturnType<typeof holder>>) => Promise<Reply>]>([
    [
      'a change of password',
      ({ person: { password }, tokens }) =>
        post('/auth/change-password', { password, newPassword: NEW_PASSWORD }, tokens),
    ],
    [
      'a reset',
      async ({ person }) =>
        post(`/auth/reset-password?token=${await mailedTag(client, person)}`, { password: NEW_PASSWORD }),
    ],
    ['the end of all sessions', ({ tokens }) => post('/auth/sessions/end', { all: true }, tokens)],
  ])('%s in between makes its link a wrong tag and its code a wrong one', async (_, act) => {
    const { person, tokens } = await holder();
    const next = somebody().email;
    await post('/auth/change-email', { email: next }, tokens);
    const [mail] = await awaitMails(next, 1);
    const acted = await act({ person, tokens });
    expect(acted.status).toBe(200);
    const { status } = await logIn(person);
    const password = status === 200 ? person.password : NEW_PASSWORD;
    const fresh = await loggedIn(client, { ...person, password });
    const token = linkIn(mail, 'verify-email');
    expect(codeOf(await verify({ token, password }))).toEqual([401, 'wrong-tag']);
    expect(codeOf(await verify({ token }, fresh))).toEqual([401, 'wrong-tag']);
    expect(codeOf(await verify({ code: digitsIn(mail) }, fresh))).toEqual([401, 'wrong-code']);
    expect((await userOf(person.email)).email).toBe(person.email);
  });

  test('its mail counts five wrong codes, and then code and link are dead', async () => {
    const { tokens, person } = await holder();
    const next = somebody().email;
    await post('/auth/change-email', { email: next }, tokens);
    const [mail] = await awaitMails(next, 1);
    const code = digitsIn(mail);
    const wrong = String((Number(code) + 1) % 100_000_000).padStart(8, '0');
    for (let times = 1; times <= 5; times += 1) {
      expect(codeOf(await verify({ code: '1234567' }, tokens))).toEqual([401, 'wrong-code']);
      expect(codeOf(await verify({ code: wrong }, tokens))).toEqual([401, 'wrong-code']);
    }
    expect(codeOf(await verify({ code }, tokens))).toEqual([401, 'expired-tag']);
    const token = linkIn(mail, 'verify-email');
    expect(codeOf(await verify({ token }, tokens))).toEqual([401, 'expired-tag']);
    expect(codeOf(await verify({ token, password: person.password }))).toEqual([401, 'expired-tag']);
  });
});

test('notices have no quota of five an hour', async () => {
  const { person, tokens } = await holder();
  let [password, next] = [person.password, NEW_PASSWORD];
  for (let times = 1; times <= 6; times += 1) {
    expect((await post('/auth/change-password', { password, newPassword: next }, tokens)).status).toBe(200);
    [password, next] = [next, password];
  }
  const mails = await awaitMails(person.email, 6);
  expect(mails.filter(({ subject }) => /new password/.test(subject))).toHaveLength(6);
});

describe('LIMIT_VERIFICATIONS', () => {
  functionsWith(() => ({ LIMIT_VERIFICATIONS: '2' }));
  let network = 1;
  const from = (path: string, body: object, tokens?: Tokens) => {
    const headers = tokens && bearer(tokens);
    return client.send({ path, body, sourceIp: `198.51.100.${network}`, ...(headers && { headers }) });
  };
  const dummyHash = 'A'.repeat(64);

  test.each<[string, object]>([
    ['/auth/send-verification', { verification: dummyHash }],
    ['/auth/undo', { token: dummyHash }],
    ['/auth/verify-email', { token: dummyHash, password: 'x' }],
    ['/auth/verify-email', { verification: dummyHash, code: '12345678' }],
  ])('counts %s %j', async (path, body) => {
    network += 1;
    const statuses = [];
    for (let times = 1; times <= 3; times += 1) statuses.push((await from(path, body)).status);
    expect(statuses.at(-1)).toBe(429);
    expect(statuses.slice(0, 2)).not.toContain(429);
    expect((await from('/auth/undo', { token: dummyHash })).status).toBe(429); // one counter for all
  });

  test('counts a change of address, and a verification only when it is refused', async () => {
    network += 1;
    const { tokens } = await holder();
    const next = somebody().email;
    expect((await from('/auth/change-email', { email: next }, tokens)).status).toBe(202);
    const code = digitsIn((await awaitMails(next, 1))[0]);
    for (let times = 1; times <= 3; times += 1)
      expect((await from('/auth/verify-email', { code }, tokens)).status).toBe(200);
    expect((await from('/auth/change-email', { email: somebody().email }, tokens)).status).toBe(202);
    expect((await from('/auth/change-email', { email: somebody().email }, tokens)).status).toBe(429);
  });
});
