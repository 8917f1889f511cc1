import type { ProblemDetails } from '../openapi/answers.ts';
import { type Answer, type Failures, retryAfter } from './dialect.ts';
import { tryAgainIn } from './sentences.ts';

/** The names of RFC 9110 section 15 and RFC 6585; for 413 Node still has the one before. */
const titles = {
  400: 'Bad Request',
  401: 'Unauthorized',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** An error as RFC 9457 problem details, with a `message` that repeats `detail` for clients that look for one. */
export function problemDetails(
  status: keyof typeof titles,
  detail: string,
  more: { headers?: Record<string, string>; errors?: { field: string; message: string }[] } = {},
): Answer<ProblemDetails> {
  const { headers, errors } = more;
  return {
    status,
    headers: { ...headers, 'Content-Type': 'application/problem+json' },
    body: {
      type: 'about:blank',
      title: titles[status],
      status,
      detail,
      message: detail,
      ...(errors && { errors }),
    },
  };
}

/** RFC 6750 section 3: a challenge; the error code only where an access token was sent and refused. */
export const challenge = { 'WWW-Authenticate': 'Bearer' };
export const refusedTokenChallenge = { 'WWW-Authenticate': 'Bearer error="invalid_token"' };

/** What the dialects that speak problem details say alike; about fields each has its own way. */
export const problemFailures: Omit<Failures, 'invalid-fields' | 'email-taken'> = {
  'malformed-body': () => problemDetails(400, 'The body is not a JSON object in UTF-8.'),
  'body-too-large': () => problemDetails(413, 'The body is larger than 32 KiB.'),
  'unsupported-media-type': () => problemDetails(415, 'Send the body as application/json.'),
  'wrong-credentials': () =>
    problemDetails(401, 'The email or the password is wrong.', { headers: challenge }),
  'missing-access-token': () =>
    problemDetails(401, 'Send an access token in the header Authorization: Bearer.', { headers: challenge }),
  'invalid-access-token': () =>
    problemDetails(401, 'The access token is invalid, expired or revoked; log in or refresh it.', {
      headers: refusedTokenChallenge,
    }),
  'invalid-refresh-token': () =>
    problemDetails(401, 'The refresh token is invalid, expired, used or revoked; log in again.', {
      headers: challenge,
    }),
  'foreign-refresh-token': () => problemDetails(400, 'This is not a refresh token of this service.'),
  'missing-tag': () => problemDetails(400, 'The URL has no token; open the link of the email.'),
  'wrong-tag': () =>
    problemDetails(401, 'The token is unknown or used; ask for a new email.', { headers: challenge }),
  'expired-tag': () =>
    problemDetails(401, 'The token has expired; ask for a new email.', { headers: challenge }),
  'unknown-user': () =>
    problemDetails(401, 'The token is unknown or used; ask for a new email.', { headers: challenge }),
  throttled: (problem) =>
    problemDetails(429, tryAgainIn(problem.retryAfter, 'Too many requests'), {
      headers: retryAfter(problem.retryAfter),
    }),
  unavailable: (problem) =>
    problemDetails(503, tryAgainIn(problem.retryAfter, 'The service is unavailable'), {
      headers: retryAfter(problem.retryAfter),
    }),
  internal: () => problemDetails(500, 'The service failed; the failure was logged.'),
};
