import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { LANGUAGES, type Language } from '../../lib/core/language.ts';
import { writeMail } from '../../lib/mail/templates.ts';
import { pageMessages } from '../../lib/messages/catalogue.ts';
import { expireTag } from '../contract/rows.ts';
import { overHttp } from '../harness/client.ts';
import { awaitMails, type Mail } from '../harness/inbox.ts';
import { form, get } from '../harness/page-of.ts';
import { bearer } from '../harness/passkeys.ts';
import { loggedIn, type Person, signedUp, somebody } from '../harness/people.ts';
import { chromiumPath, heading, launch, openPage, visitor } from './chromium.ts';
import { faultsOf } from './faults.ts';
import { picture } from './picture.ts';

// The pages that the links of a change of address lead to: /verify-email and /undo.

const PHONE = { viewport: { width: 390, height: 780 }, deviceScaleFactor: 1 };
const WRONG = 'not the password';

type Kind = 'verify-email' | 'undo';
const tagIn = (mail: Mail | undefined, kind: Kind) =>
  new RegExp(`/${kind}\\?tag=([\\w-]{64})`).exec(mail?.body.text ?? '')?.[1] ?? '';

/** A change of address that waits: the tags of the mail to the new address, and of the notice to the old one. */
async function changing() {
  const person = await signedUp(overHttp);
  const next = somebody().email;
  const headers = bearer(await loggedIn(overHttp, person));
  await overHttp.send({ path: '/auth/change-email', headers, body: { email: next } });
  const tags = {
    'verify-email': tagIn((await awaitMails(next, 1))[0], 'verify-email'),
    undo: tagIn((await awaitMails(person.email, 1))[0], 'undo'),
  };
  return { person, next, tags };
}

const canLogIn = async ({ password }: Person, email: string) =>
  (await overHttp.send({ path: '/auth/login', body: { email, password } })).status === 200;

