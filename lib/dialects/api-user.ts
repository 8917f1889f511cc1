import * as v from 'valibot';
import type { LoggedIn } from '../core/admit.ts';
import { type LogInRequest, logInWithOtpFields } from '../core/log-in.ts';
import { type SignedUp, type SignUpRequest, signUpFieldsWithoutBio } from '../core/sign-up.ts';
import type { Answer, Dialect, Operation } from '../http/operation.ts';
import { accessToken, email, name, userId } from './answer-parts.ts';
import * as examples from './examples.ts';
import { answerProblem, type Failures } from './failures.ts';
import { type ProblemDetails, problemAnswer, problemDetails, problemFailures } from './problem-details.ts';
import { NOT_ONE_OF, SIGN_UP_REFUSED, sentenceFor } from './sentences.ts';
import { LOG_IN } from './words.ts';

// The contract of `/api/user/*`: seed 003. It has only sign-up and log-in, but an answer for every code, so that an operation
// can be added.

/** The contract of this dialect has no member `code`, so only these newer problems have one. */
const coded = ['verification-required', 'sign-up-refused', 'hook-failed'] as const;

/** API Gateway's own answers have a code on every route. */
const ofGateway = ['body-too-large', 'throttled'] as const;

const problem = v.pipe(
  v.object({ ...problemDetails.entries, code: v.optional(v.picklist([...coded, ...ofGateway])) }),
  v.title('ApiUserProblem'),
);
type Problem = v.InferOutput<typeof problem>;

const failures: Failures<Problem> = {
  ...problemFailures,
  'invalid-fields': ({ fields }) =>
    problemAnswer(
      400,
      fields.map((refused) => `${refused.field}: ${sentenceFor(refused)}`).join(' ') || NOT_ONE_OF,
    ),
  'email-taken': () => problemAnswer(409, 'This email address already has an account.'),
};

const apiUser: Dialect = {
  name: 'api-user',
  description: 'JSON. Errors are problem details.',
  problem,
  fail(refused) {
    const answer = answerProblem(failures, refused);
    const code = coded.find((one) => one === refused.code);
    return code === undefined ? answer : { ...answer, body: { ...(answer.body as ProblemDetails), code } };
  },
};

const loggedIn = v.pipe(
  v.object({ userId, email, userName: name, token: accessToken }),
  v.title('ApiUserLoggedIn'),
);
type Body = v.InferOutput<typeof loggedIn>;

const write = ({ profile, accessToken: issued }: SignedUp | LoggedIn): Answer<Body> => ({
  status: 200,
  body: {
    userId: profile.userId,
    email: profile.email,
    userName: profile.name,
    token: issued?.token as string, // a sign-up has one too, since it opens a session below
  },
});

export const signUp: Operation<SignUpRequest, SignedUp, Body> = {
  id: 'apiUserSignUp',
  dialect: apiUser,
  route: 'POST /api/user/signup',
  metric: 'SignUps',
  summary: 'Sign up',
  description: 'Creates an account and opens a session. The session cannot be refreshed.',
  takes: { body: { fields: signUpFieldsWithoutBio } },
  input: ({ fields }, { client, device, language, header }) => ({
    fields,
    confirmed: false,
    opensSession: true,
    client,
    language,
    device,
    userAgent: header('user-agent'),
  }),
  problems: [
    'verification-required',
    'invalid-fields',
    'email-taken',
    { code: 'sign-up-refused', sentence: SIGN_UP_REFUSED },
    'throttled',
    'hook-failed',
  ],
  success: { body: loggedIn, example: examples.loggedIn },
  write,
};

export const logIn: Operation<LogInRequest, LoggedIn, Body> = {
  id: 'apiUserLogIn',
  dialect: apiUser,
  route: 'POST /api/user/login',
  metric: 'LogIns',
  summary: 'Log in',
  description: LOG_IN,
  takes: { body: { fields: logInWithOtpFields } },
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
  write,
};
