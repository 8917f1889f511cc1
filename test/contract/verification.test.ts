import { describe, expect, test } from 'vitest';
import { newMailedSecret, readResetTag, writeResetTag } from '../../lib/core/opaque-token.ts';
import { type Client, clients, inProcess, type Reply } from '../harness/client.ts';
import { functionsWith } from '../harness/functions-with.ts';
import { awaitMails, digitsIn, linkIn, type Mail, mailsTo } from '../harness/inbox.ts';
import { loggedIn, type Person, signedUp, somebody, type Tokens } from '../harness/people.ts';
import { changeRow, userOf } from './rows.ts';

// Sections 2 and 3 of the account contract: what mails decide, and the stories of whoever tries to misuse them.

const bearer = ({ accessToken }: Pick<Tokens, 'accessToken'>) => ({
  authorization: `Bearer ${accessToken}`,
});

const codeOf = (reply: Reply) => [reply.status, (reply.json as { code?: string }).code];
const message = expect.objectContaining({ message: expect.any(String) });

const tokenIn = (mail: Mail | undefined) => linkIn(mail, 'verify-email');
const another = (code: string) => String((Number(code) + 1) % 100_000_000).padStart(8, '0');
const mailed = async (email: string, count = 1) => (await awaitMails(email, count)).at(-1);

function callsOf(client: Client) {
  const verify = (body: object, tokens?: Tokens) =>
    client.send({ path: '/auth/verify-email', body, ...(tokens && { headers: bearer(tokens) }) });
  return {
    verify,
    resend: (body: object, tokens?: Tokens) =>
      client.send({ path: '/auth/send-verification', body, ...(tokens && { headers: bearer(tokens) }) }),
    change: (tokens: Tokens, email: string) =>
      client.send({ path: '/auth/change-email', headers: bearer(tokens), body: { email } }),
    undo: (token: string) => client.send({ path: '/auth/undo', body: { token } }),
    welcome: async (tokens: Tokens) => (await client.send({ path: '/auth', headers: bearer(tokens) })).status,
    logIn: async (email: string, password: string) =>
      (await client.send({ path: '/auth/login', body: { email, password } })).status,
    register: (person: Person) =>
      client.send({ path: '/auth/register', body: { ...person, confirm: person.password } }),
  };
}

