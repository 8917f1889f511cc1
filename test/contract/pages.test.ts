import { describe, expect, inject, test, vi } from 'vitest';
import { LANGUAGES, type Language } from '../../lib/core/language.ts';
import { pageMessages } from '../../lib/messages/catalogue.ts';
import { freePort } from '../../tools/local/ports.ts';
import { clients, inProcess, type Reply } from '../harness/client.ts';
import { functionsWith } from '../harness/functions-with.ts';
import { awaitMails, mailsTo, tagIn } from '../harness/inbox.ts';
import { form, get, pageOf, submit } from '../harness/page-of.ts';
import { loggedIn, mailedTag, signedUp, somebody } from '../harness/people.ts';
import { deleteUser, disable, expireTag, userOf } from './rows.ts';

const NEW_PASSWORD = 'a new battery staple';
const { en } = pageMessages;
/** From the configuration, as the link in the mail is. */
const AGAIN = `${inject('stack').environment.APP_URL}/forgot-password`;
const NOBODYS_TAG = 'A'.repeat(64);

describe.each(clients)('the page behind the link, $name', (client) => {
  const open = (tag: string, query = '') => get(client, `/reset-password?tag=${tag}${query}`);
  const set = (tag: string, password: string) => submit(client, form('/reset-password', { tag, password }));

  test('shows whose password it is, the policy, and a field for a new one that a manager can fill', async () => {
    const person = await signedUp(client);
    const tag = await mailedTag(client, person);
    const reply = await open(tag);
    expect(pageOf(reply)).toMatchObject({
      status: 200,
      title: `${en.reset.title} – Gatehouse`,
      heading: en.reset.title,
      fields: { tag, username: person.email, password: '' },
      error: '',
      alert: '',
    });
    expect(reply.text).toContain('At least 8 characters.');
    expect(reply.text).toMatch(/<input id="password"[^>]* autocomplete="new-password"[^>]* minlength="8"/);
    expect(reply.text).toMatch(/<input id="username"[^>]* autocomplete="username" readonly>/);
    expect(reply.text).not.toMatch(/maxlength|onpaste|pattern=|<meter/);
  });

  test('sets the password, once, and ends every session', async () => {
    const person = await signedUp(client);
    const { accessToken } = await loggedIn(client, person);
    const tag = await mailedTag(client, person);
    const done = pageOf(await set(tag, NEW_PASSWORD));
    const links = [inject('stack').environment.APP_URL];
    expect(done).toMatchObject({ status: 200, heading: en.reset.done, done: true, links, fields: {} });
    expect(done.paragraphs).toEqual([en.reset.doneDetail]);

    await loggedIn(client, { ...person, password: NEW_PASSWORD });
    const headers = { authorization: `Bearer ${accessToken}` };
    expect((await client.send({ path: '/auth', headers })).status).toBe(401);
    const again = pageOf(await set(tag, 'yet another battery'));
    expect(again).toMatchObject({ status: 404, heading: en.link.wrong, link: AGAIN });
    await loggedIn(client, { ...person, password: NEW_PASSWORD });
    const [, notice] = await awaitMails(person.email, 2);
    expect(notice?.subject).toBe('Gatehouse: Your password was changed');
  });

  test.each<[what: string, password: string, error: string]>([
    ['none', '', en.fields.passwordRequired],
    ['one that is too short', 'seven c', en.fields.passwordTooShort('8')],
    ['one of 73 bytes', `${'ä'.repeat(36)}b`, en.fields.passwordTooLong],
    ['one with a NUL', 'eight or\0 more', en.fields.passwordUnusable],
  ])('refuses %s in words, beside the field, and keeps the link usable', async (_, password, error) => {
    const person = await signedUp(client);
    const tag = await mailedTag(client, person);
    const call = form('/reset-password', { tag, username: person.email, password });
    const reply = await client.send(call);
    expect(pageOf(reply)).toMatchObject({
      status: 400,
      title: `Error: ${en.reset.title} – Gatehouse`,
      error,
      fields: { tag, username: person.email, password: '' }, // it is not sent back
    });
    expect(reply.text).toMatch(/aria-describedby="policy field-error" aria-invalid="true" autofocus>/);
    expect(pageOf(await set(tag, NEW_PASSWORD)).status).toBe(200);
  });

  test.each<
    [state: string, prepare: (tag: string, email: string) => Promise<unknown>, status: number, title: string]
  >([
    ['has expired', (tag) => expireTag(tag), 410, en.link.expired],
    ['was used', (tag) => set(tag, NEW_PASSWORD), 404, en.link.wrong],
    ['is of a disabled account', (_, email) => disable(email), 404, en.link.wrong],
    ['is of nobody any more', (_, email) => deleteUser(email), 404, en.link.wrong],
  ])('says when its link %s, opened or sent, and leads to a new one', async (_, prepare, status, heading) => {
    const person = await signedUp(client);
    const tag = await mailedTag(client, person);
    await prepare(tag, person.email);
    for (const reply of [await open(tag), await set(tag, NEW_PASSWORD), await set(tag, '')]) {
      const page = pageOf(reply);
      expect(page).toMatchObject({ status, heading, link: AGAIN, fields: {} });
      expect(reply.text).not.toContain(person.email);
    }
  });

  test.each([
    ['', 400, en.link.missing],
    ['?tag=', 400, en.link.missing],
    ['?token=x', 400, en.link.missing],
    [`?tag=${NOBODYS_TAG}`, 404, en.link.wrong],
    ['?tag=x', 404, en.link.wrong],
    [`?tag=x&tag=${NOBODYS_TAG}`, 404, en.link.wrong],
  ])('opened as %j is answered with %i and a link that helps', async (query, status, heading) => {
    const page = pageOf(await get(client, `/reset-password${query}`));
    expect(page).toMatchObject({ status, heading, link: AGAIN, fields: {} });
    expect(pageOf(await get(client, `/reset-password/${query}`)).status).toBe(status);
  });

  test('sent without a tag says that the link is incomplete', async () => {
    const reply = await client.send(form('/reset-password', { password: NEW_PASSWORD }));
    expect(pageOf(reply)).toMatchObject({ status: 400, heading: en.link.missing });
  });

  test('never takes the short tag that forgetpassword answers with', async () => {
    const { email } = await signedUp(client);
    const { json } = await client.send({ path: '/accounts/forgetpassword/', body: { email } });
    const { tag } = json as { tag: string };
    expect(pageOf(await open(tag)).status).toBe(404);
    expect(pageOf(await set(tag, NEW_PASSWORD)).status).toBe(404);
  });
});

