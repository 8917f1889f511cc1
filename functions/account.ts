import { auditedUsers } from '../lib/audit.ts';
import { readConfig } from '../lib/config.ts';
import { accountOverview } from '../lib/core/account-overview.ts';
import { listActivity } from '../lib/core/activity.ts';
import { changeProfile } from '../lib/core/change-profile.ts';
import { endSessionsOf } from '../lib/core/end-sessions.ts';
import { exportAccount } from '../lib/core/export-account.ts';
import { listSessions } from '../lib/core/list-sessions.ts';
import * as auth from '../lib/dialects/auth.ts';
import { activityStore } from '../lib/dynamodb/activity.ts';
import { openDatabase } from '../lib/dynamodb/database.ts';
import { factorList } from '../lib/dynamodb/factor-list.ts';
import { keyStore } from '../lib/dynamodb/keys.ts';
import { ownAccountWrites } from '../lib/dynamodb/own-account.ts';
import { ownSessionStore } from '../lib/dynamodb/own-sessions.ts';
import { sessionStore } from '../lib/dynamodb/sessions.ts';
import { openThrottle } from '../lib/dynamodb/throttles.ts';
import { userStore } from '../lib/dynamodb/users.ts';
import { endpoint, on } from '../lib/http/endpoint.ts';
import { accessTokenVerifier } from '../lib/tokens/access-token.ts';
import { verificationKeys } from '../lib/tokens/verification-keys.ts';

const config = readConfig(process.env);
const database = openDatabase(config.tablePrefix);
const deps = {
  users: auditedUsers(userStore(database)),
  sessions: { ...sessionStore(database), ...ownSessionStore(database) },
  accounts: ownAccountWrites(database),
  factors: factorList(database),
  activity: activityStore(database),
  verifier: accessTokenVerifier(verificationKeys(keyStore(database), Date.now), config),
  throttle: openThrottle(database, config.limits),
  clock: Date.now,
};

/** The holder's own account: its data, profile, sessions, activity and export. */
export const handler = endpoint(
  config,
  on(auth.account, (request) => accountOverview(deps, request)),
  on(auth.changeProfile, (request) => changeProfile(deps, request)),
  on(auth.sessions, (request) => listSessions(deps, request)),
  on(auth.endSessions, (request) => endSessionsOf(deps, request)),
  on(auth.activity, (request) => listActivity(deps, request)),
  on(auth.exportAccount, (request) => exportAccount(deps, request)),
);
