import type { FieldProblem, Problem, ProblemCode } from '../../core/problem.ts';
import { durationIn, numberIn } from '../../messages/amounts.ts';
import { retryAfter } from '../failures.ts';
import type { Words } from './views.ts';

// How a page words a problem, in the reader's language.

type Trouble = {
  status: number;
  headers?: Record<string, string>;
  /** The text of a page without a form, when a form can't help. */
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

/** A total map, like the other dialects'. A problem that no page can cause gets the answer of an internal error. */
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

export function troubleOf(problem: Problem, words: Words): Trouble {
  return (troubles[problem.code] as (problem: Problem, words: Words) => Trouble)(problem, words);
}

/** How a page words a refused field. Forms have no other fields than these. */
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