describe('EMAIL_VERIFICATION=before', () => {
  functionsWith(() => ({ EMAIL_VERIFICATION: 'before' }));
  const { verify, resend, logIn, register } = callsOf(inProcess);

  async function waiting(person = somebody()) {
    const reply = await register(person);
    const { verification } = reply.json as { verification: string };
    return { person, verification, reply };
  }

  test('sign-up makes no account; the code in the tab that signed up makes it and logs in, once', async () => {
    const { person, verification, reply } = await waiting();
    expect(reply.status).toBe(201);
    expect(reply.json).toEqual({
      message: expect.any(String),
      user: { name: person.name, bio: null, email: person.email },
      verification: expect.stringMatching(/^[\w-]{64}$/),
    });
    expect(await logIn(person.email, person.password)).toBe(401);
    const code = digitsIn(await mailed(person.email));
    const first = await verify({ verification, code });
    expect(first.status).toBe(200);
    expect(first.json).toMatchObject({ accessToken: expect.any(String), refreshToken: expect.any(String) });
    const account = await inProcess.send({
      method: 'GET',
      path: '/auth/account',
      headers: bearer(first.json as Tokens),
    });
    expect(account.json).toMatchObject({ user: { emailVerified: true } });
    const again = await verify({ verification, code });
    expect([again.status, again.json]).toEqual([200, { message: expect.any(String) }]);
    expect(await logIn(person.email, person.password)).toBe(200);
  });

  test('the link needs the password that was chosen at sign-up, on any device', async () => {
    const { person } = await waiting();
    const token = tokenIn(await mailed(person.email));
    expect(codeOf(await verify({ token }))).toEqual([400, 'invalid-fields']);
    expect(codeOf(await verify({ token, password: 'not the password' }))).toEqual([401, 'wrong-credentials']);
    const { password } = person;
    expect((await verify({ token, password })).json).toMatchObject({ refreshToken: expect.any(String) });
    expect((await verify({ token, password })).json).toEqual({ message: expect.any(String) });
    expect(codeOf(await verify({ token, password: 'not the password' }))).toEqual([401, 'wrong-credentials']);
  });

  test('a taken address gets the same answer, another mail, and codes that run out alike', async () => {
    const { person, verification: first } = await waiting();
    await verify({ verification: first, code: digitsIn(await mailed(person.email)) });
    const taken = await waiting({ ...person, password: 'another long password' });
    const free = await waiting();
    expect(taken.reply.status).toBe(free.reply.status);
    expect(Object.keys(taken.reply.json as object)).toEqual(Object.keys(free.reply.json as object));
    expect((taken.reply.json as { message: string }).message).toBe(
      (free.reply.json as { message: string }).message,
    );
    const mail = await mailed(person.email, 2);
    expect(mail?.subject).toBe('Gatehouse: You already have an account');
    expect(mail?.body.text).toContain('/forgot-password');
    await mailed(free.person.email);
    for (const { verification } of [taken, free]) {
      const answers = [];
      for (let tried = 0; tried < 6; tried += 1) {
        expect(codeOf(await verify({ verification, code: '1234' }))).toEqual([401, 'wrong-code']);
        answers.push(codeOf(await verify({ verification, code: '00000000' }))[1]);
      }
      expect(answers).toEqual([...Array(5).fill('wrong-code'), 'expired-tag']);
    }
    const token = tokenIn(await mailed(free.person.email));
    expect(codeOf(await verify({ token, password: free.person.password }))).toEqual([401, 'expired-tag']);
  });

  test('the code needs the whole of what the tab holds, not the id of the sign-up alone', async () => {
    const { person, verification } = await waiting();
    const code = digitsIn(await mailed(person.email));
    const { tagId } = readResetTag(verification) ?? { tagId: '' };
    const guessed = writeResetTag({ tagId, secret: newMailedSecret() });
    expect(codeOf(await verify({ verification: guessed, code }))).toEqual([401, 'wrong-code']);
    expect((await verify({ verification, code })).status).toBe(200);
  });

  test('an unknown sign-up gets wrong-code; without a proof nothing is sent', async () => {
    const verification = 'A'.repeat(64);
    expect(codeOf(await verify({ verification, code: '12345678' }))).toEqual([401, 'wrong-code']);
    expect((await resend({ verification })).status).toBe(202);
    expect(codeOf(await resend({}))).toEqual([400, 'invalid-fields']);
    expect(codeOf(await verify({ code: '12345678' }))).toEqual([400, 'invalid-fields']);
    expect(codeOf(await verify({}))).toEqual([400, 'invalid-fields']);
  });

  test('a newer mail replaces the older; five an hour, that of the sign-up among them', async () => {
    const { person, verification } = await waiting();
    const old = await mailed(person.email);
    for (let asked = 2; asked <= 5; asked += 1) {
      expect((await resend({ verification })).status).toBe(202);
      await mailed(person.email, asked);
    }
    await resend({ verification });
    const { password } = person;
    expect(codeOf(await verify({ token: tokenIn(old), password }))).toEqual([401, 'wrong-tag']);
    expect(codeOf(await verify({ verification, code: digitsIn(old) }))).toEqual([401, 'wrong-code']);
    const mails = await mailsTo(person.email);
    expect(mails).toHaveLength(5);
    expect((await verify({ verification, code: digitsIn(mails.at(-1)) })).status).toBe(200);
  });

  test('of two sign-ups with one address the first that is completed wins; the other has expired', async () => {
    const person = somebody();
    const one = await waiting(person);
    const code = digitsIn(await mailed(person.email));
    const other = await waiting({ ...person, password: 'another long password' });
    const otherMail = await mailed(person.email, 2);
    expect((await verify({ verification: one.verification, code })).status).toBe(200);
    const late = { verification: other.verification, code: digitsIn(otherMail) };
    expect(codeOf(await verify(late))).toEqual([401, 'expired-tag']);
    expect(await logIn(person.email, person.password)).toBe(200);
  });

  test('two tabs at once: one session, and both get a success', async () => {
    const { person, verification } = await waiting();
    const code = digitsIn(await mailed(person.email));
    const replies = await Promise.all([verify({ verification, code }), verify({ verification, code })]);
    expect(replies.map(({ status }) => status)).toEqual([200, 200]);
    const sessions = replies.filter(({ json }) => (json as Partial<Tokens>).accessToken !== undefined);
    expect(sessions).toHaveLength(1);
  });

  test('story: the attacker signs up first, and the victim who opens the mail gives nothing away', async () => {
    const victim = somebody();
    const attack = await waiting({ ...victim, password: 'password of the attacker' });
    const mail = await mailed(victim.email);
    // Neither half alone finishes: the attacker has no code, the victim not this password.
    expect(
      codeOf(await verify({ verification: attack.verification, code: another(digitsIn(mail)) }))[1],
    ).toBe('wrong-code');
    expect(codeOf(await verify({ token: tokenIn(mail), password: victim.password }))[1]).toBe(
      'wrong-credentials',
    );
    const own = await waiting(victim);
    const code = digitsIn(await mailed(victim.email, 2));
    expect((await verify({ verification: own.verification, code })).status).toBe(200);
    expect(await logIn(victim.email, 'password of the attacker')).toBe(401);
  });

  test('story: the victim signs up first, and an attacker’s later sign-up changes nothing', async () => {
    const { person, verification } = await waiting();
    const code = digitsIn(await mailed(person.email));
    await waiting({ ...person, password: 'password of the attacker' });
    await mailed(person.email, 2);
    expect((await verify({ verification, code })).status).toBe(200);
    expect(await logIn(person.email, person.password)).toBe(200);
    expect(await logIn(person.email, 'password of the attacker')).toBe(401);
  });

  test('POST /api/user/signup is refused and points to /auth/register', async () => {
    const reply = await inProcess.send({ path: '/api/user/signup', body: somebody() });
    expect(codeOf(reply)).toEqual([403, 'verification-required']);
    expect(reply.text).toContain('/auth/register');
  });
});

