// The administrator's API, `/admin/*`. Whatever is exported here is served, described and tested as one of its operations.

export { userActivity } from './admin/activity.ts';
export {
  deleteUser,
  disableUser,
  enableUser,
  endUserSessions,
  removeUserFactors,
  setUserRoles,
  startUserReset,
  unlockUser,
  verifyUser,
} from './admin/acts.ts';
export { createUser, listUsers, seeUser } from './admin/users.ts';
