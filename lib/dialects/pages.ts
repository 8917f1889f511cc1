import { normaliseEmail } from '../core/email-address.ts';
import type { ForgetPasswordRequest } from '../core/forget-password.ts';
import { LANGUAGES, type Language } from '../core/language.ts';
import {
  type FieldProblem,
  type Problem,
  type ProblemCode,
  ProblemError,
  type Reason,
} from '../core/problem.ts';
import type { LiveTag, ResetPasswordRequest } from '../core/reset-password.ts';
import { formFields } from '../http/body.ts';
import type { Request } from '../http/request.ts';
import { durationIn, numberIn } from '../messages/amounts.ts';
import { pageMessages } from '../messages/catalogue.ts';
import type { PageMessages } from '../messages/messages.ts';
import type { ScriptAnswer } from '../pages/enhance.ts';
import { type PageSettings, pageWriter } from '../pages/page.ts';
import type { View } from '../pages/view.ts';
import { type Answer, type Operation, retryAfter } from './dialect.ts';

// The contract of people: pages with forms. Where the page's own script asks, the same words as JSON.

/** The pages with a form. */
type PageKind = 'reset' | 'forget';

export type PageRequest =
  | { ask: 'reset form'; tag: string | undefined }
  | ({ ask: 'reset' } & ResetPasswordRequest)
  | { ask: 'forget form' }
  | ({ ask: 'forget' } & ForgetPasswordRequest)
  | { ask: 'done'; of: PageKind };

/** What is to be shown; with a form, what it is about. */
export type PageOutcome =
  | ({ show: 'reset form'; tag: string } & LiveTag)
  | { show: 'reset' }
  | { show: 'forget form' }
  | { show: 'forget' }
  | { show: 'done'; of: PageKind };

type PageOperation = Operation<PageRequest, PageOutcome>;

/** What pages show of the configuration. */
export type PagesSettings = PageSettings & {
  /** Where the mailed link leads, and so where one asks for another: these pages, or the application's own. */
  appUrl: string;
  loginUrl: string | undefined;
  /** Milliseconds. */
  tagLifetime: number;
};

/** What of a form is no secret, and so is shown again. */
type Typed = { tag?: string | undefined; email?: string | undefined; again?: boolean };

type Words = { messages: PageMessages; language: Language };

/** A page with a form, before and after the form is sent. Another page is another one of these. */
type FormPage = {
  /** @returns undefined where what was sent is too little for a form */
  open(typed: Typed, error: string | undefined, words: Words): View | undefined;
  done(typed: Typed, words: Words): View;
  /** Whether a browser that loads the answer again would send the form again, and be refused. */
  once: boolean;
};

function formPages({ loginUrl, tagLifetime }: PagesSettings): Record<PageKind, FormPage> {
  const logIn = ({ reset }: PageMessages) =>
    loginUrl === undefined ? undefined : { to: loginUrl, text: reset.logIn };
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
        return { title, done: true, address, paragraphs: [doneDetail], link: logIn(messages) };
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
          link: logIn(messages),
          other: {
            to: `?lang=${language}`,
            text: address === undefined ? forget.again : forget.otherAddress,
          },
        };
      },
    },
  };
}