describe('EMAIL_VERIFICATION=after', () => {
  functionsWith(() => ({ EMAIL_VERIFICATION: 'after' }));
  const { verify, resend } = callsOf(inProcess);
  const isVerified = async ({ email }: Person) => (await userOf(email)).emailVerified === true;

  async function registered() {
    const person = await signedUp(inProcess);
    const mail = await mailed(person.email);
    return { person, mail, tokens: await loggedIn(inProcess, person) };
  }

  test('the account exists at once, and its owner verifies by code, by link or by password', async () => {
    for (const proof of ['code', 'link', 'password'] as const) {
      const { person, mail, tokens } = await registered();
      expect(await isVerified(person)).toBe(false);
      const reply = await {
        code: () => verify({ code: digitsIn(mail) }, tokens),
        link: () => verify({ token: tokenIn(mail) }, tokens),
        password: () => verify({ token: tokenIn(mail), password: person.password }),
      }[proof]();
      expect([reply.status, reply.json]).toEqual([200, { message: expect.any(String) }]);
      expect(await isVerified(person)).toBe(true);
      expect((await verify({ code: digitsIn(mail) }, tokens)).status).toBe(200);
      expect((await verify({ token: tokenIn(mail) }, tokens)).status).toBe(200);
    }
  });

  test('a body with a password ignores the access token; a bad token comes before a bad body', async () => {
    const { person, mail } = await registered();
    const bad = { accessToken: 'not-a-token', refreshToken: '' };
    expect(codeOf(await verify({ token: tokenIn(mail) }, bad))).toEqual([401, 'invalid-access-token']);
    expect(codeOf(await verify({}, bad))).toEqual([401, 'invalid-access-token']);
    expect((await verify({ token: tokenIn(mail), password: person.password }, bad)).status).toBe(200);
  });

  test('story: the trojan click of a stranger who is logged in elsewhere verifies nothing', async () => {
    const { person, mail } = await registered();
    const stranger = await registered();
    expect(codeOf(await verify({ token: tokenIn(mail) }, stranger.tokens))).toEqual([401, 'wrong-tag']);
    expect(codeOf(await verify({ code: digitsIn(mail) }, stranger.tokens))).toEqual([401, 'wrong-code']);
    expect(codeOf(await verify({ token: tokenIn(mail), password: stranger.person.password }))[0]).toBe(200);
    expect(await isVerified(stranger.person)).toBe(false);
    expect(person.password).toBe(stranger.person.password);
  });

  test('links and codes of before a change of password are dead; another mail works', async () => {
    const { person, mail, tokens } = await registered();
    const body = { password: person.password, newPassword: 'another battery staple' };
    await inProcess.send({ path: '/auth/change-password', headers: bearer(tokens), body });
    expect(codeOf(await verify({ token: tokenIn(mail) }, tokens))).toEqual([401, 'wrong-tag']);
    expect(codeOf(await verify({ code: digitsIn(mail) }, tokens))).toEqual([401, 'wrong-code']);
    expect((await resend({}, tokens)).status).toBe(202);
    const next = (await awaitMails(person.email, 3)).find(
      ({ subject, body: { text } }) => /Confirm/.test(subject) && !text.includes(tokenIn(mail)),
    );
    expect((await verify({ code: digitsIn(next) }, tokens)).status).toBe(200);
  });

  test('a code lives ten minutes, a link a day', async () => {
    const { mail, tokens, person } = await registered();
    const { verifyMail } = (await userOf(person.email)) as unknown as { verifyMail: { tagId: string } };
    await changeRow('reset-tags', { tagId: verifyMail.tagId }, { codeUntil: Date.now() - 1 });
    expect(codeOf(await verify({ code: digitsIn(mail) }, tokens))).toEqual([401, 'expired-tag']);
    await changeRow('reset-tags', { tagId: verifyMail.tagId }, { validUntil: Date.now() - 1 });
    expect(codeOf(await verify({ token: tokenIn(mail) }, tokens))).toEqual([401, 'expired-tag']);
  });

  test('a link that verifies resets no password', async () => {
    const { mail } = await registered();
    const path = `/auth/reset-password?token=${tokenIn(mail)}`;
    expect(codeOf(await inProcess.send({ path, body: { password: 'a new battery staple' } }))).toEqual([
      401,
      'wrong-tag',
    ]);
  });
});

