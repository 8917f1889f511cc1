import * as v from 'valibot';
import { confirmedSignUpFields, type SignedUp, type SignUpRequest } from '../../core/sign-up.ts';
import type { Operation } from '../../http/operation.ts';
import { text } from '../answer-parts.ts';
import { profile } from '../examples.ts';
import { SIGN_UP_REFUSED } from '../sentences.ts';
import { auth, message, user, userOf } from './dialect.ts';

const signedUp = v.pipe(
  v.object({
    message,
    user,
    verification: v.optional(
      text('Only with `EMAIL_VERIFICATION=before`: send it to `/auth/verify-email` with the mailed code.'),
    ),
  }),
  v.title('AuthSignedUp'),
);

export const signUp: Operation<SignUpRequest, SignedUp, v.InferOutput<typeof signedUp>> = {
  id: 'authSignUp',
  dialect: auth,
  route: 'POST /auth/register',
  metric: 'SignUps',
  summary: 'Sign up',
  description:
    'Creates an account, without logging in. With `EMAIL_VERIFICATION=before`, a free and a taken address get the same answer, and `/auth/verify-email` creates the account.',
  takes: { body: { fields: confirmedSignUpFields } },
  input: ({ fields }, { client, language, header }) => ({
    fields,
    confirmed: true,
    opensSession: false,
    client,
    language,
    userAgent: header('user-agent'),
  }),
  problems: [
    'invalid-fields',
    'email-taken',
    { code: 'sign-up-refused', sentence: SIGN_UP_REFUSED },
    'throttled',
    'hook-failed',
  ],
  success: { body: signedUp, example: { profile } },
  write: (account) => ({
    status: 201,
    body:
      account.verification === undefined
        ? { message: 'The account was created.', user: userOf(account.profile) }
        : {
            message:
              'An email is on its way to the address; the code or the link in it finishes the sign-up.',
            user: userOf(account.profile),
            verification: account.verification,
          },
  }),
};
