import * as v from 'valibot';
import type { Problem } from '../../core/problem.ts';
import type { Answer, Declaration, Dialect } from '../../http/operation.ts';
import type { Request } from '../../http/request.ts';
import type { ScriptAnswer } from '../../pages/enhance.ts';
import { pageWriter } from '../../pages/page.ts';
import type { View } from '../../pages/view.ts';
import { isScript, languageOf, typedIn, wordsOf } from './request.ts';
import { troubleOf } from './troubles.ts';
import { formPages, type PageKind, type PagesSettings, type Typed } from './views.ts';

/** The routes that receive forms. */
export const FORM_ROUTES = {
  reset: 'POST /reset-password',
  forget: 'POST /forgot-password',
  verify: 'POST /verify-email',
  undo: 'POST /undo',
} as const satisfies Record<PageKind, string>;

/** The answers of pages: HTML for people, the same texts as JSON for the page's own script. */
export type PageAnswers = {
  dialect: Dialect;
  answer(status: number, view: View, request: Request, headers?: Record<string, string>): Answer;
  /** The page after its form was sent, when it is reloaded. */
  done(kind: PageKind, request: Request): Answer;
  /** Redirects after a form that works once, so that a reload shows the outcome and doesn't send the form again. */
  sent(kind: PageKind, request: Request): Answer;
  /** The page with its form. */
  open(kind: PageKind, typed: Typed, request: Request): Answer;
};

export function pageAnswers(settings: PagesSettings): PageAnswers {
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

  function sent(kind: PageKind, request: Request): Answer {
    if (!kinds[kind].once || isScript(request)) return done(kind, request);
    return { status: 303, headers: { Location: `?done=1&lang=${languageOf(request)}` } };
  }

  function open(kind: PageKind, typed: Typed, request: Request): Answer {
    return answer(200, kinds[kind].open(typed, undefined, wordsOf(request)) as View, request);
  }

  function fail(problem: Problem, request: Request, { route }: Declaration): Answer {
    const kind = kindOf(route);
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
    // The form keeps what was typed, except secrets, so that people only have to correct it.
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

  return { dialect, answer, done, sent, open };
}

function scriptAnswer({ title, address, notice, paragraphs, alert, form, link, other }: View): ScriptAnswer {
  const button = form && !form.field ? { hidden: form.hidden, submit: form.submit } : undefined;
  return { title, address, notice, paragraphs, alert, error: form?.field?.error, form: button, link, other };
}

function kindOf(route: string): PageKind | undefined {
  const kinds = Object.keys(FORM_ROUTES) as PageKind[];
  return kinds.find((kind) => FORM_ROUTES[kind] === route);
}