describe.skipIf(chromiumPath === undefined)('the pages of mailed links', () => {
  let browser: Browser;
  const origin = inject('stack').environment.APP_URL ?? '';

  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  const open = (path: string, options?: BrowserContextOptions) => openPage(browser, origin + path, options);
  const leadsOn = async (page: Page, text: string) =>
    expect(await page.getByRole('link', { name: text }).getAttribute('href')).toBe(origin);

  test('an address is confirmed, in German, on a phone, without a reload', async () => {
    const { de } = pageMessages;
    const { person, next, tags } = await changing();
    const page = await open(`/verify-email?tag=${tags['verify-email']}`, { ...PHONE, locale: 'de-DE' });
    expect(page.url()).toBe(`${origin}/verify-email`); // the tag is out of sight
    await page.reload();
    await heading(page, de.verify.title);
    let loads = 0;
    page.on('load', () => {
      loads += 1;
    });
    const field = page.getByLabel(de.verify.password, { exact: true });
    expect(await field.evaluate((element) => element === document.activeElement)).toBe(true);
    await field.fill(WRONG);
    await page.getByRole('button', { name: de.verify.submit }).click();
    await page.getByText(de.verify.wrongPassword).waitFor();
    expect(await field.getAttribute('aria-invalid')).toBe('true');
    expect(await canLogIn(person, next)).toBe(false);
    await field.fill(person.password);
    await page.keyboard.press('Enter');
    await heading(page, de.verify.done);
    expect([loads, page.url()]).toEqual([0, `${origin}/verify-email?done=1`]);
    await leadsOn(page, de.account.open);
    await page.reload();
    await heading(page, de.verify.done);
    expect(await canLogIn(person, next)).toBe(true);
  });

  test('a change is taken back by one button, after it was made, and says so once', async () => {
    const { en } = pageMessages;
    const { person, next, tags } = await changing();
    const { password } = person;
    await overHttp.send({ path: '/auth/verify-email', body: { token: tags['verify-email'], password } });
    const page = await open(`/undo?tag=${tags.undo}`);
    await heading(page, en.undo.title);
    expect(page.url()).toBe(`${origin}/undo`);
    expect(await canLogIn(person, next)).toBe(true); // opening it does nothing
    await page.getByRole('button', { name: en.undo.submit }).click();
    await heading(page, en.undo.done);
    await leadsOn(page, en.account.open);
    await page.reload();
    await heading(page, en.undo.done);
    expect([await canLogIn(person, next), await canLogIn(person, person.email)]).toEqual([false, true]);
    await page.goto(`${origin}/undo?tag=${tags.undo}`);
    await page.getByRole('button', { name: en.undo.submit }).click();
    await page.getByText(en.dead.detail).waitFor();
    await leadsOn(page, en.dead.open);
  });

  test.each(LANGUAGES)(
    'both work without JavaScript, and in the language that is chosen: %s',
    async (language) => {
      const words = pageMessages[language];
      const { person, next, tags } = await changing();
      const page = await open(`/verify-email?tag=${tags['verify-email']}&lang=${language}`, {
        javaScriptEnabled: false,
      });
      await heading(page, words.verify.title);
      const field = page.getByLabel(words.verify.password, { exact: true });
      await field.fill(WRONG);
      await page.getByRole('button', { name: words.verify.submit }).click();
      await page.getByText(words.verify.wrongPassword).waitFor();
      await field.fill(person.password);
      await page.getByRole('button', { name: words.verify.submit }).click();
      for (const again of [false, true]) {
        if (again) await page.reload();
        await heading(page, words.verify.done);
      }
      await leadsOn(page, words.account.open);
      expect(await canLogIn(person, next)).toBe(true);

      await page.goto(`${origin}/undo?tag=${tags.undo}&lang=en`);
      await heading(page, pageMessages.en.undo.title);
      const other = page.getByRole('navigation').locator(`[lang=${language}] a`);
      if (language !== 'en') await other.click();
      await heading(page, words.undo.title);
      await page.getByRole('button', { name: words.undo.submit }).click();
      for (const again of [false, true]) {
        if (again) await page.reload();
        await heading(page, words.undo.done);
      }
      await leadsOn(page, words.account.open);
      expect(await canLogIn(person, person.email)).toBe(true);
    },
  );

  describe.each<[what: string, options: BrowserContextOptions]>([
    ['light, desktop', { viewport: { width: 1280, height: 800 } }],
    ['dark, phone', { ...PHONE, colorScheme: 'dark' }],
    ['light, 320 px, without JavaScript', { viewport: { width: 320, height: 640 } }],
    ['forced colours, reduced motion', { ...PHONE, forcedColors: 'active', reducedMotion: 'reduce' }],
  ])('%s', (what, options) => {
    test.each<[kind: Kind, state: 'open' | 'refused' | 'done' | 'dead' | 'missing', language: Language]>([
      ['verify-email', 'open', 'en'],
      ['verify-email', 'refused', 'fr'],
      ['verify-email', 'done', 'ja'],
      ['verify-email', 'dead', 'es'],
      ['verify-email', 'missing', 'de'],
      ['undo', 'open', 'de'],
      ['undo', 'done', 'es'],
      ['undo', 'dead', 'ja'],
      ['undo', 'missing', 'fr'],
    ])('axe finds nothing, and nothing is too wide: %s, %s, in %s', async (kind, state, language) => {
      const words = pageMessages[language];
      const { person, tags } = await changing();
      const tag = tags[kind];
      if (state === 'dead') await expireTag(tag);
      const path = `/${kind}?lang=${language}`;
      const opened = state === 'missing' ? path : `${path}&tag=${tag}`;
      const password = state === 'refused' ? WRONG : person.password;
      const page = await (await visitor(browser, options)).newPage();
      const sends = ['refused', 'done', 'dead'].includes(state);
      if (what.endsWith('without JavaScript')) {
        // axe is a script itself, so that the browser may not be without: the page is.
        const sent = sends ? await overHttp.send(form(path, { tag, password })) : await get(overHttp, opened);
        await page.setContent(sent.text.replace(/<script>.*?<\/script>/s, ''));
        expect(await faultsOf(page)).toEqual([]);
        return;
      }
      await page.goto(origin + opened);
      if (sends) {
        if (kind === 'verify-email')
          await page.getByLabel(words.verify.password, { exact: true }).fill(password);
        await page.locator('form button[type=submit]').click();
      }
      if (state === 'done') await page.locator('h1.done').waitFor();
      if (state === 'refused') await page.locator('#field-error:not([hidden])').waitFor();
      if (state === 'dead') await page.getByText(words.dead.detail).waitFor();
      if (what === 'dark, phone' && state === 'open') await picture(page, `${kind}-dark`);
      if (what === 'light, desktop' && state === 'open') await picture(page, kind);
      expect(await faultsOf(page)).toEqual([]);
    });
  });

  test.each(LANGUAGES)(
    'the mails with these links are drawn without a fault, light and dark: %s',
    async (language) => {
      const settings = {
        brand: { name: 'Gatehouse', color: '#1d4ed8', logoUrl: undefined },
        appUrl: 'https://app.example.com',
      };
      const to = { name: 'Ada Lovelace', language, at: Date.UTC(2026, 0, 31, 9, 5) };
      const link = { tag: 'k3Jx9QmZ'.repeat(8), minutes: 24 * 60 };
      const code = { digits: '48151623', minutes: 10 };
      const mails = {
        'verify-account': writeMail(settings, { ...to, purpose: 'verify-account', link, code }),
        'verify-sign-up': writeMail(settings, { ...to, purpose: 'verify-sign-up', link, code }),
        'change-email': writeMail(settings, { ...to, purpose: 'change-email', link, code }),
        'address-changed': writeMail(settings, {
          ...to,
          purpose: 'address-changed',
          link: { ...link, minutes: 7 * 24 * 60 },
        }),
      };
      for (const [kind, mail] of Object.entries(mails)) {
        for (const [name, options] of [
          ['', { viewport: { width: 680, height: 640 } }],
          ['-dark', { viewport: { width: 360, height: 720 }, colorScheme: 'dark' }],
        ] as const) {
          const page = await (await visitor(browser, options)).newPage();
          await page.setContent(mail.html);
          if (`${kind}${name}` === 'verify-account' && language === 'en')
            await picture(page, 'mail-verify-address');
          if (`${kind}${name}` === 'address-changed-dark' && language === 'fr')
            await picture(page, 'mail-address-changed-dark');
          // A mail has no landmarks and no heading: a mail program gives it both.
          const faults = (await faultsOf(page)).filter(
            (fault) => !/^(region|landmark-one-main|page-has-heading-one):/.test(fault),
          );
          expect(faults).toEqual([]);
        }
      }
    },
  );
});
