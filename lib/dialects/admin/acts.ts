import { rolesFields } from '../../core/administer-account.ts';
import type { RawFields } from '../../core/fields.ts';
import type { ListedUser } from '../../core/list-users.ts';
import type { Operation } from '../../http/operation.ts';
import { admin, callerOf, type OneUser, oneUser, seen, whichUser, writeUser } from './dialect.ts';
import type { AboutUser } from './users.ts';

// An administrator's acts on an account. Each returns the user as it is afterwards; doing it twice is harmless.

type Act = Operation<AboutUser, ListedUser, OneUser>;

/** The common part of their declarations. */
const act = {
  dialect: admin,
  metric: 'AdminRequests',
  takes: { iam: true, path: whichUser },
  input: ({ path }, request) => ({ userId: path('userId'), by: callerOf(request) }),
  problems: ['unknown-user'],
  success: { body: oneUser, example: seen },
  write: writeUser,
} satisfies Partial<Act>;

export const disableUser: Act = {
  ...act,
  id: 'adminDisableUser',
  route: 'POST /admin/users/{userId}/disable',
  summary: 'Disable a user',
  description:
    'Locks the user out at once: log-in, refresh, access tokens and mailed links are refused. All sessions end.',
};

export const enableUser: Act = {
  ...act,
  id: 'adminEnableUser',
  route: 'POST /admin/users/{userId}/enable',
  summary: 'Enable a user',
  description: 'Lets a disabled user log in again. Earlier sessions stay ended.',
};

export const endUserSessions: Act = {
  ...act,
  id: 'adminEndUserSessions',
  route: 'POST /admin/users/{userId}/end-sessions',
  summary: 'End all sessions of a user',
  description: 'Ends every session. Every mailed link stops working. The user can log in again.',
};

export const verifyUser: Act = {
  ...act,
  id: 'adminVerifyUser',
  route: 'POST /admin/users/{userId}/verify',
  summary: 'Mark an address as verified',
  description: 'Marks the address of the user as verified. Access tokens say so from the next refresh on.',
};

export const removeUserFactors: Act = {
  ...act,
  id: 'adminRemoveUserFactors',
  route: 'POST /admin/users/{userId}/remove-factors',
  summary: 'Remove all second factors',
  description:
    'Removes the authenticator app, all passkeys and all recovery codes of a user who lost them. All sessions end, and the user gets an email. If the user has none of them, nothing happens.',
};

export const startUserReset: Act = {
  ...act,
  id: 'adminStartUserReset',
  route: 'POST /admin/users/{userId}/start-reset',
  summary: 'Start a reset',
  description:
    'Mails the user a link to set a new password, as if they had asked for it: at most five an hour, and none while the user is disabled. The old password works until a new one is set.',
};

export const unlockUser: Act = {
  ...act,
  id: 'adminUnlockUser',
  route: 'POST /admin/users/{userId}/unlock',
  summary: 'Unlock a user',
  description: 'Clears the failed log-ins of the user. This removes the lock.',
};

export const deleteUser: Act = {
  ...act,
  id: 'adminDeleteUser',
  route: 'POST /admin/users/{userId}/delete',
  summary: 'Delete a user',
  description:
    'Deletes the account for good and frees its address. The answer shows the user as it was. A second call answers 404.',
};

export type SetRolesRequest = AboutUser & { fields: RawFields };

export const setUserRoles: Operation<SetRolesRequest, ListedUser, OneUser> = {
  ...act,
  id: 'adminSetUserRoles',
  route: 'PUT /admin/users/{userId}/roles',
  summary: 'Set the roles of a user',
  description:
    'Replaces the roles of the user by these; an empty list removes all. Access tokens have them from the next refresh on.',
  takes: { iam: true, path: whichUser, body: { fields: rolesFields } },
  input: ({ path, fields }, request) => ({ userId: path('userId'), by: callerOf(request), fields }),
  problems: ['invalid-fields', 'unknown-user'],
};
