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

export type PageRequest =
  | { ask: 'reset form'; tag: string | undefined }
  | ({ ask: 'reset' } & ResetPasswordRequest)
  | { ask: 'forget form' }
  | ({ ask: 'forget' } & ForgetPasswordRequest);

/** What is to be shown; with a form, what it is about. */
export type PageOutcome =
  | ({ show: 'reset form'; tag: string } & LiveTag)
  | { show: 'reset' }
  | { show: 'forget form' }
  | { show: 'forget' };

type PageOperation = Operation<PageRequest, PageOutcome>;

/** What pages show of the configuration. */
export type PagesSettings = PageSettings & {
  /** Where the mailed link leads, and so where one asks for another: these pages, or the application's own. */
  appUrl: string;
  loginUrl: string | undefined;
  /** Milliseconds. */
  tagLifetime: number;
};

export function pages(
  settings: PagesSettings,
): Record<'resetForm' | 'reset' | 'forgetForm' | 'forget', PageOperation> {
  const writePage = pageWriter(settings);

  function answer(status: number, view: View, request: Request, headers?: Record<string, string>): Answer {
    if (request.header('accept') === 'application/json') {
      const { title, paragraphs, alert, link, form } = view;
      const body: ScriptAnswer = { title, paragraphs, alert, link, error: form?.error };
      return { status, ...(headers && { headers }), body };
    }
    const language = languageOf(request);
    const { page, headers: always } = writePage(view, language);
    return { status, headers: { 'Content-Language': language, ...always, ...headers }, page };
  }

  function write(outcome: PageOutcome, request: Request): Answer {
    const language = languageOf(request);
    const { reset, forget } = pageMessages[language];
    switch (outcome.show) {
      case 'reset form': {
        const { tag, email } = outcome;
        const form = { kind: 'reset', tag, email, error: undefined } as const;
        return answer(200, { title: reset.title, paragraphs: [], form }, request);
      }
      case 'reset': {
        const { loginUrl } = settings;
        const link = loginUrl === undefined ? undefined : { to: loginUrl, text: reset.logIn };
        return answer(200, { title: reset.done, paragraphs: [reset.doneDetail], link }, request);
      }
      case 'forget form': {
        const form = { kind: 'forget', email: '', error: undefined } as const;
        return answer(200, { title: forget.title, paragraphs: [forget.introduction], form }, request);
      }
      case 'forget': {
        const lifetime = durationIn(language, settings.tagLifetime / 1000, 'down');
        return answer(200, { title: forget.done, paragraphs: [forget.doneDetail(lifetime)] }, request);
      }
    }
  }

  function fail(problem: Problem, request: Request, sent: 'reset' | 'forget' | undefined): Answer {
    const language = languageOf(request);
    const messages = pageMessages[language];
    const { status, headers, over, alert, error } = troubleOf(problem, { messages, language });
    if (over) {
      const link = { to: `${settings.appUrl}/forgot-password`, text: messages.link.again };
      return answer(status, { title: over.title, paragraphs: [over.detail], link }, request, headers);
    }
    // What was typed but is no secret comes back, so that the form need only be mended.
    const typed = fieldsSent(request);
    if (sent === 'forget') {
      const form = { kind: 'forget', email: typed.get('email') ?? '', error } as const;
      const { title, introduction } = messages.forget;
      return answer(status, { title, paragraphs: [introduction], alert, form }, request, headers);
    }
    const tag = typed.get('tag');
    if (sent === 'reset' && tag) {
      const form = { kind: 'reset', tag, email: normaliseEmail(typed.get('username') ?? ''), error } as const;
      return answer(status, { title: messages.reset.title, paragraphs: [], alert, form }, request, headers);
    }
    return answer(status, { title: messages.trouble.title, paragraphs: [], alert }, request, headers);
  }

  const operation = (
    name: PageOperation['name'],
    sent: 'reset' | 'forget' | undefined,
    read: PageOperation['read'],
  ): PageOperation => ({
    name,
    dialect: 'pages',
    read,
    write,
    fail: (problem, request) => fail(problem, request, sent),
  });

  return {
    resetForm: operation('page', undefined, async (request) => ({
      ask: 'reset form',
      tag: request.query('tag'),
    })),
    reset: operation('reset-password', 'reset', async (request) => {
      refuseOtherSites(request);
      const { tag, password } = await formFields(request);
      return { ask: 'reset', tag: tag as string | undefined, fields: { password: password || undefined } };
    }),
    forgetForm: operation('page', undefined, async () => ({ ask: 'forget form' })),
    forget: operation('forget-password', 'forget', async (request) => {
      refuseOtherSites(request);
      const { email } = await formFields(request);
      const { client } = request;
      return { ask: 'forget', fields: { email: email || undefined }, client, language: languageOf(request) };
    }),
  };
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

/** The fields of a form that was refused, read as far as they can be. */
function fieldsSent({ body }: Request): URLSearchParams {
  return new URLSearchParams(body?.subarray(0, 4_096).toString());
}

type Words = { messages: PageMessages; language: Language };

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
