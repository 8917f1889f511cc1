import * as v from 'valibot';
import type { Problem } from '../core/problem.ts';
import type { Answer } from '../http/operation.ts';
import { text } from './answer-parts.ts';
import { type Failures, retryAfter } from './failures.ts';
import { CROSS_SITE, HOOK_FAILED, tryAgainIn, UNSIGNED } from './sentences.ts';

/** The errors of every dialect but `/accounts/*`; `/auth*` adds members. */
export const problemDetails = v.pipe(
  v.object({
    type: v.pipe(
      v.literal('about:blank'),
      v.description('Always `about:blank`: the status says which kind of problem it is.'),
    ),
    title: text('The name of the status.', 'Bad Request'),
    status: v.pipe(v.number(), v.integer(), v.minValue(400), v.maxValue(599)),
    detail: text('What was wrong, for people. Its wording may change.'),
    message: text('The same as `detail`, for clients that look for it here.'),
  }),
  v.title('ProblemDetails'),
  v.description('RFC 9457, with a `message`.'),
);

export type ProblemDetails = v.InferOutput<typeof problemDetails>;

/** The names of RFC 9110 section 15 and RFC 6585; for 413 Node still has the older name. */
const titles = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** An error as RFC 9457 problem details, with a `message` that repeats `detail` for clients that look for one. */
export function problemAnswer(
  status: keyof typeof titles,
  detail: string,
  headers: Record<string, string> = {},
): Answer<ProblemDetails> {
  return {
    status,
    headers: { ...headers, 'Content-Type': 'application/problem+json' },
    body: { type: 'about:blank', title: titles[status], status, detail, message: detail },
  };
}

/** The challenge of RFC 6750 section 3, with an error code only if an access token was sent and refused. */
export const challenge = { 'WWW-Authenticate': 'Bearer' };
export const refusedTokenChallenge = { 'WWW-Authenticate': 'Bearer error="invalid_token"' };

/** The challenge of RFC 9470 section 3: what an otherwise valid token lacks. @param maxAge seconds */
export function stepUpChallenge({ acrValues, maxAge }: Omit<StepUpRequired, 'code'>): string {
  const age = maxAge === undefined ? '' : `, max_age="${maxAge}"`;
  return `Bearer error="insufficient_user_authentication", acr_values="${acrValues.join(' ')}"${age}`;
}

type StepUpRequired = Extract<Problem, { code: 'step-up-required' }>;

const STEP_UP = 'Prove again who you are: send your password, a code or a passkey to POST /auth/step-up.';

/** The answers that all dialects with problem details share. Each words refused fields in its own way. */
export const problemFailures: Omit<Failures<ProblemDetails>, 'invalid-fields' | 'email-taken'> = {
  'malformed-body': () => problemAnswer(400, 'The body is not a JSON object in UTF-8.'),
  'body-too-large': () => problemAnswer(413, 'The body is larger than 32 KiB.'),
  'unsupported-media-type': () => problemAnswer(415, 'Send the body as application/json.'),
  'cross-site-request': () => problemAnswer(403, CROSS_SITE),
  forbidden: () => problemAnswer(403, UNSIGNED),
  'wrong-credentials': () => problemAnswer(401, 'The email or the password is wrong.', challenge),
  'verification-required': () =>
    problemAnswer(
      403,
      'Email addresses are verified before an account is made: sign up by POST /auth/register.',
    ),
  'missing-access-token': () =>
    problemAnswer(401, 'Send an access token in the header Authorization: Bearer.', challenge),
  'invalid-access-token': () =>
    problemAnswer(
      401,
      'The access token is invalid, expired or revoked; log in or refresh it.',
      refusedTokenChallenge,
    ),
  'invalid-refresh-token': () =>
    problemAnswer(401, 'The refresh token is invalid, expired, used or revoked; log in again.', challenge),
  'step-up-required': (problem) =>
    problemAnswer(401, STEP_UP, { 'WWW-Authenticate': stepUpChallenge(problem) }),
  'second-factor-required': () =>
    problemAnswer(
      401,
      'The password is right. Send the challenge and a code to POST /auth/login/second-factor.',
      challenge,
    ),
  'otp-required': () => problemAnswer(401, 'otp: This field is required.', challenge),
  'expired-challenge': () =>
    problemAnswer(
      401,
      'The log-in was completed or took too long; begin again with the password.',
      challenge,
    ),
  'factor-limit': () =>
    problemAnswer(409, 'The account has as many factors of this kind as it can have; remove one first.'),
  'no-factor': () => problemAnswer(409, 'The account has no second factor.'),
  'invalid-passkey': () =>
    problemAnswer(400, 'This passkey cannot be added; begin again with POST /auth/passkeys/options.'),
  'unknown-credential': () => problemAnswer(401, 'No account has this passkey.', challenge),
  'not-found': () => problemAnswer(404, 'Not found.'),
  'foreign-refresh-token': () => problemAnswer(400, 'This is not a refresh token of this service.'),
  'wrong-code': () => problemAnswer(401, 'The code is wrong or has been used.', challenge),
  'missing-tag': () => problemAnswer(400, 'The URL has no token; open the link of the email.'),
  'wrong-tag': () =>
    problemAnswer(401, 'The token is unknown or has been used; ask for a new email.', challenge),
  'expired-tag': () => problemAnswer(401, 'The token has expired; ask for a new email.', challenge),
  'unknown-user': () =>
    problemAnswer(401, 'The token is unknown or has been used; ask for a new email.', challenge),
  'sign-up-refused': ({ sentence }) => problemAnswer(403, sentence),
  'hook-failed': (problem) =>
    problemAnswer(503, tryAgainIn(problem.retryAfter, HOOK_FAILED), retryAfter(problem.retryAfter)),
  throttled: (problem) =>
    problemAnswer(429, tryAgainIn(problem.retryAfter, 'Too many requests'), retryAfter(problem.retryAfter)),
  unavailable: (problem) =>
    problemAnswer(
      503,
      tryAgainIn(problem.retryAfter, 'The service is unavailable'),
      retryAfter(problem.retryAfter),
    ),
  internal: () => problemAnswer(500, 'The service failed; the failure was logged.'),
};