describe.each(clients)('the page that asks for a link, $name', (client) => {
  const ask = (email: string, query = '') => client.send(form(`/forgot-password${query}`, { email }));

  test('has one field, and sends the mail', async () => {
    const person = await signedUp(client);
    expect(pageOf(await get(client, '/forgot-password'))).toMatchObject({
      status: 200,
      heading: en.forget.title,
      paragraphs: [en.forget.introduction],
      fields: { email: '' },
    });
    const asked = await ask(person.email);
    expect(pageOf(asked)).toMatchObject({
      status: 200,
      heading: en.forget.done,
      done: true,
      address: person.email,
      paragraphs: [en.forget.doneDetail('30 minutes')],
      fields: { email: person.email, again: '1' },
      links: ['?lang=en'],
    });
    expect(asked.text).not.toContain(en.forget.askedAgain);
    const [mail] = await awaitMails(person.email, 1);
    expect(pageOf(await get(client, `/reset-password?tag=${tagIn(mail)}`)).status).toBe(200);
    const { fields } = pageOf(asked);
    const again = await client.send(form('/forgot-password', fields));
    expect(pageOf(again)).toMatchObject({ heading: en.forget.done, address: person.email, fields });
    expect(again.text).toContain(`<p class="notice" role="status">${en.forget.askedAgain}</p>`);
    await awaitMails(person.email, 2);
  });

  test.each([
    ['ada@example.com', 'ada@example.com'],
    ['Ada%2Bx@Example.com', 'ada+x@example.com'],
    ['ada+x@example.com', 'ada+x@example.com'], // as an application writes it that does not encode
    ['%20ada@example.com%20', 'ada@example.com'],
    ['ada', ''],
    ['Call%201-800%20now', ''],
    ['%22%3E%3Cscript%3E@example.com', ''],
    ['', ''],
  ])('opened with ?email=%s is filled in with %j', async (given, email) => {
    const reply = await get(client, `/forgot-password?email=${given}`);
    expect(pageOf(reply)).toMatchObject({ status: 200, fields: { email } });
    const kept = email === '' ? '' : `&amp;email=${encodeURIComponent(email)}`;
    expect(reply.text).toContain(`<a href="?lang=fr${kept}" hreflang="fr">`);
    expect(reply.text).toMatch(/<input id="email" [^>]* autofocus>/);
  });

  test('answers the same for an address that nobody has, or only a disabled account', async () => {
    const person = await signedUp(client);
    const disabled = await signedUp(client);
    await disable(disabled.email);
    const nobody = somebody().email;
    const answerTo = async (email: string) => {
      const { headers, text, status } = await ask(email);
      // The page shows the address that was typed, and is that much longer or shorter.
      const { date: _, 'content-length': length = '', ...others } = headers;
      const shown = text.split(email).length - 1;
      return [status, others, text.replaceAll(email, '…'), Number(length) - shown * email.length];
    };
    const known = await answerTo(person.email);
    expect(await answerTo(nobody)).toEqual(known);
    expect(await answerTo(disabled.email)).toEqual(known);
  });

  test.each([
    ['', en.fields.emailRequired],
    ['ada', en.fields.emailInvalid],
    ['a@b@c.example', en.fields.emailInvalid],
  ])('refuses %j in words beside the field, with what was typed', async (email, error) => {
    const page = pageOf(await ask(email));
    expect(page).toMatchObject({ status: 400, error, fields: { email }, heading: en.forget.title });
  });

  test.each(LANGUAGES)('has its mail sent in the language that it is read in: %s', async (language) => {
    const person = await signedUp(client);
    await ask(person.email, `?lang=${language}`);
    const [mail] = await awaitMails(person.email, 1);
    expect(mail?.body.html).toContain(`<html lang="${language}"`);
  });
});

