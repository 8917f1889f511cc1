import type { Profile } from '../core/account.ts';
import type { ForgetPasswordRequest } from '../core/forget-password.ts';
import type { LoggedIn, LogInRequest } from '../core/log-in.ts';
import type { LogOutRequest } from '../core/log-out.ts';
import type { Problem } from '../core/problem.ts';
import type { Refreshed, RefreshRequest } from '../core/refresh-session.ts';
import type { ResetPasswordRequest } from '../core/reset-password.ts';
import type { SignedUp, SignUpRequest } from '../core/sign-up.ts';
import { jsonFields } from '../http/body.ts';
import { answerProblem, bearerToken, type Failures, type Operation } from './dialect.ts';
import { challenge, problemDetails, refusedTokenChallenge } from './problem-details.ts';
import { sentenceFor } from './sentences.ts';

// The contract of `/auth*`: seed 004.

const TAKEN = 'This email address already has an account.';

const failures: Failures = {
  'malformed-body': () => problemDetails(400, 'The body is not a JSON object in UTF-8.'),
  'body-too-large': () => problemDetails(413, 'The body is larger than 32 KiB.'),
  'unsupported-media-type': () => problemDetails(415, 'Send the body as application/json.'),
  'invalid-fields': ({ fields }) =>
    problemDetails(400, 'Some fields are missing or invalid; see errors.', {
      errors: fields.map((problem) => ({ field: problem.field, message: sentenceFor(problem) })),
    }),
  'email-taken': () => problemDetails(400, TAKEN, { errors: [{ field: 'email', message: TAKEN }] }),
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

/** The seed's schema `User`. */
const userOf = ({ name, bio, email }: Profile) => ({ name, bio, email });

export const signUp: Operation<SignUpRequest, SignedUp> = {
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

export const logIn: Operation<LogInRequest, LoggedIn> = {
  async read(request) {
    const { email, password } = await jsonFields(request);
    return { fields: { email, password }, refreshes: true, client: request.client };
  },
  write: ({ profile, accessToken, refreshToken }) => ({
    status: 200,
    body: {
      message: 'You are logged in.',
      accessToken: accessToken.token,
      refreshToken,
      tokenType: 'Bearer',
      expiresIn: accessToken.expiresIn,
      user: userOf(profile),
    },
  }),
  fail,
};

export const welcome: Operation<{ accessToken: string | undefined }, Profile> = {
  read: async (request) => ({ accessToken: bearerToken(request) }),
  write: (profile) => ({
    status: 200,
    body: { message: `Welcome, ${profile.name}!`, user: userOf(profile) },
  }),
  fail,
};

export const refreshTokens: Operation<RefreshRequest, Refreshed> = {
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

export const logOut: Operation<LogOutRequest, void> = {
  async read(request) {
    const { refreshToken } = await jsonFields(request);
    return { by: 'refresh-token', fields: { refreshToken } };
  },
  write: () => ({ status: 200, body: { message: 'You are logged out.' } }),
  fail,
};

export const forgetPassword: Operation<ForgetPasswordRequest, unknown> = {
  async read(request) {
    const { email } = await jsonFields(request);
    return { fields: { email }, client: request.client };
  },
  write: () => ({
    status: 202,
    body: { message: 'If the address has an account, a mail is on its way to it.' },
  }),
  fail,
};

export const resetPassword: Operation<ResetPasswordRequest, void> = {
  async read(request) {
    const { password } = await jsonFields(request);
    return { tag: request.query('token'), fields: { password } };
  },
  write: () => ({ status: 200, body: { message: 'The password was changed; log in with the new one.' } }),
  fail,
};
