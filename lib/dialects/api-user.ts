import type { LoggedIn, LogInRequest } from '../core/log-in.ts';
import type { Problem } from '../core/problem.ts';
import type { SignedUp, SignUpRequest } from '../core/sign-up.ts';
import { jsonFields } from '../http/body.ts';
import type { ApiUserLoggedIn } from '../openapi/answers.ts';
import { type Answer, answerProblem, type Failures, type Operation } from './dialect.ts';
import { problemDetails, problemFailures } from './problem-details.ts';
import { sentenceFor } from './sentences.ts';

// The contract of `/api/user/*`: seed 003. It has sign-up and log-in alone; the other codes are answered all the same,
// so that an operation added to it cannot meet one without an answer.

const failures: Failures = {
  ...problemFailures,
  'invalid-fields': ({ fields }) =>
    problemDetails(400, fields.map((problem) => `${problem.field}: ${sentenceFor(problem)}`).join(' ')),
  'email-taken': () => problemDetails(409, 'This email address already has an account.'),
};

const fail = (problem: Problem) => answerProblem(failures, problem);

const write = ({ profile, accessToken }: SignedUp | LoggedIn): Answer<ApiUserLoggedIn> => ({
  status: 200,
  body: {
    userId: profile.userId,
    email: profile.email,
    userName: profile.name,
    token: accessToken?.token as string, // a sign-up has one too, since it opens a session below
  },
});

export const signUp: Operation<SignUpRequest, SignedUp, ApiUserLoggedIn> = {
  name: 'sign-up',
  dialect: 'api-user',
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

export const logIn: Operation<LogInRequest, LoggedIn, ApiUserLoggedIn> = {
  name: 'log-in',
  dialect: 'api-user',
  async read(request) {
    const { email, password } = await jsonFields(request);
    return { fields: { email, password }, refreshes: false, client: request.client };
  },
  write,
  fail,
};
