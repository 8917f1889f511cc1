import * as v from 'valibot';
import { type ChangeEmailRequest, changeEmailFields } from '../../core/change-email.ts';
import { type SendVerificationRequest, sendVerificationFields } from '../../core/send-verification.ts';
import { type UndoRequest, undoFields } from '../../core/undo.ts';
import { type Verified, type VerifyEmailRequest, verifyEmailFields } from '../../core/verify-email.ts';
import type { Operation } from '../../http/operation.ts';
import * as examples from '../examples.ts';
import { auth, type Done, done, fromHolder } from './dialect.ts';
import { loggedIn, loggedInBody } from './sessions.ts';

// What mails decide: whose address it is, which one the account has, and what is taken back.

const { message, ...session } = loggedIn.entries;
const verified = v.pipe(
  v.object({ message, ...v.partial(v.object(session)).entries }),
  v.title('AuthVerified'),
  v.description('A message; and what a log-in answers, where it has finished a sign-up.'),
);

export const verifyEmail: Operation<VerifyEmailRequest, Verified, v.InferOutput<typeof verified>> = {
  id: 'authVerifyEmail',
  dialect: auth,
  route: 'POST /auth/verify-email',
  metric: 'Verifications',
  summary: 'Verify an email address',
  description:
    'Finishes a sign-up that waits for its address, verifies the address of an account, or completes a change of address. Send `verification` and `code` from the tab that signed up; `token` and `password` from the mailed link on any device; or, with an access token, `token` or `code`. Finishing a sign-up opens a session and answers as a log-in does; everything else, and the same once more, answers a message alone. A body with `password` or `verification` ignores `Authorization`.',
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
  summary: 'Ask for another email to verify an address',
  description:
    'Send the `verification` of a sign-up that waits, or an access token. At most 5 emails of a kind go to an address within an hour; the answer is always the same. The newer email replaces the older one.',
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
    'Mails a link and a code to the new address, and a notice with a link to take it back to the old one. The account keeps its address until `/auth/verify-email` completes the change. The answer is the same whether the new address is free or not. Needs a proof of at most five minutes ago, at the highest level that the account can reach.',
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
    'Takes the token of a notice that says the email address is being changed or was changed, or that a second factor was added. It ends every session, restores the address that the notice was sent to, removes the factors that it was about, and mails a reset link to that address.',
  takes: { body: { fields: undoFields } },
  input: ({ fields }, { client, language }) => ({ fields, client, language }),
  problems: ['invalid-fields', 'wrong-tag', 'expired-tag', 'throttled'],
  success: { body: done, example: undefined },
  write: () => ({
    status: 200,
    body: { message: 'The change was taken back. An email to choose a new password is on its way.' },
  }),
};
