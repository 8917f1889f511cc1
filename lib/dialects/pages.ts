import * as v from 'valibot';
import { normaliseEmail } from '../core/email-address.ts';
import { text } from '../core/fields.ts';
import { type ForgetPasswordRequest, forgetPasswordFields } from '../core/forget-password.ts';
import { LANGUAGES, type Language } from '../core/language.ts';
import { type FieldProblem, type Problem, type ProblemCode, ProblemError } from '../core/problem.ts';
import { type LiveTag, type ResetPasswordRequest, resetPasswordFields } from '../core/reset-password.ts';
import type { UndoRequest } from '../core/undo.ts';
import type { VerifyOnPageRequest } from '../core/verify-email.ts';
import type { Answer, Declaration, Dialect, Operation } from '../http/operation.ts';
import type { Request } from '../http/request.ts';
import { durationIn, numberIn } from '../messages/amounts.ts';
import { pageMessages } from '../messages/catalogue.ts';
import type { PageMessages } from '../messages/messages.ts';
import type { ScriptAnswer } from '../pages/enhance.ts';
import { type PageSettings, pageWriter } from '../pages/page.ts';
import type { Link, View } from '../pages/view.ts';
import { retryAfter } from './failures.ts';
import { mailedTag } from './words.ts';

// The contract of people: pages with forms. Where the page's own script asks, the same words as JSON.

/** The pages with a form. */
type PageKind = 'reset' | 'forget' | 'verify' | 'undo';

const RESET = 'POST /reset-password';
const FORGET = 'POST /forgot-password';
const VERIFY = 'POST /verify-email';
const UNDO = 'POST /undo';

/** The operations of pages: each an answer to people, whose body is markup. */
export type Pages = {
  /** `done`: the browser was sent here after the form. */
  resetForm: Operation<{ tag: string | undefined; done: boolean }, (LiveTag & { tag: string }) | undefined>;
  reset: Operation<ResetPasswordRequest, void>;
  forgetForm: Operation<undefined, undefined>;
  forget: Operation<ForgetPasswordRequest, unknown>;
  /** Opening one of these reads nothing and uses nothing up. */
  verifyForm: Operation<boolean, boolean>;
  verify: Operation<VerifyOnPageRequest, unknown>;
  undoForm: Operation<boolean, boolean>;
  undo: Operation<UndoRequest, void>;
  /** Where password managers send people who want to add or manage passkeys; an application may have a page of its own there. */
  account: Operation<undefined, undefined>;
};

/** What pages show of the configuration. */
export type PagesSettings = PageSettings & {
  /** Where the mailed link leads, and so where one asks for another: these pages, or the application's own. */
  appUrl: string;
  loginUrl: string | undefined;
  /** Milliseconds. */
  tagLifetime: number;
};

/** The fields of a form that are not secret, and so are shown again. */
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

/** Where a page leads that has nothing more to do: to log-in, or to the website where it isn't known where one logs in. */
function wayOn({ account, reset }: PageMessages, { appUrl, loginUrl }: PagesSettings): Link {
  return loginUrl === undefined ? { to: appUrl, text: account.open } : { to: loginUrl, text: reset.logIn };
}