describe.each(clients)('a change of address, $name', (client) => {
  const { verify, resend, change, undo, welcome, logIn } = callsOf(client);

  async function holder() {
    const person = await signedUp(client);
    return { person, tokens: await loggedIn(client, person), next: somebody().email };
  }

  test('moves the account once it is confirmed; the old address is held, sessions stay', async () => {
    const { person, tokens, next } = await holder();
    expect([(await change(tokens, next)).status, await logIn(person.email, person.password)]).toEqual([
      202, 200,
    ]);
    const notice = await mailed(person.email);
    expect(notice?.subject).toBe('Gatehouse: Your email address is being changed');
    const code = digitsIn(await mailed(next));
    expect((await verify({ code }, tokens)).json).toEqual({ message: expect.any(String) });
    expect((await verify({ code }, tokens)).status).toBe(200);
    expect([await welcome(tokens), await logIn(next, person.password)]).toEqual([200, 200]);
    expect(await logIn(person.email, person.password)).toBe(401);
    expect((await userOf(next)).emailVerified).toBe(true);
    expect(
      codeOf(await client.send({ path: '/auth/register', body: { ...person, confirm: person.password } })),
    ).toEqual([400, 'email-taken']);
    expect((await mailed(person.email, 2))?.subject).toBe('Gatehouse: Your email address was changed');
  });

  test('by the link and the password, on any device', async () => {
    const { person, tokens, next } = await holder();
    await change(tokens, next);
    const token = tokenIn(await mailed(next));
    expect(codeOf(await verify({ token, password: 'not the password' }))).toEqual([401, 'wrong-credentials']);
    expect((await verify({ token, password: person.password })).json).toEqual({
      message: expect.any(String),
    });
    expect(await logIn(next, person.password)).toBe(200);
  });

  test('a taken address and one’s own get the same answer, and mails that say so', async () => {
    const { person, tokens } = await holder();
    const taken = await signedUp(client);
    for (const address of [taken.email, person.email]) {
      const reply = await change(tokens, address);
      expect([reply.status, reply.json]).toEqual([202, message]);
    }
    expect((await mailed(taken.email))?.subject).toBe('Gatehouse: This address already has an account');
    const subjects = (await awaitMails(person.email, 3)).map(({ subject }) => subject).sort();
    expect(subjects).toEqual([
      'Gatehouse: This address already has an account',
      'Gatehouse: Your email address is being changed',
      'Gatehouse: Your email address is being changed',
    ]);
  });

  test('asking again replaces it, and a change of password kills it', async () => {
    const { person, tokens, next } = await holder();
    await change(tokens, next);
    const old = await mailed(next);
    const other = somebody().email;
    await change(tokens, other);
    const mail = await mailed(other);
    expect(codeOf(await verify({ token: tokenIn(old) }, tokens))).toEqual([401, 'wrong-tag']);
    expect((await resend({}, tokens)).status).toBe(202);
    const again = await mailed(other, 2);
    expect(codeOf(await verify({ token: tokenIn(mail) }, tokens))).toEqual([401, 'wrong-tag']);
    const body = { password: person.password, newPassword: 'another battery staple' };
    await client.send({ path: '/auth/change-password', headers: bearer(tokens), body });
    expect(codeOf(await verify({ token: tokenIn(again) }, tokens))).toEqual([401, 'wrong-tag']);
    expect(codeOf(await verify({ code: digitsIn(again) }, tokens))).toEqual([401, 'wrong-code']);
  });

  test('story: somebody else signs up with the new address first, and the change has expired', async () => {
    const { tokens, next } = await holder();
    await change(tokens, next);
    const mail = await mailed(next);
    await signedUp(client, { ...somebody(), email: next });
    expect(codeOf(await verify({ token: tokenIn(mail) }, tokens))).toEqual([401, 'expired-tag']);
  });

  test('story: after a theft the undo restores the address and throws everybody out', async () => {
    const { person, tokens, next } = await holder();
    await change(tokens, next);
    const warning = linkIn(await mailed(person.email), 'undo');
    await verify({ code: digitsIn(await mailed(next)) }, tokens);
    const link = linkIn(await mailed(person.email, 2), 'undo');
    const further = somebody().email;
    await change(tokens, further);
    const later = linkIn(await mailed(next, 2), 'undo');
    await verify({ code: digitsIn(await mailed(further)) }, tokens);

    expect((await undo(link)).json).toEqual({ message: expect.any(String) });
    expect([await welcome(tokens), await logIn(further, person.password)]).toEqual([401, 401]);
    expect(await logIn(person.email, person.password)).toBe(200);
    for (const dead of [link, warning, later]) expect(codeOf(await undo(dead))).toEqual([401, 'wrong-tag']);
    for (const email of [next, further]) await signedUp(client, { ...somebody(), email });
    const reset = (await awaitMails(person.email, 3)).find(({ subject }) => /restored/.test(subject));
    const path = `/auth/reset-password?token=${linkIn(reset, 'reset-password')}`;
    expect((await client.send({ path, body: { password: 'a new battery staple' } })).status).toBe(200);
  });

  test('the undo of a change that waits cancels it', async () => {
    const { person, tokens, next } = await holder();
    await change(tokens, next);
    const mail = await mailed(next);
    expect((await undo(linkIn(await mailed(person.email), 'undo'))).status).toBe(200);
    expect(await welcome(tokens)).toBe(401);
    expect(codeOf(await verify({ token: tokenIn(mail), password: person.password }))).toEqual([
      401,
      'wrong-tag',
    ]);
    expect(await logIn(person.email, person.password)).toBe(200);
  });

  test('an undo takes seven days and no other token', async () => {
    const { tokens, next } = await holder();
    await change(tokens, next);
    const token = tokenIn(await mailed(next));
    expect(codeOf(await undo(token))).toEqual([401, 'wrong-tag']);
    expect(codeOf(await undo('x'))).toEqual([401, 'wrong-tag']);
    expect(codeOf(await client.send({ path: '/auth/undo', body: {} }))).toEqual([400, 'invalid-fields']);
  });
});

