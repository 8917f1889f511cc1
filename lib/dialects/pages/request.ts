import { normaliseEmail } from '../../core/email-address.ts';
import { LANGUAGES, type Language } from '../../core/language.ts';
import { ProblemError } from '../../core/problem.ts';
import type { Request } from '../../http/request.ts';
import { pageMessages } from '../../messages/catalogue.ts';
import type { Typed, Words } from './views.ts';

// What a page reads of its request.

/** @throws ProblemError `missing-tag` where a page was neither opened by a link nor shown after its form */
export function isOpened(tag: string | undefined, request: Request): boolean {
  if (tag) return true;
  if (isDone(request)) return false;
  throw new ProblemError({ code: 'missing-tag' });
}

/** The page's own script asks for the words alone. */
export function isScript(request: Request): boolean {
  return request.header('accept') === 'application/json';
}

/** Where a browser was sent after a form. The address says that something was done, and nothing else. */
export function isDone(request: Request): boolean {
  return request.query('done') !== undefined;
}

/**
 * The address that an application passes on from its own log-in form: `/forgot-password?email=…`. A plus sign that was
 * not encoded arrives as a space, which no address has. Anything else than an address is left out: a link is not to put words into
 * the page.
 */
export function emailAskedFor(request: Request): string | undefined {
  return normaliseEmail((request.query('email') ?? '').trim().replaceAll(' ', '+'));
}

export function wordsOf(request: Request): Words {
  const language = languageOf(request);
  return { messages: pageMessages[language], language };
}

/** The language asked for in the address, or else by the browser. */
export function languageOf(request: Request): Language {
  return LANGUAGES.find((language) => language === request.query('lang')) ?? request.language;
}

/** The fields of the form that was sent, read as far as they can be where it was refused. */
export function typedIn({ body }: Request): Typed {
  const sent = new URLSearchParams(body?.subarray(0, 4_096).toString());
  return {
    tag: sent.get('tag') ?? undefined,
    email: sent.get('email') ?? sent.get('username') ?? undefined,
    again: sent.has('again'),
  };
}