function formPages(settings: PagesSettings): Record<PageKind, FormPage> {
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

export function pages(settings: PagesSettings): Pages {
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

  function fail(problem: Problem, request: Request, { route }: Declaration): Answer {
    const kind = ({ [RESET]: 'reset', [FORGET]: 'forget', [VERIFY]: 'verify', [UNDO]: 'undo' } as const)[
      route as string
    ];
    const words = wordsOf(request);
    const { link, trouble } = words.messages;
    const { status, headers, over, alert, error } = troubleOf(problem, words);
    if (over && /verify|undo/.test(route)) {
      const { detail, open: text } = words.messages.dead;
      const to = settings.loginUrl ?? settings.appUrl;
      const view = { title: over.title, paragraphs: [detail], link: { to, text } };
      return answer(status, view, request, headers);
    }
    if (over) {
      const again = { to: `${settings.appUrl}/forgot-password`, text: link.again };
      return answer(status, { title: over.title, paragraphs: [over.detail], link: again }, request, headers);
    }
    // What was typed comes back unless it is secret, so that the form need only be corrected.
    const view = kind && kinds[kind].open(typedIn(request), error, words);
    return answer(status, { ...(view ?? { title: trouble.title, paragraphs: [] }), alert }, request, headers);
  }

  const dialect: Dialect = {
    name: 'pages',
    description: 'Pages with forms, for people.',
    problem: v.void(),
    ownSiteOnly: true,
    fail,
  };
  /** Pages are not in the OpenAPI document, which therefore asks for no words and no examples. */
  const undescribed = { dialect, summary: '', description: '', problems: [] };
  const form = { forms: ['urlencoded'], emptyIsMissing: true } as const;

  return {
    resetForm: {
      ...undescribed,
      id: 'pagesResetForm',
      route: 'GET /reset-password',
      metric: 'Pages',
      takes: { query: { tag: mailedTag } },
      input: ({ query }, request) => {
        const tag = query('tag');
        return { tag, done: tag === undefined && isDone(request) };
      },
      success: { body: v.any(), example: undefined },
      write: (found, request) =>
        found === undefined ? done('reset', request) : open('reset', found, request),
    },
    reset: {
      ...undescribed,
      id: 'pagesReset',
      route: RESET,
      metric: 'PasswordResets',
      takes: { body: { ...form, fields: (minimum) => ({ tag: text, ...resetPasswordFields(minimum) }) } },
      input: ({ fields: { tag, ...fields } }) => ({ tag: tag as string | undefined, fields }),
      success: { body: v.any(), example: undefined },
      write: (_, request) => sent('reset', request),
    },
    forgetForm: {
      ...undescribed,
      id: 'pagesForgetForm',
      route: 'GET /forgot-password',
      metric: 'Pages',
      takes: {},
      input: () => undefined,
      success: { body: v.any(), example: undefined },
      write: (_, request) =>
        isDone(request)
          ? done('forget', request)
          : open('forget', { email: emailAskedFor(request) }, request),
    },
    forget: {
      ...undescribed,
      id: 'pagesForget',
      route: FORGET,
      metric: 'ResetRequests',
      takes: { body: { ...form, fields: forgetPasswordFields } },
      input: ({ fields }, request) => ({ fields, client: request.client, language: languageOf(request) }),
      success: { body: v.any(), example: undefined },
      write: (_, request) => sent('forget', request),
    },
    verifyForm: {
      ...undescribed,
      id: 'pagesVerifyForm',
      route: 'GET /verify-email',
      metric: 'Pages',
      takes: { query: { tag: mailedTag } },
      input: ({ query }, request) => isOpened(query('tag'), request),
      success: { body: v.any(), example: undefined as never },
      write: (opened, request) =>
        opened ? open('verify', { tag: request.query('tag') }, request) : done('verify', request),
    },
    verify: {
      ...undescribed,
      id: 'pagesVerify',
      route: VERIFY,
      metric: 'Verifications',
      takes: { body: { ...form, fields: { tag: text, password: text } } },
      input: ({ fields }, request) => ({
        tag: fields.tag as string | undefined,
        password: fields.password,
        client: request.client,
        language: languageOf(request),
      }),
      success: { body: v.any(), example: undefined },
      write: (_, request) => sent('verify', request),
    },
    undoForm: {
      ...undescribed,
      id: 'pagesUndoForm',
      route: 'GET /undo',
      metric: 'Pages',
      takes: { query: { tag: mailedTag } },
      input: ({ query }, request) => isOpened(query('tag'), request),
      success: { body: v.any(), example: undefined as never },
      write: (opened, request) =>
        opened ? open('undo', { tag: request.query('tag') }, request) : done('undo', request),
    },
    undo: {
      ...undescribed,
      id: 'pagesUndo',
      route: UNDO,
      metric: 'Undos',
      takes: { body: { ...form, fields: { tag: text } } },
      input: ({ fields: { tag } }, request) => ({
        fields: { token: tag },
        client: request.client,
        language: languageOf(request),
      }),
      success: { body: v.any(), example: undefined },
      write: (_, request) => sent('undo', request),
    },
    account: {
      ...undescribed,
      id: 'pagesAccount',
      route: 'GET /account',
      metric: 'Pages',
      takes: {},
      input: () => undefined,
      success: { body: v.any(), example: undefined },
      write: (_, request) => answer(200, accountView(wordsOf(request).messages, settings), request),
    },
  };
}

/** @throws ProblemError `missing-tag` where a page was neither opened by a link nor shown after its form */
function isOpened(tag: string | undefined, request: Request): boolean {
  if (tag) return true;
  if (isDone(request)) return false;
  throw new ProblemError({ code: 'missing-tag' });
}

function accountView(messages: PageMessages, settings: PagesSettings): View {
  const { title, detail } = messages.account;
  return { title, paragraphs: [detail], link: wayOn(messages, settings) };
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
 * not encoded arrives as a space, which no address has. Anything else than an address is left out: a link is not to put words into
 * the page.
 */
function emailAskedFor(request: Request): string | undefined {
  return normaliseEmail((request.query('email') ?? '').trim().replaceAll(' ', '+'));
}

function wordsOf(request: Request): Words {
  const language = languageOf(request);
  return { messages: pageMessages[language], language };
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

/** Total, like the other dialects' maps. A problem that no page can cause is answered as an internal error. */
const troubles: {
  [Code in ProblemCode]: (problem: Extract<Problem, { code: Code }>, words: Words) => Trouble;
} = {
  'malformed-body': (_, { messages }) => ({ status: 400, alert: messages.trouble.unreadable }),
  'body-too-large': (_, { messages }) => ({ status: 413, alert: messages.trouble.tooLarge }),
  'unsupported-media-type': (_, { messages }) => ({ status: 415, alert: messages.trouble.unreadable }),
  'cross-site-request': (_, { messages }) => ({ status: 400, alert: messages.trouble.unreadable }),
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
  'sign-up-refused': internal,
  'hook-failed': ({ retryAfter: wait }, { messages, language }) => ({
    status: 503,
    headers: retryAfter(wait),
    alert: messages.trouble.unavailable(durationIn(language, wait, 'up')),
  }),
  forbidden: internal,
  'email-taken': internal,
  'wrong-credentials': (_, { messages }) => ({ status: 401, error: messages.verify.wrongPassword }),
  'missing-access-token': internal,
  'invalid-access-token': internal,
  'invalid-refresh-token': internal,
  'foreign-refresh-token': internal,
  'step-up-required': internal,
  'verification-required': internal,
  'wrong-code': internal,
  'second-factor-required': internal,
  'otp-required': internal,
  'expired-challenge': internal,
  'factor-limit': internal,
  'no-factor': internal,
  'invalid-passkey': internal,
  'unknown-credential': internal,
  'not-found': internal,
};

function troubleOf(problem: Problem, words: Words): Trouble {
  return (troubles[problem.code] as (problem: Problem, words: Words) => Trouble)(problem, words);
}

/** What is wrong with a field of a form, which has no others than these. */
function sentenceOf(problem: FieldProblem, { messages, language }: Words): string {
  const { field, reason } = problem;
  const { minimum = 0, maximum } = 'detail' in problem ? {} : problem;
  const { fields } = messages;
  const sentences: Partial<Record<FieldProblem['reason'], string>> = {
    required: field === 'email' ? fields.emailRequired : fields.passwordRequired,
    'invalid-email': fields.emailInvalid,
    'password-too-short': fields.passwordTooShort(numberIn(language, minimum)),
    'password-too-long':
      maximum === undefined ? fields.passwordTooLong : fields.passwordOver(numberIn(language, maximum)),
    'password-common': fields.passwordCommon,
    'password-breached': fields.passwordBreached,
    'password-unusable-characters': fields.passwordUnusable,
  };
  return sentences[reason] ?? messages.trouble.unreadable;
}