export function pages(
  settings: PagesSettings,
): Record<'resetForm' | 'reset' | 'forgetForm' | 'forget', PageOperation> {
  const writePage = pageWriter(settings);
  const kinds = formPages(settings);

  function answer(status: number, view: View, request: Request, headers?: Record<string, string>): Answer {
    if (isScript(request)) return { status, ...(headers && { headers }), body: scriptAnswer(view) };
    const language = languageOf(request);
    const { page, headers: always } = writePage(view, language);
    return { status, headers: { 'Content-Language': language, ...always, ...headers }, page };
  }

  function done(kind: PageKind, request: Request): Answer {
    return answer(200, kinds[kind].done(typedIn(request), wordsOf(request)), request);
  }

  /** After what works once the browser is sent on, so that a reload shows the outcome and sends nothing. */
  function sent(kind: PageKind, request: Request): Answer {
    if (!kinds[kind].once || isScript(request)) return done(kind, request);
    return { status: 303, headers: { Location: `?done=1&lang=${languageOf(request)}` } };
  }

  function open(kind: PageKind, typed: Typed, request: Request): Answer {
    return answer(200, kinds[kind].open(typed, undefined, wordsOf(request)) as View, request);
  }

  function write(outcome: PageOutcome, request: Request): Answer {
    switch (outcome.show) {
      case 'reset form':
        return open('reset', outcome, request);
      case 'forget form':
        return open('forget', { email: emailAskedFor(request) }, request);
      case 'reset':
      case 'forget':
        return sent(outcome.show, request);
      case 'done':
        return done(outcome.of, request);
    }
  }

  function fail(problem: Problem, request: Request, kind: PageKind | undefined): Answer {
    const words = wordsOf(request);
    const { link, trouble } = words.messages;
    const { status, headers, over, alert, error } = troubleOf(problem, words);
    if (over) {
      const again = { to: `${settings.appUrl}/forgot-password`, text: link.again };
      return answer(status, { title: over.title, paragraphs: [over.detail], link: again }, request, headers);
    }
    // What was typed but is no secret comes back, so that the form need only be mended.
    const view = kind && kinds[kind].open(typedIn(request), error, words);
    return answer(status, { ...(view ?? { title: trouble.title, paragraphs: [] }), alert }, request, headers);
  }

  const operation = (
    name: PageOperation['name'],
    sent: PageKind | undefined,
    read: PageOperation['read'],
  ): PageOperation => ({
    name,
    dialect: 'pages',
    read,
    write,
    fail: (problem, request) => fail(problem, request, sent),
  });

  return {
    resetForm: operation('page', undefined, async (request) => {
      const tag = request.query('tag');
      return tag === undefined && isDone(request) ? { ask: 'done', of: 'reset' } : { ask: 'reset form', tag };
    }),
    reset: operation('reset-password', 'reset', async (request) => {
      refuseOtherSites(request);
      const { tag, password } = await formFields(request);
      return { ask: 'reset', tag: tag as string | undefined, fields: { password: password || undefined } };
    }),
    forgetForm: operation('page', undefined, async (request) =>
      isDone(request) ? { ask: 'done', of: 'forget' } : { ask: 'forget form' },
    ),
    forget: operation('forget-password', 'forget', async (request) => {
      refuseOtherSites(request);
      const { email } = await formFields(request);
      const { client } = request;
      return { ask: 'forget', fields: { email: email || undefined }, client, language: languageOf(request) };
    }),
  };
}

/** The page's own script asks for the words alone. */
function isScript(request: Request): boolean {
  return request.header('accept') === 'application/json';
}

function scriptAnswer({ title, address, notice, paragraphs, alert, form, link, other }: View): ScriptAnswer {
  const button = form && !form.field ? { hidden: form.hidden, submit: form.submit } : undefined;
  return { title, address, notice, paragraphs, alert, error: form?.field?.error, form: button, link, other };
}

/** Where a browser was sent after a form. The address says that something was done, and nothing else. */
function isDone(request: Request): boolean {
  return request.query('done') !== undefined;
}

/**
 * The address that an application passes on from its own log-in form: `/forgot-password?email=…`. A plus sign that was
 * not encoded arrives as a space, which no address has. What is no address is left out: a link is not to put words into
 * the page.
 */
function emailAskedFor(request: Request): string | undefined {
  return normaliseEmail((request.query('email') ?? '').trim().replaceAll(' ', '+'));
}

function wordsOf(request: Request): Words {
  const language = languageOf(request);
  return { messages: pageMessages[language], language };
}

/**
 * A form that a page of another site sends in its visitors' name: each of them would have a limit of their own, so that
 * many could fill a mailbox. Every browser of today says where a request comes from; programs say nothing and may.
 *
 * @see https://www.w3.org/TR/fetch-metadata/
 */
