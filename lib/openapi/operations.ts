import type { Profile } from '../core/account.ts';
import { forgetPasswordFields } from '../core/forget-password.ts';
import { logInFields } from '../core/log-in.ts';
import { logOutFields } from '../core/log-out.ts';
import type { ProblemCode } from '../core/problem.ts';
import { refreshFields } from '../core/refresh-session.ts';
import { resetPasswordFields } from '../core/reset-password.ts';
import { signUpFields } from '../core/sign-up.ts';
import * as accounts from '../dialects/accounts.ts';
import * as apiUser from '../dialects/api-user.ts';
import * as auth from '../dialects/auth.ts';
import type { Operation } from '../dialects/dialect.ts';
import * as wellKnown from '../dialects/well-known.ts';
import { discoveryDocument } from '../tokens/jwks.ts';
import * as answers from './answers.ts';
import type { Described } from './describe.ts';

// What a client is told of each operation that its code does not say: what it is for, which of the core's problems it
// meets, and an example of its success. Everything else of the document is asked of the code (describe.ts).

const profile: Profile = {
  userId: '3f0d1a0e-7a52-4f3b-9d86-5c1f6f9f2c11',
  name: 'Ada Lovelace',
  email: 'ada@example.com',
  bio: null,
};
const accessToken = { token: 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIzZjBkIn0.c2lnbmF0dXJl', expiresIn: 3_600 };
const refreshToken = 'an-example-of-a-refresh-token-'.repeat(3).slice(0, -1);
const loggedIn = { profile, accessToken, refreshToken };

/** What each use-case may answer besides its success; its doc comment says the same. */
const signUpProblems: ProblemCode[] = ['invalid-fields', 'email-taken', 'throttled'];
const logInProblems: ProblemCode[] = ['invalid-fields', 'wrong-credentials', 'throttled'];
const forgetProblems: ProblemCode[] = ['invalid-fields', 'throttled'];
const tokenProblems: ProblemCode[] = ['missing-access-token', 'invalid-access-token'];
const resetProblems: ProblemCode[] = [
  'missing-tag',
  'wrong-tag',
  'expired-tag',
  'unknown-user',
  'invalid-fields',
];

const CREDENTIALS = { email: '$request.body#/email', password: '$request.body#/password' };
const REFRESH_TOKEN = { refreshToken: '$response.body#/refreshToken' };

const NO_FIELDS = () => ({});

const LOG_IN =
  'Opens a session. A wrong password, an unknown address and a disabled account are one answer, and take the same time.';
const FORGET =
  'Sends a link, valid for 30 minutes, when the address has an account. Known and unknown addresses get the same answer in the same time.';
const RESET =
  'Sets a new password with the tag of the mailed link. It ends every session of the user and every other open link. A refused password leaves the tag usable.';

/** @param described typed by its operation, whose success its example has to be */
function describe<Input, Output, Body>(described: Described<Input, Output, Body>): Described {
  return described as unknown as Described;
}

/** Every operation, in the order of the document. */
export const operations: readonly Described[] = [
  describe({
    route: 'POST /auth/register',
    operation: auth.signUp,
    summary: 'Sign up',
    description: 'Creates an account. It does not log in.',
    fields: signUpFields,
    problems: signUpProblems,
    success: answers.authSignedUp,
    example: { profile },
    links: { authLogIn: CREDENTIALS, authForgetPassword: { email: '$response.body#/user/email' } },
  }),
  describe({
    route: 'POST /auth/login',
    operation: auth.logIn,
    summary: 'Log in',
    description: LOG_IN,
    fields: () => logInFields,
    problems: logInProblems,
    success: answers.authLoggedIn,
    example: loggedIn,
    links: { authRefresh: REFRESH_TOKEN, authLogOut: REFRESH_TOKEN },
  }),
  describe({
    route: 'POST /auth',
    operation: auth.welcome,
    summary: 'Who am I',
    description: 'Says whose access token it is, and by that whether it is still good.',
    fields: NO_FIELDS,
    problems: tokenProblems,
    success: answers.authWelcome,
    example: profile,
  }),
  describe({
    route: 'POST /auth/refresh-tokens',
    operation: auth.refreshTokens,
    summary: 'Refresh',
    description:
      'Trades a refresh token for the next one and a new access token. Within 10 seconds the same token may be used again, by another tab or because the answer was lost, and gets the same next one. Later than that it ends the session.',
    fields: () => refreshFields,
    problems: ['invalid-fields', 'invalid-refresh-token', 'throttled'],
    success: answers.authRefreshed,
    example: loggedIn,
    links: { authRefresh: REFRESH_TOKEN, authLogOut: REFRESH_TOKEN },
  }),
  describe({
    route: 'POST /auth/logout',
    operation: auth.logOut,
    summary: 'Log out',
    description:
      'Ends the session of a refresh token: its refresh and access tokens are refused from the next request on. Of a session that is over already it says the same.',
    fields: () => logOutFields,
    problems: ['invalid-fields', 'foreign-refresh-token'],
    success: answers.authDone,
    example: undefined,
  }),
  describe({
    route: 'POST /auth/forget-password',
    operation: auth.forgetPassword,
    summary: 'Ask for a reset mail',
    description: FORGET,
    fields: () => forgetPasswordFields,
    problems: forgetProblems,
    success: answers.authDone,
    example: undefined,
  }),
  describe({
    route: 'POST /auth/reset-password',
    operation: auth.resetPassword,
    summary: 'Reset the password',
    description: RESET,
    fields: (_, minimum) => resetPasswordFields(minimum),
    problems: resetProblems,
    success: answers.authDone,
    example: undefined,
  }),

  describe({
    route: 'POST /api/user/signup',
    operation: apiUser.signUp,
    summary: 'Sign up',
    description: 'Creates an account and opens a session, which cannot be refreshed.',
    fields: signUpFields,
    problems: signUpProblems,
    success: answers.apiUserLoggedIn,
    example: loggedIn,
    links: { apiUserLogIn: CREDENTIALS },
  }),
  describe({
    route: 'POST /api/user/login',
    operation: apiUser.logIn,
    summary: 'Log in',
    description: LOG_IN,
    fields: () => logInFields,
    problems: logInProblems,
    success: answers.apiUserLoggedIn,
    example: loggedIn,
  }),

  describe({
    route: 'POST /accounts/auth/',
    operation: accounts.logIn,
    summary: 'Log in',
    description: LOG_IN,
    fields: () => logInFields,
    problems: logInProblems,
    success: answers.accountsLoggedIn,
    example: loggedIn,
  }),
  describe({
    route: 'POST /accounts/forgetpassword/',
    operation: accounts.forgetPassword,
    summary: 'Ask for a reset mail',
    description: FORGET,
    fields: () => forgetPasswordFields,
    problems: forgetProblems,
    success: answers.accountsTag,
    example: { tagId: '9b2f6a6c-7c3a-4f0e-8e55-0d6a1f7f1a42' },
  }),
  describe({
    route: 'POST /accounts/resetpassword/',
    operation: accounts.resetPassword,
    summary: 'Reset the password',
    description: RESET,
    fields: (_, minimum) => resetPasswordFields(minimum),
    problems: resetProblems,
    success: answers.accountsDone,
    example: undefined,
  }),
  describe({
    route: 'GET /accounts/logout/',
    operation: accounts.logOut,
    summary: 'Log out',
    description:
      'Ends the session of the access token, which is sent in the header `token` or as `Authorization: Bearer`.',
    fields: NO_FIELDS,
    problems: tokenProblems,
    success: answers.accountsDone,
    example: undefined,
  }),

  describe({
    route: 'GET /.well-known/jwks.json',
    operation: wellKnown.jwks,
    summary: 'Public keys',
    description: 'The keys by which any other service verifies access tokens by itself.',
    fields: NO_FIELDS,
    problems: [],
    success: answers.jsonWebKeySet,
    example: {
      keys: [{ kty: 'RSA', n: 'u1W…', e: 'AQAB', kid: '2026-11-22-k3J9', alg: 'RS256', use: 'sig' }],
    },
  }),
  describe({
    route: 'GET /.well-known/openid-configuration',
    operation: wellKnown.discovery as Operation<string, answers.Discovery, answers.Discovery>,
    summary: 'Discovery',
    description: 'Where an OpenID Connect library finds the keys, and by which `iss` it knows the tokens.',
    fields: NO_FIELDS,
    problems: [],
    success: answers.discovery,
    example: discoveryDocument('https://auth.example.com'),
  }),
];
