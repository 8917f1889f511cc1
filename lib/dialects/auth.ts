// The operations of `/auth*`. Each export is one of them, and is served, described and tested.
export { account, changeProfile, deleteAccount, exportAccount } from './auth/account.ts';
export { activity } from './auth/activity.ts';
export { confirmTotp, removeTotp, renewRecoveryCodes, setUpTotp } from './auth/factors.ts';
export { endSessions, sessions } from './auth/own-sessions.ts';
export {
  logInByPasskey,
  passkeyLogInOptions,
  passkeyOptions,
  registerPasskey,
  removePasskey,
  renamePasskey,
} from './auth/passkeys.ts';
export { changePassword, stepUp } from './auth/proof.ts';
export { forgetPassword, resetPassword } from './auth/reset.ts';
export { logIn, logOut, refreshTokens, secondStep, welcome } from './auth/sessions.ts';
export { signUp } from './auth/sign-up.ts';
export { changeEmail, sendVerification, undo, verifyEmail } from './auth/verification.ts';
