import * as v from 'valibot';
import { confirmedSignUpFields, type SignedUp, type SignUpRequest } from '../../core/sign-up.ts';
import type { Operation } from '../../http/operation.ts';
import { profile } from '../examples.ts';
import { auth, message, user, userOf } from './dialect.ts';

const signedUp = v.pipe(v.object({ message, user }), v.title('AuthSignedUp'));

export const signUp: Operation<SignUpRequest, SignedUp, v.InferOutput<typeof signedUp>> = {
  id: 'authSignUp',
  dialect: auth,
  route: 'POST /auth/register',
  metric: 'SignUps',
  summary: 'Sign up',
  description: 'Creates an account. It does not log in.',
  takes: { body: { fields: confirmedSignUpFields } },
  input: ({ fields }, { client }) => ({ fields, confirmed: true, opensSession: false, client }),
  problems: ['invalid-fields', 'email-taken', 'throttled'],
  success: { body: signedUp, example: { profile } },
  write: (account) => ({
    status: 201,
    body: { message: 'The account was created.', user: userOf(account.profile) },
  }),
};
