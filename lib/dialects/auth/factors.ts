import * as v from 'valibot';
import {
  confirmTotpFields,
  type FactorRequest,
  setUpTotpFields,
  type TotpConfirmed,
  type TotpSetUp,
} from '../../core/change-factors.ts';
import type { Operation } from '../../http/operation.ts';
import { accessToken, text } from '../answer-parts.ts';
import * as examples from '../examples.ts';
import { auth, type Done, done, expiresIn, fromHolder, issuedAs, message, tokenType } from './dialect.ts';

// Second factors: TOTP and recovery codes.

const setUp = v.pipe(
  v.object({
    factorId: v.pipe(v.string(), v.uuid()),
    secret: text(
      '20 bytes in base32, for apps that cannot read a QR code.',
      'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
    ),
    uri: text('The content of a QR code for the app: `otpauth://totp/…`.'),
  }),
  v.title('AuthTotpSetUp'),
);

export const setUpTotp: Operation<FactorRequest, TotpSetUp, v.InferOutput<typeof setUp>> = {
  id: 'authSetUpTotp',
  dialect: auth,
  route: 'POST /auth/totp',
  metric: 'FactorChanges',
  summary: 'Set up an authenticator app',
  description:
    'Creates a secret for an app such as Google Authenticator (TOTP, RFC 6238). Confirm it with a first code within ten minutes. A second call replaces it.',
  takes: { accessToken: ['bearer'], body: { fields: setUpTotpFields } },
  input: fromHolder,
  problems: [
    'missing-access-token',
    'invalid-access-token',
    ...examples.freshStepUpsRequired,
    'invalid-fields',
    'factor-limit',
    'throttled',
  ],
  success: {
    body: setUp,
    example: examples.totpSetUp,
  },
  write: (made) => ({ status: 200, body: made }),
};

const recoveryCodes = v.pipe(
  v.array(text('24 characters of Crockford’s base32.', '0123AB-CDEFGH-JKMNPQ-RSTVWX')),
  v.description(
    'Ten recovery codes, shown only in this response. Each can be used once in place of the app.',
  ),
);

const confirmed = v.pipe(
  v.object({ message, recoveryCodes, accessToken, tokenType, expiresIn }),
  v.title('AuthTotpConfirmed'),
);

export const confirmTotp: Operation<FactorRequest, TotpConfirmed, v.InferOutput<typeof confirmed>> = {
  id: 'authConfirmTotp',
  dialect: auth,
  route: 'POST /auth/totp/confirm',
  metric: 'FactorChanges',
  summary: 'Confirm the authenticator app',
  description:
    'Makes the app a second factor. Send its first code in the session that set it up. That session reaches `aal2`, every other session ends, and the owner gets an email.',
  takes: { accessToken: ['bearer'], body: { fields: confirmTotpFields } },
  input: fromHolder,
  problems: [
    'missing-access-token',
    'invalid-access-token',
    examples.stepUpRequired,
    'invalid-fields',
    'wrong-code',
    'throttled',
    'hook-failed',
  ],
  success: {
    body: confirmed,
    example: examples.totpConfirmed,
  },
  write: (made) => ({
    status: 200,
    body: {
      message: 'Log-ins now need a code of the app. Keep the recovery codes in a safe place.',
      recoveryCodes: made.recoveryCodes,
      ...issuedAs(made.accessToken),
    },
  }),
};

export const removeTotp: Operation<FactorRequest, void, Done> = {
  id: 'authRemoveTotp',
  dialect: auth,
  route: 'POST /auth/totp/remove',
  metric: 'FactorChanges',
  summary: 'Remove the authenticator app',
  description:
    'Removes the authenticator app, and the recovery codes too if the account has no passkey. The owner gets an email. An account without an app gets the same answer.',
  takes: { accessToken: ['bearer'], body: { fields: {} } },
  input: fromHolder,
  problems: ['missing-access-token', 'invalid-access-token', ...examples.freshStepUpsRequired, 'throttled'],
  success: { body: done, example: undefined },
  write: () => ({ status: 200, body: { message: 'The authenticator app was removed.' } }),
};

const renewed = v.pipe(v.object({ recoveryCodes }), v.title('AuthRecoveryCodes'));

export const renewRecoveryCodes: Operation<FactorRequest, string[], v.InferOutput<typeof renewed>> = {
  id: 'authRenewRecoveryCodes',
  dialect: auth,
  route: 'POST /auth/recovery-codes',
  metric: 'FactorChanges',
  summary: 'Make new recovery codes',
  description: 'Returns ten new recovery codes. The old ones stop working. The owner gets an email.',
  takes: { accessToken: ['bearer'], body: { fields: {} } },
  input: fromHolder,
  problems: [
    'missing-access-token',
    'invalid-access-token',
    ...examples.freshStepUpsRequired,
    'no-factor',
    'throttled',
  ],
  success: { body: renewed, example: examples.recoveryCodes },
  write: (codes) => ({ status: 200, body: { recoveryCodes: codes } }),
};
