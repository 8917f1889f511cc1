import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { LANGUAGES, type Language } from '../../lib/core/language.ts';
import { writeMail } from '../../lib/mail/templates.ts';
import { pageMessages } from '../../lib/messages/catalogue.ts';
import { bundleForDeployment } from '../../tools/build/bundle.ts';
import { root } from '../../tools/folders.ts';
import { expireTag } from '../contract/rows.ts';
import { type Call, inProcess, overHttp, toEvent } from '../harness/client.ts';
import { awaitMails, tagIn } from '../harness/inbox.ts';
import { form } from '../harness/page-of.ts';
import { loggedIn, mailedTag, type Person, signedUp } from '../harness/people.ts';
import { chromiumPath, heading, launch, openPage, visitor } from './chromium.ts';
import { faultsOf } from './faults.ts';
import { picture } from './picture.ts';

const NEW_PASSWORD = 'pferd batterie heftklammer';
const PHONE = { viewport: { width: 390, height: 780 }, deviceScaleFactor: 1 };
/** The answer to a form that a browser without JavaScript sends, for each state that takes a form. */
const sentFor: Record<string, (set: string, ask: string, tag: string) => Call> = {
  'ask, refused': (_, ask) => form(ask, { email: 'ada@' }),
  asked: (_, ask) => form(ask, { email: 'nobody@example.com' }),
  'set, refused': (set, _, tag) => form(set, { tag, password: 'x' }),
  done: (set, _, tag) => form(set, { tag, password: NEW_PASSWORD }),
};

