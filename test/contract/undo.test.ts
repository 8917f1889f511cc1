import { expect, test } from 'vitest';
import { readResetTag } from '../../lib/core/opaque-token.ts';
import { Authenticator } from '../harness/authenticator.ts';
import { inProcess as client, type Reply } from '../harness/client.ts';
import { awaitMails, digitsIn, linkIn, type Mail, mailsTo } from '../harness/inbox.ts';
import { addedPasskey, bearer, device, holder, loggedInByPasskey, tryPasskey } from '../harness/passkeys.ts';
import { loggedIn, type Person, signedUp, somebody, type Tokens } from '../harness/people.ts';
import { changeRow, disable, userOf } from './rows.ts';

// Undo, by the account contract: section 3 and its small print.

const codeOf = ({ status, json }: Reply) => [status, (json as { code?: string } | undefined)?.code];
const post = (path: string, body: object, tokens?: Pick<Tokens, 'accessToken'>, language?: string) =>
  client.send({
    path,
    body,
    headers: { ...(tokens && bearer(tokens)), ...(language && { 'accept-language': language }) },
  });
const undo = (token: string, language?: string) => post('/auth/undo', { token }, undefined, language);
const change = (tokens: Tokens, email: string) => post('/auth/change-email', { email }, tokens);
const verify = (tokens: Tokens, mail: Mail) => post('/auth/verify-email', { code: digitsIn(mail) }, tokens);
const welcomed = async (tokens: Pick<Tokens, 'accessToken'>) => (await post('/auth', {}, tokens)).status;
const logIn = ({ email, password }: Pick<Person, 'email' | 'password'>) =>
  post('/auth/login', { email, password });
const age = (token: string) =>
  changeRow('reset-tags', { tagId: readResetTag(token)?.tagId ?? '' }, { validUntil: Date.now() - 1 });

/** The latest mail to an address whose subject says so. */
async function mailed(email: string, subject: RegExp, count = 1): Promise<Mail> {
  await awaitMails(email, count);
  for (let tries = 0; tries < 60; tries += 1) {
    const mail = (await mailsTo(email)).findLast((one) => subject.test(one.subject));
    if (mail) return mail;
    await new Promise((resume) => setTimeout(resume, 50));
  }
  throw new Error(`no mail says ${subject}`);
}

async function moved() {
  const person = await signedUp(client);
  const tokens = await loggedIn(client, person);
  const next = somebody().email;
  await change(tokens, next);
  const warning = linkIn(await mailed(person.email, /being changed/), 'undo');
  await verify(tokens, await mailed(next, /Confirm/));
  const link = linkIn(await mailed(person.email, /was changed/, 2), 'undo');
  return { person, tokens, next, warning, link };
}

test('story: a thief changes address and password, adds an app and a passkey; one undo throws them out', async () => {
  const { person, tokens, next, warning } = await moved();
  const stolen = { email: next, password: 'password of the thief' };
  await post('/auth/change-password', { password: person.password, newPassword: stolen.password }, tokens);
  const key = device();
  await addedPasskey(client, tokens, key);
  const byKey = await loggedInByPasskey(client, key);
  const setUp = (await post('/auth/totp', {}, byKey)).json as { secret: string };
  const app = new Authenticator(setUp.secret);
  expect((await post('/auth/totp/confirm', { code: await app.fresh() }, byKey)).status).toBe(200);
  const keyLink = linkIn(await mailed(next, /passkey was added/), 'undo');

  expect(codeOf(await undo(warning, 'de'))).toEqual([200, undefined]);
  for (const dead of [tokens, byKey]) expect(await welcomed(dead)).toBe(401);
  for (const email of [person.email, next])
    expect(codeOf(await logIn({ ...stolen, email }))).toEqual([401, 'wrong-credentials']);
  expect(codeOf(await tryPasskey(client, key))).toEqual([401, 'unknown-credential']);
  expect(codeOf(await undo(keyLink))).toEqual([401, 'wrong-tag']);
  const reset = linkIn(await mailed(person.email, /wiederhergestellt/), 'reset-password');
  const own = { ...person, password: 'another battery staple' };
  expect((await post(`/auth/reset-password?token=${reset}`, { password: own.password })).status).toBe(200);
  const account = await client.send({
    method: 'GET',
    path: '/auth/account',
    headers: bearer(await loggedIn(client, own)),
  });
  expect(account.json).toMatchObject({
    user: { email: person.email, emailVerified: true },
    factors: [],
    recoveryCodesLeft: null,
  });
});

