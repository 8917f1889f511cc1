import { normaliseEmail } from '../../core/email-address.ts';
import { LANGUAGES, type Language } from '../../core/language.ts';
import { ProblemError } from '../../core/problem.ts';
import type { Request } from '../../http/request.ts';
import { pageMessages } from '../../messages/catalogue.ts';
import type { Typed, Words } from './views.ts';

// Readers of the requests of pages.

/** @throws ProblemError `missing-tag` when the page was neither opened by a link nor is shown after its form */
export function isOpened(tag: string | undefined, request: Request): boolean {
  if (tag) return true;
  if (isDone(request)) return false;
  throw new ProblemError({ code: 'missing-tag' });
}

/** Whether the page's own script sent the request, which needs only the texts. */
export function isScript(request: Request): boolean {
  return request.header('accept') === 'application/json';
}

/** Whether the browser was redirected here after a form. The address says no more than that. */
export function isDone(request: Request): boolean {
  return request.query('done') !== undefined;
}

/**
 * The address that an application passes on from its own log-in form: `/forgot-password?email=…`. An unencoded plus sign
 * arrives as a space, which no address has. Anything but an address is ignored, so that a link can't put text into the page.
 */
export function emailAskedFor(request: Request): string | undefined {
  return normaliseEmail((request.query('email') ?? '').trim().replaceAll(' ', '+'));
}

export function wordsOf(request: Request): Words {
  const language = languageOf(request);
  return { messages: pageMessages[language], language };
}

/** The language in the query, or else the browser's. */
export function languageOf(request: Request): Language {
  return LANGUAGES.find((language) => language === request.query('lang')) ?? request.language;
}

/** The fields of a refused form, as far as they can be read. */
export function typedIn({ body }: Request): Typed {
  const sent = new URLSearchParams(body?.subarray(0, 4_096).toString());
  return {
    tag: sent.get('tag') ?? undefined,
    email: sent.get('email') ?? sent.get('username') ?? undefined,
    again: sent.has('again'),
  };
}