function refuseOtherSites(request: Request): void {
  const site = request.header('sec-fetch-site') ?? 'none';
  if (!['same-origin', 'none'].includes(site))
    throw new ProblemError({ code: 'malformed-body' }, 'the form was sent by a page of another site');
}

/** The language asked for in the address, or else by the browser. */
function languageOf(request: Request): Language {
  return LANGUAGES.find((language) => language === request.query('lang')) ?? request.language;
}

/** The fields of the form that was sent, read as far as they can be where it was refused. */
function typedIn({ body }: Request): Typed {
  const sent = new URLSearchParams(body?.subarray(0, 4_096).toString());
  return {
    tag: sent.get('tag') ?? undefined,
    email: sent.get('email') ?? sent.get('username') ?? undefined,
    again: sent.has('again'),
  };
}

type Trouble = {
  status: number;
  headers?: Record<string, string>;
  /** What there is to say when no form can help. */
  over?: { title: string; detail: string };
  alert?: string;
  error?: string;
};

const internal = (_: Problem, { messages }: Words): Trouble => ({
  status: 500,
  alert: messages.trouble.internal,
});

const wrongLink = (_: Problem, { messages: { link } }: Words): Trouble => ({
  status: 404,
  over: { title: link.wrong, detail: link.wrongDetail },
});

/** Total, like the other dialects' maps; what no page asks for is told as a failure of ours. */
const troubles: {
  [Code in ProblemCode]: (problem: Extract<Problem, { code: Code }>, words: Words) => Trouble;
} = {
  'malformed-body': (_, { messages }) => ({ status: 400, alert: messages.trouble.unreadable }),
  'body-too-large': (_, { messages }) => ({ status: 413, alert: messages.trouble.tooLarge }),
  'unsupported-media-type': (_, { messages }) => ({ status: 415, alert: messages.trouble.unreadable }),
  'invalid-fields': ({ fields }, words) => ({
    status: 400,
    error: fields.map((field) => sentenceOf(field, words)).join(' '),
  }),
  'missing-tag': (_, { messages: { link } }) => ({
    status: 400,
    over: { title: link.missing, detail: link.missingDetail },
  }),
  'wrong-tag': wrongLink,
  'unknown-user': wrongLink,
  'expired-tag': (_, { messages: { link } }) => ({
    status: 410,
    over: { title: link.expired, detail: link.expiredDetail },
  }),
  throttled: ({ retryAfter: wait }, { messages, language }) => ({
    status: 429,
    headers: retryAfter(wait),
    alert: messages.trouble.throttled(durationIn(language, wait, 'up')),
  }),
  unavailable: ({ retryAfter: wait }, { messages, language }) => ({
    status: 503,
    headers: retryAfter(wait),
    alert: messages.trouble.unavailable(durationIn(language, wait, 'up')),
  }),
  internal,
  'email-taken': internal,
  'wrong-credentials': internal,
  'missing-access-token': internal,
  'invalid-access-token': internal,
  'invalid-refresh-token': internal,
  'foreign-refresh-token': internal,
};

function troubleOf(problem: Problem, words: Words): Trouble {
  return (troubles[problem.code] as (problem: Problem, words: Words) => Trouble)(problem, words);
}

/** What is wrong with a field of a form, which has no others than these. */
function sentenceOf({ field, reason, minimum = 0 }: FieldProblem, { messages, language }: Words): string {
  const { fields } = messages;
  const sentences: Partial<Record<Reason, string>> = {
    required: field === 'email' ? fields.emailRequired : fields.passwordRequired,
    'invalid-email': fields.emailInvalid,
    'password-too-short': fields.passwordTooShort(numberIn(language, minimum)),
    'password-too-long': fields.passwordTooLong,
    'password-unusable-characters': fields.passwordUnusable,
  };
  return sentences[reason] ?? messages.trouble.unreadable;
}