test.each(['/accounts/forgetpassword', '/auth/forget-password'])(
  'a mail that %s asks for is in the language of the request, and so is the notice after the reset',
  async (path) => {
    const person = await signedUp(inProcess);
    const headers = { 'accept-language': 'it, ja;q=0.9, en;q=0.1' };
    await inProcess.send({ path, body: { email: person.email }, headers });
    const [mail] = await awaitMails(person.email, 1);
    expect(mail?.subject).toBe('【Gatehouse】パスワードの再設定');
    await inProcess.send(form('/reset-password', { tag: tagIn(mail), password: NEW_PASSWORD }));
    const [, notice] = await awaitMails(person.email, 2);
    expect(notice?.subject).toBe('【Gatehouse】パスワードが変更されました');
  },
);

describe('in every language', () => {
  test.each<[asked: string, query: string, header: string, language: Language]>([
    ['nothing', '', '', 'en'],
    ['German', '', 'de-AT,de;q=0.9', 'de'],
    ['French most', '', 'en;q=0.5, fr', 'fr'],
    ['Spanish in the address', '?lang=es', 'de', 'es'],
    ['Japanese in the address', '?lang=ja', '', 'ja'],
    ['what we do not speak', '?lang=it', 'de', 'de'],
    ['nonsense', '?lang=%22%3E%3Cscript%3E', '', 'en'],
  ])('who asks for %s (%j, %j) reads %s', async (_, query, header, language) => {
    const reply = await get(inProcess, `/forgot-password${query}`, { 'accept-language': header });
    const { title } = pageMessages[language].forget;
    expect(pageOf(reply)).toMatchObject({ language, heading: title });
    expect(reply.headers['content-language']).toBe(language);
    expect(reply.text).toContain(`<form method="post" action="?lang=${language}"`);
  });

  test.each(LANGUAGES)('every state of both pages is in %s alone', async (language) => {
    const words = pageMessages[language];
    const person = await signedUp(inProcess);
    const tag = await mailedTag(inProcess, person);
    const [at, gone] = [
      `/reset-password?lang=${language}`,
      await mailedTag(inProcess, await signedUp(inProcess)),
    ];
    await expireTag(gone);
    const states: [call: Parameters<typeof inProcess.send>[0], heading: string, says: string][] = [
      [{ method: 'GET', path: `${at}&tag=${tag}` }, words.reset.title, words.reset.policy('8')],
      [form(at, { tag, password: 'x' }), words.reset.title, words.fields.passwordTooShort('8')],
      [form(at, { tag, password: 'x'.repeat(73) }), words.reset.title, words.fields.passwordTooLong],
      [form(at, { tag, password: '\0'.repeat(9) }), words.reset.title, words.fields.passwordUnusable],
      [form(at, { tag }, { 'content-type': 'text/plain' }), words.reset.title, words.trouble.unreadable],
      [form(at, { tag, more: 'x'.repeat(33_000) }), words.reset.title, words.trouble.tooLarge],
      [form(at, { tag, password: NEW_PASSWORD }), words.reset.done, words.reset.doneDetail],
      [form(at, { tag, password: NEW_PASSWORD }), words.link.wrong, words.link.wrongDetail],
      [form(at, { tag: gone, password: NEW_PASSWORD }), words.link.expired, words.link.expiredDetail],
      [form(at, {}), words.link.missing, words.link.missingDetail],
    ];
    for (const [call, heading, says] of states) {
      const reply = await submit(inProcess, call);
      const page = pageOf(reply);
      expect(page).toMatchObject({ language, heading });
      const { error, alert, paragraphs } = page;
      expect([error, alert, ...paragraphs, reply.text].join('\n')).toContain(says);
    }
  });

  test('the form is there in the other languages too, with the tag', async () => {
    const tag = await mailedTag(inProcess, await signedUp(inProcess));
    const { text } = await get(inProcess, `/reset-password?tag=${tag}&lang=fr`);
    for (const language of LANGUAGES.filter((one) => one !== 'fr'))
      expect(text).toContain(`<a href="?lang=${language}&amp;tag=${tag}" hreflang="${language}">`);
    expect(text).toContain('<strong aria-current="true">Français</strong>');
  });
});

