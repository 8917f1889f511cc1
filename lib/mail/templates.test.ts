import { describe, expect, test } from 'vitest';
import { contrast } from '../brand.ts';
import { LANGUAGES, type Language } from '../core/language.ts';
import { mailMessages } from '../messages/catalogue.ts';
import { writeMail } from './templates.ts';

const TAG = 'A'.repeat(64);
const LINK = `https://app.example.com/reset-password?tag=${TAG}`;
const NOON = Date.UTC(2026, 10, 27, 9, 5);
const MARKUP = `<img src=x onerror="alert('1')"> & Co`;
const ESCAPED = '&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt; &amp; Co';

const brand = { name: 'Ada & <Co>', color: '#ffcc00', logoUrl: undefined as string | undefined };
const settings = { brand, appUrl: 'https://app.example.com' };

const kinds = {
  link: (name: string, language: Language = 'en', of = settings) =>
    writeMail(of, { purpose: 'reset-password', name, language, at: NOON, link: { tag: TAG, minutes: 30 } }),
  notice: (name: string, language: Language = 'en', of = settings) =>
    writeMail(of, { purpose: 'password-changed', name, language, at: NOON }),
};
const all = LANGUAGES.flatMap((language) =>
  Object.entries(kinds).map(([kind, write]) => ({ kind, language, write })),
);

/** What a reader sees of the HTML part. */
const seen = (html: string) =>
  html
    .replace(/<style>.*?<\/style>|<title>.*?<\/title>/gs, '')
    .replaceAll('<wbr>', '')
    .replace(/<[^>]*>/g, '\n')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

describe('the mail with the link', () => {
  const mail = kinds.link('Ada');

  test('says in text what to do, for how long, and what if it was not you', () => {
    expect(mail.text).toContain('Hello Ada,');
    expect(mail.text.split('\n')).toContain(`<${LINK}>`);
    expect(mail.text).toContain('valid for 30 minutes and works once');
    expect(mail.text).toContain('If you did not ask for this');
  });

  test.each<[language: Language, lifetime: string]>([
    ['en', '30 minutes'],
    ['de', '30 Minuten'],
    ['fr', '30 minutes'],
    ['es', '30 minutos'],
    ['ja', '30 分'],
  ])('says in %s that the link is valid for %s', (language, lifetime) => {
    expect(kinds.link('Ada', language).text).toContain(lifetime);
  });

  test('has the link to open and, whole, to read and to copy', () => {
    expect(mail.html.split(`href="${LINK}"`)).toHaveLength(3);
    expect(mail.html).toContain('>https://app.exam<wbr>ple.com/reset-pa<wbr>');
    expect(mail.html.replaceAll('<wbr>', '')).toContain(`>${LINK}</a>`);
  });
});

describe('the notice of a changed password', () => {
  const mail = kinds.notice('Ada');

  test('says what happened and what to do if it was not you, and holds no link but to ask for a reset', () => {
    expect(mail.subject).toBe('Ada & <Co>: Your password was changed');
    expect(mail.text).toContain('Hello Ada,');
    expect(mail.text.match(/https?:[^\s>]*/g)).toEqual(['https://app.example.com/forgot-password']);
    expect(mail.html).not.toContain(TAG);
  });
});

