import * as v from 'valibot';
import type { AccessToken } from '../../core/access-token.ts';
import { type ChangePasswordRequest, changePasswordFields } from '../../core/change-password.ts';
import { type ProveAgainRequest, type ProvedAgain, proveAgainFields } from '../../core/prove-again.ts';
import type { Operation } from '../../http/operation.ts';
import { accessToken } from '../answer-parts.ts';
import * as examples from '../examples.ts';
import { auth, expiresIn, fromHolder, issuedAs, message, recoveryCodesLeft, tokenType } from './dialect.ts';

// Step-up: operations by which the holder proves again who they are, and gets an access token that says so.

const proved = v.pipe(v.object({ message, accessToken, tokenType, expiresIn }), v.title('AuthProved'));
type Proved = v.InferOutput<typeof proved>;

const steppedUp = v.pipe(
  v.object({ ...proved.entries, recoveryCodesLeft: v.optional(recoveryCodesLeft) }),
  v.title('AuthSteppedUp'),
);

export const stepUp: Operation<ProveAgainRequest, ProvedAgain, v.InferOutput<typeof steppedUp>> = {
  id: 'authStepUp',
  dialect: auth,
  route: 'POST /auth/step-up',
  metric: 'StepUps',
  summary: 'Prove again who you are',
  description:
    'Returns an access token with a new `auth_time`. Its `amr` and `acr` combine those of the session with this proof. The session keeps them, so later refreshes carry them too. The refresh token stays the same. A password alone never raises `acr`.',
  takes: { accessToken: ['bearer'], body: { fields: proveAgainFields } },
  input: fromHolder,
  problems: [
    'missing-access-token',
    'invalid-access-token',
    'invalid-fields',
    'wrong-credentials',
    'wrong-code',
    'throttled',
    'hook-failed',
  ],
  success: { body: steppedUp, example: examples.steppedUp },
  write: ({ recoveryCodesLeft: left, ...issued }) => ({
    status: 200,
    body: {
      message: 'You proved who you are.',
      ...issuedAs(issued),
      ...(left !== undefined && { recoveryCodesLeft: left }),
    },
  }),
};

export const changePassword: Operation<ChangePasswordRequest, AccessToken, Proved> = {
  id: 'authChangePassword',
  dialect: auth,
  route: 'POST /auth/change-password',
  metric: 'PasswordChanges',
  summary: 'Change the password',
  description:
    'Changes the password and ends every other session at once. This session goes on, with its refresh token and its access tokens. The owner gets an email. A wrong password counts as a failed log-in. The access token must show the highest level that the account can reach.',
  takes: { accessToken: ['bearer'], body: { fields: changePasswordFields } },
  input: fromHolder,
  problems: [
    'missing-access-token',
    'invalid-access-token',
    { code: 'step-up-required', acrValues: ['aal2'] },
    'invalid-fields',
    'wrong-credentials',
    'throttled',
    'hook-failed',
  ],
  success: { body: proved, example: examples.accessToken },
  write: (issued) => ({
    status: 200,
    body: {
      message: 'The password was changed, and every other session has ended.',
      ...issuedAs(issued),
    },
  }),
};
