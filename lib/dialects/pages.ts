import * as v from 'valibot';
import { text } from '../core/fields.ts';
import { type ForgetPasswordRequest, forgetPasswordFields } from '../core/forget-password.ts';
import { type LiveTag, type ResetPasswordRequest, resetPasswordFields } from '../core/reset-password.ts';
import type { UndoRequest } from '../core/undo.ts';
import type { VerifyOnPageRequest } from '../core/verify-email.ts';
import type { Operation } from '../http/operation.ts';
import { FORM_ROUTES, pageAnswers } from './pages/answers.ts';
import { emailAskedFor, isDone, isOpened, languageOf, wordsOf } from './pages/request.ts';
import { accountView, type PagesSettings } from './pages/views.ts';
import { mailedTag } from './words.ts';

// The dialect for people: pages with forms. The page's own script gets the same texts as JSON.

/** The operations of the pages, whose answers are HTML. */
export type Pages = {
  /** `done`: the browser was redirected here after the form was sent. */
  resetForm: Operation<{ tag: string | undefined; done: boolean }, (LiveTag & { tag: string }) | undefined>;
  reset: Operation<ResetPasswordRequest, void>;
  forgetForm: Operation<undefined, undefined>;
  forget: Operation<ForgetPasswordRequest, unknown>;
  /** Opening one of these pages reads nothing from the tables and uses nothing up. */
  verifyForm: Operation<boolean, boolean>;
  verify: Operation<VerifyOnPageRequest, unknown>;
  undoForm: Operation<boolean, boolean>;
  undo: Operation<UndoRequest, void>;
  /** Where password managers send people to add or manage passkeys. An application may have its own page for that. */
  account: Operation<undefined, undefined>;
};

export function pages(settings: PagesSettings): Pages {
  const { dialect, answer, done, sent, open } = pageAnswers(settings);
  /** Pages aren't in the OpenAPI document, so they need no descriptions or examples. */
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
      route: FORM_ROUTES.reset,
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
      route: FORM_ROUTES.forget,
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
      route: FORM_ROUTES.verify,
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
      route: FORM_ROUTES.undo,
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
