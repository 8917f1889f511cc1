import * as v from 'valibot';
import type { LoggedIn } from '../core/admit.ts';
import { type ForgetPasswordRequest, forgetPasswordFields } from '../core/forget-password.ts';
import { type LogInRequest, logInWithOtpFields } from '../core/log-in.ts';
import type { LogOutRequest } from '../core/log-out.ts';
import type { Field } from '../core/problem.ts';
import { type ResetPasswordRequest, resetPasswordFields } from '../core/reset-password.ts';
import type { BodyForm } from '../http/body.ts';
import type { Answer, Dialect, Operation } from '../http/operation.ts';
import { accessToken, email, text, userId } from './answer-parts.ts';
import * as examples from './examples.ts';
import { answerProblem, type Failures, retryAfter } from './failures.ts';
import { challenge, refusedTokenChallenge, stepUpChallenge } from './problem-details.ts';
import { CROSS_SITE, HOOK_FAILED, NOT_ONE_OF, sentenceFor, tryAgainIn, UNSIGNED } from './sentences.ts';
import { FORGET, LOG_IN, mailedTag, RESET } from './words.ts';

// The contract of `/accounts/*`: seeds 000 and 002. Errors are arrays of sentences, with status 406 unless noted otherwise.

const sentencesBody = v.pipe(
  v.array(v.string()),
  v.minLength(1),
  v.title('Sentences'),
  v.description('One sentence for each problem.'),
);
type Sentences = readonly string[] & v.InferInput<typeof sentencesBody>;

const sentences = (status: number, all: Sentences, headers?: Record<string, string>): Answer<Sentences> => ({
  status,
  ...(headers && { headers }),
  body: all,
});

/** @param names the operation's names of the core's fields, where they differ */
const failuresWith = (names: Partial<Record<Field, string>>): Failures => ({
  'malformed-body': () => sentences(400, ['The body is neither a JSON object nor a form in UTF-8.']),
  'body-too-large': () => sentences(413, ['The body is larger than 32 KiB.']),
  'unsupported-media-type': () =>
    sentences(415, [
      'Send the body as application/json, application/x-www-form-urlencoded or multipart/form-data.',
    ]),
  'cross-site-request': () => sentences(403, [CROSS_SITE]),
  forbidden: () => sentences(403, [UNSIGNED]),
  'invalid-fields': ({ fields }) =>
    sentences(
      406,
      fields.length === 0
        ? [NOT_ONE_OF]
        : fields.map((problem) => `${names[problem.field] ?? problem.field}: ${sentenceFor(problem)}`),
    ),
  'email-taken': () => sentences(406, ['email: This email address already has an account.']),
  'wrong-credentials': () => sentences(406, ['Unable to log in with provided credentials.']),
  // The seed's 401 has no body at all.
  'missing-access-token': () => ({ status: 401, headers: challenge }),
  'invalid-access-token': () => ({ status: 401, headers: refusedTokenChallenge }),
  'invalid-refresh-token': () => ({ status: 401, headers: challenge }),
  'step-up-required': (problem) => ({
    status: 401,
    headers: { 'WWW-Authenticate': stepUpChallenge(problem) },
  }),
  'second-factor-required': () => sentences(401, ['This account needs a second factor.']),
  'otp-required': () => sentences(406, ['otp: This field is required.']),
  'expired-challenge': () => sentences(406, ['The log-in has expired.']),
  'factor-limit': () => sentences(406, ['The account has as many factors as it can have.']),
  'no-factor': () => sentences(406, ['The account has no second factor.']),
  'invalid-passkey': () => sentences(406, ['This passkey cannot be added.']),
  'unknown-credential': () => sentences(406, ['Unable to log in with provided credentials.']),
  'not-found': () => sentences(404, ['Not found.']),
  'foreign-refresh-token': () => sentences(406, ['This is not a refresh token of this service.']),
  'verification-required': () => sentences(403, ['Sign up by POST /auth/register.']),
  'wrong-code': () => sentences(406, ['Unable to log in with provided credentials.']),
  'missing-tag': () => sentences(406, ['Error: Missing Tag in GET!']),
  'wrong-tag': () => sentences(406, ['Error: Wrong Tag!']),
  'expired-tag': () => sentences(406, ['The link has expired']),
  'unknown-user': () => sentences(406, ['Unknown request!']),
  'sign-up-refused': ({ sentence }) => sentences(403, [sentence]),
  'hook-failed': (problem) =>
    sentences(503, [tryAgainIn(problem.retryAfter, HOOK_FAILED)], retryAfter(problem.retryAfter)),
  throttled: (problem) =>
    sentences(429, [tryAgainIn(problem.retryAfter, 'Too many requests')], retryAfter(problem.retryAfter)),
  unavailable: (problem) =>
    sentences(
      503,
      [tryAgainIn(problem.retryAfter, 'The service is unavailable')],
      retryAfter(problem.retryAfter),
    ),
  internal: () => sentences(500, ['The service failed; the failure was logged.']),
});