describe.each(clients)('the pages of mailed links, $name', (client) => {
  const { change } = callsOf(client);
  const form = (path: string, fields: Record<string, string>) =>
    client.send({
      path,
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' },
      body: new URLSearchParams(fields).toString(),
    });

  test('work without a script: a form, a refusal, and a page that says it is done', async () => {
    const person = await signedUp(client);
    const next = somebody().email;
    await change(await loggedIn(client, person), next);
    const tag = tokenIn(await mailed(next));
    const opened = await client.send({ method: 'GET', path: `/verify-email?tag=${tag}&lang=de` });
    expect([opened.status, opened.text.includes('Adresse bestätigen')]).toEqual([200, true]);
    expect((await client.send({ method: 'GET', path: '/verify-email' })).status).toBe(400);
    const refused = await form('/verify-email', { tag, password: 'not the password' });
    expect([refused.status, refused.text.includes('This password is wrong.')]).toEqual([401, true]);
    expect((await form('/verify-email', { tag })).status).toBe(400);
    expect((await form('/verify-email', { tag: 'x', password: person.password })).status).toBe(404);
    if (client === inProcess)
      expect((await form('/verify-email', { tag, password: person.password })).status).toBe(303);
    else await form('/verify-email', { tag, password: person.password });
    expect((await userOf(next)).emailVerified).toBe(true);
    const done = await client.send({ method: 'GET', path: '/verify-email?done=1' });
    expect(done.text).toContain('The address is confirmed');

    const link = linkIn(await mailed(person.email, 2), 'undo');
    expect((await client.send({ method: 'GET', path: `/undo?tag=${link}` })).text).toContain('Take it back');
    await form('/undo', { tag: link });
    expect((await userOf(person.email)).userId).toBeDefined();
    expect((await form('/undo', { tag: link })).status).toBe(404);
  });
});
