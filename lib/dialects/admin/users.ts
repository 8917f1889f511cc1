import * as v from 'valibot';
import type { By } from '../../core/account-event.ts';
import { accountRowFields } from '../../core/account-row.ts';
import type { RawFields } from '../../core/fields.ts';
import { type ListedUser, type ListUsersRequest, type UserPage, WRONG_NEXT } from '../../core/list-users.ts';
import type { Operation } from '../../http/operation.ts';
import {
  admin,
  callerOf,
  type OneUser,
  oneUser,
  seen,
  userOf,
  userPage,
  whichUser,
  writeUser,
} from './dialect.ts';

/** The user id in the path, and the ARN of the caller. */
export type AboutUser = { userId: string; by: By };

export const listUsers: Operation<ListUsersRequest, UserPage, v.InferOutput<typeof userPage>> = {
  id: 'adminListUsers',
  dialect: admin,
  route: 'GET /admin/users',
  metric: 'AdminRequests',
  summary: 'List users',
  description:
    'Returns all users, page by page, in a fixed order without a meaning. Users who sign up meanwhile may be missing. With `email`, returns the user who has the address, if any.',
  takes: {
    iam: true,
    query: {
      email: {
        description: 'An email address, in any spelling (case, white space, Unicode domain).',
        example: 'ada@example.com',
      },
      limit: {
        description: 'The maximum number of users in the page. Default: 100.',
        example: '50',
        schema: { type: 'integer', minimum: 1, maximum: 100 },
      },
      next: {
        description: 'The `next` of the previous page. It works in its own stage only.',
        example: 'the-next-of-the-page-before',
      },
    },
  },
  input: ({ query }) => ({ email: query('email'), limit: query('limit'), next: query('next') }),
  problems: [
    {
      code: 'invalid-fields',
      fields: [
        { field: 'limit', reason: 'invalid-limit', detail: 'not a whole number from 1 to 100.' },
        WRONG_NEXT,
      ],
    },
  ],
  success: { body: userPage, example: { users: [seen], next: 'where-the-next-page-begins' } },
  write: ({ users, next }) => ({ status: 200, body: { users: users.map(userOf), next } }),
};

export const seeUser: Operation<AboutUser, ListedUser, OneUser> = {
  id: 'adminSeeUser',
  dialect: admin,
  route: 'GET /admin/users/{userId}',
  metric: 'AdminRequests',
  summary: 'See a user',
  description: 'Returns the user as an administrator may see it.',
  takes: { iam: true, path: whichUser },
  input: ({ path }, request) => ({ userId: path('userId'), by: callerOf(request) }),
  problems: ['unknown-user'],
  success: { body: oneUser, example: seen },
  write: writeUser,
};

export type CreateUserRequest = { fields: RawFields; by: By };

/** For the document only, which depends on neither the hash reader nor the time. */
const rowFields = () => accountRowFields((text) => ({ text }), 0);

/** Named here, so that an account is never made without the second factors that its row has. */
const factors = v.optional(
  v.pipe(
    v.unknown(),
    v.metadata({ description: 'Refused unless absent or null: second factors come by an import alone.' }),
  ),
);

export const createUser: Operation<CreateUserRequest, ListedUser, OneUser> = {
  id: 'adminCreateUser',
  dialect: admin,
  route: 'POST /admin/users',
  metric: 'AdminRequests',
  summary: 'Create a user',
  description:
    'Creates an account. The fields are those of an import (docs/moving-in). With a password hash, the owner logs in with the password that they have; without one, they get an email to set a password.',
  takes: { iam: true, body: { fields: () => ({ ...rowFields(), factors }) } },
  input: ({ fields }, request) => ({ fields, by: callerOf(request) }),
  problems: ['invalid-fields', 'email-taken'],
  success: { body: oneUser, example: seen },
  write: (account) => ({ ...writeUser(account), status: 201 }),
};
