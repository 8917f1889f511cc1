import type { ForgetPasswordRequest } from '../core/forget-password.ts';
import type { LoggedIn, LogInRequest } from '../core/log-in.ts';
import type { LogOutRequest } from '../core/log-out.ts';
import type { Field, Problem } from '../core/problem.ts';
import type { ResetPasswordRequest } from '../core/reset-password.ts';
import { jsonOrFormFields } from '../http/body.ts';
import type { Request } from '../http/request.ts';
import type { AccountsDone, AccountsLoggedIn, AccountsTag, Sentences } from '../openapi/answers.ts';
import {
  type Answer,
  answerProblem,
  bearerToken,
  type Failures,
  type Operation,
  retryAfter,
} from './dialect.ts';
import { challenge, refusedTokenChallenge } from './problem-details.ts';
import { sentenceFor, tryAgainIn } from './sentences.ts';

// The contract of `/accounts/*`: seeds 000 and 002. Errors are arrays of sentences, 406 unless said otherwise.

const sentences = (status: number, all: Sentences, headers?: Record<string, string>): Answer<Sentences> => ({
  status,
  ...(headers && { headers }),
  body: all,
});

/** @param names what the dialect calls the core's fields, where it differs */
function failuresWith(names: Partial<Record<Field, string>> = {}): Failures {
  return {
    'malformed-body': () => sentences(400, ['The body is neither a JSON object nor a form in UTF-8.']),
    'body-too-large': () => sentences(413, ['The body is larger than 32 KiB.']),
    'unsupported-media-type': () =>
      sentences(415, [
        'Send the body as application/json, application/x-www-form-urlencoded or multipart/form-data.',
      ]),
    'invalid-fields': ({ fields }) =>
      sentences(
        406,
        fields.map((problem) => `${names[problem.field] ?? problem.field}: ${sentenceFor(problem)}`),
      ),
    'email-taken': () => sentences(406, ['email: This email address already has an account.']),
    'wrong-credentials': () => sentences(406, ['Unable to log in with provided credentials.']),
    // The seed's 401 has no body at all.
    'missing-access-token': () => ({ status: 401, headers: challenge }),
    'invalid-access-token': () => ({ status: 401, headers: refusedTokenChallenge }),
    'invalid-refresh-token': () => ({ status: 401, headers: challenge }),
    'foreign-refresh-token': () => sentences(406, ['This is not a refresh token of this service.']),
    'missing-tag': () => sentences(406, ['Error: Missing Tag in GET!']),
    'wrong-tag': () => sentences(406, ['Error: Wrong Tag!']),
    'expired-tag': () => sentences(406, ['The link has expired']),
    'unknown-user': () => sentences(406, ['Unknown request!']),
    throttled: (problem) =>
      sentences(429, [tryAgainIn(problem.retryAfter, 'Too many requests')], retryAfter(problem.retryAfter)),
    unavailable: (problem) =>
      sentences(
        503,
        [tryAgainIn(problem.retryAfter, 'The service is unavailable')],
        retryAfter(problem.retryAfter),
      ),
    internal: () => sentences(500, ['The service failed; the failure was logged.']),
  };
}

const failures = failuresWith();
const logInFailures = failuresWith({ email: 'username' });
const fail = (problem: Problem) => answerProblem(failures, problem);

/** The named fields; what is `null` or empty counts as missing here, as it does for an HTML form. */
async function fieldsOf(request: Request, ...names: string[]): Promise<unknown[]> {
  const fields = await jsonOrFormFields(request);
  return names.map((name) => (fields[name] === null || fields[name] === '' ? undefined : fields[name]));
}

export const logIn: Operation<LogInRequest, LoggedIn, AccountsLoggedIn> = {
  name: 'log-in',
  dialect: 'accounts',
  async read(request) {
    const [email, password] = await fieldsOf(request, 'username', 'password');
    return { fields: { email, password }, refreshes: false, client: request.client };
  },
  write({ profile, accessToken }) {
    const [firstName] = profile.name.split(/\s/u, 1) as [string];
    const lastName = profile.name.slice(firstName.length).trim();
    const user = { sid: profile.userId, first_name: firstName, last_name: lastName, email: profile.email };
    return { status: 200, body: { token: accessToken.token, user } };
  },
  fail: (problem) => answerProblem(logInFailures, problem),
};

export const forgetPassword: Operation<ForgetPasswordRequest, { tagId: string }, AccountsTag> = {
  name: 'forget-password',
  dialect: 'accounts',
  async read(request) {
    const [email] = await fieldsOf(request, 'email');
    return { fields: { email }, client: request.client, language: request.language };
  },
  write: ({ tagId }) => ({ status: 200, body: { tag: tagId } }),
  fail,
};

export const resetPassword: Operation<ResetPasswordRequest, void, AccountsDone> = {
  name: 'reset-password',
  dialect: 'accounts',
  async read(request) {
    const [password] = await fieldsOf(request, 'password');
    return { tag: request.query('tag'), fields: { password } };
  },
  write: () => ({ status: 200, body: {} }),
  fail,
};

export const logOut: Operation<LogOutRequest, void, AccountsDone> = {
  name: 'log-out',
  dialect: 'accounts',
  read: async (request) => ({
    by: 'access-token',
    accessToken: request.header('token') || bearerToken(request),
  }),
  write: () => ({ status: 200, body: {} }),
  fail,
};
