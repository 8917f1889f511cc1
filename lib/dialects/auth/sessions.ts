import * as v from 'valibot';
import type { Profile } from '../../core/account.ts';
import type { LoggedIn } from '../../core/admit.ts';
import type { Bearer } from '../../core/authenticate.ts';
import { type LogInRequest, logInFields } from '../../core/log-in.ts';
import { type LogOutRequest, logOutFields } from '../../core/log-out.ts';
import { type Refreshed, type RefreshRequest, refreshFields } from '../../core/refresh-session.ts';
import { type SecondStepRequest, type SecondStepTaken, secondStepFields } from '../../core/second-step.ts';
import type { Answer, Operation } from '../../http/operation.ts';
import { accessToken } from '../answer-parts.ts';
import * as examples from '../examples.ts';
import { LOG_IN } from '../words.ts';
import {
  auth,
  type Done,
  done,
  expiresIn,
  message,
  recoveryCodesLeft,
  tokenType,
  user,
  userOf,
} from './dialect.ts';

const refreshToken = v.pipe(
  v.string(),
  v.regex(/^[\w-]{64,}$/),
  v.description('Opaque. Each use returns the next token; keep the new one and discard this one.'),
);

export const loggedIn = v.pipe(
  v.object({ message, accessToken, refreshToken, tokenType, expiresIn, user }),
  v.title('AuthLoggedIn'),
);

/** The answer of every log-in of this dialect, whatever the proof. */
export function writeLoggedIn(opened: LoggedIn): Answer<v.InferOutput<typeof loggedIn>> {
  return { status: 200, body: loggedInBody(opened) };
}

export const logIn: Operation<LogInRequest, LoggedIn, v.InferOutput<typeof loggedIn>> = {
  id: 'authLogIn',
  dialect: auth,
  route: 'POST /auth/login',
  metric: 'LogIns',
  summary: 'Log in',
  description: LOG_IN,
  takes: { body: { fields: logInFields } },
  input: ({ fields }, { client, language, device }) => ({
    fields,
    refreshes: true,
    client,
    language,
    device,
  }),
  problems: [
    'invalid-fields',
    'wrong-credentials',
    examples.secondFactorRequired,
    'throttled',
    'hook-failed',
  ],
  success: { body: loggedIn, example: examples.loggedIn },
  write: writeLoggedIn,
};

export const loggedInBody = ({ profile, accessToken: issued, refreshToken: refreshes }: LoggedIn) => ({
  message: 'You are logged in.',
  accessToken: issued.token,
  refreshToken: refreshes as string, // each operation of this dialect asks for one
  tokenType: 'Bearer' as const,
  expiresIn: issued.expiresIn,
  user: userOf(profile),
});

const loggedInByCode = v.pipe(
  v.object({
    ...loggedIn.entries,
    recoveryCodesLeft: v.optional(recoveryCodesLeft),
  }),
  v.title('AuthLoggedInByCode'),
);

export const secondStep: Operation<
  SecondStepRequest,
  SecondStepTaken,
  v.InferOutput<typeof loggedInByCode>
> = {
  id: 'authSecondStep',
  dialect: auth,
  route: 'POST /auth/login/second-factor',
  metric: 'LogIns',
  summary: 'Log in with the second factor',
  description:
    'Completes a log-in with a code of the authenticator app or a recovery code. Each code can be used once. After five wrong codes, each further one locks the second factor for longer, up to 15 minutes.',
  takes: { body: { fields: secondStepFields } },
  input: ({ fields }, { client, language, device }) => ({ fields, client, language, device }),
  problems: ['invalid-fields', 'wrong-code', 'expired-challenge', 'throttled', 'hook-failed'],
  success: { body: loggedInByCode, example: examples.loggedInByCode },
  write: ({ recoveryCodesLeft: left, ...opened }) => ({
    status: 200,
    body: { ...loggedInBody(opened), ...(left !== undefined && { recoveryCodesLeft: left }) },
  }),
};

const welcomed = v.pipe(v.object({ message, user }), v.title('AuthWelcome'));

export const welcome: Operation<Bearer, Profile, v.InferOutput<typeof welcomed>> = {
  id: 'authWelcome',
  dialect: auth,
  route: 'POST /auth',
  metric: 'TokenChecks',
  summary: 'Check an access token',
  description: 'Returns the owner of the access token. A token that is no longer valid gets 401.',
  takes: { accessToken: ['bearer'] },
  input: ({ accessToken: token }, { client }) => ({ accessToken: token, client }),
  problems: ['missing-access-token', 'invalid-access-token', 'throttled'],
  success: { body: welcomed, example: examples.profile },
  write: (profile) => ({
    status: 200,
    body: { message: `Welcome, ${profile.name}!`, user: userOf(profile) },
  }),
};

const refreshed = v.pipe(
  v.object({ message, accessToken, refreshToken, tokenType, expiresIn }),
  v.title('AuthRefreshed'),
);

export const refreshTokens: Operation<RefreshRequest, Refreshed, v.InferOutput<typeof refreshed>> = {
  id: 'authRefresh',
  dialect: auth,
  route: 'POST /auth/refresh-tokens',
  metric: 'Refreshes',
  summary: 'Refresh',
  description:
    'Exchanges a refresh token for its successor and a new access token. Within 10 seconds the same token may be used again, by another tab or because the answer was lost; it gets the same successor. After that, using it again ends the session.',
  takes: { body: { fields: refreshFields } },
  input: ({ fields }, { client }) => ({ fields, client }),
  problems: ['invalid-fields', 'invalid-refresh-token', 'throttled', 'hook-failed'],
  success: { body: refreshed, example: examples.loggedIn },
  write: (next) => ({
    status: 200,
    body: {
      message: 'The tokens were refreshed.',
      accessToken: next.accessToken.token,
      refreshToken: next.refreshToken,
      tokenType: 'Bearer',
      expiresIn: next.accessToken.expiresIn,
    },
  }),
};

export const logOut: Operation<LogOutRequest, void, Done> = {
  id: 'authLogOut',
  dialect: auth,
  route: 'POST /auth/logout',
  metric: 'LogOuts',
  summary: 'Log out',
  description:
    'Ends the session of a refresh token. Its refresh and access tokens are refused from the next request on. A session that has already ended gets the same answer.',
  takes: { body: { fields: logOutFields } },
  input: ({ fields }) => ({ by: 'refresh-token', fields }),
  problems: ['invalid-fields', 'foreign-refresh-token'],
  success: { body: done, example: undefined },
  write: () => ({ status: 200, body: { message: 'You are logged out.' } }),
};
