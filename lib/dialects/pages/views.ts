import { normaliseEmail } from '../../core/email-address.ts';
import type { Language } from '../../core/language.ts';
import { durationIn } from '../../messages/amounts.ts';
import type { PageMessages } from '../../messages/messages.ts';
import type { PageSettings } from '../../pages/page.ts';
import type { Link, View } from '../../pages/view.ts';

// The content of each page, before and after its form is sent.

/** The pages with a form. */
export type PageKind = 'reset' | 'forget' | 'verify' | 'undo';

/** The settings that pages show. */
export type PagesSettings = PageSettings & {
  /** The base URL of mailed links, and so of the page that requests another: these pages, or the application's own. */
  appUrl: string;
  loginUrl: string | undefined;
  /** Milliseconds. */
  tagLifetime: number;
};

/** The fields of a form that aren't secret, which are shown again. */
export type Typed = { tag?: string | undefined; email?: string | undefined; again?: boolean };

export type Words = { messages: PageMessages; language: Language };

/** A page with a form. To add a page, add one of these. */
export type FormPage = {
  /** @returns undefined when too little was sent to show a form */
  open(typed: Typed, error: string | undefined, words: Words): View | undefined;
  done(typed: Typed, words: Words): View;
  /** Whether reloading the answer would send the form again, which would be refused. */
  once: boolean;
};

/** The link of a page that is done: to the log-in, or to the website if no log-in page is configured. */
function wayOn({ account, reset }: PageMessages, { appUrl, loginUrl }: PagesSettings): Link {
  return loginUrl === undefined ? { to: appUrl, text: account.open } : { to: loginUrl, text: reset.logIn };
}

export function formPages(settings: PagesSettings): Record<PageKind, FormPage> {
  const { loginUrl, tagLifetime } = settings;
  const onward = (messages: PageMessages) => wayOn(messages, settings);
  /** After a mailed link did all that it can do. */
  const used = (
    messages: PageMessages,
    { done: title, doneDetail }: PageMessages['verify' | 'undo'],
  ): View => {
    return { title, done: true, paragraphs: [doneDetail], link: onward(messages) };
  };
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
      done: (_, { messages }) => used(messages, messages.verify),
    },
    undo: {
      once: true,
      open({ tag }, _, { messages: { undo } }) {
        if (!tag) return undefined;
        const form = { hidden: { tag }, submit: undo.submit, query: { tag } };
        return { title: undo.title, paragraphs: [undo.introduction], form };
      },
      done: (_, { messages }) => used(messages, messages.undo),
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