test('the password of before stays, and so do factors that were there before', async () => {
  const { person, device: first, byPasskey } = await holder(client);
  const second = device();
  await addedPasskey(client, byPasskey, second);
  const notices = (await awaitMails(person.email, 2)).filter(({ subject }) => /passkey/.test(subject));
  const link = linkIn(notices.at(-1), 'undo');
  expect((await undo(link)).status).toBe(200);
  expect(await welcomed(byPasskey)).toBe(401);
  expect((await logIn(person)).status).toBe(200);
  expect((await userOf(person.email)).passkeys).toBe(1);
  await loggedInByPasskey(client, first);
  expect(codeOf(await tryPasskey(client, second))).toEqual([401, 'unknown-credential']);
  expect(codeOf(await undo(link))).toEqual([401, 'wrong-tag']);
});

test('works once, for seven days, whatever the password has become', async () => {
  const { person, tokens, link, warning } = await moved();
  await post('/auth/change-password', { password: person.password, newPassword: 'a new battery' }, tokens);
  await age(link);
  expect(codeOf(await undo(link))).toEqual([401, 'expired-tag']);
  expect(codeOf(await undo(warning))).toEqual([200, undefined]);
  expect(codeOf(await undo(warning))).toEqual([401, 'wrong-tag']);
});

test('kills both links of a change that was mailed again, and none of an earlier one', async () => {
  const { person, tokens, next, link: earlier } = await moved();
  const last = somebody().email;
  await change(tokens, last);
  const warning = linkIn(await mailed(next, /being changed/, 2), 'undo');
  await awaitMails(last, 1);
  await post('/auth/send-verification', {}, tokens);
  const [, again] = await awaitMails(last, 2);
  await verify(tokens, again as Mail);
  const link = linkIn(await mailed(next, /was changed/, 3), 'undo');

  expect((await undo(link)).status).toBe(200);
  expect(codeOf(await undo(warning))).toEqual([401, 'wrong-tag']);
  expect((await userOf(next)).email).toBe(next);
  await signedUp(client, { ...somebody(), email: last }); // the newest address is free at once
  expect((await undo(earlier)).status).toBe(200);
  expect((await userOf(person.email)).email).toBe(person.email);
});

test('nobody else signs up with a held address for seven days; its former owner may take it back', async () => {
  const { person, tokens, next } = await moved();
  const stranger = { ...somebody(), email: person.email };
  const register = () => post('/auth/register', { ...stranger, confirm: stranger.password });
  expect(codeOf(await register())).toEqual([400, 'email-taken']);
  await change(tokens, person.email);
  await verify(tokens, await mailed(person.email, /Confirm/, 3));
  expect((await userOf(person.email)).email).toBe(person.email);
  expect((await logIn(person)).status).toBe(200);
  const toNext = { ...somebody(), email: next };
  expect(codeOf(await post('/auth/register', { ...toNext, confirm: toNext.password }))[1]).toBe(
    'email-taken',
  );
});

test('once the hold is over a stranger may have the address, and its undo has expired', async () => {
  const { person, link, tokens } = await moved();
  await changeRow('emails', { email: person.email }, { heldUntil: Date.now() - 1 });
  const stranger = await signedUp(client, { ...somebody(), email: person.email });
  expect(codeOf(await undo(link))).toEqual([401, 'expired-tag']);
  expect(await welcomed(tokens)).toBe(200);
  expect((await logIn(stranger)).status).toBe(200);
});

test('a disabled account takes nothing back', async () => {
  const { next, link } = await moved();
  await disable(next);
  expect(codeOf(await undo(link))).toEqual([401, 'wrong-tag']);
});
