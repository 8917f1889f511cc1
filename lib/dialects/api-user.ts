import type { LoggedIn, LogInRequest } from '../core/log-in.ts';
import type { Problem } from '../core/problem.ts';
import type { SignedUp, SignUpRequest } from '../core/sign-up.ts';
import { jsonFields } from '../http/body.ts';
import { type Answer, answerProblem, type Failures, type Operation } from './dialect.ts';
import { challenge, problemDetails, refusedTokenChallenge } from './problem-details.ts';
import { sentenceFor } from './sentences.ts';

// The contract of `/api/user/*`: seed 003. It has sign-up and log-in alone; the other codes are answered all the same,
// so that an operation added to it cannot meet one without an answer.

const failures: Failures = {
  'malformed-body': () => problemDetails(400, 'The body is not a JSON object in UTF-8.'),
  'body-too-large': () => problemDetails(413, 'The body is larger than 32 KiB.'),
  'unsupported-media-type': () => problemDetails(415, 'Send the body as application/json.'),
  'invalid-fields': ({ fields }) =>
    problemDetails(400, fields.map((problem) => `${problem.field}: ${sentenceFor(problem)}`).join(' ')),
  'email-taken': () => problemDetails(409, 'This email address already has an account.'),
  'wrong-credentials': () =>
    problemDetails(401, 'The email or the password is wrong.', { headers: challenge }),
  'missing-access-token': () => problemDetails(401, 'Send an access token.', { headers: challenge }),
  'invalid-access-token': () =>
    problemDetails(401, 'The access token is invalid, expired or revoked.', {
      headers: refusedTokenChallenge,
    }),
  'invalid-refresh-token': () => problemDetails(401, 'The refresh token is invalid.', { headers: challenge }),
  'foreign-refresh-token': () => problemDetails(400, 'This is not a refresh token of this service.'),
  'missing-tag': () => problemDetails(400, 'The URL has no tag.'),
  'wrong-tag': () => problemDetails(401, 'The tag is unknown or used.', { headers: challenge }),
  'expired-tag': () => problemDetails(401, 'The tag has expired.', { headers: challenge }),
  'unknown-user': () => problemDetails(401, 'The tag is unknown or used.', { headers: challenge }),
  throttled: ({ retryAfter }) =>
    problemDetails(429, `Too many requests; try again in ${retryAfter} seconds.`, {
      headers: { 'Retry-After': String(retryAfter) },
    }),
  unavailable: ({ retryAfter }) =>
    problemDetails(503, `The service is unavailable; try again in ${retryAfter} seconds.`, {
      headers: { 'Retry-After': String(retryAfter) },
    }),
  internal: () => problemDetails(500, 'The service failed; the failure was logged.'),
};

const fail = (problem: Problem) => answerProblem(failures, problem);

const write = ({ profile, accessToken }: SignedUp | LoggedIn): Answer => ({
  status: 200,
  body: { userId: profile.userId, email: profile.email, userName: profile.name, token: accessToken?.token },
});

export const signUp: Operation<SignUpRequest, SignedUp> = {
  async read(request) {
    const { name, email, password } = await jsonFields(request);
    return {
      fields: { name, email, password },
      confirmed: false,
      opensSession: true,
      client: request.client,
    };
  },
  write,
  fail,
};

export const logIn: Operation<LogInRequest, LoggedIn> = {
  async read(request) {
    const { email, password } = await jsonFields(request);
    return { fields: { email, password }, refreshes: false, client: request.client };
  },
  write,
  fail,
};