const accounts: Dialect = {
  name: 'accounts',
  description: 'JSON or forms. Errors are an array of sentences, mostly with status 406.',
  problem: sentencesBody,
  fail: (problem, _, { takes }) => answerProblem(failuresWith(takes.body?.names ?? {}), problem),
};

const forms: readonly BodyForm[] = ['json', 'urlencoded', 'multipart'];

const loggedIn = v.pipe(
  v.object({
    token: accessToken,
    user: v.object({
      sid: userId,
      first_name: text('The name up to its first white space.', 'Ada'),
      last_name: text('The rest of the name. It may be empty.', 'Lovelace'),
      email,
    }),
  }),
  v.title('AccountsLoggedIn'),
);

export const logIn: Operation<LogInRequest, LoggedIn, v.InferOutput<typeof loggedIn>> = {
  id: 'accountsLogIn',
  dialect: accounts,
  route: 'POST /accounts/auth/',
  metric: 'LogIns',
  summary: 'Log in',
  description: LOG_IN,
  takes: { body: { fields: logInWithOtpFields, names: { email: 'username' }, forms, emptyIsMissing: true } },
  input: ({ fields }, { client, language, device }) => ({
    fields,
    refreshes: false,
    takesOtp: true,
    client,
    language,
    device,
  }),
  problems: ['invalid-fields', 'wrong-credentials', 'otp-required', 'throttled', 'hook-failed'],
  success: { body: loggedIn, example: examples.loggedIn },
  write({ profile, accessToken: issued }) {
    const [firstName] = profile.name.split(/\s/u, 1) as [string];
    const lastName = profile.name.slice(firstName.length).trim();
    const user = { sid: profile.userId, first_name: firstName, last_name: lastName, email: profile.email };
    return { status: 200, body: { token: issued.token, user } };
  },
};

const tag = v.pipe(
  v.object({
    tag: v.pipe(
      v.string(),
      v.uuid(),
      v.description('Identifies the request. It grants nothing: only the tag in the email does.'),
    ),
  }),
  v.title('AccountsTag'),
);

export const forgetPassword: Operation<
  ForgetPasswordRequest,
  { tagId: string },
  v.InferOutput<typeof tag>
> = {
  id: 'accountsForgetPassword',
  dialect: accounts,
  route: 'POST /accounts/forgetpassword/',
  metric: 'ResetRequests',
  summary: 'Ask for a reset email',
  description: FORGET,
  takes: { body: { fields: forgetPasswordFields, forms, emptyIsMissing: true } },
  input: ({ fields }, { client, language }) => ({ fields, client, language }),
  problems: ['invalid-fields', 'throttled'],
  success: { body: tag, example: { tagId: '9b2f6a6c-7c3a-4f0e-8e55-0d6a1f7f1a42' } },
  write: ({ tagId }) => ({ status: 200, body: { tag: tagId } }),
};

const done = v.pipe(v.object({}), v.title('AccountsDone'));
type Done = v.InferOutput<typeof done>;

export const resetPassword: Operation<ResetPasswordRequest, void, Done> = {
  id: 'accountsResetPassword',
  dialect: accounts,
  route: 'POST /accounts/resetpassword/',
  metric: 'PasswordResets',
  summary: 'Reset the password',
  description: RESET,
  takes: {
    query: { tag: mailedTag },
    body: { fields: resetPasswordFields, forms, emptyIsMissing: true },
  },
  input: ({ fields, query }) => ({ tag: query('tag'), fields }),
  problems: ['missing-tag', 'wrong-tag', 'expired-tag', 'unknown-user', 'invalid-fields'],
  success: { body: done, example: undefined },
  write: () => ({ status: 200, body: {} }),
};

export const logOut: Operation<LogOutRequest, void, Done> = {
  id: 'accountsLogOut',
  dialect: accounts,
  route: 'GET /accounts/logout/',
  metric: 'LogOuts',
  summary: 'Log out',
  description:
    'Ends the session of the access token, which is sent in the header `token` or as `Authorization: Bearer`.',
  takes: { accessToken: ['token', 'bearer'] },
  input: ({ accessToken: token }, { client }) => ({ by: 'access-token', accessToken: token, client }),
  problems: ['missing-access-token', 'invalid-access-token', 'throttled'],
  success: { body: done, example: undefined },
  write: () => ({ status: 200, body: {} }),
};
