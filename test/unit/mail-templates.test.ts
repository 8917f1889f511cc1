import { describe, expect, test } from 'vitest';
import { passwordChangedMail, resetLinkMail } from '../../lib/mail/templates.ts';

const LINK = 'https://app.example.com/reset-password?tag=abc&x=1';
const MARKUP = `<img src=x onerror="alert('1')"> & Co`;
const ESCAPED = '&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt; &amp; Co';

describe('the mail with the link', () => {
  const mail = resetLinkMail('Ada', LINK, 30);

  test('says in text what to do, for how long, and what if it was not you', () => {
    expect(mail.text).toContain('Hello Ada,');
    expect(mail.text.split('\n')).toContain(LINK);
    expect(mail.text).toContain('valid for 30 minutes and works once');
    expect(mail.text).toContain('If you did not ask for this');
  });

  test('says the same in HTML, with the link to open and to copy', () => {
    const link = LINK.replace('&', '&amp;');
    expect(mail.html).toContain(`<a href="${link}">`);
    expect(mail.html.split(link)).toHaveLength(3);
    expect(mail.html).toContain('valid for 30 minutes and works once');
    expect(mail.html).toMatch(/^<!doctype html>\n<html lang="en">/);
  });

  test('has a subject that no user can change', () => {
    expect(mail.subject).toBe('Reset your password');
    expect(resetLinkMail(MARKUP, LINK, 30).subject).toBe(mail.subject);
  });
});

describe('the notice of a changed password', () => {
  const mail = passwordChangedMail('Ada', 'https://app.example.com/?a=1&b=2');

  test('says what happened and what to do if it was not you, and holds no link but to the app', () => {
    expect(mail.subject).toBe('Your password was changed');
    expect(mail.text).toContain('Hello Ada,');
    expect(mail.text).toContain('https://app.example.com/?a=1&b=2');
    expect(mail.html).toContain('<a href="https://app.example.com/?a=1&amp;b=2">');
    expect(mail.text.match(/https?:/g)).toHaveLength(1);
  });
});

test.each([
  ['link', (name: string) => resetLinkMail(name, LINK, 30)],
  ['notice', (name: string) => passwordChangedMail(name, LINK)],
])('a name that is markup stays text in the HTML of the %s, and is itself in the text', (_, mailTo) => {
  const mail = mailTo(MARKUP);
  expect(mail.html).toContain(`Hello ${ESCAPED},`);
  expect(mail.html).not.toContain(MARKUP);
  expect(mail.text).toContain(`Hello ${MARKUP},`);
});
