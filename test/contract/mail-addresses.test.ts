import { randomUUID } from 'node:crypto';
import { expect, inject, test } from 'vitest';
import { inProcess } from '../harness/client.ts';
import { awaitMails, type Mail, mails, mailsTo, tagIn } from '../harness/inbox.ts';
import { mailedTag, signedUp, somebody } from '../harness/people.ts';

/** Ways to write a victim's address so that another system might send the mail elsewhere, or twice. */
const tricks: [name: string, write: (local: string, domain: string) => string][] = [
  ['a second address after a comma', (local, domain) => `${local}@${domain},thief@evil.example`],
  ['a second address after a semicolon', (local, domain) => `${local}@${domain};thief@evil.example`],
  ['a second address after a space', (local, domain) => `${local}@${domain} thief@evil.example`],
  ['a header after CRLF', (local, domain) => `${local}@${domain}\r\nBcc: thief@evil.example`],
  ['a header after LF', (local, domain) => `${local}@${domain}\nBcc: thief@evil.example`],
  ['a header after U+2028', (local, domain) => `${local}@${domain}\u2028Bcc: thief@evil.example`],
  ['a second @', (local, domain) => `${local}@${domain}@evil.example`],
  ['a route of RFC 822', (local, domain) => `@evil.example:${local}@${domain}`],
  ['a percent hack', (local, domain) => `${local}%${domain}@evil.example`],
  ['a bang path', (local, domain) => `${domain}!${local}@evil.example`],
  ['a comment', (local, domain) => `${local}(${domain})@evil.example`],
  ['a comment at the end', (local, domain) => `thief@evil.example(${local}@${domain})`],
  ['a display name', (local, domain) => `${local}@${domain} <thief@evil.example>`],
  ['angle brackets', (local, domain) => `<${local}@${domain}>`],
  ['a quoted local part', (local, domain) => `"${local}"@${domain}`],
  ['a quoted @', (local, domain) => `"${local}@${domain}"@evil.example`],
  ['a NUL at the end', (local, domain) => `${local}@${domain}\0.evil.example`],
  ['a fullwidth local part', (local, domain) => `\uff41${local.slice(1)}@${domain}`],
  ['a Cyrillic look-alike in the local part', (local, domain) => `\u0430${local.slice(1)}@${domain}`],
  ['a Cyrillic look-alike in the domain', (local, domain) => `${local}@${domain.replace('a', '\u0430')}`],
  ['a dotless i in the domain', (local, domain) => `${local}@${domain.replace('i', '\u0131')}`],
  ['a soft hyphen in the local part', (local, domain) => `${local}\u00ad@${domain}`],
  ['a combining accent', (local, domain) => `${local}\u0301@${domain}`],
  ['a right-to-left override', (local, domain) => `${local[0]}\u202e${local.slice(1)}@${domain}`],
  ['a dot at the end', (local, domain) => `${local}@${domain}.`],
  ['an address literal', (local) => `${local}@[127.0.0.1]`],
];

test('no way to write an address sends a mail anywhere but to a stored address', async () => {
  const victim = await signedUp(inProcess, { ...somebody(), email: `a${randomUUID()}@victim.example` });
  const [local = '', domain = ''] = victim.email.split('@');
  for (const [name, write] of tricks) {
    const email = write(local, domain);
    for (const path of ['/auth/forget-password', '/accounts/forgetpassword/']) {
      const { status } = await inProcess.send({ path, body: { email } });
      expect([200, 202, 400, 406], name).toContain(status);
    }
  }
  await mailedTag(inProcess, await signedUp(inProcess)); // the stream is in order: what was due has been sent

  expect(await mailsTo(victim.email)).toEqual([]);
  const all = await mails();
  expect(all.filter((mail) => JSON.stringify(mail).includes('evil.example'))).toEqual([]);
  expect(all.filter((mail) => JSON.stringify(mail.destination).includes(local))).toEqual([]);
});

test.each<[name: string, write: (email: string) => string]>([
  ['in capitals', (email) => email.toUpperCase()],
  ['with a full-width @', (email) => email.replace('@', '\uff20')],
  ['with invisible characters around it', (email) => `\u200b\u200e${email}\ufeff`],
  ['with white space around it', (email) => `\t${email} \n`],
  [
    'with a fullwidth domain, which IDNA says is the same',
    (email) => email.replace('victim', 'ｖｉｃｔｉｍ'),
  ],
])('an address written %s gets its mail at the stored spelling', async (_, write) => {
  const person = await signedUp(inProcess, { ...somebody(), email: `b${randomUUID()}@victim.example` });
  await inProcess.send({ path: '/auth/forget-password', body: { email: write(person.email) } });
  const [mail] = await awaitMails(person.email, 1);
  expect(mail?.destination).toEqual({ to: [person.email], cc: [], bcc: [] });
});

test('a name cannot add a header, a recipient or markup to the mail', async () => {
  const name = '"><a href="https://evil.example">Bcc: thief@evil.example</a>, %0d%0aBcc: x';
  const person = await signedUp(inProcess, { ...somebody(), name });
  await inProcess.send({ path: '/auth/forget-password', body: { email: person.email } });
  const [mail] = (await awaitMails(person.email, 1)) as [Mail];
  expect(mail.destination).toEqual({ to: [person.email], cc: [], bcc: [] });
  expect(mail.subject).toBe('Gatehouse: Reset your password');
  expect(mail.body.html).not.toContain('<a href="https://evil.example">');
});

test('no header changes where the link leads', async () => {
  const person = await signedUp(inProcess);
  const headers = {
    Host: 'evil.example',
    'X-Forwarded-Host': 'evil.example',
    Forwarded: 'host=evil.example',
    'X-Original-URL': 'https://evil.example/',
    Origin: 'https://evil.example',
    Referer: 'https://evil.example/',
  };
  await inProcess.send({ path: '/auth/forget-password', body: { email: person.email }, headers });
  const [mail] = (await awaitMails(person.email, 1)) as [Mail];
  const link = `${inject('stack').environment.APP_URL}/reset-password?tag=${tagIn(mail)}`;
  expect(mail.body.text).toContain(`\n<${link}>\n`);
  expect(JSON.stringify(mail)).not.toContain('evil.example');
});