describe('after it was sent', () => {
  test.each([
    '/reset-password',
    '/reset-password/',
    '/reset-password?lang=fr',
    '/reset-password/?lang=fr&x=1',
  ])(
    'the form of %s leads to a page that can be loaded again and whose address tells nothing',
    async (path) => {
      const person = await signedUp(inProcess);
      const tag = await mailedTag(inProcess, person);
      const call = form(path, { tag, username: person.email, password: NEW_PASSWORD });
      const reply = await inProcess.send(call);
      const lang = path.includes('fr') ? 'fr' : 'en';
      expect(reply).toMatchObject({ status: 303, text: '', headers: { 'cache-control': 'no-store' } });
      expect(reply.headers.location).toBe(`?done=1&lang=${lang}`);
      for (let load = 0; load < 2; load += 1) {
        const at = `${path.replace(/\?.*/, '')}?done=1&lang=${lang}`;
        const page = pageOf(await get(inProcess, at));
        expect(page).toMatchObject({ status: 200, heading: pageMessages[lang].reset.done, done: true });
      }
    },
  );

  test('the page that asked for a link can be loaded again, without the address', async () => {
    const { heading, address, links, fields } = pageOf(await get(inProcess, '/forgot-password?done=1'));
    expect([heading, address, links, fields]).toEqual([en.forget.done, undefined, ['?lang=en'], {}]);
  });

  test('a link that is opened is judged, whatever else its address says', async () => {
    const { status } = pageOf(await get(inProcess, `/reset-password?done=1&tag=${NOBODYS_TAG}`));
    expect(status).toBe(404);
  });
});

