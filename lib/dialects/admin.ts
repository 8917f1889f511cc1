// The administrator's API, `/admin/*`. Each export is one of its operations, and is served, described and tested.

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
