import { type ForgetPasswordRequest, forgetPasswordFields } from '../../core/forget-password.ts';
import { type ResetPasswordRequest, resetPasswordFields } from '../../core/reset-password.ts';
import type { Operation } from '../../http/operation.ts';
import { FORGET, mailedTag, RESET } from '../words.ts';
import { auth, type Done, done } from './dialect.ts';

export const forgetPassword: Operation<ForgetPasswordRequest, unknown, Done> = {
  id: 'authForgetPassword',
  dialect: auth,
  route: 'POST /auth/forget-password',
  metric: 'ResetRequests',
  summary: 'Ask for a reset email',
  description: FORGET,
  takes: { body: { fields: forgetPasswordFields } },
  input: ({ fields }, { client, language }) => ({ fields, client, language }),
  problems: ['invalid-fields', 'throttled'],
  success: { body: done, example: undefined },
  write: () => ({
    status: 202,
    body: { message: 'If the address has an account, an email is on its way to it.' },
  }),
};

export const resetPassword: Operation<ResetPasswordRequest, void, Done> = {
  id: 'authResetPassword',
  dialect: auth,
  route: 'POST /auth/reset-password',
  metric: 'PasswordResets',
  summary: 'Reset the password',
  description: RESET,
  takes: { query: { token: mailedTag }, body: { fields: resetPasswordFields } },
  input: ({ fields, query }) => ({ tag: query('token'), fields }),
  problems: ['missing-tag', 'wrong-tag', 'expired-tag', 'unknown-user', 'invalid-fields'],
  success: { body: done, example: undefined },
  write: () => ({ status: 200, body: { message: 'The password was changed; log in with the new one.' } }),
};