describe("to the page's own script", () => {
  const headers = { accept: 'application/json' };

  test('the same is answered in JSON, in its language', async () => {
    const { fr } = pageMessages;
    const person = await signedUp(inProcess);
    const tag = await mailedTag(inProcess, person);
    const send = (fields: Record<string, string>) =>
      inProcess.send(form('/reset-password?lang=fr', fields, headers));
    const short = await send({ tag, password: 'x' });
    expect([short.status, short.json]).toEqual([
      400,
      { title: fr.reset.title, paragraphs: [], error: fr.fields.passwordTooShort('8') },
    ]);
    expect((await send({ tag, password: NEW_PASSWORD })).json).toEqual({
      title: fr.reset.done,
      paragraphs: [fr.reset.doneDetail],
      link: { to: inject('stack').environment.APP_URL, text: fr.account.open },
    });
    const asked = form('/forgot-password?lang=fr', { email: person.email }, headers);
    expect((await inProcess.send(asked)).json).toEqual({
      title: fr.forget.done,
      address: person.email,
      paragraphs: [fr.forget.doneDetail('30 minutes')],
      form: { hidden: { email: person.email, again: '1' }, submit: fr.forget.again },
      other: { to: '?lang=fr', text: fr.forget.otherAddress },
    });
    const again = await send({ tag, password: NEW_PASSWORD });
    expect(again).toMatchObject({
      status: 404,
      headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
      json: { title: fr.link.wrong, link: { to: AGAIN, text: fr.link.again } },
    });
    expect(again.text).not.toContain(tag);
  });
});

describe('a form that a page of another site sends', () => {
  test.each(['cross-site', 'same-site', 'nonsense'])('(%s) does nothing and is shown again', async (site) => {
    const person = await signedUp(inProcess);
    const tag = await mailedTag(inProcess, person);
    const headers = { 'sec-fetch-site': site };
    const asked = await inProcess.send(form('/forgot-password', { email: person.email }, headers));
    expect(pageOf(asked)).toMatchObject({
      status: 400,
      alert: en.trouble.unreadable,
      fields: { email: person.email },
    });
    const set = await inProcess.send(form('/reset-password', { tag, password: NEW_PASSWORD }, headers));
    expect(pageOf(set)).toMatchObject({ status: 400, alert: en.trouble.unreadable, fields: { tag } });
    await loggedIn(inProcess, person);
    await mailedTag(inProcess, await signedUp(inProcess)); // the stream is in order
    expect(await mailsTo(person.email)).toHaveLength(1);
  });

  test.each([{ 'sec-fetch-site': 'none' }, {} as Record<string, string>])(
    'is none with %j',
    async (headers) => {
      const { 'sec-fetch-site': _, ...plain } = form('/forgot-password', {}).headers ?? {};
      const email = somebody().email;
      const call = { path: '/forgot-password', headers: { ...plain, ...headers }, body: `email=${email}` };
      expect(pageOf(await inProcess.send(call)).status).toBe(200);
    },
  );
});

describe('odd bodies', () => {
  const typed = { 'content-type': 'application/x-www-form-urlencoded' };
  test.each<
    [what: string, status: number, headers: Record<string, string>, body: string | Buffer | undefined]
  >([
    ['no body', 400, typed, undefined],
    ['JSON', 415, { 'content-type': 'application/json' }, '{"email":"ada@example.com"}'],
    ['multipart', 415, { 'content-type': 'multipart/form-data; boundary=b' }, '--b--'],
    ['no type', 415, {}, 'email=ada@example.com'],
    ['bytes that are no UTF-8', 400, typed, Buffer.from([0x65, 0x3d, 0xff])],
    ['percent signs that are no UTF-8', 400, typed, 'email=%ff'],
    ['33,000 bytes', 413, typed, `email=${'a'.repeat(33_000)}`],
    ['fields of other names', 400, typed, '__proto__=x&constructor=y&email='],
    ['a field twice', 200, typed, 'email=x&email=ada@example.com'],
    ['a list in the name', 400, typed, 'email[]=ada@example.com'],
  ])('%s: %i, on a page', async (_, status, headers, body) => {
    const reply = await inProcess.send({
      path: '/forgot-password',
      headers,
      ...(body !== undefined && { body }),
    });
    expect(pageOf(reply).status).toBe(status);
    expect([400, 404, 413, 415]).toContain(
      pageOf(await inProcess.send({ path: '/reset-password', headers, ...(body !== undefined && { body }) }))
        .status,
    );
  });
});

