import { auditedUsers } from '../lib/audit.ts';
import { readConfig } from '../lib/config.ts';
import { unlockAccount } from '../lib/core/account-lock.ts';
import { activityOfUser } from '../lib/core/activity.ts';
import {
  actOn,
  deleteAccount,
  disableAccount,
  enableAccount,
  endSessions,
  setRolesOf,
  userWithId,
  verifyEmail,
} from '../lib/core/administer-account.ts';
import { createUser } from '../lib/core/create-user.ts';
import { listUsers } from '../lib/core/list-users.ts';
import { removeAllFactors } from '../lib/core/remove-factors.ts';
import { startReset } from '../lib/core/start-reset.ts';
import * as admin from '../lib/dialects/admin.ts';
import { accountAdministration, administeredUsers } from '../lib/dynamodb/account-administration.ts';
import { activityStore } from '../lib/dynamodb/activity.ts';
import { openDatabase } from '../lib/dynamodb/database.ts';
import { factorRemoval } from '../lib/dynamodb/factor-removal.ts';
import { importStore } from '../lib/dynamodb/import-store.ts';
import { mailRequestStore } from '../lib/dynamodb/mail-requests.ts';
import { throttleStore } from '../lib/dynamodb/throttles.ts';
import { tombstoneStore } from '../lib/dynamodb/tombstones.ts';
import { endpoint, on } from '../lib/http/endpoint.ts';
import { readHash } from '../lib/passwords/read-hash.ts';

const config = readConfig(process.env);
const database = openDatabase(config.tablePrefix);
const deps = {
  users: auditedUsers(administeredUsers(database)),
  accounts: accountAdministration(database),
  imports: importStore(database),
  tombstones: tombstoneStore(database),
  mailRequests: mailRequestStore(database),
  factors: factorRemoval(database),
  activity: activityStore(database),
  store: throttleStore(database),
  readHash,
  clock: Date.now,
  tagLifetime: config.tagLifetime,
};
const { accounts } = deps;

/** The administrator's API, for back offices: the operator's commands over HTTP. API Gateway admits only IAM principals. */
export const handler = endpoint(
  // A back office signs requests on a server. No page may call this API, so CORS is off.
  { ...config, corsOrigins: [] },
  on(admin.listUsers, (request) => listUsers(deps, request)),
  on(admin.createUser, ({ fields, by }) => createUser(deps, fields, by)),
  on(admin.seeUser, ({ userId }) => userWithId(deps.users, userId)),
  on(admin.disableUser, (about) =>
    actOn(deps, about, ({ userId }) => disableAccount(accounts, userId, about.by)),
  ),
  on(admin.enableUser, (about) =>
    actOn(deps, about, ({ userId }) => enableAccount(accounts, userId, about.by)),
  ),
  on(admin.endUserSessions, (about) => actOn(deps, about, ({ userId }) => endSessions(accounts, userId))),
  on(admin.verifyUser, (about) => actOn(deps, about, (user) => verifyEmail(accounts, user, about.by))),
  on(admin.removeUserFactors, (about) =>
    actOn(deps, about, ({ userId }) => removeAllFactors(deps, userId, about.by)),
  ),
  on(admin.startUserReset, (about) => actOn(deps, about, (user) => startReset(deps, user))),
  on(admin.unlockUser, (about) => actOn(deps, about, (user) => unlockAccount(deps, user))),
  on(admin.userActivity, (about) => activityOfUser(deps, about)),
  on(admin.setUserRoles, (about) => setRolesOf(deps, about)),
  on(admin.deleteUser, async ({ userId, by }) => {
    const user = await userWithId(deps.users, userId);
    await deleteAccount(deps, user, by);
    return user;
  }),
);
