import { normaliseEmail } from '../../core/email-address.ts';
import type { Language } from '../../core/language.ts';
import { durationIn } from '../../messages/amounts.ts';
import type { PageMessages } from '../../messages/messages.ts';
import type { PageSettings } from '../../pages/page.ts';
import type { Link, View } from '../../pages/view.ts';

// What each page shows, before and after its form is sent.

/** The pages with a form. */
export type PageKind = 'reset' | 'forget' | 'verify' | 'undo';

/** What pages show of the configuration. */
export type PagesSettings = PageSettings & {
  /** Where the mailed link leads, and so where one asks for another: these pages, or the application's own. */
  appUrl: string;
  loginUrl: string | undefined;
  /** Milliseconds. */
  tagLifetime: number;
};

/** The fields of a form that are not secret, and so are shown again. */
export type Typed = { tag?: string | undefined; email?: string | undefined; again?: boolean };

export type Words = { messages: PageMessages; language: Language };

/** A page with a form, before and after the form is sent. Another page is another one of these. */
export type FormPage = {
  /** @returns undefined where what was sent is too little for a form */
  open(typed: Typed, error: string | undefined, words: Words): View | undefined;
  done(typed: Typed, words: Words): View;
  /** Whether a browser that loads the answer again would send the form again, and be refused. */
  once: boolean;
};

/** Where a page leads that has nothing more to do: to log-in, or to the website where it isn't known where one logs in. */
function wayOn({ account, reset }: PageMessages, { appUrl, loginUrl }: PagesSettings): Link {
  return loginUrl === undefined ? { to: appUrl, text: account.open } : { to: loginUrl, text: reset.logIn };
}

export function formPages(settings: PagesSettings): Record<PageKind, FormPage> {
  const { loginUrl, tagLifetime } = settings;
  const onward = (messages: PageMessages) => wayOn(messages, settings);
  return {
    reset: {
      once: true,
      open({ tag, email }, error, { messages: { reset } }) {
        if (!tag) return undefined;
        const account = normaliseEmail(email ?? '');
        const field = { kind: 'new-password', error } as const;
        const form = { hidden: { tag }, account, field, submit: reset.submit, query: { tag } };
        return { title: reset.title, paragraphs: [], form };
      },
      done({ email }, { messages }) {
        const { done: title, doneDetail } = messages.reset;
        const address = normaliseEmail(email ?? '');
        return { title, done: true, address, paragraphs: [doneDetail], link: onward(messages) };
      },
    },
    verify: {
      once: true,
      open({ tag }, error, { messages: { verify } }) {
        if (!tag) return undefined;
        const field = { kind: 'password', error } as const;
        const form = { hidden: { tag }, field, submit: verify.submit, query: { tag } };
        return { title: verify.title, paragraphs: [verify.introduction], form };
      },
      done(_, { messages }) {
        const { done: title, doneDetail } = messages.verify;
        return { title, done: true, paragraphs: [doneDetail], link: onward(messages) };
      },
    },
    undo: {
      once: true,
      open({ tag }, _, { messages: { undo } }) {
        if (!tag) return undefined;
        const form = { hidden: { tag }, submit: undo.submit, query: { tag } };
        return { title: undo.title, paragraphs: [undo.introduction], form };
      },
      done(_, { messages }) {
        const { done: title, doneDetail } = messages.undo;
        return { title, done: true, paragraphs: [doneDetail], link: onward(messages) };
      },
    },
    forget: {
      once: false,
      open({ email = '' }, error, { messages: { forget } }) {
        const field = { kind: 'email', value: email, error } as const;
        const query: Record<string, string> = email === '' ? {} : { email };
        const form = { hidden: {}, field, submit: forget.submit, query };
        return { title: forget.title, paragraphs: [forget.introduction], form };
      },
      done({ email, again }, { messages, language }) {
        const { forget } = messages;
        const address = normaliseEmail(email ?? '');
        return {
          title: forget.done,
          done: true,
          address,
          notice: again ? forget.askedAgain : undefined,
          paragraphs: [forget.doneDetail(durationIn(language, tagLifetime / 1000, 'down'))],
          form:
            address === undefined
              ? undefined
              : { hidden: { email: address, again: '1' }, submit: forget.again, query: {} },
          link: loginUrl === undefined ? undefined : onward(messages),
          other: {
            to: `?lang=${language}`,
            text: address === undefined ? forget.again : forget.otherAddress,
          },
        };
      },
    },
  };
}

export function accountView(messages: PageMessages, settings: PagesSettings): View {
  const { title, detail } = messages.account;
  return { title, paragraphs: [detail], link: wayOn(messages, settings) };
}