describe('hostile text', () => {
  const HOSTILE = [
    '"><script>alert(1)</script>',
    "'><img src=x onerror=alert(1)>",
    '</title></style><svg onload=alert(1)>',
    '&quot;&gt;&lt;script&gt;',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what a template of another kind would work out
    '{{7*7}}${7*7}`',
    'a\u2028</script>',
    'javascript:alert(1)',
    '" autofocus onfocus="alert(1)',
  ];

  test.each(HOSTILE)('%j in any place stays text', async (text) => {
    const tag = await mailedTag(inProcess, await signedUp(inProcess));
    const headers = { 'accept-language': text, referer: text, origin: text, 'user-agent': text };
    const q = encodeURIComponent(text);
    const replies = [
      await get(inProcess, `/forgot-password?lang=${q}&${q}=${q}`, headers),
      await get(inProcess, `/reset-password?tag=${q}`, headers),
      await inProcess.send(form(`/forgot-password?lang=${q}`, { email: text, [text]: text }, headers)),
      await inProcess.send(form('/reset-password', { tag: text, password: text, username: text }, headers)),
      await inProcess.send(
        form('/reset-password', { tag, password: 'x', username: text, [text]: text }, headers),
      ),
      await inProcess.send(
        form('/reset-password', { tag: text }, { ...headers, 'content-type': 'text/plain' }),
      ),
    ];
    for (const reply of replies) {
      const { fields } = pageOf(reply);
      for (const [name, value] of Object.entries(fields)) if (name === 'username') expect(value).toBe('');
      expect(JSON.stringify(reply.headers)).not.toContain('alert');
    }
    const [, , asked, , , unread] = replies;
    expect(pageOf(asked as Reply).fields.email).toBe(text);
    expect(pageOf(unread as Reply).fields.tag).toBe(text);
  });

  test.each(["o'brien&co@example.com", 'a{b}|c`@example.com'])(
    'an account of %s is shown as it is',
    async (email) => {
      const [local, domain] = email.split('@');
      const person = await signedUp(inProcess, { ...somebody(), email: `${local}${Date.now()}@${domain}` });
      const tag = await mailedTag(inProcess, person);
      const reply = await get(inProcess, `/reset-password?tag=${tag}`);
      expect(pageOf(reply).fields.username).toBe((await userOf(person.email)).email);
    },
  );
});

describe('a limit of two requests in five minutes', () => {
  functionsWith(() => ({ LIMIT_FORGETS: '2' }));

  test('an address over its limit sees when to try again, and the form keeps what was typed', async () => {
    const call = { ...form('/forgot-password', { email: 'ada@example.com' }), sourceIp: '2001:db8:7a9e::1' };
    vi.useFakeTimers({ toFake: ['Date'], now: Math.ceil(Date.now() / 300_000) * 300_000 + 1_000 });
    for (let turn = 0; turn < 2; turn += 1) expect(pageOf(await inProcess.send(call)).status).toBe(200);
    const reply = await inProcess.send(call);
    vi.useRealTimers();
    expect(pageOf(reply)).toMatchObject({
      status: 429,
      alert: en.trouble.throttled('5 minutes'),
      fields: { email: 'ada@example.com' },
    });
    expect(reply.headers['retry-after']).toBe('299');
  });
});

test('without a logo the icon of the tab is the first letter of the brand, and no page asks for a file', async () => {
  const reply = await get(inProcess, '/forgot-password');
  const [, icon = ''] = /<link rel="icon" href="data:image\/svg\+xml,(.*?)">/.exec(reply.text) ?? [];
  expect(decodeURIComponent(icon.replaceAll('&#39;', "'"))).toMatch(/^<svg .*>G<\/text><\/svg>$/);
  expect(reply.headers['content-security-policy']).toContain('; img-src data:;');
});