describe.skipIf(chromiumPath === undefined)('the pages', () => {
  let browser: Browser;
  const origin = inject('stack').environment.APP_URL ?? '';

  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  const open = (path: string, options?: BrowserContextOptions) => openPage(browser, origin + path, options);
  const linkFor = async (person: Person) => `/reset-password?tag=${await mailedTag(overHttp, person)}`;

  test('from the forgotten password to the new one, in German, on a phone, without a reload', async () => {
    const { de } = pageMessages;
    const person = await signedUp(overHttp);
    const page = await open('/forgot-password', { ...PHONE, locale: 'de-DE' });
    let loads = 0;
    page.on('load', () => {
      loads += 1;
    });
    await page.getByLabel(de.forget.email).fill('ada@');
    await page.getByRole('button', { name: de.forget.submit }).click();
    await page.getByText(de.fields.emailInvalid).waitFor();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('email');
    await page.getByLabel(de.forget.email).fill(person.email);
    await page.keyboard.press('Enter');
    await heading(page, de.forget.done);
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
    expect([await page.title(), loads]).toEqual([`${de.forget.done} – Gatehouse`, 0]);

    const [mail] = await awaitMails(person.email, 1);
    expect(mail?.subject).toBe('Gatehouse: Setzen Sie Ihr Passwort zurück');
    await page.goto(`${origin}/reset-password?tag=${tagIn(mail)}`);
    expect(page.url()).toBe(`${origin}/reset-password`);
    expect(await page.getByLabel(de.reset.account).inputValue()).toBe(person.email);
    loads = 0;
    const field = page.getByLabel(de.reset.password, { exact: true });
    await field.fill('kurz');
    await page.getByRole('button', { name: de.reset.submit }).click();
    await page.getByText(de.fields.passwordTooShort('8')).waitFor();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('password');
    await field.fill(NEW_PASSWORD);
    await page.getByRole('button', { name: de.reset.submit }).click();
    await heading(page, de.reset.done);
    expect(loads).toBe(0);
    await loggedIn(overHttp, { ...person, password: NEW_PASSWORD });
  });

  test('the strength is shown while typing, in words and by a meter, and the password can be shown', async () => {
    const { en } = pageMessages;
    const person = await signedUp(overHttp);
    const page = await open(await linkFor(person), PHONE);
    const field = page.getByLabel(en.reset.password, { exact: true });
    const meter = page.locator('meter');
    expect(await meter.isVisible()).toBe(false);
    for (const [password, level, words] of [
      ['short', 0, 'too short'],
      ['password2026', 1, 'weak'],
      ['tame llama dines', 2, 'fair'],
      ['tame llama dines out', 3, 'good'],
      ['tame llama dines out on moss', 4, 'strong'],
      ['ä'.repeat(37), 0, 'too long'],
    ] as const) {
      await field.fill(password);
      await page.getByText(`Strength: ${words}`, { exact: true }).waitFor({ timeout: 2_000 });
      expect(await meter.evaluate((element) => (element as HTMLMeterElement).value)).toBe(level);
    }
    await field.fill('tame llama dines out');
    await picture(page, 'reset-password');
    expect(await field.getAttribute('type')).toBe('password');
    await page.getByRole('button', { name: en.script.show }).click();
    expect(await field.getAttribute('type')).toBe('text');
    await page.getByRole('button', { name: en.script.hide }).click();
    expect(await field.getAttribute('type')).toBe('password');
    await field.fill('');
    expect(await meter.isVisible()).toBe(false);
  });

  test('a form is sent once, however often it is clicked, and again after the network was gone', async () => {
    const { en } = pageMessages;
    const person = await signedUp(overHttp);
    const context = await browser.newContext(); // whose console may complain of the network
    const page = await context.newPage();
    await page.goto(origin + (await linkFor(person)));
    let sent = 0;
    page.on('request', (request) => {
      if (request.method() === 'POST') sent += 1;
    });
    await page.getByLabel(en.reset.password, { exact: true }).fill(NEW_PASSWORD);
    await page.route('**', (route) => route.abort());
    const button = page.getByRole('button', { name: en.reset.submit });
    await button.click();
    await page.getByRole('alert').filter({ hasText: en.script.unreachable }).waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await page.unroute('**');
    sent = 0;
    await page.evaluate(() => {
      const submit = document.querySelector('button.main') as HTMLButtonElement;
      for (let click = 0; click < 5; click += 1) submit.click();
    });
    await heading(page, en.reset.done);
    expect(sent).toBe(1);
    await loggedIn(overHttp, { ...person, password: NEW_PASSWORD });
    await context.close();
  });

  test('a reload still has the tag, which the address never shows again', async () => {
    const { en, fr } = pageMessages;
    const page = await open(await linkFor(await signedUp(overHttp)));
    await page.reload();
    await heading(page, en.reset.title);
    expect(page.url()).toBe(`${origin}/reset-password`);
    await page.getByRole('link', { name: 'Français' }).click();
    await heading(page, fr.reset.title);
    expect(page.url()).toBe(`${origin}/reset-password?lang=fr`);
    await page.getByLabel(fr.reset.password, { exact: true }).fill(NEW_PASSWORD);
    await page.getByRole('button', { name: fr.reset.submit }).click();
    await heading(page, fr.reset.done);
  });

  test('a reload after success shows the outcome again, and so does going back to it', async () => {
    const { en } = pageMessages;
    const person = await signedUp(overHttp);
    const page = await open('/forgot-password', PHONE);
    const posted: string[] = [];
    page.on('request', (request) => {
      if (request.method() === 'POST') posted.push(request.url());
    });
    await page.getByLabel(en.forget.email).fill(person.email);
    await page.getByRole('button', { name: en.forget.submit }).click();
    for (const again of [false, true]) {
      if (again) await page.reload();
      await heading(page, en.forget.done);
      await page.getByText(person.email, { exact: true }).waitFor();
      expect(page.url()).toBe(`${origin}/forgot-password?done=1`);
    }
    expect(posted).toHaveLength(1);
    await picture(page, 'link-requested');
    await page.getByRole('button', { name: en.forget.again }).click();
    await page.getByText(en.forget.askedAgain).waitFor();
    const mails = await awaitMails(person.email, 2);

    await page.goto(`${origin}/reset-password?tag=${tagIn(mails.at(-1))}`);
    await page.getByLabel(en.reset.password, { exact: true }).fill(NEW_PASSWORD);
    await page.getByRole('button', { name: en.reset.submit }).click();
    for (const again of [false, true]) {
      if (again) await page.reload();
      await heading(page, en.reset.done);
      await page.getByText(person.email, { exact: true }).waitFor();
      expect(page.url()).toBe(`${origin}/reset-password?done=1`);
    }
    await page.goBack();
    await heading(page, en.forget.done);
    await page.getByRole('link', { name: en.forget.otherAddress }).click();
    await heading(page, en.forget.title);
  });

  test('a reload of a link that was refused says so again', async () => {
    const { en } = pageMessages;
    const path = await linkFor(await signedUp(overHttp));
    const page = await open(path);
    await expireTag(path.replace(/.*=/, ''));
    await page.getByLabel(en.reset.password, { exact: true }).fill(NEW_PASSWORD);
    await page.getByRole('button', { name: en.reset.submit }).click();
    await heading(page, en.link.expired);
    await page.reload();
    await heading(page, en.link.expired);
    expect(page.url()).toBe(`${origin}/reset-password`);
  });

  test('an error goes as soon as one types, and the field has the focus from the start', async () => {
    const { en } = pageMessages;
    const page = await open(await linkFor(await signedUp(overHttp)));
    const focus = () => page.evaluate(() => document.activeElement?.id);
    expect(await focus()).toBe('password');
    await page.keyboard.type('short');
    await page.keyboard.press('Enter');
    const error = page.getByText(en.fields.passwordTooShort('8'));
    await error.waitFor();
    expect(await page.locator('[aria-invalid]').count()).toBe(1);
    await page.keyboard.type('er than tame llamas on moss');
    await page.getByText('Strength: strong', { exact: true }).waitFor();
    expect(await error.count()).toBe(0);
    expect(await page.locator('[aria-invalid]').count()).toBe(0);
    await page.goto(`${origin}/forgot-password?email=ada@example.com`);
    expect(await focus()).toBe('email');
    expect(await page.getByLabel(en.forget.email).inputValue()).toBe('ada@example.com');
  });

  test('Caps Lock is named while it is on, and the password is hidden when it is sent', async () => {
    const { en } = pageMessages;
    const page = await open(await linkFor(await signedUp(overHttp)));
    const field = page.getByLabel(en.reset.password, { exact: true });
    const hint = page.getByText(en.script.capsLock);
    const press = (on: boolean) =>
      field.evaluate((element, modifierCapsLock) => {
        element.dispatchEvent(new KeyboardEvent('keydown', { key: 'a', modifierCapsLock }));
      }, on);
    expect(await hint.count()).toBe(0);
    await press(true);
    await hint.waitFor();
    await press(false);
    expect(await hint.count()).toBe(0);
    // What a password manager fills in comes with events that know no keys.
    await field.evaluate((element) => element.dispatchEvent(new Event('keydown')));

    await field.fill('x');
    await page.getByRole('button', { name: en.script.show }).click();
    let typeAtSubmit: string | null = '';
    await page.route('**/reset-password*', async (route) => {
      typeAtSubmit = await field.getAttribute('type');
      await route.continue();
    });
    await page.getByRole('button', { name: en.reset.submit }).click();
    await page.getByText(en.fields.passwordTooShort('8')).waitFor();
    expect(typeAtSubmit).toBe('password');
    await page.getByRole('button', { name: en.script.show }).waitFor();
  });

  test('without JavaScript, in French: forms, answers that are pages, and no meter', async () => {
    const { fr } = pageMessages;
    const person = await signedUp(overHttp);
    const page = await open('/forgot-password', { javaScriptEnabled: false, locale: 'fr-FR' });
    await page.getByLabel(fr.forget.email).fill(person.email);
    await picture(page, 'forgot-password');
    await page.getByRole('button', { name: fr.forget.submit }).click();
    await heading(page, fr.forget.done);
    await page.getByText(person.email, { exact: true }).waitFor();
    await page.getByRole('button', { name: fr.forget.again }).click();
    await page.getByText(fr.forget.askedAgain).waitFor();
    await awaitMails(person.email, 2);
    const tag = tagIn((await awaitMails(person.email, 1))[0]);
    await page.goto(`${origin}/reset-password?tag=${tag}`);
    expect(await page.locator('meter').count()).toBe(0);
    expect(await page.locator('#show').isVisible()).toBe(false);
    const field = page.getByLabel(fr.reset.password, { exact: true });
    await field.fill('é'.repeat(37)); // the browser lets it pass
    await page.getByRole('button', { name: fr.reset.submit }).click();
    await page.getByText(fr.fields.passwordTooLong).waitFor();
    expect(await page.getByLabel(fr.reset.account).inputValue()).toBe(person.email);
    await page.getByLabel(fr.reset.password, { exact: true }).fill(NEW_PASSWORD);
    await page.getByRole('button', { name: fr.reset.submit }).click();
    await heading(page, fr.reset.done);
    await page.reload();
    await heading(page, fr.reset.done);
    await page.goto(`${origin}/reset-password?tag=${tag}`);
    await heading(page, fr.link.wrong);
    await page.getByRole('link', { name: fr.link.again }).click();
    await heading(page, fr.forget.title);
    await loggedIn(overHttp, { ...person, password: NEW_PASSWORD });
  });

  test('the policy lets no markup and no code in, whatever a script tries', async () => {
    const page = await (await browser.newContext()).newPage();
    await page.goto(`${origin}/forgot-password`);
    const refused = await page.evaluate(async () => {
      const attempts: [string, () => unknown][] = [
        ['markup', () => document.querySelector('main')?.insertAdjacentHTML('beforeend', '<b>x</b>')],
        [
          'policy',
          () =>
            (
              window as never as { trustedTypes: { createPolicy(name: string, rules: object): unknown } }
            ).trustedTypes.createPolicy('x', {}),
        ],
        ['fetch', () => fetch('https://evil.example/')],
      ];
      const names: string[] = [];
      for (const [name, attempt] of attempts) {
        try {
          await attempt();
        } catch {
          names.push(name);
        }
      }
      const script = document.createElement('script');
      try {
        script.text = 'document.title = "taken over"';
        document.body.append(script);
      } catch {
        names.push('script');
      }
      return names;
    });
    expect(refused).toEqual(['markup', 'policy', 'fetch', 'script']);
    expect(await page.title()).not.toBe('taken over');
    await page.context().close();
  });

  test('the script works as it is deployed, minified', async () => {
    const { en } = pageMessages;
    const [bundle] = await bundleForDeployment(['pages'], `${root}.build/browser/`);
    const { handler } = (await import(bundle?.file ?? '')) as {
      handler(event: object, context: object): Promise<{ body: string; headers: Record<string, string> }>;
    };
    const path = await linkFor(await signedUp(overHttp));
    const { body, headers } = await handler(toEvent({ method: 'GET', path }), {
      getRemainingTimeInMillis: () => 30_000,
    });
    const page = await (await visitor(browser)).newPage();
    await page.route(
      (url) => url.pathname === '/reset-password',
      (route) => (route.request().method() === 'GET' ? route.fulfill({ body, headers }) : route.continue()),
    );
    await page.goto(origin + path);
    expect(page.url()).toBe(`${origin}/reset-password`);
    await page.getByLabel(en.reset.password, { exact: true }).fill(NEW_PASSWORD);
    await page.getByText('Strength: strong', { exact: true }).waitFor();
    await page.getByRole('button', { name: en.script.show }).click();
    await page.getByRole('button', { name: en.reset.submit }).click();
    await heading(page, en.reset.done);
  });

  describe.each<[what: string, options: BrowserContextOptions]>([
    ['light, desktop', { viewport: { width: 1280, height: 800 } }],
    ['dark, phone', { ...PHONE, colorScheme: 'dark' }],
    ['light, 320 px, without JavaScript', { viewport: { width: 320, height: 640 } }],
    ['forced colours, reduced motion', { ...PHONE, forcedColors: 'active', reducedMotion: 'reduce' }],
  ])('%s', (what, options) => {
    test.each<[state: string, language: Language]>([
      ['ask', 'en'],
      ['ask, refused', 'de'],
      ['asked', 'ja'],
      ['set', 'ja'],
      ['set, typed', 'es'],
      ['set, refused', 'fr'],
      ['done', 'de'],
      ['missing', 'es'],
      ['expired', 'en'],
      ['used', 'ja'],
    ])('axe finds nothing, and nothing is too wide: %s in %s', async (state, language) => {
      const words = pageMessages[language];
      const tag = await mailedTag(inProcess, await signedUp(inProcess));
      const ask = `/forgot-password?lang=${language}`;
      const set = `/reset-password?lang=${language}&tag=${tag}`;
      if (state === 'expired') await expireTag(tag);
      if (state === 'used') await inProcess.send(form('/reset-password', { tag, password: NEW_PASSWORD }));
      const path = state.startsWith('ask') ? ask : state === 'missing' ? '/reset-password?lang=es' : set;
      const page = await (await visitor(browser, options)).newPage();
      if (what.endsWith('without JavaScript')) {
        // axe is a script itself, so that the browser may not be without: the page is.
        const { text } = await overHttp.send(sentFor[state]?.(set, ask, tag) ?? { method: 'GET', path });
        await page.setContent(text.replace(/<script>.*?<\/script>/s, ''));
        expect(await faultsOf(page)).toEqual([]);
        return;
      }
      await page.goto(origin + path);
      const password = page.getByLabel(words.reset.password, { exact: true });
      const submit = page.locator('button.main');
      if (state === 'ask, refused') await page.getByLabel(words.forget.email).fill('ada@');
      if (state === 'asked') await page.getByLabel(words.forget.email).fill('nobody@example.com');
      if (state === 'set, typed') await password.fill(NEW_PASSWORD);
      if (state === 'set, refused') await password.fill('x');
      if (state === 'done') await password.fill(NEW_PASSWORD);
      if (/refused|asked|done/.test(state)) await submit.click();
      if (state === 'asked') await heading(page, words.forget.done);
      if (state === 'done') await heading(page, words.reset.done);
      if (state.endsWith('refused')) await page.locator('#field-error:not([hidden])').waitFor();
      if (what.startsWith('dark') && state === 'set') {
        await password.fill('うま 電池 ホチキス');
        await picture(page, 'reset-password-dark');
      }
      if (what.startsWith('light, desktop') && state === 'expired') await picture(page, 'expired-link');
      if (what.startsWith('light, desktop') && state === 'done') await picture(page, 'password-changed');
      expect(await faultsOf(page)).toEqual([]);
    });
  });

  test.each(LANGUAGES)(
    'both mails are drawn without a fault, light and dark, on a phone too: %s',
    async (language) => {
      const settings = {
        brand: { name: 'Gatehouse', color: '#1d4ed8', logoUrl: undefined },
        appUrl: 'https://app.example.com',
      };
      const to = { name: 'Ada Lovelace', language, at: Date.UTC(2026, 0, 31, 9, 5) };
      const link = { tag: 'k3Jx9QmZ'.repeat(8), minutes: 30 };
      const mails = {
        'reset-link': writeMail(settings, { ...to, purpose: 'reset-password', link }),
        'password-changed': writeMail(settings, { ...to, purpose: 'password-changed' }),
      };
      for (const [kind, mail] of Object.entries(mails)) {
        for (const [name, options] of [
          ['', { viewport: { width: 680, height: 560 } }],
          ['-dark', { ...PHONE, viewport: { width: 360, height: 640 }, colorScheme: 'dark' }],
        ] as const) {
          const page = await (await visitor(browser, options)).newPage();
          await page.setContent(mail.html);
          if (`${kind}${name}` === 'reset-link' && language === 'en') await picture(page, 'mail-reset-link');
          if (`${kind}${name}` === 'password-changed-dark' && language === 'ja')
            await picture(page, 'mail-password-changed-dark');
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
