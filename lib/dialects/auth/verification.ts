import * as v from 'valibot';
import { type ChangeEmailRequest, changeEmailFields } from '../../core/change-email.ts';
import { type SendVerificationRequest, sendVerificationFields } from '../../core/send-verification.ts';
import { type UndoRequest, undoFields } from '../../core/undo.ts';
import { type Verified, type VerifyEmailRequest, verifyEmailFields } from '../../core/verify-email.ts';
import type { Operation } from '../../http/operation.ts';
import * as examples from '../examples.ts';
import { auth, type Done, done, fromHolder } from './dialect.ts';
import { loggedIn, loggedInBody } from './sessions.ts';

// Operations around mails: verifying an address, changing it, and undoing a change.

const { message, ...session } = loggedIn.entries;
const verified = v.pipe(
  v.object({ message, ...v.partial(v.object(session)).entries }),
  v.title('AuthVerified'),
  v.description('A message. If it completed a sign-up, also the members of a log-in.'),
);

export const verifyEmail: Operation<VerifyEmailRequest, Verified, v.InferOutput<typeof verified>> = {
  id: 'authVerifyEmail',
  dialect: auth,
  route: 'POST /auth/verify-email',
  metric: 'Verifications',
  summary: 'Verify an email address',
  description:
    'Completes a sign-up, verifies the address of an account, or completes a change of address. Send one of three sets of fields: `verification` and `code`, from the tab that signed up; `token` and `password`, from the mailed link on any device; or `token` or `code` with an access token. Completing a sign-up opens a session and answers as a log-in does. Every other success, and a repeated request, returns only a message. With `password` or `verification` in the body, `Authorization` is ignored.',
  takes: { accessToken: ['bearer'], anonymous: true, body: { fields: verifyEmailFields } },
  input: ({ accessToken, body }, { client, language, device }) => ({
    accessToken,
    body,
    client,
    language,
    device,
  }),
  problems: [
    'invalid-access-token',
    'invalid-fields',
    'wrong-credentials',
    'wrong-code',
    'wrong-tag',
    'expired-tag',
    'throttled',
    'hook-failed',
  ],
  success: { body: verified, example: { loggedIn: examples.loggedIn } },
  write: ({ loggedIn: opened }) => ({
    status: 200,
    body: opened ? loggedInBody(opened) : { message: 'The email address is verified.' },
  }),
};

export const sendVerification: Operation<SendVerificationRequest, void, Done> = {
  id: 'authSendVerification',
  dialect: auth,
  route: 'POST /auth/send-verification',
  metric: 'Verifications',
  summary: 'Send another verification email',
  description:
    'Send the `verification` of a sign-up that is not yet verified, or an access token. An address gets at most 5 emails of a kind per hour; the answer is always the same. A newer email replaces the older one.',
  takes: { accessToken: ['bearer'], anonymous: true, body: { fields: sendVerificationFields } },
  input: fromHolder,
  problems: ['invalid-access-token', 'invalid-fields', 'throttled'],
  success: { body: done, example: undefined },
  write: () => ({
    status: 202,
    body: { message: 'If there is an address to verify, an email is on its way to it.' },
  }),
};

export const changeEmail: Operation<ChangeEmailRequest, void, Done> = {
  id: 'authChangeEmail',
  dialect: auth,
  route: 'POST /auth/change-email',
  metric: 'AddressChanges',
  summary: 'Change the email address',
  description:
    'Sends a link and a code to the new address. The old address gets a notice with a link that takes the change back. The account keeps its address until `/auth/verify-email` completes the change. The answer is the same whether the new address is free or taken. The access token must show a proof from the last five minutes, at the highest level that the account can reach.',
  takes: { accessToken: ['bearer'], body: { fields: changeEmailFields } },
  input: fromHolder,
  problems: [
    'missing-access-token',
    'invalid-access-token',
    ...examples.freshStepUpsRequired,
    'invalid-fields',
    'throttled',
  ],
  success: { body: done, example: undefined },
  write: () => ({
    status: 202,
    body: { message: 'An email is on its way to the new address; confirm the change there.' },
  }),
};

export const undo: Operation<UndoRequest, void, Done> = {
  id: 'authUndo',
  dialect: auth,
  route: 'POST /auth/undo',
  metric: 'Undos',
  summary: 'Take a change back',
  description:
    'Takes back a change that an email announced: a change of the email address (under way or done) or a new second factor. Send the token of that email. Every session ends. The account gets back the address that the email was sent to and loses the factors that the email names and those added since. A reset link is mailed to that address.',
  takes: { body: { fields: undoFields } },
  input: ({ fields }, { client, language }) => ({ fields, client, language }),
  problems: ['invalid-fields', 'wrong-tag', 'expired-tag', 'throttled'],
  success: { body: done, example: undefined },
  write: () => ({
    status: 200,
    body: { message: 'The change was taken back. An email to choose a new password is on its way.' },
  }),
};
