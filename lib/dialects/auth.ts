import type { Profile } from '../core/account.ts';
import type { ForgetPasswordRequest } from '../core/forget-password.ts';
import type { LoggedIn, LogInRequest } from '../core/log-in.ts';
import type { LogOutRequest } from '../core/log-out.ts';
import type { Problem } from '../core/problem.ts';
import type { Refreshed, RefreshRequest } from '../core/refresh-session.ts';
import type { ResetPasswordRequest } from '../core/reset-password.ts';
import type { SignedUp, SignUpRequest } from '../core/sign-up.ts';
import { jsonFields } from '../http/body.ts';
import type { AuthDone, AuthLoggedIn, AuthRefreshed, AuthSignedUp, AuthWelcome } from '../openapi/answers.ts';
import { answerProblem, bearerToken, type Failures, type Operation } from './dialect.ts';
import { problemDetails, problemFailures } from './problem-details.ts';
import { sentenceFor } from './sentences.ts';

// The contract of `/auth*`: seed 004.

const TAKEN = 'This email address already has an account.';

const failures: Failures = {
  ...problemFailures,
  'invalid-fields': ({ fields }) =>
    problemDetails(400, 'Some fields are missing or invalid; see errors.', {
      errors: fields.map((problem) => ({ field: problem.field, message: sentenceFor(problem) })),
    }),
  'email-taken': () => problemDetails(400, TAKEN, { errors: [{ field: 'email', message: TAKEN }] }),
};

const fail = (problem: Problem) => answerProblem(failures, problem);

/** The seed's schema `User`. */
const userOf = ({ name, bio, email }: Profile) => ({ name, bio, email });

export const signUp: Operation<SignUpRequest, SignedUp, AuthSignedUp> = {
  name: 'sign-up',
  dialect: 'auth',
  async read(request) {
    const { name, bio, email, password, confirm } = await jsonFields(request);
    const fields = { name, bio, email, password, confirm };
    return { fields, confirmed: true, opensSession: false, client: request.client };
  },
  write: ({ profile }) => ({
    status: 201,
    body: { message: 'The account was created.', user: userOf(profile) },
  }),
  fail,
};

export const logIn: Operation<LogInRequest, LoggedIn, AuthLoggedIn> = {
  name: 'log-in',
  dialect: 'auth',
  async read(request) {
    const { email, password } = await jsonFields(request);
    return { fields: { email, password }, refreshes: true, client: request.client };
  },
  write: ({ profile, accessToken, refreshToken }) => ({
    status: 200,
    body: {
      message: 'You are logged in.',
      accessToken: accessToken.token,
      refreshToken: refreshToken as string, // asked for above
      tokenType: 'Bearer',
      expiresIn: accessToken.expiresIn,
      user: userOf(profile),
    },
  }),
  fail,
};

export const welcome: Operation<{ accessToken: string | undefined }, Profile, AuthWelcome> = {
  name: 'welcome',
  dialect: 'auth',
  read: async (request) => ({ accessToken: bearerToken(request) }),
  write: (profile) => ({
    status: 200,
    body: { message: `Welcome, ${profile.name}!`, user: userOf(profile) },
  }),
  fail,
};

export const refreshTokens: Operation<RefreshRequest, Refreshed, AuthRefreshed> = {
  name: 'refresh',
  dialect: 'auth',
  async read(request) {
    const { refreshToken } = await jsonFields(request);
    return { fields: { refreshToken }, client: request.client };
  },
  write: ({ accessToken, refreshToken }) => ({
    status: 200,
    body: {
      message: 'The tokens were refreshed.',
      accessToken: accessToken.token,
      refreshToken,
      tokenType: 'Bearer',
      expiresIn: accessToken.expiresIn,
    },
  }),
  fail,
};

export const logOut: Operation<LogOutRequest, void, AuthDone> = {
  name: 'log-out',
  dialect: 'auth',
  async read(request) {
    const { refreshToken } = await jsonFields(request);
    return { by: 'refresh-token', fields: { refreshToken } };
  },
  write: () => ({ status: 200, body: { message: 'You are logged out.' } }),
  fail,
};

export const forgetPassword: Operation<ForgetPasswordRequest, unknown, AuthDone> = {
  name: 'forget-password',
  dialect: 'auth',
  async read(request) {
    const { email } = await jsonFields(request);
    return { fields: { email }, client: request.client, language: request.language };
  },
  write: () => ({
    status: 202,
    body: { message: 'If the address has an account, a mail is on its way to it.' },
  }),
  fail,
};

export const resetPassword: Operation<ResetPasswordRequest, void, AuthDone> = {
  name: 'reset-password',
  dialect: 'auth',
  async read(request) {
    const { password } = await jsonFields(request);
    return { tag: request.query('token'), fields: { password } };
  },
  write: () => ({ status: 200, body: { message: 'The password was changed; log in with the new one.' } }),
  fail,
};