describe.each(all)('the $kind in $language', ({ write, language }) => {
  const mail = write('Ada Lovelace', language);

  test('says the same in text and in HTML, in its language, and says whose it is', () => {
    const html = seen(mail.html);
    for (const paragraph of mail.text.split('\n\n').map((text) =>
      text
        .replace('-- \n', '')
        .replace(/^<(http.*)>$/, '$1')
        .trim(),
    ))
      expect(html).toContain(paragraph);
    expect(mail.html).toMatch(new RegExp(`^<!doctype html>\\n<html lang="${language}" dir="ltr">`));
    expect(html).toContain(brand.name);
    expect(mail.text).toContain(brand.name);
    expect(mail.text).toContain('Ada Lovelace');
  });

  test('has a subject that no user can change, on one line', () => {
    expect(write(MARKUP, language).subject).toBe(mail.subject);
    expect(mail.subject).toMatch(/^\P{C}{5,60}$/u);
    expect(mail.subject).toContain(brand.name);
    expect(Object.keys(mailMessages)).toHaveLength(5);
  });

  test('has a heading, and says when and where it happened: the time with its zone, and the service', () => {
    const [, heading = ''] = /<h1[^>]*>([^<]+)<\/h1>/.exec(mail.html) ?? [];
    expect(mail.subject).toContain(heading);
    const when = mail.text.split('\n\n').find((paragraph) => paragraph.includes('UTC'));
    expect(when).toMatch(/(27|November).* 0?9:05 UTC|2026年11月27日 0?9:05 UTC/);
    expect(when).toContain(brand.name);
    expect(when).toContain('2026');
  });

  test('begins with words for the inbox that are not seen in the mail', () => {
    const [, preheader = ''] = /<div style="display:none[^>]*>(.*?)(?:&#847;|<)/s.exec(mail.html) ?? [];
    expect(preheader.length).toBeGreaterThan(10);
    expect(mail.html.indexOf(preheader)).toBeLessThan(mail.html.indexOf('<table'));
  });

  test('is made of what mail programs draw: no script, no form, no picture of elsewhere, every style inlined', () => {
    const forOthers = mail.html.replace(/<!--\[if mso\]>.*?<!\[endif\]-->/gs, '');
    expect(mail.html).not.toMatch(/<script|<form|<link|<iframe|<img|@import|url\(/i);
    for (const [, attributes = ''] of forOthers.matchAll(/<(?:p|td|a)\b([^>]*)>/g))
      expect(attributes).toContain('style="');
    expect(mail.html).toContain('<meta name="color-scheme" content="light dark">');
    for (const [meta] of mail.html.matchAll(/<meta name[^>]*>/g)) expect(meta).toContain(' content="');
    expect(mail.html).not.toMatch(/[{;]\s*supported-color-schemes/);
    // Outlook draws no padding of a link, and leaves out that of a cell without this.
    expect(mail.html).toMatch(/<td [^>]*mso-padding-alt:12px 24px/);
    expect(Buffer.byteLength(mail.html)).toBeLessThan(100_000); // Gmail cuts what is longer
  });

  test('keeps a name that is markup as text in the HTML, and as it is in the text', () => {
    const { text, html } = write(MARKUP, language);
    expect(html).toContain(ESCAPED);
    expect(html).not.toContain(MARKUP);
    expect(text).toContain(MARKUP);
  });
});

describe('a name that a mail program would make a link of', () => {
  test.each([
    'http://evil.example',
    'evil.example',
    'WWW evil',
    'evil.example/login',
    'evil。example',
    'evil．example',
    'http：／／evil',
    'a@evil.example',
    'ａ＠evil',
    'javascript:alert(1)',
    'evil.\u200bexample',
    '\\\\evil\\share',
    'Call +1 800 555 0199',
    '٠١٢٣٤',
    'Ada \u202e elpmaxe live',
    'Ada\u2028evil',
    'Ada\u2029evil',
    'A\u200bda',
    'A\u{e0041}da',
    'w\u200dww evil',
    'Ada\u3164',
    'You have won a prize, reply to this mail within two days',
  ])('%j is not shown at all', (name) => {
    for (const { write, language } of all) {
      const mail = write(name, language);
      expect(mail).toEqual(write('evil.example', language));
      expect(JSON.stringify(mail)).not.toContain(name);
    }
  });

  test.each([
    'Ada Lovelace',
    'Dr. Ada Lovelace',
    "Seán O'Brien-Ó Súilleabháin",
    '山田 太郎',
    'Martin Luther King Jr.',
    'Elizabeth II',
    'X Æ A-12',
    'محمد',
    'Ada ❤\ufe0f',
    'نامه\u200cای',
  ])('%j is none of these', (name) => {
    for (const { write, language } of all) expect(write(name, language).text).toContain(name);
  });
});

describe('the brand', () => {
  test('is escaped, and its logo is shown only where mail programs can fetch it', () => {
    const withLogo = (logoUrl: string) =>
      kinds.link('Ada', 'en', { ...settings, brand: { ...brand, logoUrl } }).html;
    expect(kinds.link('Ada').html).toContain('Ada &amp; &lt;Co&gt;</td>');
    expect(withLogo('https://app.example.com/a.png?x=1&y=2')).toContain(
      '<img src="https://app.example.com/a.png?x=1&amp;y=2" alt="Ada &amp; &lt;Co&gt;"',
    );
    expect(withLogo('data:image/png;base64,AAAA')).not.toMatch(/<img|data:/);
  });

  test('shows the logo that the colour scheme asks for, where there are two', () => {
    const logos = {
      logoUrl: 'https://app.example.com/light.png',
      logoDarkUrl: 'https://app.example.com/dark.png',
    };
    const { html } = kinds.link('Ada', 'en', { ...settings, brand: { ...brand, ...logos } });
    expect(html).toMatch(
      /<img class="in-light" src="https:\/\/app.example.com\/light.png"[^>]*style="display:block/,
    );
    expect(html).toMatch(
      /<img class="in-dark" src="https:\/\/app.example.com\/dark.png"[^>]*style="display:none/,
    );
    const [, dark = ''] = /@media \(prefers-color-scheme: dark\) \{(.*?\})\s*\}/s.exec(html) ?? [];
    expect(dark).toContain('.in-light { display: none !important }');
    expect(dark).toContain('.in-dark { display: block !important');
  });

  test.each(['#ffcc00', '#1d4ed8', '#ffffff', '#000000', '#7f7f7f', '#00ff00', '#ff0000', '#f3f4f6'])(
    'in %s leaves the button and the link readable',
    (color) => {
      const { html } = kinds.link('Ada', 'en', { ...settings, brand: { ...brand, color } });
      const [, fill = ''] = /bgcolor="(#\w{6})" style="background:\1;border:1px/.exec(html) ?? [];
      const [, onFill = ''] = /color:(#\w{6});display:inline-block/.exec(html) ?? [];
      const [, link = ''] = /class="accent" style="color:(#\w{6})"/.exec(html) ?? [];
      const [, inDark = ''] = /\.accent \{ color: (#\w{6})/.exec(html) ?? [];
      expect(fill).toBe(color);
      expect(contrast(fill, onFill)).toBeGreaterThanOrEqual(4.5);
      expect(contrast(link, '#ffffff')).toBeGreaterThanOrEqual(4.5);
      expect(contrast(inDark, '#1b1d22')).toBeGreaterThanOrEqual(4.5);
    },
  );
});

test('the footer says that an account has the address only where one has', () => {
  const sentences = (['verify-sign-up', 'change-email', 'sign-up-taken', 'undone'] as const).map(
    (purpose) => writeMail(settings, { purpose, name: 'Ada', language: 'en', at: NOON }).text,
  );
  const [has, entered] = ['because this address has an account', 'because somebody entered this address'];
  expect(sentences.map((text) => [text.includes(has), text.includes(entered)])).toEqual([
    ...Array(2).fill([false, true]),
    ...Array(2).fill([true, false]),
  ]);
});
