// The operations of `/auth*`. Whatever is exported here is served, described and tested as one of them.
export { forgetPassword, resetPassword } from './auth/reset.ts';
export { logIn, logOut, refreshTokens, welcome } from './auth/sessions.ts';
export { signUp } from './auth/sign-up.ts';