describe('with settings of its own', () => {
  functionsWith(() => ({
    PASSWORD_MIN_LENGTH: '12',
    RESET_TAG_TTL: '7200',
    APP_LOGIN_URL: 'https://app.example.com/login?next=%2F&x=1#top',
    BRAND_NAME: 'Ada & <Co>',
    BRAND_COLOR: '#FFCC00',
    BRAND_LOGO_URL: 'https://cdn.example.com/logo.svg?v=1&w=2',
    BRAND_LOGO_DARK_URL: 'https://dark.example.com/logo.svg?v=1&w=2',
    TERMS_URL: 'https://example.com/terms?v=2&x=1#now',
    SUPPORT_URL: 'https://help.example.com/',
  }));

  test('shows the brand, its colours, its logo from its own origin and no other, and where to log in', async () => {
    const person = await signedUp(inProcess);
    const tag = await mailedTag(inProcess, person);
    const opened = await get(inProcess, `/reset-password?tag=${tag}`);
    expect(opened.text).toContain(
      '<img src="https://cdn.example.com/logo.svg?v=1&amp;w=2" alt="Ada &amp; &lt;Co&gt;">',
    );
    expect(opened.text).toContain(
      '<source srcset="https://dark.example.com/logo.svg?v=1&amp;w=2" media="(prefers-color-scheme: dark)">',
    );
    expect(opened.headers['content-security-policy']).toContain(
      '; img-src https://cdn.example.com https://dark.example.com;',
    );
    expect(opened.text).toContain('<link rel="icon" href="https://cdn.example.com/logo.svg?v=1&amp;w=2">');
    expect(opened.text).toContain('--fill: #ffcc00; --on-fill: #000000');
    expect(opened.text).toContain('At least 12 characters.');
    expect(pageOf(opened).title).toBe('Choose a new password – Ada & <Co>');
    const short = await inProcess.send(form('/reset-password', { tag, password: 'eleven char' }));
    expect(pageOf(short).error).toContain('at least 12 characters');
    const done = pageOf(await submit(inProcess, form('/reset-password', { tag, password: 'twelve chars' })));
    expect(done.link).toBe('https://app.example.com/login?next=%2F&x=1#top');
    const asked = form('/forgot-password', { email: 'x@example.com' });
    const { paragraphs, links } = pageOf(await inProcess.send({ ...asked, sourceIp: '2001:db8:7a9f::1' }));
    expect(paragraphs[0]).toContain('valid for 2 hours');
    expect(links).toEqual(['https://app.example.com/login?next=%2F&x=1#top', '?lang=en']);
  });

  test('every page leads to the terms and to help', async () => {
    const tag = await mailedTag(inProcess, await signedUp(inProcess));
    for (const path of [
      '/forgot-password',
      '/forgot-password?done',
      '/reset-password',
      `/reset-password?tag=${tag}`,
    ]) {
      const { text } = await get(inProcess, `${path}${path.includes('?') ? '&' : '?'}lang=de`);
      expect(text).toContain(
        '<a href="https://example.com/terms?v=2&amp;x=1#now">Nutzungsbedingungen</a>\n<a href="https://help.example.com/">Hilfe</a>',
      );
    }
  });
});

describe('a database that does not answer', () => {
  functionsWith(async () => ({ AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${await freePort()}` }));

  test('is shown on each page, with when to try again, and a form keeps its tag', async () => {
    const says = en.trouble.unavailable('2 seconds');
    const tag = NOBODYS_TAG;
    for (const [call, fields] of [
      [{ method: 'GET', path: `/reset-password?tag=${tag}` }, {}],
      [form('/reset-password', { tag, password: NEW_PASSWORD }), { tag }],
      [form('/forgot-password', { email: 'ada@example.com' }), { email: 'ada@example.com' }],
    ] as const) {
      const reply = await inProcess.send(call);
      expect(pageOf(reply)).toMatchObject({ status: 503, alert: says, fields });
      expect(reply.headers['retry-after']).toBe('2');
    }
    expect(pageOf(await get(inProcess, '/forgot-password')).status).toBe(200);
  });
});

test('no page of another origin is allowed to read a page', async () => {
  const reply = await get(inProcess, '/forgot-password', { origin: 'https://evil.example' });
  expect(JSON.stringify(reply.headers)).not.toContain('access-control');
  expect(
    Object.keys(inject('stack').routes).filter((route) => /^OPTIONS .(reset|forgot)-/.test(route)),
  ).toEqual([]);
});
